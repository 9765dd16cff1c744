//! References of a row: only one that names a day is kept (`stages/lists/references.py`).

const MONTHS: [&[u8; 3]; 12] = [
    b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec",
];
const MOST_BYTES: usize = 500;

/// Whether a reference may name a day. Where it may, Python decides; where it cannot, the row loses it.
pub fn may_be_dated(reference: &str) -> bool {
    if !reference.is_ascii() {
        return true;
    }
    let text = &reference.as_bytes()[..reference.len().min(MOST_BYTES)];
    let mut at = 0;
    let mut has_year = false;
    while at < text.len() {
        let digits = count_digits(&text[at..]);
        if digits < 4 {
            at += digits.max(1);
            continue;
        }
        has_year = true;
        // `2026-10-10`, and `10-10-2026`.
        let after = &text[at + digits..];
        let is_first = digits == 4 && is_mark(after.first()) && count_digits(&after[1..]) > 0;
        let is_last = at > 1 && is_mark(text.get(at - 1)) && text[at - 2].is_ascii_digit();
        if is_first && follows_day(&after[1..]) || is_last && has_day_before(&text[..at - 1]) {
            return true;
        }
        at += digits;
    }
    has_year && names_month(text)
}

/// Whether the first number of four digits in a reference begins a day such as 2026-10-28, which every month has.
pub fn is_surely_dated(reference: &str) -> bool {
    let text = &reference.as_bytes()[..reference.len().min(MOST_BYTES)];
    let begin = text.windows(4).position(|four| count_digits(four) == 4);
    let Some((begin, day)) = begin.and_then(|at| Some((at, text.get(at..at + 10)?))) else {
        return false;
    };
    let is_day = day.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    let (year, month, date) = (&day[..4], &day[5..7], &day[8..]);
    is_day
        && reference.is_ascii()
        && !text.get(begin + 10).is_some_and(u8::is_ascii_digit)
        && (&b"1970"[..] <= year && year < &b"2200"[..])
        && (&b"01"[..] <= month && month <= &b"12"[..])
        && (&b"01"[..] <= date && date <= &b"28"[..])
}

fn count_digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn is_mark(byte: Option<&u8>) -> bool {
    matches!(byte, Some(b'-' | b'.' | b'/'))
}

/// Whether one or two digits, a mark and a digit begin here.
fn follows_day(text: &[u8]) -> bool {
    let digits = count_digits(text);
    digits < 3 && is_mark(text.get(digits)) && text.get(digits + 1).is_some_and(u8::is_ascii_digit)
}

/// Whether a digit, a mark, and one or two digits end here.
fn has_day_before(text: &[u8]) -> bool {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let rest = &text[..text.len() - digits.count()];
    is_mark(rest.last()) && rest.len() > 1 && rest[rest.len() - 2].is_ascii_digit()
}

/// Whether the name of a month begins at a word, or behind a number.
fn names_month(text: &[u8]) -> bool {
    text.windows(3).enumerate().any(|(at, three)| {
        let is_month = MONTHS
            .iter()
            .any(|month| three.eq_ignore_ascii_case(*month));
        is_month && !text[..at].last().is_some_and(u8::is_ascii_alphabetic)
            || is_month && at > 1 && ends_number(&text[..at])
    })
}

fn ends_number(text: &[u8]) -> bool {
    let two = &text[text.len() - 2..];
    [b"st", b"nd", b"rd", b"th"]
        .iter()
        .any(|ending| two.eq_ignore_ascii_case(*ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_seen_in_every_form() {
        for text in [
            "seen 2026-10-10",
            "2026/1/1x",
            "10.10.2026",
            "1-2-2026",
            "x 3rd March 2026",
            "3rdmar2026",
            "1 jan 2026",
            "January 1st, 2026",
            "é",
        ] {
            assert!(may_be_dated(text), "{text}");
        }
        for text in [
            "",
            "CVE-2021-44228",
            "CVE-2021-44 x",
            "ticket 20261010",
            "2026",
            "summary of 2026",
            "1.2.345",
            "10.10",
        ] {
            assert!(!may_be_dated(text), "{text}");
        }
        for (text, is_sure) in [
            ("seen 2026-10-10", true),
            ("CVE-1970-01-01x", true),
            ("2026-10-101", false),
            ("12026-10-10", false),
            ("2026-10-29", false),
            ("2026-13-10", false),
            ("2200-10-10", false),
            ("2026-1-10", false),
            ("2026", false),
        ] {
            assert_eq!(is_surely_dated(text), is_sure, "{text}");
        }
        let far = format!("{}2026-10-10", "x".repeat(MOST_BYTES));
        assert!(!may_be_dated(&far));
    }
}
