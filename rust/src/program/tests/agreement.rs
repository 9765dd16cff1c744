//! Fast implementations agree with the simple ones of the standard library and serde.

use std::net::Ipv4Addr;

use proptest::prelude::*;
use serde_json::Value;

use super::super::address::quad_text;
use super::super::piece::TextSlice;
use super::super::{Options, Outcome, Reader};
use super::{fields, program};
use crate::canonical::address_key;
use crate::reject_code::RejectCode;

/// Return one field of a frame; None for a reject.
fn one(name: &str, frame: &str, field: &str) -> Result<Value, RejectCode> {
    let mut reader = Reader::new(&program(name), &Options::default());
    match reader.read(frame.as_bytes()) {
        Outcome::Record(record) => Ok(fields(&record)[field].clone()),
        Outcome::Comment => panic!("{frame} is no comment"),
        Outcome::Reject(code) => Err(code),
    }
}

/// Texts near JSON: valid ones with a byte or two changed.
fn nearly_json() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        Just("null".to_string()),
        Just("true".to_string()),
        "-?(0|[1-9][0-9]{0,3})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?",
        "\"([a-z /\u{e9}]|\\\\[\"\\\\/bfnrt]|\\\\u[0-9a-dA-D][0-9a-f]{3}|\\\\ud8[0-9]{2}\\\\udc[0-9]{2}){0,20}\"",
    ];
    let value = leaf.prop_recursive(4, 24, 4, |inner| {
        let member = ("(a|b|t|[a-z]{1,3})", inner.clone())
            .prop_map(|(key, value)| format!("\"{key}\":{value}"));
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(member, 0..4)
                .prop_map(|members| format!("{{ {}}}", members.join(" ,"))),
        ]
    });
    let whole = value.prop_map(|value| format!("{{\"a\":{value},\"t\":1}}").into_bytes());
    (whole, prop::option::of((any::<u16>(), any::<u8>()))).prop_map(|(mut text, change)| {
        if let Some((place, byte)) = change {
            let place = place as usize % text.len();
            text[place] = byte;
        }
        text
    })
}

/// Return the scalars of `a`, `b` and the elements of `a`, by serde.
fn scalars(value: &Value) -> Vec<String> {
    let one = |value: &Value| match value {
        Value::String(text) => Some(text.bytes().map(|byte| byte as char).collect()),
        Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    match value {
        Value::Array(items) => items.iter().filter_map(one).collect(),
        other => one(other).into_iter().collect(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn json_is_what_serde_says_it_is(text in nearly_json()) {
        let tree = serde_json::from_slice::<Value>(&text);
        let too_big = tree.as_ref().is_err_and(|why| why.to_string().contains("out of range"));
        prop_assume!(!too_big);
        let mut reader = Reader::new(&program("json-all"), &Options::default());
        match (reader.read(&text), tree) {
            (Outcome::Reject(RejectCode::NotJson), Ok(tree)) => prop_assert!(!tree.is_object(), "{}", tree),
            (Outcome::Reject(RejectCode::NotJson) | Outcome::Comment, Err(_)) => {}
            (_, Err(why)) => prop_assert!(false, "{}: {}", String::from_utf8_lossy(&text), why),
            (Outcome::Record(record), Ok(tree)) => {
                let elements = tree["a"].as_array().into_iter().flatten().flat_map(scalars);
                let wanted: Vec<String> =
                    scalars(&tree["b"]).into_iter().chain(scalars(&tree["a"])).chain(elements).collect();
                let got = &fields(&record)["names"];
                let is_text = |it: &&String| !it.is_empty() && *it != "-";
                let numbers = |text: &str| text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
                let got: Vec<&str> = got.as_array().unwrap().iter().filter_map(Value::as_str).collect();
                let got: Vec<&str> = got.into_iter().filter(|text| !numbers(text)).collect();
                let wanted: Vec<&str> = wanted.iter().filter(is_text).map(|text| text.trim_matches([' ', '\t'])).collect();
                let wanted: Vec<&str> = wanted.into_iter().filter(|text| !numbers(text) && !text.is_empty()).collect();
                prop_assert_eq!(got, wanted);
            }
            (_, Ok(_)) => {}
        }
    }

    #[test]
    fn a_dotted_quad_is_what_the_standard_library_says(text in "[0-2]?[0-9]{1,3}(\\.[0-9]{1,3}){2,4}[.0-9x]?") {
        let wanted = text.parse::<Ipv4Addr>().map(|quad| quad.to_string());
        // Alone at the end of the frame, and with bytes behind it: the two are loaded differently.
        let alone = one("ip", &format!("1|{text}"), "source_ip");
        let behind = one("dissect-ip", &format!("{text} 1700000000 and more than sixteen bytes"), "source_ip");
        for got in [alone, behind] {
            let got = got.ok().and_then(|it| it.as_str().map(String::from));
            prop_assert_eq!(got, wanted.clone().ok());
        }
    }

    #[test]
    fn a_dotted_quad_is_seen_where_the_standard_library_reads_one(text in "[0-9]{1,4}(\\.{1,2}[0-9]{1,4}){2,4}|[0-9.]{0,17}|([0-2][0-9]{2}\\.){3}2[0-9]{2}", behind in "[ 0-9.]{0,20}") {
        let wanted = text.parse::<Ipv4Addr>().ok().map(|quad| address_key(quad.into()));
        let around = format!("{text}{behind}");
        prop_assert_eq!(quad_text(TextSlice::new(around.as_bytes(), 0, text.len())), wanted);
    }

    #[test]
    fn a_number_is_what_the_standard_library_says(text in "[0-9]{0,20}[x:/]?") {
        let wanted = text.parse::<i64>().ok().filter(|_| text.len() <= 18 && text.bytes().all(|it| it.is_ascii_digit()));
        prop_assume!(!text.is_empty());
        let got = one("integer", &format!("1|{text}"), "status");
        prop_assert_eq!(got.ok().and_then(|it| it.as_i64()), wanted);
    }

    #[test]
    fn a_count_of_seconds_is_what_it_says(seconds in 0i64..7_258_118_400, micros in 0i64..1_000_000, zeros in 0usize..20) {
        let frame = format!("{}{seconds}.{micros:06}", "0".repeat(zeros));
        let got = one("epoch", &frame, "timestamp_us");
        prop_assert_eq!(got, Ok(Value::from(seconds * 1_000_000 + micros)));
    }

    #[test]
    fn calendar_times_go_around(seconds in 0i64..7_258_118_400, offset_minutes in -1439i64..1440) {
        let local = seconds + offset_minutes * 60;
        prop_assume!((0..7_258_118_400).contains(&local));
        let (days, rest) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let (year, month, day) = date_of(days);
        let (sign, offset) = if offset_minutes < 0 { ('-', -offset_minutes) } else { ('+', offset_minutes) };
        let frame = format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}{sign}{:02}:{:02}",
            rest / 3600, rest / 60 % 60, rest % 60, offset / 60, offset % 60,
        );
        prop_assert_eq!(one("iso-record", &frame, "timestamp_us"), Ok(Value::from(seconds * 1_000_000)));
    }
}

/// The date of a day since 1970, by counting years and months.
fn date_of(mut days: i64) -> (i64, i64, i64) {
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let mut year = 1970;
    while days >= 365 + i64::from(is_leap(year)) {
        days -= 365 + i64::from(is_leap(year));
        year += 1;
    }
    let lengths = [
        31,
        28 + i64::from(is_leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 0;
    while days >= lengths[month] {
        days -= lengths[month];
        month += 1;
    }
    (year, month as i64 + 1, days + 1)
}
