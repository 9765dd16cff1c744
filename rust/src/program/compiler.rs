//! Compiling a format program from its JSON, and refusing in plain words what makes no sense.

use std::sync::Arc;

use super::compiled::{Absent, Branch, Columns, Compiled, Header, Set, SlotMap, Split};
use super::cut_texts::{self, CutTexts, Tail};
use super::delimited::{Delimited, NamedBy};
use super::document::{self, Constants, Document, QuoteEscape, Take, Token};
use super::fast_path::FastPath;
use super::field_compiler::compile_fields;
use super::json::Json;
use super::needle::Needle;
use super::paths::{Paths, ROOT};
use super::piece::{NO_SLOT, Piece};
use super::statements::Statements;
use super::tokens::{Kind, Line, Pattern, Step, count_shared_steps};
use crate::frames::Frames;

/// The constants and the number of slots of a program during compilation.
pub(super) struct Build {
    pub slots: usize,
    pub constants: Vec<u8>,
}

/// Compile a document, or return why it is no valid program.
pub(super) fn compile(document: Document) -> Result<Compiled, String> {
    if document.version != 1 {
        return Err(format!(
            "the format program has version {}, this program knows version 1",
            document.version
        ));
    }
    if document.slots.len() >= NO_SLOT as usize / 2 {
        return Err("the format program has too many slots".into());
    }
    if document.comments.iter().any(String::is_empty) {
        return Err("a comment must begin with something".into());
    }
    let mut build = Build {
        slots: document.slots.len(),
        constants: Vec::new(),
    };
    let (cut_texts, tails) = (CutTexts::new(&document), cut_texts::tails(&document));
    let mut prefixes: Vec<Pattern> = document
        .prefixes
        .into_iter()
        .map(|tokens| build.pattern(tokens, true))
        .collect::<Result<_, _>>()?;
    if prefixes.is_empty() {
        prefixes.push(Pattern::default());
    }
    // The split can add slots of its own, so fields are checked against the slots that the document names.
    let named_slots = build.slots;
    let mut split = build.split(document.split)?;
    if let Split::Dissect(lines) = &mut split {
        for (line, tail) in lines.iter_mut().zip(tails) {
            line.branch.tail = tail;
        }
    }
    let slots = std::mem::replace(&mut build.slots, named_slots);
    let fields = compile_fields(document.fields, document.required, &mut build)?;
    check_frames(document.frames, &split, &prefixes, &document.comments)?;
    let mut program = Compiled {
        name: document.name,
        frames: document.frames,
        slots,
        absent: Absent::new(document.absent),
        comments: document
            .comments
            .into_iter()
            .map(|text| text.into_bytes().into())
            .collect(),
        prefixes_share_slots: share_slots(&prefixes, &split),
        prefixes,
        split,
        checks: fields.checks,
        page: fields.page,
        names: fields.names,
        digests: fields.digests,
        texts: fields.texts,
        required: fields.required,
        layouts: fields.layouts,
        constants: build.constants,
        cut_texts,
        fast_path: None,
    };
    if program.frames == Frames::Lines {
        program.fast_path = FastPath::new(&program);
    }
    Ok(program)
}

/// Check that the frames and the split go together.
fn check_frames(
    frames: Frames,
    split: &Split,
    prefixes: &[Pattern],
    comments: &[String],
) -> Result<(), String> {
    let is_dnstap = matches!(split, Split::Dnstap(_));
    if is_dnstap != (frames == Frames::FrameStreams) {
        return Err("dnstap is read from frame-streams, and they by dnstap alone".into());
    }
    if is_dnstap && (prefixes.iter().any(|prefix| !prefix.is_empty()) || !comments.is_empty()) {
        return Err("a frame of dnstap has neither prefix nor comments".into());
    }
    let has_header = matches!(split, Split::Delimited(splitter) if !matches!(splitter.named_by, NamedBy::Format(_)));
    if has_header && frames != Frames::Lines {
        return Err("a header names columns where frames are lines".into());
    }
    Ok(())
}

/// Whether a line pattern fills a slot that a prefix also fills.
fn share_slots(prefixes: &[Pattern], split: &Split) -> bool {
    let Split::Dissect(lines) = split else {
        return false;
    };
    let of_prefixes: Vec<u16> = prefixes
        .iter()
        .flatten()
        .map(Step::slot)
        .filter(|slot| *slot != NO_SLOT)
        .collect();
    lines
        .iter()
        .flat_map(|line| &line.pattern)
        .any(|step| of_prefixes.contains(&step.slot()))
}

