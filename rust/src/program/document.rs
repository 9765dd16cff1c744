//! The program's JSON as ADR 3 defines it: every key is present, and no other.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};

use super::escapes::Decode;
use crate::frames::Frames;

pub(super) type Constants = BTreeMap<String, String>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub version: u32,
    pub name: String,
    pub frames: Frames,
    pub slots: Vec<String>,
    pub absent: Vec<String>,
    pub comments: Vec<String>,
    pub prefixes: Vec<Vec<Token>>,
    pub split: Split,
    pub fields: Vec<FieldRule>,
    pub required: Vec<String>,
}

/// Read a key that must be present, though its value can be null.
fn read_written<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

/// Read a key that can be absent (None) or null.
fn read_optional<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(from).map(Some)
}

/// Either `text`, or `take` and the keys that belong to it. `compile` checks which.
#[derive(PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Token {
    pub text: Option<String>,
    pub take: Option<Take>,
    pub slot: Option<u16>,
    pub bytes: Option<usize>,
    pub count: Option<u8>,
    #[serde(default, deserialize_with = "read_optional")]
    pub before: Option<Option<String>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Take {
    Until,
    Word,
    Number,
    Name,
    Label,
    Quoted,
    Fixed,
    Spaces,
    Last,
}

#[derive(Deserialize)]
#[serde(tag = "by", rename_all = "lowercase")]
pub(super) enum Split {
    Dissect(Dissect),
    Delimited(Delimited),
    Json(Json),
    KeyValue(KeyValue),
    Dnstap(Dnstap),
    Statements(Statements),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dissect {
    pub lines: Vec<Line>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    pub tokens: Vec<Token>,
    pub set: Constants,
    pub comment: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Delimited {
    pub separator: String,
    pub repeat: bool,
    #[serde(deserialize_with = "read_written")]
    pub quote: Option<String>,
    #[serde(deserialize_with = "read_written")]
    pub quote_escape: Option<QuoteEscape>,
    #[serde(deserialize_with = "read_written")]
    pub columns: Option<Vec<String>>,
    #[serde(deserialize_with = "read_written")]
    pub header: Option<HeaderKind>,
    pub map: BTreeMap<String, u16>,
    pub needs: Vec<String>,
    pub more: bool,
    /// Written together with `otherwise`, and only if there are some.
    #[serde(default)]
    pub cases: Vec<Case>,
    pub otherwise: Option<Otherwise>,
    pub set: Constants,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum QuoteEscape {
    Double,
    Backslash,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HeaderKind {
    pub marker: Option<String>,
    pub separator: Option<String>,
    pub first_line: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Json {
    pub paths: Vec<JsonPath>,
    pub cases: Vec<Case>,
    pub otherwise: Otherwise,
    pub set: Constants,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JsonPath {
    pub path: Vec<String>,
    pub slot: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    pub slot: u16,
    #[serde(deserialize_with = "read_written")]
    pub equals: Option<Vec<String>>,
    pub set: Constants,
    pub comment: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Otherwise {
    Comment,
    Reject,
    Record,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyValue {
    pub separator: String,
    pub equals: String,
    #[serde(deserialize_with = "read_written")]
    pub quote: Option<String>,
    pub spaced: bool,
    pub strict: bool,
    /// Written only if it is true.
    #[serde(default)]
    pub once: bool,
    pub map: BTreeMap<String, u16>,
    pub cases: Vec<Case>,
    pub otherwise: Otherwise,
    pub set: Constants,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dnstap {
    pub map: BTreeMap<String, u16>,
    pub cases: Vec<Case>,
    pub otherwise: Otherwise,
    pub set: Constants,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Statements {
    pub map: BTreeMap<String, u16>,
    pub cases: Vec<Case>,
    pub otherwise: Otherwise,
    pub set: Constants,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FieldRule {
    pub field: String,
    pub choices: Vec<Choice>,
}

/// One choice for a field. `compile` checks that it has no key of another `as`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Choice {
    pub slots: Vec<u16>,
    pub join: String,
    #[serde(deserialize_with = "read_written")]
    pub decode: Option<Decode>,
    #[serde(rename = "as")]
    pub read_as: As,
    pub layouts: Option<Vec<String>>,
    pub zone: Option<Zone>,
    pub port_separator: Option<String>,
    pub port_last: Option<bool>,
    pub names: Option<bool>,
    pub map: Option<Constants>,
    pub split: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum As {
    Time,
    Endpoint,
    Ip,
    Port,
    Integer,
    Text,
    Word,
    Authority,
    Name,
    Names,
    Target,
    Request,
    Forwarded,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Zone {
    Record,
    Utc,
    Declared,
}
