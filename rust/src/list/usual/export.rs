//! Lines of a CSV export whose header is known (`stages/lists/readers/exports.py`).

use memchr::{memchr, memchr2};

use super::misp::find_misp_indicator;
use super::{MOST_TEXT_BYTES, Rows, instant_of_seconds};
use crate::indicator::IndicatorKind;

/// The most columns of a line that is split here.
const MOST_COLUMNS: usize = 48;

/// Which column holds what. A line lists `value`, unless `verified` has another word than yes.
#[derive(Clone, Copy, Debug, Default)]
pub struct ExportLayout {
    pub width: usize,
    pub value: usize,
    pub listed_on: Option<usize>,
    pub category: Option<usize>,
    pub verified: Option<usize>,
    /// Of MISP's export: each line says its own kind.
    pub misp: Option<MispColumns>,
    /// The kind of all values of another export.
    pub kind: Option<IndicatorKind>,
}

#[derive(Clone, Copy, Debug)]
pub struct MispColumns {
    pub to_ids: usize,
    pub kind: usize,
}

/// The rows of a block, and the positions of the lines that are to be read in Python: the number from 0, start and end.
#[derive(Debug, Default)]
pub struct UsualLines {
    pub rows: Rows,
    pub others: Vec<(u64, usize, usize)>,
    pub lines: u64,
}

/// Read the lines of a block that ends with a line's end. None if it is not UTF-8, or has too many columns.
pub fn export_rows(block: &[u8], first: u64, layout: &ExportLayout) -> Option<UsualLines> {
    if layout.width > MOST_COLUMNS {
        return None;
    }
    read_lines(block, first, |line, number, rows| {
        take_line(line, number, layout, rows)
    })
}

/// Read the lines of a block that are neither empty nor comments: `take` adds the row of one, if it is of its form.
///
/// None if the block is not UTF-8.
pub fn read_lines(
    block: &[u8],
    first: u64,
    mut take: impl FnMut(&str, u64, &mut Rows) -> Option<()>,
) -> Option<UsualLines> {
    let text = std::str::from_utf8(block).ok()?;
    let mut usual = UsualLines::default();
    let mut start = 0;
    while start < block.len() {
        let end = memchr(b'\n', &block[start..]).map_or(block.len(), |length| start + length);
        let line = &text[start..end];
        let line = line.strip_suffix('\r').unwrap_or(line);
        let is_usual = line.len() <= MOST_TEXT_BYTES && !has_control(line.as_bytes());
        let is_taken = is_usual
            && (line.is_empty()
                || line.starts_with('#')
                || take(line, first + usual.lines, &mut usual.rows).is_some());
        if !is_taken {
            usual.others.push((usual.lines, start, start + line.len()));
        }
        usual.lines += 1;
        start = end + 1;
    }
    Some(usual)
}

/// Add the row of a line, if it lists anything. None for a line of another form.
fn take_line(line: &str, number: u64, layout: &ExportLayout, rows: &mut Rows) -> Option<()> {
    let mut fields = [""; MOST_COLUMNS];
    split(line, b',', false, &mut fields[..layout.width])?;
    let column = |place: Option<usize>| place.map_or("", |place| fields[place]);
    if let Some(misp) = layout.misp {
        return take_misp(misp, &fields, layout, number, rows);
    }
    if layout
        .verified
        .is_some_and(|place| !fields[place].eq_ignore_ascii_case("yes"))
    {
        return Some(());
    }
    let mut dated = [0; 20];
    let listed_on = utc(column(layout.listed_on), &mut dated)?;
    rows.flag(
        number,
        layout.kind?,
        fields[layout.value],
        column(layout.category),
        listed_on,
    );
    Some(())
}

fn take_misp(
    misp: MispColumns,
    fields: &[&str; MOST_COLUMNS],
    layout: &ExportLayout,
    number: u64,
    rows: &mut Rows,
) -> Option<()> {
    match fields[misp.to_ids] {
        "0" => return Some(()),
        "1" => {}
        _ => return None,
    }
    let value = fields[layout.value];
    let stamp = layout.listed_on.map_or("", |place| fields[place]);
    if !is_edged_by_ascii(value) || value.trim_matches([' ', '\t']).len() != value.len() {
        return None;
    }
    let (kind, value) = find_misp_indicator(fields[misp.kind], value)?;
    let listed_on = match stamp {
        "" | "0" => String::new(),
        _ => instant_of_seconds(stamp)?,
    };
    rows.flag(number, kind, value, "", &listed_on);
    Some(())
}

/// Whether no white space beyond ASCII can be at either end.
fn is_edged_by_ascii(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_none_or(u8::is_ascii) && bytes.last().is_none_or(u8::is_ascii)
}

fn has_control(line: &[u8]) -> bool {
    line.iter().fold(false, |is_control, byte| {
        is_control | ((*byte < b' ') & (*byte != b'\t')) | (*byte == 0x7f)
    })
}

/// Cut a line into as many fields as there are places. None for a quote within one, another number of fields, or a
/// blank before one where it would not belong to it.
pub fn split<'t>(
    line: &'t str,
    delimiter: u8,
    keeps_blanks: bool,
    fields: &mut [&'t str],
) -> Option<()> {
    let bytes = line.as_bytes();
    let last = fields.len().checked_sub(1)?;
    let mut at = 0;
    for (place, field) in fields.iter_mut().enumerate() {
        let end = match bytes.get(at) {
            Some(b' ') if !keeps_blanks => return None,
            Some(b'"') => {
                let end = at + 1 + memchr(b'"', &bytes[at + 1..])?;
                *field = &line[at + 1..end];
                end + 1
            }
            _ => {
                let end = memchr2(delimiter, b'"', &bytes[at..])
                    .map_or(bytes.len(), |length| at + length);
                *field = &line[at..end];
                end
            }
        };
        match bytes.get(end) {
            Some(byte) if *byte == delimiter && place < last => at = end + 1,
            None if place == last => {}
            _ => return None,
        }
    }
    Some(())
}

/// An instant that a service writes in UTC without a zone, with one; another text as it is. None where Python must look.
fn utc<'t>(text: &'t str, dated: &'t mut [u8; 20]) -> Option<&'t str> {
    let bytes = text.as_bytes();
    if !text.is_ascii()
        || text.starts_with([' ', '\t'])
        || text.ends_with([' ', '\t'])
        || text.ends_with("UTC")
    {
        return None;
    }
    let is_bare = bytes.len() == 19
        && matches!(bytes[10], b' ' | b'T')
        && bytes[13] == b':'
        && bytes[16] == b':';
    if !is_bare {
        return Some(text);
    }
    dated[..19].copy_from_slice(bytes);
    (dated[10], dated[19]) = (b'T', b'Z');
    std::str::from_utf8(dated).ok()
}
