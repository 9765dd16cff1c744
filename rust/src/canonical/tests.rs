use super::*;

fn text(raw: &str) -> String {
    let mut out = Vec::new();
    host(raw.as_bytes(), &mut out);
    String::from_utf8(out).unwrap()
}

fn url(target: &str, host: &str) -> String {
    let mut out = Page::default();
    page(
        &PageParts {
            target: Some(target.as_bytes()),
            authority: Some(host.as_bytes()),
            ..PageParts::default()
        },
        true,
        &mut out,
    );
    let mut url = Vec::new();
    out.write_url(&mut url);
    String::from_utf8(url).unwrap()
}

#[test]
fn smoke() {
    for raw in [
        "A.Example.",
        "0x7f.1",
        "[2001:DB8::1]",
        "2001:db8::1%eth0",
        "bücher.example",
        "xn--bcher-kva.example",
        "a..b",
        "1.2.3.4.5",
        "%41.example",
        "::ffff:192.0.2.1",
        "192.0.2.1",
    ] {
        println!("{raw} -> {}", text(raw));
    }
    for target in [
        "http://A.example:80/x/../y?z#q",
        "/a/%7e/./b",
        "//x/y",
        "*",
        "http://a.example",
        "/%%354",
        "http://u:p@[::1]:8080/\\a?",
        "flagged.example:443",
    ] {
        println!("{target} -> {}", url(target, "h.example:81"));
    }
}
