//! Rows of the usual form for the list readers in Python, which take them as a sequence of tuples.

use std::collections::{BTreeMap, HashSet};

use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyString, PyTuple};

use crate::indicator::IndicatorKind;
use crate::list::Row;
use crate::list::usual::{self, CsvLayout, ExportLayout, MispColumns, Objects, Rows, UsualLines};

/// Rows of one part of a list file: a sequence of tuples, made only when they are asked for.
#[pyclass(frozen, sequence)]
#[derive(Default)]
pub struct ListRows {
    pub rows: Rows,
}

#[pymethods]
impl ListRows {
    fn __len__(&self) -> usize {
        self.rows.len()
    }

    fn __getitem__<'py>(&self, py: Python<'py>, at: isize) -> PyResult<Bound<'py, PyTuple>> {
        let place = if at < 0 {
            at + self.rows.len() as isize
        } else {
            at
        };
        if place < 0 || place as usize >= self.rows.len() {
            return Err(PyIndexError::new_err("no such row"));
        }
        let (
            line,
            [
                kind,
                value,
                category,
                from,
                until,
                listed_on,
                opinion,
                reference,
            ],
        ) = self.rows.texts(place as usize);
        (
            line, kind, value, category, from, until, listed_on, opinion, reference,
        )
            .into_pyobject(py)
    }

    /// The rows of each kind, without those of these lines.
    fn count_kinds(&self, without: HashSet<u64>) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for at in 0..self.rows.len() {
            let (line, [kind, ..]) = self.rows.texts(at);
            if without.is_empty() || !without.contains(&line) {
                *counts.entry(kind).or_insert(0) += 1;
            }
        }
        counts
    }

    /// How many rows and refusals of a document there are.
    fn numbers(&self) -> usize {
        self.rows.places.len()
    }

    /// The line, from 0, the number of the object, and of a part of it, of a row or refusal of a document.
    fn place(&self, at: usize) -> PyResult<(u64, u64, u64)> {
        let place = self.rows.places.get(at);
        let place = place.ok_or_else(|| PyIndexError::new_err("no such row"))?;
        Ok((place.line, place.element, place.part))
    }

    /// Number, code and reason of what a document has that gives no row.
    fn refusals(&self) -> Vec<(u64, &'static str, &str)> {
        let refused = self.rows.refused.iter();
        refused
            .map(|one| (one.number, one.code.name(), one.reason.as_str()))
            .collect()
    }

    /// Rows with a start of their window that lost a reference without a date.
    fn undated(&self) -> u64 {
        self.rows.undated
    }

    /// These rows and others in the order of their lines.
    fn merged(&self, others: Vec<Bound<'_, PyAny>>) -> PyResult<ListRows> {
        let mut rows = self.rows.clone();
        for other in &others {
            let other = RowTexts::of(other)?;
            rows.push(other.line, other.texts()?);
        }
        rows.sort_by_line();
        Ok(ListRows { rows })
    }
}

/// A row of Python: its line, and the tuple that holds its texts.
pub struct RowTexts<'py> {
    line: u64,
    texts: [Bound<'py, PyString>; 8],
}

impl<'py> RowTexts<'py> {
    pub fn of(row: &Bound<'py, PyAny>) -> PyResult<RowTexts<'py>> {
        let row = row.cast::<PyTuple>()?;
        if row.len() != 9 {
            return Err(PyValueError::new_err("a row is nine values"));
        }
        let mut texts = Vec::with_capacity(8);
        for text in row.iter().skip(1) {
            let text = text.cast_into::<PyString>()?;
            text.to_str()?;
            texts.push(text);
        }
        let line = row.get_item(0)?.extract()?;
        let texts = texts
            .try_into()
            .map_err(|_| PyValueError::new_err("a row is nine values"))?;
        Ok(RowTexts { line, texts })
    }

    pub fn row(&self) -> Row<'_> {
        let texts = self.texts.each_ref();
        Row::new(
            self.line,
            texts.map(|text| text.to_str().ok().filter(|text| !text.is_empty())),
        )
    }

