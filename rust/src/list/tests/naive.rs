//! The index against a matcher that compares everything with everything.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;
use crate::canonical::HostKind;

/// Few labels, so that names often lie below one another.
fn name() -> impl Strategy<Value = String> {
    let label = prop::sample::select(vec![
        "a",
        "b",
        "ab",
        "flagged",
        "onion",
        "i2p",
        "x-long-label-of-a-name",
    ]);
    prop::collection::vec(label, 1..6).prop_map(|labels| format!("{}.example", labels.join(".")))
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["", "a", "ab", "b"]), 0..5)
        .prop_map(|segments| format!("/{}", segments.join("/")))
}

fn port() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "", ":80", ":443", ":8080"]).prop_map(str::to_owned)
}

fn indicator() -> impl Strategy<Value = (&'static str, String)> {
    let i2p = name().prop_map(|name| name.replace(".example", ".i2p"));
    prop_oneof![
        name().prop_map(|name| ("domain", name)),
        name().prop_map(|name| ("host", name)),
        i2p.prop_map(|name| ("i2p", name)),
        (name(), port(), path(), any::<bool>()).prop_map(|(name, port, path, query)| (
            "url",
            format!("{name}{port}{path}{}", if query { "?q" } else { "" })
        )),
        (name(), port(), path())
            .prop_map(|(name, port, path)| ("url-prefix", format!("{name}{port}{path}"))),
        (0..4_u8).prop_map(|last| ("ip", format!("192.0.2.{last}"))),
        (29..33_u8).prop_map(|bits| ("cidr", format!("192.0.2.0/{bits}"))),
    ]
}

fn visit() -> impl Strategy<Value = Subject> {
    let url = (
        prop::sample::select(vec!["http", "https"]),
        name(),
        port(),
        path(),
        any::<bool>(),
    );
    let url = url.prop_map(|(scheme, name, port, path, query)| {
        page_of(&format!(
            "{scheme}://{name}{port}{path}{}",
            if query { "?q" } else { "" }
        ))
    });
    let gateway =
        name().prop_map(|name| page_of(&name.replace(".example", ".i2p.gateway.example")));
    let host = prop_oneof![name().prop_map(|name| page_of(&name)), gateway];
    (prop_oneof![url, host], prop::option::of(0..9_u8)).prop_map(|(page, last)| Subject {
        page,
        destination: last.map(|last| (IpAddr::from([192, 0, 2, last]), None)),
        names: Vec::new(),
        digests: Vec::new(),
    })
}

fn meets(kind: &str, value: &str, subject: &Subject) -> bool {
    let page = &subject.page;
    let host = std::str::from_utf8(&page.host).unwrap();
    let is_below = |host: &str| host == value || host.ends_with(&format!(".{value}"));
    match kind {
        "domain" => is_below(host),
        "host" => host == value,
        "i2p" => {
            let ends = host
                .match_indices(".i2p")
                .map(|(at, label)| at + label.len());
            ends.filter(|end| matches!(host.as_bytes().get(*end), None | Some(b'.')))
                .any(|end| is_below(&host[..end]))
        }
        "ip" => subject
            .destination
            .is_some_and(|(address, _)| address.to_string() == value),
        "cidr" => {
            let bits: u32 = value.rsplit('/').next().unwrap().parse().unwrap();
            subject
                .destination
                .is_some_and(|(address, _)| match address {
                    IpAddr::V4(address) => {
                        (u32::from(address) ^ u32::from_be_bytes([192, 0, 2, 0])) >> (32 - bits)
                            == 0
                    }
                    IpAddr::V6(_) => false,
                })
        }
        _ => [false, true].iter().any(|with_port| {
            let mut key = Vec::new();
            page.host_kind != HostKind::None && page.write_key(*with_port, &mut key) && {
                let key = String::from_utf8(key).unwrap();
                let path = key.split('?').next().unwrap();
                let is_prefix = path == value
                    || path.starts_with(&format!("{}/", value.trim_end_matches('/')))
                        && path.starts_with(value);
                if kind == "url" {
                    key == value
                } else {
                    is_prefix
                }
            }
        }),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_met_is_what_a_naive_matcher_says(
        indicators in prop::collection::vec(indicator(), 0..40),
        visits in prop::collection::vec(visit(), 1..20),
    ) {
        let borrowed: Vec<_> = indicators.iter().map(|(kind, value)| (*kind, value.as_str())).collect();
        let list = list(&borrowed);
        let mut entries = std::collections::BTreeSet::new();
        for entry in 0..list.indicators() {
            let entry = list.entry(Match { entry }).unwrap();
            entries.insert((entry.kind.name(), entry.value.to_owned()));
        }
        for subject in &visits {
            let mut expected: Vec<_> =
                entries.iter().filter(|(kind, value)| meets(kind, value, subject)).map(|(_, value)| value.clone()).collect();
            expected.sort();
            prop_assert_eq!(met(&list, subject), expected, "{:?}", subject);
        }
    }
}