impl Build {
    pub fn slot(&self, slot: u16) -> Result<u16, String> {
        if (slot as usize) < self.slots {
            Ok(slot)
        } else {
            Err(format!("slot {slot} is not among the slots"))
        }
    }

    pub fn constant(&mut self, text: &str) -> Piece {
        let start = self.constants.len();
        self.constants.extend_from_slice(text.as_bytes());
        Piece::of_constants(start, self.constants.len())
    }

    pub fn branch(&mut self, set: &Constants, comment: bool) -> Result<Branch, String> {
        let mut constants = Set::NONE;
        for (field, text) in set {
            let place = match field.as_str() {
                "record_kind" => &mut constants.record_kind,
                "dns_action" => &mut constants.dns_action,
                "dns_type" => &mut constants.dns_type,
                "scheme" => &mut constants.scheme,
                "method" => &mut constants.method,
                _ => return Err(format!("set cannot give the field {field:?}")),
            };
            *place = self.constant(text);
        }
        Ok(Branch {
            comment,
            set: constants,
            tail: Tail::InSlots,
        })
    }

    pub fn map(&self, map: std::collections::BTreeMap<String, u16>) -> Result<SlotMap, String> {
        map.into_iter()
            .map(|(name, slot)| Ok((name.into_bytes().into(), self.slot(slot)?)))
            .collect()
    }

    fn split(&mut self, split: document::Split) -> Result<Split, String> {
        match split {
            document::Split::Dissect(document_split) => {
                self.lines(document_split.lines).map(Split::Dissect)
            }
            document::Split::Delimited(document_split) => {
                self.delimited(document_split).map(Split::Delimited)
            }
            document::Split::Json(document_split) => self.json(document_split).map(Split::Json),
            document::Split::KeyValue(document_split) => {
                self.keyvalue(document_split).map(Split::KeyValue)
            }
            document::Split::Dnstap(document_split) => {
                self.dnstap(document_split).map(Split::Dnstap)
            }
            document::Split::Statements(document_split) => {
                let map = self.map(document_split.map)?;
                let cases = self.cases(
                    document_split.cases,
                    document_split.otherwise,
                    &document_split.set,
                )?;
                Statements::new(map, cases).map(Split::Statements)
            }
        }
    }

    fn lines(&mut self, lines: Vec<document::Line>) -> Result<Vec<Line>, String> {
        let mut compiled: Vec<Line> = Vec::new();
        for line in lines {
            let pattern = self.pattern(line.tokens, false)?;
            let shared = compiled
                .last()
                .map_or(0, |before| count_shared_steps(&before.pattern, &pattern));
            compiled.push(Line {
                pattern,
                branch: self.branch(&line.set, line.comment)?,
                shared,
            });
        }
        Ok(compiled)
    }

    fn pattern(&self, tokens: Vec<Token>, is_prefix: bool) -> Result<Pattern, String> {
        let mut steps = Vec::new();
        let mut tokens = tokens.into_iter();
        while let Some(token) = tokens.next() {
            let slot = token.slot.map_or(Ok(NO_SLOT), |slot| self.slot(slot))?;
            if token.take != Some(Take::Last) && (token.count.is_some() || token.before.is_some()) {
                return Err("a token has keys that do not belong together".into());
            }
            let step = match (token.text, token.take, token.bytes) {
                (Some(text), None, None) if token.slot.is_none() => {
                    Step::Text(Needle::new(&text).ok_or("a text is empty")?)
                }
                (None, Some(Take::Fixed), Some(bytes)) if bytes > 0 => Step::Fixed { bytes, slot },
                (None, Some(Take::Spaces), None) if token.slot.is_none() => Step::Spaces,
                (None, Some(Take::Quoted), None) => Step::Quoted { slot },
                (
                    None,
                    Some(
                        take @ (Take::Until | Take::Word | Take::Number | Take::Name | Take::Label),
                    ),
                    None,
                ) => {
                    let kind = match take {
                        Take::Word => Kind::Word,
                        Take::Number => Kind::Number,
                        Take::Name => Kind::Name,
                        Take::Label => Kind::Label,
                        _ => Kind::Until,
                    };
                    match tokens.next() {
                        None if is_prefix => {
                            return Err(
                                "a prefix cannot end with until, word, number, name or label"
                                    .into(),
                            );
                        }
                        None => Step::Rest { kind, slot },
                        Some(following) => Step::take(kind, slot, stop(following)?),
                    }
                }
                (None, Some(Take::Last), None) => Step::Last {
                    slot,
                    stop: stop(tokens.next().ok_or("last must be followed by a text")?)?,
                    count: token
                        .count
                        .filter(|count| *count > 0)
                        .ok_or("last needs a count")?,
                    before: token
                        .before
                        .ok_or("last needs a before")?
                        .map(|text| Needle::new(&text).ok_or("an empty text cannot end a piece"))
                        .transpose()?,
                },
                _ => return Err("a token has keys that do not belong together".into()),
            };
            steps.push(step);
        }
        Ok(steps.into())
    }

