//! Every row of the table in ADR 5 of what matches what.

use super::*;
use sha2::Digest;

fn md5(text: &str) -> String {
    value::hex(&md5::Md5::digest(text))
}

fn sha256(text: &str) -> String {
    value::hex(&sha2::Sha256::digest(text))
}

fn table(kind: &str, value: &str, matched: &[&str], others: &[&str]) {
    for text in matched {
        assert!(is_met(kind, value, text), "{kind} {value} is met by {text}");
    }
    for text in others {
        assert!(
            !is_met(kind, value, text),
            "{kind} {value} is not met by {text}"
        );
    }
}

#[test]
fn a_domain_is_met_by_itself_and_below() {
    let deep = format!("{}flagged.example", "a.".repeat(100));
    table(
        "domain",
        "flagged.example",
        &[
            "flagged.example",
            "FLAGGED.example.",
            "www.flagged.example",
            &deep,
            "https://x.flagged.example:8443/a?b",
        ],
        &[
            "notflagged.example",
            "example",
            "flagged.example.test",
            "flagged-example",
            "https://other.example/flagged.example",
        ],
    );
    table(
        "domain",
        "a.b.c.flagged.example",
        &["x.a.b.c.flagged.example"],
        &["b.c.flagged.example", "b.a.b.flagged.example"],
    );
}

#[test]
fn a_host_is_met_by_itself_alone() {
    table(
        "host",
        "www.flagged.example",
        &["www.flagged.example", "WWW.flagged.example"],
        &["flagged.example", "a.www.flagged.example"],
    );
}

#[test]
fn a_url_is_met_by_the_same_host_path_query_and_port() {
    table(
        "url",
        "https://flagged.example/a/b?c=d",
        &[
            "http://flagged.example/a/b?c=d",
            "https://flagged.example:443/a/b?c=d#e",
            "https://u:p@flagged.example/a/./b?c=d",
            "https://flagged.example/%61/b?c=d",
        ],
        &[
            "https://flagged.example/a/b",
            "https://flagged.example/a/b?c=D",
            "https://flagged.example/a/b/?c=d",
            "https://www.flagged.example/a/b?c=d",
            "https://flagged.example:8443/a/b?c=d",
            "flagged.example",
        ],
    );
    table(
        "url",
        "http://flagged.example:8080/",
        &[
            "http://flagged.example:8080/",
            "https://flagged.example:8080",
        ],
        &["http://flagged.example/", "http://flagged.example:8081/"],
    );
    table(
        "url",
        "flagged.example:443/a",
        &["https://flagged.example/a", "http://flagged.example:443/a"],
        &["http://flagged.example/a"],
    );
    table(
        "url",
        "http://[2001:db8::1]:8080/a",
        &["http://[2001:DB8:0::1]:8080/a"],
        &["http://[2001:db8::2]:8080/a"],
    );
    table(
        "url",
        "http://192.0.2.1/a",
        &["http://192.0.2.1/a", "http://0xc0.0.2.1/a"],
        &["http://192.0.2.2/a"],
    );
}

#[test]
fn a_url_prefix_is_met_at_segment_boundaries() {
    table(
        "url-prefix",
        "flagged.example/a",
        &[
            "http://flagged.example/a",
            "http://flagged.example/a/",
            "http://flagged.example/a/b/c?d=e",
            "http://flagged.example/a?b",
        ],
        &[
            "http://flagged.example/ab",
            "http://flagged.example/",
            "http://flagged.example/b/a",
            "http://flagged.example:81/a",
        ],
    );
    table(
        "url-prefix",
        "flagged.example/a/",
        &["http://flagged.example/a/", "http://flagged.example/a/b"],
        &["http://flagged.example/a", "http://flagged.example/a?/"],
    );
    table(
        "url-prefix",
        "flagged.example/",
        &["http://flagged.example/", "http://flagged.example/x"],
        &["flagged.example"],
    );
    table(
        "url-prefix",
        "flagged.example:8080/a",
        &["http://flagged.example:8080/a/b"],
        &["http://flagged.example/a/b"],
    );
    table(
        "url-prefix",
        "flagged.example/long/one",
        &["http://flagged.example/long/one/x"],
        &["http://flagged.example/long/on"],
    );
}

