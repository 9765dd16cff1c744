//! Any bytes as target, host field, address and indicator: no panic, UTF-8 out, and canonical forms are stable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sightline_kernel::canonical::{
    HostKind, IndicatorKind, Page, PageParts, Scheme, address, authority, host, indicator_value,
    onion, page, write_address,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((flags, bytes)) = bytes.split_first() else {
        return;
    };
    // A byte that the mutator finds easily separates target and host field.
    let mut pieces = bytes.splitn(2, |byte| *byte == 0xfe);
    let target = pieces.next().unwrap_or_default();
    let field = pieces.next();
    a_page_is_itself(&PageParts {
        method: (flags & 1 != 0).then_some(b"CONNECT"),
        target: Some(target),
        authority: field,
        host_is_name: flags & 2 != 0,
        scheme: (flags & 4 != 0).then_some(b"https"),
        destination_port: (flags & 8 != 0).then_some(8080),
    });
    a_host_is_itself(target);
    an_address_is_itself(target);
    if let Ok(text) = std::str::from_utf8(target) {
        IndicatorKind::ALL
            .iter()
            .for_each(|row| an_indicator_is_itself(row.0, text));
    }
});

fn a_page_is_itself(parts: &PageParts) {
    let (mut found, mut again) = (Page::default(), Page::default());
    page(parts, false, &mut again);
    page(parts, true, &mut found);
    assert_eq!((&found.host, found.port), (&again.host, again.port));
    let (mut url, mut url_again) = (Vec::new(), Vec::new());
    let has_url = found.write_url(&mut url);
    assert!(url.is_ascii() && has_url == !url.is_empty());
    if !found.path_query.is_empty() {
        assert_eq!((found.path_query[0], found.path()[0]), (b'/', b'/'));
        let target = Some(&found.path_query[..]);
        page(
            &PageParts {
                target,
                ..PageParts::default()
            },
            true,
            &mut again,
        );
        assert_eq!(found.path_query, again.path_query);
    }
    if has_url && found.scheme != Scheme::Unknown && found.host_kind != HostKind::None {
        page(
            &PageParts {
                target: Some(&url),
                ..PageParts::default()
            },
            true,
            &mut again,
        );
        again.write_url(&mut url_again);
        assert_eq!(url, url_again);
    }
}

fn a_host_is_itself(raw: &[u8]) {
    let (mut found, mut again) = (Vec::new(), Vec::new());
    let kind = host(raw, &mut found);
    assert_eq!(kind == HostKind::None, found.is_empty());
    if kind != HostKind::None {
        assert!(found.is_ascii() && found.len() <= 253);
        assert_eq!((host(&found, &mut again), &again), (kind, &found));
        for name in onion::onions(&found).chain(onion::i2p_stems(&found)) {
            again.clear();
            assert_eq!(host(name, &mut again), HostKind::Name);
        }
    }
    let mut out = Vec::new();
    assert_eq!(authority(raw, &mut out).is_none(), out.is_empty());
}

fn an_address_is_itself(raw: &[u8]) {
    if let Some(found) = address(raw) {
        let mut text = Vec::new();
        write_address(found, &mut text);
        assert_eq!(address(&text), Some(found));
    }
}

fn an_indicator_is_itself(kind: IndicatorKind, text: &str) {
    if let Ok(value) = indicator_value(kind, text) {
        assert_eq!(indicator_value(kind, &value).as_ref(), Ok(&value));
    }
}