    fn delimited(&mut self, document_split: document::Delimited) -> Result<Delimited, String> {
        let separator = Needle::new(&document_split.separator).ok_or("the separator is empty")?;
        let quote = match (document_split.quote, document_split.quote_escape) {
            (None, None) => None,
            (Some(quote), escape) => Some((quote_byte(&quote, &document_split.separator)?, escape)),
            (None, Some(_)) => return Err("a quote_escape without a quote".into()),
        };
        if matches!(quote, Some((_, Some(QuoteEscape::Backslash))))
            && document_split.separator.contains('\\')
        {
            return Err("the separator cannot hold what escapes".into());
        }
        let mut delimited = Delimited {
            separator,
            repeat: document_split.repeat,
            quote,
            named_by: NamedBy::FirstLine,
            map: self.map(document_split.map)?,
            needs: document_split
                .needs
                .into_iter()
                .map(|name| name.into_bytes().into())
                .collect(),
            more: document_split.more,
            cases: self.cases(
                document_split.cases,
                document_split
                    .otherwise
                    .unwrap_or(document::Otherwise::Record),
                &document_split.set,
            )?,
        };
        delimited.named_by = match (document_split.columns, document_split.header) {
            (Some(names), None) => {
                let Columns { slots, .. } = delimited.columns(&names);
                NamedBy::Format(Header(Arc::new(Columns {
                    slots,
                    wrong: false,
                })))
            }
            (
                None,
                Some(document::HeaderKind {
                    marker: Some(marker),
                    separator,
                    first_line: None,
                }),
            ) if !marker.is_empty() => {
                let separator = match separator {
                    Some(text) if text != document_split.separator => {
                        Some(Needle::new(&text).ok_or("the header's separator is empty")?)
                    }
                    Some(_) => return Err("the header's separator is the format's own".into()),
                    None => None,
                };
                NamedBy::Marker(marker.into_bytes().into(), separator)
            }
            (
                None,
                Some(document::HeaderKind {
                    marker: None,
                    separator: None,
                    first_line: Some(true),
                }),
            ) => NamedBy::FirstLine,
            _ => return Err("delimited needs either columns or a header of one kind".into()),
        };
        Ok(delimited)
    }

    fn json(&mut self, document_split: document::Json) -> Result<Json, String> {
        let slots = document_split
            .paths
            .iter()
            .map(|path| self.slot(path.slot))
            .collect::<Result<Vec<_>, _>>()?;
        let cases = self.cases(
            document_split.cases,
            document_split.otherwise,
            &document_split.set,
        )?;
        let shares = document_split
            .paths
            .iter()
            .enumerate()
            .any(|(number, path)| {
                document_split.paths[..number]
                    .iter()
                    .any(|other| other.slot == path.slot || other.path == path.path)
            });
        let mut paths = Paths::new();
        let mut appends = Vec::new();
        for (path, slot) in document_split.paths.iter().zip(slots) {
            if shares {
                // The path fills a slot of its own. Its values are then appended in the order of the paths.
                let own = u16::try_from(self.slots).map_err(|_| "too many json paths")?;
                let walked = paths.add(&path.path, own)?;
                self.slots += usize::from(walked == own);
                appends.push((walked, slot));
            } else {
                paths.add(&path.path, slot)?;
            }
        }
        paths.number(ROOT);
        Ok(Json {
            paths,
            appends,
            cases,
        })
    }
}

/// Return the text that ends the piece before it.
fn stop(token: Token) -> Result<Needle, String> {
    match token {
        Token {
            text: Some(text),
            take: None,
            slot: None,
            bytes: None,
            count: None,
            before: None,
        } => Needle::new(&text).ok_or_else(|| "an empty text cannot end a piece".into()),
        _ => Err("until, word, number and last must be followed by a text".into()),
    }
}

/// Return the byte of a quote: one ASCII character that no other sign contains.
pub(super) fn quote_byte(quote: &str, signs: &str) -> Result<u8, String> {
    match quote.as_bytes() {
        [byte] if byte.is_ascii() && *byte != b'\\' && !signs.as_bytes().contains(byte) => {
            Ok(*byte)
        }
        _ => Err(format!(
            "the quote {quote:?} must be one ASCII character that no separator or equals sign holds"
        )),
    }
}