    fn texts(&self) -> PyResult<[&str; 8]> {
        let mut texts = [""; 8];
        for (place, text) in texts.iter_mut().zip(&self.texts) {
            *place = text.to_str()?;
        }
        Ok(texts)
    }
}

/// The columns of a CSV export: value, listed_on, category, verified, MISP's to_ids and type; their number, the kind.
type Columns = (
    usize,
    Option<usize>,
    Option<usize>,
    Option<usize>,
    Option<(usize, usize)>,
    usize,
    String,
);

/// The other lines of a block: the number of each from 0, and its bytes without the line's end.
type OtherLines<'py> = Vec<(u64, Bound<'py, PyBytes>)>;

/// Rows, other lines, and the number of lines of a block.
type FoundLines<'py> = (ListRows, OtherLines<'py>, u64);

/// What is found in a block of whole lines; None where each must be looked at alone.
#[pyfunction]
fn export_rows<'py>(
    py: Python<'py>,
    block: &Bound<'py, PyBytes>,
    first: u64,
    columns: Columns,
) -> PyResult<Option<FoundLines<'py>>> {
    let (value, listed_on, category, verified, misp, width, kind) = columns;
    let kind = IndicatorKind::from_name(&kind);
    let misp = misp.map(|(to_ids, kind)| MispColumns { to_ids, kind });
    let places = [
        Some(value),
        listed_on,
        category,
        verified,
        misp.map(|one| one.to_ids),
        misp.map(|one| one.kind),
    ];
    if places.into_iter().flatten().any(|place| place >= width) {
        return Err(PyValueError::new_err("a column beyond the last"));
    }
    let layout = ExportLayout {
        width,
        value,
        listed_on,
        category,
        verified,
        misp,
        kind,
    };
    Ok(take_lines(py, block, |bytes| {
        usual::export_rows(bytes, first, &layout)
    }))
}

/// The same of a CSV list: its delimiter, and for each value of a row the number of its column.
#[pyfunction]
fn csv_rows<'py>(
    py: Python<'py>,
    block: &Bound<'py, PyBytes>,
    first: u64,
    columns: (char, usize, [Option<usize>; 8]),
) -> PyResult<Option<FoundLines<'py>>> {
    let (delimiter, width, places) = columns;
    let delimiter = u8::try_from(delimiter);
    let is_known = places.into_iter().flatten().all(|place| place < width);
    let Some(delimiter) = delimiter.ok().filter(|_| is_known && places[1].is_some()) else {
        return Err(PyValueError::new_err("no such columns"));
    };
    let layout = CsvLayout {
        delimiter,
        width,
        places,
    };
    Ok(take_lines(py, block, |bytes| {
        usual::csv_rows(bytes, first, &layout)
    }))
}

/// The same of values one a line.
#[pyfunction]
fn plain_rows<'py>(
    py: Python<'py>,
    block: &Bound<'py, PyBytes>,
    first: u64,
) -> Option<FoundLines<'py>> {
    take_lines(py, block, |bytes| usual::plain_rows(bytes, first))
}

/// Rows of consecutive lines that say a name and an opinion. The number is that of the first; an empty text is no row.
///
/// With `below` a name that begins with `*.` is of that kind, without its beginning.
#[pyfunction]
#[pyo3(signature = (first, kind, names, opinion="", below=None))]
fn name_rows(
    first: u64,
    kind: &str,
    names: Vec<Bound<'_, PyString>>,
    opinion: &str,
    below: Option<&str>,
) -> PyResult<ListRows> {
    let mut rows = Rows::default();
    for (line, name) in (first..).zip(&names) {
        let name = name.to_str()?;
        let (kind, name) = match (below, name.strip_prefix("*.")) {
            (Some(below), Some(rest)) => (below, rest),
            _ => (kind, name),
        };
        if !name.is_empty() {
            rows.push(line, [kind, name, "", "", "", "", opinion, ""]);
        }
    }
    Ok(ListRows { rows })
}

