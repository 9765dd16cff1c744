//! Invalid programs are refused in words. They never run, and never panic.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::super::Program;
use super::vectors;

/// The vectors' program with one place of it changed.
fn changed(name: &str, place: &str, to: Value) -> Result<Program, String> {
    let mut program = vectors()["programs"][name].clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    let parent = program.pointer_mut(parent).unwrap();
    match parent {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = to,
        other => other[key] = to,
    }
    Program::from_json(&program.to_string())
}

#[test]
fn each_fault_is_named() {
    let set = json!({"record_kind": "flow"});
    let line = |tokens: Value| json!({"tokens": tokens, "set": {}, "comment": false});
    let faults = [
        ("csv", "/version", json!(2), "version 2"),
        ("csv", "/mystery", json!(1), "unknown field `mystery`"),
        ("csv", "/slots", json!(["time"]), "not among the slots"),
        ("csv", "/comments", json!([""]), "must begin with something"),
        ("csv", "/required", json!(["colour"]), "\"colour\""),
        ("csv", "/split/by", json!("guess"), "unknown variant"),
        ("csv", "/frames", json!("pages"), "unknown variant"),
        ("csv", "/frames", json!("blocks"), "frames are lines"),
        ("csv", "/frames", json!("frame-streams"), "by dnstap alone"),
        ("dnstap", "/frames", json!("lines"), "from frame-streams"),
        ("dnstap", "/comments", json!(["#"]), "neither prefix"),
        ("dnstap", "/split/map/ttl", json!(1), "no part \"ttl\""),
        ("strict", "/split/spaced", json!(true), "spaced or strict"),
        ("csv", "/split/separator", json!(""), "separator is empty"),
        ("csv", "/split/quote", json!(","), "the quote"),
        ("csv", "/split/quote", json!("\u{e9}"), "the quote"),
        (
            "csv",
            "/split/header",
            json!(null),
            "either columns or a header",
        ),
        (
            "csv",
            "/split/header",
            json!({"marker": ""}),
            "either columns or a header",
        ),
        (
            "csv",
            "/split/header",
            json!({"marker": "#", "separator": ","}),
            "the header's separator is the format's own",
        ),
        (
            "csv",
            "/split/columns",
            json!(["time"]),
            "either columns or a header",
        ),
        (
            "csv",
            "/split/set",
            json!({"status": "1"}),
            "cannot give the field",
        ),
        ("csv", "/split/more", json!(null), "invalid type"),
        ("csv", "/fields", json!([]), "timestamp"),
        (
            "csv",
            "/fields/1/field",
            json!("colour"),
            "no field \"colour\"",
        ),
        ("csv", "/fields/1/field", json!("timestamp"), "stands twice"),
        (
            "csv",
            "/fields/1/field",
            json!("status"),
            "cannot be read as Text",
        ),
        ("csv", "/fields/1/choices", json!([]), "no choices"),
        ("csv", "/fields/1/choices/0/slots", json!([]), "no slots"),
        (
            "csv",
            "/fields/1/choices/0/map",
            json!({}),
            "does not belong",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!([]),
            "no layouts",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%Y-%m"]),
            "either %D, or one month",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%D %I"]),
            "one of 12 (%I, %l) and %p",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%D %Y %H"]),
            "year more than once",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%s %s"]),
            "beside other parts",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%D %H%M%M"]),
            "more than once",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%D %H %q"]),
            "no part of a time",
        ),
        (
            "csv",
            "/fields/0/choices/0/layouts",
            json!(["%"]),
            "no part of a time",
        ),
        (
            "kind",
            "/fields/1/choices/0/map",
            json!({"DNS": "x"}),
            "never met",
        ),
        (
            "names",
            "/fields/1/choices/0/split",
            json!(""),
            "split is empty",
        ),
        (
            "endpoint",
            "/fields/1/choices/0/port_separator",
            json!("1"),
            "digits",
        ),
        (
            "prefixed",
            "/prefixes",
            json!([[{"take": "until", "slot": 0}]]),
            "a prefix cannot end",
        ),
        (
            "dissect",
            "/split/lines",
            json!([line(json!([{"text": ""}]))]),
            "text is empty",
        ),
        (
            "last",
            "/split/lines/0/tokens/2/count",
            json!(0),
            "last needs a count",
        ),
        (
            "last",
            "/split/lines/0/tokens/2/before",
            json!(""),
            "empty text",
        ),
        (
            "last",
            "/split/lines/0/tokens/2",
            json!({"take": "last", "slot": 2, "count": 1}),
            "last needs a before",
        ),
        (
            "last",
            "/split/lines/0/tokens/3",
            json!({"take": "spaces"}),
            "must be followed by a text",
        ),
        (
            "last",
            "/split/lines/0/tokens/4/count",
            json!(1),
            "do not belong together",
        ),
        (
            "dissect",
            "/split/lines",
            json!([line(json!([{"text": "a", "slot": 1}]))]),
            "do not belong together",
        ),
        (
            "dissect",
            "/split/lines",
            json!([line(json!([{"take": "fixed", "slot": 1}]))]),
            "do not belong together",
        ),
        (
            "dissect",
            "/split/lines",
            json!([line(
                json!([{"take": "word", "slot": 1}, {"take": "spaces"}])
            )]),
            "followed by a text",
        ),
        (
            "json",
            "/split/paths",
            json!([{"path": [], "slot": 0}]),
            "path is empty",
        ),
        (
            "json",
            "/split/cases",
            json!([{"slot": 99, "equals": null, "set": set, "comment": false}]),
            "slot 99",
        ),
        (
            "pairs",
            "/split/equals",
            json!(" ="),
            "cannot hold the separator",
        ),
        ("cef", "/split/equals", json!("x"), "begin as keys do"),
    ];
    for (name, place, to, why) in faults {
        let refused = changed(name, place, to.clone()).expect_err(place);
        assert!(refused.contains(why), "{name} {place} {to}: {refused}");
    }
}

#[test]
fn a_missing_key_is_refused() {
    let program = &vectors()["programs"]["csv"];
    for key in program.as_object().unwrap().keys() {
        let mut without = program.clone();
        without.as_object_mut().unwrap().remove(key);
        assert!(Program::from_json(&without.to_string()).is_err(), "{key}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(cut in 0usize..6000, letter in any::<char>(), pick in any::<prop::sample::Index>()) {
        let vectors = vectors();
        let programs = vectors["programs"].as_object().unwrap();
        let mut text = programs.values().nth(pick.index(programs.len())).unwrap().to_string();
        let cut = cut % text.len();
        if text.is_char_boundary(cut) {
            text.insert(cut, letter);
            let _ = Program::from_json(&text);
            text.truncate(cut);
            let _ = Program::from_json(&text);
        }
    }
}