#[test]
fn a_url_needs_the_default_port_where_it_names_none() {
    let list = list(&[
        ("url", "flagged.example/a"),
        ("url", "flagged.example:8443/a"),
    ]);
    let met_on = |scheme: Option<&[u8]>, destination_port| {
        let mut out = Page::default();
        let parts = PageParts {
            target: Some(b"/a"),
            authority: Some(b"flagged.example"),
            scheme,
            destination_port,
            ..PageParts::default()
        };
        page(&parts, true, &mut out);
        met(
            &list,
            &Subject {
                page: out,
                ..Subject::default()
            },
        )
    };
    assert_eq!(met_on(None, None), ["flagged.example/a"]);
    assert_eq!(met_on(None, Some(80)), ["flagged.example/a"]);
    assert_eq!(met_on(Some(b"https"), Some(443)), ["flagged.example/a"]);
    assert_eq!(met_on(Some(b"https"), Some(80)), Vec::<String>::new());
    assert_eq!(met_on(None, Some(8443)), ["flagged.example:8443/a"]);
}

#[test]
fn an_ip_is_met_by_destination_host_and_names() {
    let with_port = list(&[("ip", "192.0.2.1:443"), ("ip", "[2001:db8::1]:443")]);
    let without = list(&[("ip", "192.0.2.1"), ("ip", "2001:db8::1")]);
    for (text, host) in [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]")] {
        assert_eq!(met_by_destination(&without, text, None), [text]);
        assert_eq!(met_by_destination(&without, text, Some(80)), [text]);
        assert_eq!(met_by_destination(&with_port, text, Some(443)).len(), 1);
        assert!(met_by_destination(&with_port, text, Some(80)).is_empty());
        assert!(met_by_destination(&with_port, text, None).is_empty());
        assert_eq!(met_by_page(&without, host), [text]);
        assert_eq!(
            met_by_page(&with_port, &format!("https://{host}/")).len(),
            1
        );
        assert!(met_by_page(&with_port, &format!("http://{host}/")).is_empty());
        let named = Subject {
            names: vec![page_of("x.example"), page_of(host)],
            ..Subject::default()
        };
        assert_eq!(met(&without, &named), [text]);
        assert!(met(&with_port, &named).is_empty());
    }
    assert!(met_by_destination(&without, "192.0.2.2", None).is_empty());
    assert_eq!(
        met_by_destination(&without, "::ffff:192.0.2.1", None),
        ["192.0.2.1"]
    );
}

#[test]
fn a_cidr_is_met_inside() {
    let nested = list(&[
        ("cidr", "198.51.100.0/24"),
        ("cidr", "198.51.100.128/25"),
        ("cidr", "198.51.100.255/32"),
        ("cidr", "2001:db8::/32"),
    ]);
    assert_eq!(
        met_by_destination(&nested, "198.51.100.1", None),
        ["198.51.100.0/24"]
    );
    assert_eq!(met_by_page(&nested, "http://198.51.100.255:81/").len(), 3);
    assert_eq!(
        met_by_destination(&nested, "2001:db8:ffff::1", Some(1)),
        ["2001:db8::/32"]
    );
    for outside in [
        "198.51.101.0",
        "198.51.99.255",
        "2001:db9::",
        "::198.51.100.1",
    ] {
        assert!(
            met_by_destination(&nested, outside, None).is_empty(),
            "{outside}"
        );
    }
}

#[test]
fn an_onion_is_met_below_and_behind_gateways() {
    let list = list(&[("onion", ONION)]);
    for host in ["", "www.", "a.b."] {
        for gateway in ["", ".", ".gateway.example", ".to", ".to."] {
            assert_eq!(
                met_by_page(&list, &format!("{host}{ONION}{gateway}")),
                [ONION],
                "{host} {gateway}"
            );
        }
    }
    let label = ONION.trim_end_matches(".onion");
    for other in [
        format!("{label}.example"),
        format!("x{ONION}"),
        format!("{label}.onions"),
        format!("{label}.x.onion"),
    ] {
        assert!(met_by_page(&list, &other).is_empty(), "{other}");
    }
}

