//! One indicator of a list, and a seized server's own log.

use super::*;

#[test]
fn an_indicator_is_found_by_any_spelling_and_by_id() {
    let list = list(&[
        ("domain", "flagged.example"),
        ("host", "flagged.example"),
        ("url", "flagged.example/a"),
        ("ip", "192.0.2.1"),
    ]);
    let kinds = |text: &str| -> Vec<_> {
        list.find(text)
            .unwrap()
            .iter()
            .map(|entry| entry.kind.name())
            .collect()
    };
    assert_eq!(kinds("Flagged.Example."), ["domain", "host"]);
    assert_eq!(kinds("https://flagged.example/a#b"), ["url"]);
    assert_eq!(kinds("192.0.2.1"), ["ip"]);
    assert!(kinds("www.flagged.example").is_empty());
    for entry in 0..4 {
        let id = value::hex(&list.entry(Match { entry }).unwrap().indicator_id);
        let matches = list.find(&id.to_uppercase()).unwrap();
        assert_eq!((matches.len(), matches[0].matched.entry), (1, entry));
    }
    assert!(kinds(&"0".repeat(32)).is_empty());
}

fn is_visit(kind: &str, value: &str, page: &Page) -> bool {
    let list = list(&[(kind, value)]);
    let entry = list.entry(Match { entry: 0 }).unwrap();
    matches_server(&entry, page)
}

fn origin(target: &str, destination_port: Option<u16>) -> Page {
    let mut out = Page::default();
    let parts = PageParts {
        target: Some(target.as_bytes()),
        destination_port,
        ..PageParts::default()
    };
    page(&parts, true, &mut out);
    out
}

#[test]
fn every_record_without_a_host_is_the_servers() {
    for (kind, value) in [
        ("domain", "flagged.example"),
        ("host", "flagged.example"),
        ("ip", "192.0.2.1"),
        ("cidr", "192.0.2.0/24"),
        ("onion", ONION),
        ("i2p", "flagged.i2p"),
    ] {
        assert!(is_visit(kind, value, &origin("/a", None)), "{kind}");
        assert!(is_visit(kind, value, &Page::default()), "{kind}");
        assert!(
            !is_visit(kind, value, &page_of("http://other.example/a")),
            "{kind}"
        );
    }
    assert!(!is_visit("digest", &"0".repeat(64), &origin("/a", None)));
}

#[test]
fn a_named_host_must_be_under_the_indicator() {
    assert!(is_visit(
        "domain",
        "flagged.example",
        &page_of("a.flagged.example")
    ));
    assert!(!is_visit(
        "host",
        "flagged.example",
        &page_of("a.flagged.example")
    ));
    assert!(is_visit(
        "host",
        "flagged.example",
        &page_of("flagged.example")
    ));
    assert!(is_visit(
        "onion",
        ONION,
        &page_of(&format!("x.{ONION}.gateway.example"))
    ));
    assert!(is_visit("i2p", "flagged.i2p", &page_of("x.flagged.i2p")));
    assert!(is_visit("ip", "192.0.2.1", &page_of("192.0.2.1")));
    assert!(!is_visit("ip", "192.0.2.1", &page_of("192.0.2.2")));
    assert!(is_visit("cidr", "192.0.2.0/24", &page_of("192.0.2.2")));
    assert!(!is_visit("cidr", "192.0.2.0/24", &page_of("198.51.100.2")));
}

#[test]
fn a_url_must_be_met_by_its_path() {
    for (value, target, port, is) in [
        ("flagged.example/a?b", "/a?b", None, true),
        ("flagged.example/a?b", "/a", None, false),
        ("flagged.example/a?b", "/a?b", Some(8080), false),
        ("flagged.example:8080/a", "/a", Some(8080), true),
        ("flagged.example:8080/a", "/a", Some(8081), false),
        ("flagged.example:8080/a", "/a", None, true),
    ] {
        assert_eq!(
            is_visit("url", value, &origin(target, port)),
            is,
            "{value} {target} {port:?}"
        );
    }
    assert!(is_visit(
        "url-prefix",
        "flagged.example/a",
        &origin("/a/b?c", None)
    ));
    assert!(!is_visit(
        "url-prefix",
        "flagged.example/a",
        &origin("/ab", None)
    ));
    assert!(!is_visit(
        "url-prefix",
        "flagged.example/a",
        &page_of("http://other.example/a/b")
    ));
    assert!(is_visit(
        "url-prefix",
        "flagged.example/a",
        &page_of("http://flagged.example/a/b")
    ));
    assert!(!is_visit(
        "url",
        "flagged.example/a",
        &page_of("flagged.example")
    ));
}
