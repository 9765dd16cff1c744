//! Lines of a CSV list by its header (`stages/lists/readers/csv.py`), and values one a line (`readers/plain.py`).

use super::Rows;
use super::export::{UsualLines, read_lines, split};
use super::reference::{is_surely_dated, may_be_dated};
use crate::canonical::address;
use crate::indicator::IndicatorKind;

/// The most columns of a line that is split here.
pub const MOST_COLUMNS: usize = 16;

/// The columns of a list. `places`: those of kind, value, category, the three dates, opinion and reference.
#[derive(Clone, Copy, Debug)]
pub struct CsvLayout {
    pub delimiter: u8,
    pub width: usize,
    pub places: [Option<usize>; 8],
}

/// Read the lines of a block that ends with a line's end. None if it is not UTF-8, or has too many columns.
pub fn csv_rows(block: &[u8], first: u64, layout: &CsvLayout) -> Option<UsualLines> {
    if layout.width > MOST_COLUMNS {
        return None;
    }
    read_lines(block, first, |line, number, rows| {
        take_line(line, number, layout, rows)
    })
}

/// The same of values one a line, whose form says their kind.
pub fn plain_rows(block: &[u8], first: u64) -> Option<UsualLines> {
    read_lines(block, first, |line, number, rows| {
        let kind = find_value_kind(line)?;
        let has_words = line.bytes().any(|byte| matches!(byte, b' ' | b'\t'));
        (!has_words).then(|| rows.flag(number, kind, line, "", ""))
    })
}

/// Add the row of a line. None for a line of another form.
fn take_line(line: &str, number: u64, layout: &CsvLayout, rows: &mut Rows) -> Option<()> {
    if line.bytes().all(|byte| matches!(byte, b' ' | b'\t')) {
        return None;
    }
    let mut fields = [""; MOST_COLUMNS];
    split(line, layout.delimiter, true, &mut fields[..layout.width])?;
    let mut texts = layout
        .places
        .map(|place| place.map_or("", |place| fields[place]));
    if layout.places[0].is_none() {
        texts[0] = find_value_kind(texts[1].trim_matches([' ', '\t']))?.name();
    }
    let [_, _, _, valid_from, .., reference] = texts;
    if !reference.is_empty() && !is_surely_dated(reference) {
        if may_be_dated(reference) || !valid_from.is_ascii() {
            return None;
        }
        let is_said = |text: &str| !text.trim_matches([' ', '\t']).is_empty();
        rows.undated += u64::from(is_said(valid_from) && is_said(reference));
        texts[7] = "";
    }
    rows.push(number, texts);
    Some(())
}

/// The kind of a value by its form, as `plain.find_value_kind` says it. None for a value that is not ASCII.
fn find_value_kind(value: &str) -> Option<IndicatorKind> {
    let is_ip = |text: &str| address(text.as_bytes()).is_some();
    let ends = |with: &str| {
        let start = value.len().saturating_sub(with.len());
        value.as_bytes()[start..].eq_ignore_ascii_case(with.as_bytes())
    };
    if !value.is_ascii() {
        return None;
    }
    if let Some((network, bits)) = value.rsplit_once('/') {
        return Some(match is_decimal(bits) && is_ip(network) {
            true => IndicatorKind::Cidr,
            false => IndicatorKind::Url,
        });
    }
    let last = value.as_bytes().last();
    Some(match () {
        () if value.contains('?') => IndicatorKind::Url,
        () if value.contains(':') && (is_ip(value) || has_address_and_port(value)) => {
            IndicatorKind::Ip
        }
        () if last.is_some_and(u8::is_ascii_digit) && is_ip(value) => IndicatorKind::Ip,
        () if ends(".onion") => IndicatorKind::Onion,
        () if ends(".i2p") => IndicatorKind::I2p,
        () => IndicatorKind::Domain,
    })
}

fn has_address_and_port(value: &str) -> bool {
    let Some((host, port)) = value.rsplit_once(':') else {
        return false;
    };
    let bracketed = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let host = bracketed.unwrap_or(host);
    let is_plain = bracketed.is_some() || !host.contains(':');
    is_decimal(port) && is_plain && address(host.as_bytes()).is_some()
}

fn is_decimal(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_of_a_value_says_its_kind() {
        for (value, kind) in [
            ("a.example", IndicatorKind::Domain),
            ("", IndicatorKind::Domain),
            ("1.2.3", IndicatorKind::Domain),
            ("a.example/x", IndicatorKind::Url),
            ("a.example?x", IndicatorKind::Url),
            ("http://192.0.2.1/24", IndicatorKind::Url),
            ("192.0.2.0/24", IndicatorKind::Cidr),
            ("2001:db8::/32", IndicatorKind::Cidr),
            ("192.0.2.1", IndicatorKind::Ip),
            ("192.0.2.1:80", IndicatorKind::Ip),
            ("[2001:db8::1]:80", IndicatorKind::Ip),
            ("2001:db8::a", IndicatorKind::Ip),
            ("[:80", IndicatorKind::Domain),
            ("a.example:80", IndicatorKind::Domain),
            ("x.ONION", IndicatorKind::Onion),
            (".i2p", IndicatorKind::I2p),
        ] {
            assert_eq!(find_value_kind(value), Some(kind), "{value}");
        }
        assert_eq!(find_value_kind("\u{e9}.example"), None);
    }
}