#[test]
fn an_i2p_name_is_met_with_all_its_labels() {
    let b32 = format!("{}.b32.i2p", "a".repeat(52));
    for (value, others) in [
        ("flagged.i2p", ["notflagged.i2p", "flagged.i2p2", "i2p"]),
        (
            "a.flagged.i2p",
            ["flagged.i2p", "b.flagged.i2p", "xa.flagged.i2p"],
        ),
        (&b32, ["b32.i2p", "a.b32.i2p", "aa.b32.i2p"]),
    ] {
        let below = format!("www.{value}");
        let gateway = format!("www.{value}.gateway.example");
        table("i2p", value, &[value, &below, &gateway], &others);
    }
}

#[test]
fn a_digest_is_met_by_its_host_and_by_its_page() {
    for digest in [md5 as fn(&str) -> String, sha256] {
        table(
            "digest",
            &digest("www.flagged.example"),
            &["WWW.flagged.example", "https://www.flagged.example/a"],
            &["flagged.example"],
        );
        table(
            "digest",
            &digest("flagged.example/a?b"),
            &["https://flagged.example:443/a?b#c"],
            &[
                "https://flagged.example/a",
                "https://flagged.example:8443/a?b",
            ],
        );
        table(
            "digest",
            &digest("flagged.example:8443/a"),
            &["https://flagged.example:8443/a"],
            &["https://flagged.example/a"],
        );
        table(
            "file-digest",
            &digest("flagged.example"),
            &[],
            &["flagged.example"],
        );
    }
    table("digest", &md5("192.0.2.1"), &["192.0.2.1"], &["192.0.2.2"]);
}

#[test]
fn a_keyed_digest_is_met_under_its_key_alone() {
    use hmac::Mac;
    let keyed = hmac::Hmac::<sha2::Sha256>::new_from_slice(b"k").unwrap();
    let digest = value::hex(
        &keyed
            .chain_update("flagged.example")
            .finalize()
            .into_bytes(),
    );
    let list = list(&[
        ("digest", &digest),
        (
            "digest",
            &value::hex(&sha2::Sha256::digest("plain.example")),
        ),
    ]);
    let met = |key: Option<&[u8]>, host: &str| {
        let mut out = Vec::new();
        let subject = Subject {
            page: page_of(host),
            ..Subject::default()
        };
        let mut prober = Prober::new(&list, key);
        prober.probe(&subject, &mut out).unwrap();
        prober.probe(&subject, &mut out).unwrap();
        out.len()
    };
    assert_eq!(
        met(Some(b"k"), "flagged.example"),
        2,
        "also when it is remembered"
    );
    assert_eq!(met(Some(b"k"), "plain.example"), 2);
    assert_eq!(met(Some(b"l"), "flagged.example"), 0);
    assert_eq!(met(None, "flagged.example"), 0);
}

#[test]
fn names_meet_as_hosts_and_nothing_meets_twice() {
    let list = list(&[
        ("domain", "flagged.example"),
        ("host", "a.flagged.example"),
        ("url", "a.flagged.example/"),
    ]);
    let subject = Subject {
        page: page_of("x.example"),
        names: ["a.flagged.example", "b.flagged.example", "c.example"]
            .map(page_of)
            .into(),
        ..Subject::default()
    };
    assert_eq!(
        met(&list, &subject),
        ["a.flagged.example", "flagged.example"]
    );
}

#[test]
fn all_kinds_meet_at_once() {
    let list = list(&[
        ("domain", "flagged.example"),
        ("host", "a.flagged.example"),
        ("url", "a.flagged.example/b"),
        ("url-prefix", "a.flagged.example/"),
        ("ip", "192.0.2.1"),
        ("cidr", "192.0.2.0/24"),
        (
            "digest",
            &value::hex(&md5::Md5::digest("a.flagged.example")),
        ),
    ]);
    let subject = Subject {
        page: page_of("https://a.flagged.example/b"),
        destination: Some(("192.0.2.1".parse().unwrap(), None)),
        ..Subject::default()
    };
    assert_eq!(met(&list, &subject).len(), 7);
}

#[test]
fn a_record_without_a_host_meets_nothing() {
    let list = list(&[
        ("domain", "flagged.example"),
        ("url", "flagged.example/a"),
        ("host", "flagged.example"),
    ]);
    let mut out = Page::default();
    page(
        &PageParts {
            target: Some(b"/a"),
            ..PageParts::default()
        },
        true,
        &mut out,
    );
    assert!(
        met(
            &list,
            &Subject {
                page: out,
                ..Subject::default()
            }
        )
        .is_empty()
    );
}