fn take_lines<'py>(
    py: Python<'py>,
    block: &Bound<'py, PyBytes>,
    take: impl FnOnce(&[u8]) -> Option<UsualLines> + Send,
) -> Option<FoundLines<'py>> {
    let block = block.as_bytes();
    let usual = py.detach(|| take(block))?;
    let others = usual.others.iter();
    let others = others.map(|(line, start, end)| (*line, PyBytes::new(py, &block[*start..*end])));
    Some((ListRows { rows: usual.rows }, others.collect(), usual.lines))
}

/// Rows, the number of objects, the offset in characters at which the next begins, and the number of lines up to it.
type Taken = (ListRows, u64, usize, u64);

/// Reads the usual objects of one STIX bundle, and knows the identifiers of its indicators.
#[pyclass]
#[derive(Default)]
struct StixObjects(usual::StixObjects);

#[pymethods]
impl StixObjects {
    #[new]
    fn new() -> StixObjects {
        StixObjects::default()
    }

    /// Whether the identifier of an indicator is new; it is known from now on.
    fn add(&mut self, id: &str) -> bool {
        self.0.add(id)
    }

    /// The part of a row is 1, its object's pattern; that of a refusal 0.
    fn take(&mut self, text: &Bound<'_, PyString>, at: usize, number: u64) -> Taken {
        take_objects(text, at, |text, start| self.0.take(text, start, number))
    }
}

/// The same of attributes of a MISP event.
#[pyfunction]
fn misp_attributes(text: &Bound<'_, PyString>, at: usize, number: u64) -> Taken {
    take_objects(text, at, |text, start| {
        usual::misp_attributes(text, start, number)
    })
}

/// The same of objects of a MISP event. The part of a row is the number of its attribute.
#[pyfunction]
fn misp_objects(text: &Bound<'_, PyString>, at: usize, number: u64) -> Taken {
    take_objects(text, at, |text, start| {
        usual::misp_objects(text, start, number)
    })
}

/// The same of media of a Project VIC file. The part of a row is the number of its digest: MD5, SHA1 or SHA256.
#[pyfunction]
fn vic_media(text: &Bound<'_, PyString>, at: usize, number: u64) -> Taken {
    take_objects(text, at, |text, start| {
        usual::vic_media(text, start, number)
    })
}

fn take_objects(
    text: &Bound<'_, PyString>,
    at: usize,
    take: impl FnOnce(&str, usize) -> Objects + Send,
) -> Taken {
    // A text with bytes that are not UTF-8 is looked at in Python.
    let Ok(whole) = text.to_str() else {
        return (ListRows::default(), 0, at, 0);
    };
    let is_ascii = whole.is_ascii();
    let start = if is_ascii {
        Some(at)
    } else {
        whole.char_indices().nth(at).map(|(start, _)| start)
    };
    let Some(start) = start.filter(|start| *start < whole.len()) else {
        return (ListRows::default(), 0, at, 0);
    };
    let objects = text.py().detach(|| take(whole, start));
    let piece = &whole[start..objects.end];
    let characters = if is_ascii {
        piece.len()
    } else {
        piece.chars().count()
    };
    (
        ListRows { rows: objects.rows },
        objects.elements,
        at + characters,
        objects.lines,
    )
}

/// Add the classes and functions of this file to the module.
pub fn add_to(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<ListRows>()?;
    module.add_class::<StixObjects>()?;
    module.add_function(wrap_pyfunction!(export_rows, module)?)?;
    module.add_function(wrap_pyfunction!(csv_rows, module)?)?;
    module.add_function(wrap_pyfunction!(plain_rows, module)?)?;
    module.add_function(wrap_pyfunction!(name_rows, module)?)?;
    module.add_function(wrap_pyfunction!(misp_attributes, module)?)?;
    module.add_function(wrap_pyfunction!(misp_objects, module)?)?;
    module.add_function(wrap_pyfunction!(vic_media, module)?)
}
