//! Which of several statements about one indicator decides.

use super::*;
use crate::indicator::Opinion;

const DAY_US: i64 = 86_400_000_000;
/// 2024-01-10T00:00:00Z.
const TENTH_US: i64 = 1_704_844_800_000_000;

fn row<'t>(
    valid_from: &'t str,
    valid_until: &'t str,
    listed_on: &'t str,
    opinion: &'t str,
    category: &'t str,
) -> Row<'t> {
    Row {
        line: 1,
        kind: Some("domain"),
        value: Some("flagged.example"),
        category: Some(category),
        valid_from: Some(valid_from),
        valid_until: Some(valid_until),
        listed_on: Some(listed_on),
        opinion: Some(opinion),
        reference: None,
    }
}

/// Return opinion, category and whether it is vouched for, as text; empty if no statement covers the visit.
fn list_opinions(rows: &[Row<'_>], t_us: i64, u_s: i64) -> String {
    let list = CompiledList::from_bytes(compiled(rows)).unwrap();
    assert_eq!(list.indicators(), 1);
    let entry = list.entry(Match { entry: 0 }).unwrap();
    let time = VisitTime::new(t_us, u_s, 0, 0);
    let read_statement = verdict(&entry.statements, time);
    assert_eq!(read_statement, list.verdict(entry.matched, time).unwrap());
    match read_statement {
        Verdict::Outside => String::new(),
        Verdict::Covered {
            opinion,
            category,
            vouched,
        } => {
            format!("{} {} {vouched}", opinion.name(), category.unwrap_or("-"))
        }
    }
}

#[test]
fn a_window_covers_only_what_lies_wholly_inside() {
    let whole_day = [row("2024-01-10", "2024-01-10", "", "", "")];
    for (t_us, u_s, covered) in [
        (TENTH_US, 0, true),
        (TENTH_US - 1, 0, false),
        (TENTH_US, 1, false),
        (TENTH_US + 1_000_000, 1, true),
        (TENTH_US + DAY_US - 1, 0, true),
        (TENTH_US + DAY_US, 0, false),
        (TENTH_US + DAY_US - 1_000_000, 1, false),
        (TENTH_US + DAY_US - 1_000_001, 1, true),
    ] {
        assert_eq!(
            !list_opinions(&whole_day, t_us, u_s).is_empty(),
            covered,
            "{t_us} {u_s}"
        );
    }
    assert_eq!(
        list_opinions(&[row("", "", "", "", "")], i64::MIN, i64::MAX),
        "flagged - true"
    );
    assert_eq!(
        list_opinions(&[row("", "2024-01-10T00:00:00Z", "", "", "")], i64::MAX, 0),
        ""
    );
    assert_eq!(
        list_opinions(
            &[row("2024-01-10T00:00:00+00:00", "", "", "", "")],
            TENTH_US,
            0
        ),
        "flagged - true"
    );
}

#[test]
fn what_clears_or_disputes_speaks_for_any_part_of_the_time() {
    for opinion in ["cleared", "disputed"] {
        let rows = [
            row("", "", "", "", ""),
            row("2024-01-10", "2024-01-10", "", opinion, ""),
        ];
        for (t_us, u_s, blocks) in [
            (TENTH_US - 1_000_000, 1, true),
            (TENTH_US - 1_000_001, 1, false),
            (TENTH_US + DAY_US + 999_999, 1, true),
            (TENTH_US + DAY_US + 1_000_000, 1, false),
        ] {
            let wanted = if blocks { opinion } else { "flagged" };
            assert_eq!(list_opinions(&rows, t_us, u_s), format!("{wanted} - true"));
        }
    }
}

#[test]
fn what_was_listed_later_is_not_vouched_for_unless_a_reference_backs_its_window() {
    let later = row("2024-01-01", "", "2024-01-11", "", "");
    let backed = Row {
        reference: Some("letter 7"),
        ..later
    };
    let backed_without_window = Row {
        valid_from: None,
        ..backed
    };
    for (row, vouched) in [
        (later, false),
        (backed, true),
        (backed_without_window, false),
    ] {
        assert_eq!(
            list_opinions(&[row], TENTH_US, 0),
            format!("flagged - {vouched}"),
            "{row:?}"
        );
    }
    assert_eq!(
        list_opinions(&[later], TENTH_US + DAY_US, 0),
        "flagged - true"
    );
    assert_eq!(
        list_opinions(&[later], TENTH_US + DAY_US - 1_000_000, 1),
        "flagged - true",
        "listed by the end of the visit's interval"
    );
}

#[test]
fn the_strongest_then_the_vouched_then_the_first_speaks() {
    let of = |opinion, category| row("", "", "", opinion, category);
    let listed_later = |opinion, category| row("", "", "2024-02-01", opinion, category);
    for (rows, expected) in [
        (
            vec![
                of("seed", "a"),
                of("flagged", "b"),
                of("cleared", "c"),
                of("disputed", "d"),
            ],
            "cleared c true",
        ),
        (
            vec![of("seed", "a"), of("", "b"), of("disputed", "c")],
            "disputed c true",
        ),
        (vec![of("seed", "a"), of("", "b")], "flagged b true"),
        (vec![of("seed", "a")], "seed a true"),
        (vec![of("", "b"), of("", "a")], "flagged b true"),
        (vec![listed_later("", "b"), of("", "a")], "flagged a true"),
        (
            vec![listed_later("cleared", "b"), of("", "a")],
            "cleared b false",
        ),
        (
            vec![row("2024-02-01", "", "", "cleared", "b"), of("", "a")],
            "flagged a true",
        ),
        (vec![of("", ""), of("", "a")], "flagged - true"),
    ] {
        assert_eq!(list_opinions(&rows, TENTH_US, 0), expected);
    }
}

#[test]
fn equal_statements_stand_once_in_line_order() {
    let (a, b, c) = (
        row("", "", "", "", "a"),
        row("", "", "", "", "b"),
        row("", "", "", "seed", "a"),
    );
    let other = Row {
        value: Some("other.example"),
        ..b
    };
    let list = CompiledList::from_bytes(compiled(&[a, b, other, a, c, b, other, c])).unwrap();
    let statements_of = |entry| {
        let entry = list.entry(Match { entry }).unwrap();
        let statements: Vec<_> = entry
            .statements
            .iter()
            .map(|s| (s.opinion, s.category.unwrap()))
            .collect();
        (entry.value, statements)
    };
    let expected = vec![
        (Opinion::Flagged, "a"),
        (Opinion::Flagged, "b"),
        (Opinion::Seed, "a"),
    ];
    assert_eq!(statements_of(0), ("flagged.example", expected));
    assert_eq!(
        statements_of(1),
        ("other.example", vec![(Opinion::Flagged, "b")])
    );
    assert_eq!(list.indicators(), 2);
}

#[test]
fn one_value_under_two_kinds_is_two_indicators_in_the_order_of_their_ids() {
    let list = list(&[
        ("domain", "flagged.example"),
        ("host", "flagged.example"),
        ("domain", "FLAGGED.example"),
    ]);
    let subject = Subject {
        page: page_of("flagged.example"),
        ..Subject::default()
    };
    let mut met = Vec::new();
    Prober::new(&list, None).probe(&subject, &mut met).unwrap();
    met.extend_from_within(..);
    list.sort_matches(&mut met).unwrap();
    let ids: Vec<_> = met
        .iter()
        .map(|matched| list.entry(*matched).unwrap().indicator_id)
        .collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0] < ids[1]);
    assert_eq!(list.count(kind("domain")), 1);
    assert_eq!(list.count(kind("host")), 1);
    assert_eq!(list.count(kind("url")), 0);
}

#[test]
fn an_indicator_id_is_that_of_adr_1() {
    use sha2::Digest;
    let list = list(&[("domain", "flagged.example")]);
    let text = format!("{}\ndomain\nflagged.example", "5e".repeat(32));
    let expected = &sha2::Sha256::digest(text)[..16];
    assert_eq!(
        list.entry(Match { entry: 0 }).unwrap().indicator_id,
        expected
    );
}
