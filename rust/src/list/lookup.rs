//! Finding an indicator of a list by its value or id, and the meaning of `--all-hits-of`
//! (`docs/adr/0005-canonical.md`).

use super::compiled::CompiledList;
use super::entry::{Entry, Match};
use super::fault::Fault;
use super::hash::suffixes;
use super::value::{PageValue, Value, hex, network_of, prefixes};
use crate::canonical::onion::{i2p_stems, onions};
use crate::canonical::{HostKind, Page, indicator_value};
use crate::indicator::IndicatorKind;

impl CompiledList {
    /// Return the indicators that `text` names: by a value of any kind, in any spelling, or else by an id of 32 hex
    /// digits.
    pub fn find(&self, text: &str) -> Result<Vec<Entry<'_>>, Fault> {
        let mut matches = Vec::new();
        for (kind, _) in IndicatorKind::ALL {
            let Ok(value) = indicator_value(kind, text) else {
                continue;
            };
            let hash = Value::read(kind, &value).map(|parts| parts.hash(kind));
            if let Some(hash) = hash.filter(|_| self.count(kind) > 0) {
                self.push_match(hash, &mut matches, |record, known| {
                    record.kind == kind && known == value
                })?;
            }
        }
        let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if matches.is_empty() && is_id {
            matches.extend(self.by_id(&text.to_ascii_lowercase())?);
        }
        matches
            .into_iter()
            .map(|matched| self.entry(matched))
            .collect()
    }

    fn by_id(&self, id: &str) -> Result<Option<Match>, Fault> {
        for entry in 0..self.indicators() {
            if hex(&self.indicator_id(Match { entry })?) == id {
                return Ok(Some(Match { entry }));
            }
        }
        Ok(None)
    }
}

/// Whether a record of a seized server's own log is a visit to the indicator. The server stands in for whatever the
/// record does not state.
pub fn matches_server(entry: &Entry<'_>, page: &Page) -> bool {
    match Value::read(entry.kind, entry.value) {
        Some(Value::Page(value)) => is_page_of(entry.kind, &value, page),
        Some(_) if page.host_kind == HostKind::None => is_served(entry.kind),
        Some(Value::Name(name)) => {
            page.host_kind == HostKind::Name && is_name(entry.kind, name, &page.host)
        }
        Some(Value::Address(address, port)) => {
            page.host_kind == HostKind::Ip(address)
                && (port.is_none() || page.port.is_none() || port == page.port)
        }
        Some(Value::Network(network, bits)) => match page.host_kind {
            HostKind::Ip(address) => network_of(address, bits) == network,
            _ => false,
        },
        Some(Value::Text(_)) | None => false,
    }
}

/// Whether a server can be an indicator of this kind.
fn is_served(kind: IndicatorKind) -> bool {
    !matches!(kind, IndicatorKind::Digest | IndicatorKind::FileDigest)
}

fn is_name(kind: IndicatorKind, name: &str, host: &[u8]) -> bool {
    let name = name.as_bytes();
    match kind {
        IndicatorKind::Onion => onions(host).any(|onion| onion == name),
        IndicatorKind::I2p => i2p_stems(host).any(|stem| is_at_or_below(name, stem)),
        IndicatorKind::Domain => is_at_or_below(name, host),
        _ => name == host,
    }
}

fn is_at_or_below(name: &[u8], host: &[u8]) -> bool {
    let mut is = false;
    suffixes(host, usize::MAX, |start, _| is |= host[start..] == *name);
    is
}

fn is_page_of(kind: IndicatorKind, value: &PageValue<'_>, page: &Page) -> bool {
    let has_host = page.host_kind != HostKind::None;
    let is_port = match value.port {
        Some(_) => page.port == value.port || (!has_host && page.port.is_none()),
        None => page.port_is_default,
    };
    let is_host = !has_host || page.host == value.host;
    let is_path = match kind {
        IndicatorKind::UrlPrefix => {
            let mut is = false;
            prefixes(
                super::hash::State::START,
                page.path(),
                value.path_query.len(),
                |length, _| {
                    is |= page.path_query[..length] == *value.path_query;
                },
            );
            is
        }
        _ => page.path_query == value.path_query,
    };
    is_host && is_port && is_path && !page.path_query.is_empty()
}
