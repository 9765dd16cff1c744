//! Rows are read as the vectors require. The oracle's tests read the same vectors.

use serde_json::Value;

use crate::list::Junk;
use crate::list::row::Row;

fn names<'v>(junk: &'v Value, which: &str) -> impl Iterator<Item = &'v str> {
    junk[which]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| name.as_str().unwrap())
}

#[test]
fn a_row_is_read_as_the_vectors_say() {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../../tests/vectors/list_rows.json")).unwrap();
    let [exact, wildcards, exceptions, big_hosts] =
        ["exact", "wildcards", "exceptions", "big_hosts"]
            .map(|which| names(&vectors["junk"], which));
    let junk = Junk::new(exact, wildcards, exceptions, big_hosts);
    for vector in vectors["rows"].as_array().unwrap() {
        let text = |column: usize| vector["row"][column].as_str();
        let row = Row {
            line: vector["row"][0].as_u64().unwrap(),
            kind: text(1),
            value: text(2),
            category: text(3),
            valid_from: text(4),
            valid_until: text(5),
            listed_on: text(6),
            opinion: text(7),
            reference: text(8),
        };
        match row.read(&junk) {
            Err(reject) => assert_eq!(Some(reject.code.name()), vector["code"].as_str(), "{row:?}"),
            Ok(parsed) => {
                assert_eq!(Some(parsed.kind.name()), vector["kind"].as_str(), "{row:?}");
                assert_eq!(Some(&*parsed.value), vector["value"].as_str(), "{row:?}");
                let expected = &vector["statement"];
                assert_eq!(parsed.category, expected["category"].as_str(), "{row:?}");
                assert_eq!(
                    Some(parsed.opinion.name()),
                    expected["opinion"].as_str(),
                    "{row:?}"
                );
                assert_eq!(
                    Some(parsed.has_reference),
                    expected["has_reference"].as_bool(),
                    "{row:?}"
                );
                for (actual, name) in [
                    (parsed.valid_from_us, "valid_from_us"),
                    (parsed.valid_until_us, "valid_until_us"),
                    (parsed.listed_on_us, "listed_on_us"),
                ] {
                    assert_eq!(actual, expected[name].as_i64(), "{name} of {row:?}");
                }
            }
        }
    }
}
