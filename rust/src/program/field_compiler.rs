//! Compiling the rules of fields, and checking that each `as` fits its field and has only its own keys.

use super::address::EndpointForm;
use super::compiled::{Choice, Field, LAZY, Lazy, Needed, Read, Rule, Words};
use super::compiler::Build;
use super::document::{self, As, FieldRule};
use super::layout::Layout;
use super::needle::Needle;
use super::piece::NO_SLOT;

#[derive(Default)]
pub(super) struct CompiledFields {
    pub checks: Vec<Rule>,
    pub page: Vec<Rule>,
    pub names: Vec<Choice>,
    pub digests: Vec<Choice>,
    pub texts: [Vec<Choice>; LAZY],
    pub required: Vec<Needed>,
    pub layouts: Vec<Layout>,
}

/// Where the rule of a field goes, and which `as` can read it.
enum Place {
    Check(Field),
    Page(Field),
    Names,
    Digests,
    Text(Lazy),
}

/// Compile the rules of a document's fields, or return why they are invalid.
pub(super) fn compile_fields(
    rules: Vec<FieldRule>,
    required: Vec<String>,
    build: &mut Build,
) -> Result<CompiledFields, String> {
    let mut fields = CompiledFields::default();
    let mut seen: Vec<String> = Vec::new();
    for FieldRule { field, choices } in rules {
        let (place, readers) =
            place_of(&field).ok_or_else(|| format!("there is no field {field:?}"))?;
        if seen.contains(&field) || choices.is_empty() {
            return Err(format!(
                "the field {field:?} stands twice or has no choices"
            ));
        }
        let compiled = choices
            .into_iter()
            .map(|choice| {
                if !readers.contains(&choice.read_as) {
                    return Err(format!(
                        "the field {field:?} cannot be read as {:?}",
                        choice.read_as
                    ));
                }
                compile_choice(choice, build, &mut fields.layouts)
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(|why| format!("the field {field:?}: {why}"))?;
        match place {
            Place::Check(field) => fields.checks.extend(rule(field, compiled)),
            Place::Page(field) => fields.page.extend(rule(field, compiled)),
            Place::Names => fields.names = compiled,
            Place::Digests => fields.digests = compiled,
            Place::Text(lazy) => fields.texts[lazy as usize] = compiled,
        }
        seen.push(field);
    }
    if !seen
        .iter()
        .any(|field| field == "timestamp" || field == "digests")
    {
        return Err("no rule reads the field \"timestamp\", and none \"digests\"".into());
    }
    fields.required = required
        .iter()
        .filter_map(|field| parse_needed(field).transpose())
        .collect::<Result<_, _>>()?;
    if !fields.required.contains(&Needed::Text(Lazy::RecordKind)) {
        fields.required.push(Needed::Text(Lazy::RecordKind));
    }
    Ok(fields)
}

/// Return the rule of some choices, of which there must be at least one.
fn rule(field: Field, choices: Vec<Choice>) -> Option<Rule> {
    let mut choices = choices.into_iter();
    let first = choices.next()?;
    Some(Rule {
        field,
        first,
        others: choices.collect(),
    })
}

fn place_of(field: &str) -> Option<(Place, &'static [As])> {
    Some(match field {
        "timestamp" => (Place::Check(Field::Timestamp), &[As::Time]),
        "source" => (Place::Check(Field::Source), &[As::Endpoint]),
        "destination" => (Place::Check(Field::Destination), &[As::Endpoint]),
        "source_ip" => (Place::Check(Field::SourceIp), &[As::Ip]),
        "destination_ip" => (Place::Check(Field::DestinationIp), &[As::Ip]),
        "source_port" => (Place::Check(Field::SourcePort), &[As::Port]),
        "destination_port" => (Place::Check(Field::DestinationPort), &[As::Port]),
        "status" => (Place::Check(Field::Status), &[As::Integer]),
        "bytes" => (Place::Check(Field::Bytes), &[As::Integer]),
        "forwarded" => (Place::Check(Field::Forwarded), &[As::Forwarded]),
        "method" => (Place::Page(Field::Method), &[As::Text]),
        "url" => (Place::Page(Field::Url), &[As::Target]),
        "request" => (Place::Page(Field::Request), &[As::Request]),
        "host" => (Place::Page(Field::Host), &[As::Authority, As::Name]),
        "scheme" => (Place::Page(Field::Scheme), &[As::Word]),
        "names" => (Place::Names, &[As::Names]),
        "digests" => (Place::Digests, &[As::Names]),
        "user_agent" => (Place::Text(Lazy::UserAgent), &[As::Text]),
        "referrer" => (Place::Text(Lazy::Referrer), &[As::Text]),
        "user" => (Place::Text(Lazy::User), &[As::Text]),
        "dns_type" => (Place::Text(Lazy::DnsType), &[As::Text, As::Word]),
        "dns_action" => (Place::Text(Lazy::DnsAction), &[As::Word]),
        "record_kind" => (Place::Text(Lazy::RecordKind), &[As::Word]),
        _ => return None,
    })
}

/// Return what a name in `required` means; None for `timestamp`, which is always required.
fn parse_needed(field: &str) -> Result<Option<Needed>, String> {
    Ok(Some(match field {
        "timestamp" => return Ok(None),
        "source_ip" => Needed::SourceIp,
        "source_port" => Needed::SourcePort,
        "destination_ip" => Needed::DestinationIp,
        "destination_port" => Needed::DestinationPort,
        "host" => Needed::Host,
        "url" => Needed::Url,
        "method" => Needed::Method,
        "scheme" => Needed::Scheme,
        "status" => Needed::Status,
        "bytes" => Needed::Bytes,
        "names" => Needed::Names,
        "digests" => Needed::Digests,
        "user_agent" => Needed::Text(Lazy::UserAgent),
        "referrer" => Needed::Text(Lazy::Referrer),
        "user" => Needed::Text(Lazy::User),
        "dns_type" => Needed::Text(Lazy::DnsType),
        "dns_action" => Needed::Text(Lazy::DnsAction),
        "record_kind" => Needed::Text(Lazy::RecordKind),
        _ => {
            return Err(format!(
                "required names {field:?}, which is no field of a record"
            ));
        }
    }))
}

fn compile_choice(
    choice: document::Choice,
    build: &mut Build,
    layouts: &mut Vec<Layout>,
) -> Result<Choice, String> {
    check_keys(&choice)?;
    let slots = choice
        .slots
        .into_iter()
        .map(|slot| build.slot(slot))
        .collect::<Result<Box<[u16]>, _>>()?;
    if slots.is_empty() {
        return Err("a choice has no slots".into());
    }
    let names = choice.names.unwrap_or(false);
    let read = match choice.read_as {
        As::Time => {
            let texts = choice.layouts.unwrap_or_default();
            if texts.is_empty() {
                return Err("a time has no layouts".into());
            }
            let first = layouts.len();
            for text in &texts {
                layouts.push(Layout::new(text)?);
            }
            Read::Time {
                layouts: (first..layouts.len()).collect(),
                zone: choice.zone.ok_or("a time needs its zone named")?,
            }
        }
        As::Endpoint => {
            let separator = choice
                .port_separator
                .ok_or("an endpoint needs its port_separator named")?;
            let port_separator = Needle::new(&separator).ok_or("the port_separator is empty")?;
            if separator.bytes().any(|byte| byte.is_ascii_digit()) {
                return Err("the port_separator cannot hold digits".into());
            }
            Read::Endpoint(EndpointForm {
                port_separator,
                port_last: choice.port_last.unwrap_or(false),
                names,
            })
        }
        As::Ip => Read::Ip { names },
        As::Port => Read::Port,
        As::Integer => Read::Integer,
        As::Text => Read::Text,
        As::Word => Read::Word(
            choice
                .map
                .map(|map| compile_words(map, build))
                .transpose()?,
        ),
        As::Authority => Read::Authority,
        As::Name => Read::Name,
        As::Names => Read::Names {
            split: match choice.split {
                Some(split) => Some(Needle::new(&split).ok_or("the split is empty")?),
                None => None,
            },
        },
        As::Target => Read::Target,
        As::Request => Read::Request,
        As::Forwarded => {
            let port_separator = Needle::new(":").ok_or("no port_separator")?;
            Read::Forwarded(EndpointForm {
                port_separator,
                port_last: false,
                names: false,
            })
        }
    };
    let plain = match (&read, &*slots, choice.decode) {
        (Read::Names { .. }, ..) => NO_SLOT,
        (_, [slot], None) => *slot,
        _ => NO_SLOT,
    };
    Ok(Choice {
        slots,
        plain,
        join: choice.join.into_bytes().into(),
        decode: choice.decode,
        read,
    })
}

fn compile_words(map: document::Constants, build: &mut Build) -> Result<Words, String> {
    map.into_iter()
        .map(|(word, text)| {
            if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
                return Err(format!(
                    "the word {word:?} of a map is never met, as words are lower-cased"
                ));
            }
            let piece = build.constant(&text);
            Ok((word.into_bytes().into(), piece))
        })
        .collect()
}

/// Check that each key is used only with the `as` that it belongs to.
fn check_keys(choice: &document::Choice) -> Result<(), String> {
    let is = |kinds: &[As]| kinds.contains(&choice.read_as);
    let strays = [
        (choice.layouts.is_some() && !is(&[As::Time]), "layouts"),
        (choice.zone.is_some() && !is(&[As::Time]), "zone"),
        (
            choice.port_separator.is_some() && !is(&[As::Endpoint]),
            "port_separator",
        ),
        (
            choice.port_last.is_some() && !is(&[As::Endpoint]),
            "port_last",
        ),
        (
            choice.names.is_some() && !is(&[As::Endpoint, As::Ip]),
            "names",
        ),
        (choice.map.is_some() && !is(&[As::Word]), "map"),
        (choice.split.is_some() && !is(&[As::Names]), "split"),
    ];
    match strays.iter().find(|(strays, _)| *strays) {
        Some((_, key)) => Err(format!("{key:?} does not belong to {:?}", choice.read_as)),
        None => Ok(()),
    }
}
