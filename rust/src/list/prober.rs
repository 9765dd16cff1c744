//! Finding the indicators of a list that a record matches (`docs/adr/0005-canonical.md`, "what meets it").

use std::net::IpAddr;

use super::compiled::{CompiledList, Filter};
use super::digests::Digests;
use super::entry::Match;
use super::fault::Fault;
use super::hash::{State, suffixes, suffixes_of, whole_host};
use super::layout::EntryRecord;
use super::subject::Subject;
use super::value::{Value, address_hash, authority, network_hash, network_of, prefixes};
use crate::canonical::onion::{i2p_stems, onions};
use crate::canonical::{FastHost, HostKind, Page};
use crate::indicator::IndicatorKind;

/// Probes one list. Each thread has its own. Kinds of values that the list does not hold cost nothing.
#[derive(Debug)]
pub struct Prober<'l> {
    list: &'l CompiledList,
    filter: Option<Filter<'l>>,
    contents: Contents,
    digests: Option<Digests>,
    /// Hashes still to be looked up, each with the part of the host or path that it belongs to.
    pending: Vec<(u64, usize)>,
}

#[derive(Debug)]
struct Contents {
    names: bool,
    domains: bool,
    hosts: bool,
    onions: bool,
    i2p: bool,
    urls: bool,
    prefixes: bool,
    addresses: bool,
    networks: bool,
    files: bool,
    max_labels: usize,
}

impl Contents {
    #[inline(always)]
    fn pages(&self) -> bool {
        self.urls || self.prefixes
    }
}

impl<'l> Prober<'l> {
    /// Make a prober. `digest_key` is the key of a list of keyed digests.
    pub fn new(list: &'l CompiledList, digest_key: Option<&[u8]>) -> Prober<'l> {
        let has = |kind| list.count(kind) > 0;
        let domains = has(IndicatorKind::Domain);
        let hosts = has(IndicatorKind::Host);
        let (onions, i2p) = (has(IndicatorKind::Onion), has(IndicatorKind::I2p));
        Prober {
            list,
            filter: None,
            contents: Contents {
                names: domains || hosts || onions || i2p,
                domains,
                hosts,
                onions,
                i2p,
                urls: has(IndicatorKind::Url),
                prefixes: has(IndicatorKind::UrlPrefix),
                addresses: has(IndicatorKind::Ip),
                networks: has(IndicatorKind::Cidr),
                files: has(IndicatorKind::FileDigest),
                max_labels: if hosts || has(IndicatorKind::Url) || has(IndicatorKind::UrlPrefix) {
                    usize::MAX
                } else {
                    list.meta().max_labels
                },
            },
            digests: has(IndicatorKind::Digest)
                .then(|| Digests::new(&list.meta().digest_algorithms, digest_key)),
            pending: Vec::new(),
        }
    }

    /// Append what `subject` matches, in no order. An indicator appears more than once if several values match it.
    pub fn probe(&mut self, subject: &Subject, out: &mut Vec<Match>) -> Result<(), Fault> {
        self.push_host(&subject.page, subject.page.port, out)?;
        for name in &subject.names {
            self.push_host(name, None, out)?;
        }
        if let Some((address, port)) = subject.destination {
            self.push_address(address, port, out)?;
        }
        if subject.page.host_kind != HostKind::None && !subject.page.path_query.is_empty() {
            self.push_page(&subject.page, out)?;
        }
        if self.contents.files {
            for digest in &subject.digests {
                self.push_file(digest, out)?;
            }
        }
        Ok(())
    }

    /// Whether a record of the fast path can match anything. Its host is a name in `buffer`; its path is not checked.
    /// False is certain. After true, `probe` decides.
    #[inline(always)]
    pub fn may_match(
        &mut self,
        buffer: &[u8],
        host: Option<&FastHost>,
        destination: Option<(IpAddr, Option<u16>)>,
    ) -> Result<bool, Fault> {
        // Digests can be of whole pages.
        if self.digests.is_some() {
            return Ok(true);
        }
        if let (true, Some((address, port))) = (
            self.contents.addresses || self.contents.networks,
            destination,
        ) {
            let mut matches = Vec::new();
            self.push_address(address, port, &mut matches)?;
            if !matches.is_empty() {
                return Ok(true);
            }
        }
        let Some(host) = host.filter(|_| self.contents.names || self.contents.pages()) else {
            return Ok(false);
        };

        let filter = self.filter()?;
        let mut may = false;
        let whole = suffixes_of(buffer, host, self.contents.max_labels, |_, state| {
            may |= filter.may_hold(state.finish(IndicatorKind::Domain));
        });
        may |= self.contents.hosts && filter.may_hold(whole.finish(IndicatorKind::Host));
        may |= self.contents.pages() && filter.may_hold(whole.finish(IndicatorKind::Url));
        let name = &buffer[host.start..host.end];
        Ok(may
            || (self.contents.onions && onions(name).next().is_some())
            || (self.contents.i2p && i2p_stems(name).next().is_some()))
    }

    #[inline(always)]
    fn filter(&mut self) -> Result<Filter<'l>, Fault> {
        Ok(match self.filter {
            Some(filter) => filter,
            None => *self.filter.insert(self.list.filter()?),
        })
    }

    fn push_file(&self, digest: &str, out: &mut Vec<Match>) -> Result<(), Fault> {
        let hash = Value::Text(digest).hash(IndicatorKind::FileDigest);
        self.push_named(hash, IndicatorKind::FileDigest, digest.as_bytes(), out)
    }

    fn push_host(
        &mut self,
        page: &Page,
        port: Option<u16>,
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        match page.host_kind {
            HostKind::None => return Ok(()),
            HostKind::Name if self.contents.names => self.push_name(&page.host, out)?,
            HostKind::Name => {}
            HostKind::Ip(address) => self.push_address(address, port, out)?,
        }
        match &mut self.digests {
            Some(digests) => digests.push_host(self.list, &page.host, out),
            None => Ok(()),
        }
    }

    #[inline(always)]
    fn push_name(&mut self, host: &[u8], out: &mut Vec<Match>) -> Result<(), Fault> {
        if self.contents.domains || self.contents.hosts {
            let whole = self.candidates(host)?;
            if !self.pending.is_empty() {
                self.push_domains(host, out)?;
            }
            if self.contents.hosts {
                self.push_named(
                    whole.finish(IndicatorKind::Host),
                    IndicatorKind::Host,
                    host,
                    out,
                )?;
            }
        }
        if self.contents.onions {
            self.push_onion(host, out)?;
        }
        if self.contents.i2p {
            self.push_i2p(host, out)?;
        }
        Ok(())
    }

    /// Store in `pending` the parent domains that pass the filter, and return the state of the host.
    #[inline(never)]
    fn candidates(&mut self, host: &[u8]) -> Result<State, Fault> {
        let filter = self.filter()?;
        let pending = &mut self.pending;
        pending.clear();
        Ok(suffixes(host, self.contents.max_labels, |start, state| {
            let hash = state.finish(IndicatorKind::Domain);
            if filter.may_hold(hash) {
                pending.push((hash, start));
            }
        }))
    }

    #[cold]
    fn push_domains(&self, host: &[u8], out: &mut Vec<Match>) -> Result<(), Fault> {
        for (hash, start) in &self.pending {
            self.push_named(*hash, IndicatorKind::Domain, &host[*start..], out)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn push_onion(&self, host: &[u8], out: &mut Vec<Match>) -> Result<(), Fault> {
        for name in onions(host) {
            let hash = whole_host(name).finish(IndicatorKind::Onion);
            self.push_named(hash, IndicatorKind::Onion, name, out)?;
        }
        Ok(())
    }

    #[inline(never)]
    fn push_i2p(&mut self, host: &[u8], out: &mut Vec<Match>) -> Result<(), Fault> {
        for stem in i2p_stems(host) {
            self.pending.clear();
            suffixes(stem, self.list.meta().max_labels, |start, state| {
                self.pending.push((state.finish(IndicatorKind::I2p), start));
            });
            for place in 0..self.pending.len() {
                let (hash, start) = self.pending[place];
                self.push_named(hash, IndicatorKind::I2p, &stem[start..], out)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn push_named(
        &self,
        hash: u64,
        kind: IndicatorKind,
        name: &[u8],
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        self.list.push_match(hash, out, |record, value| {
            record.kind == kind && value.as_bytes() == name
        })
    }

    fn push_page(&mut self, page: &Page, out: &mut Vec<Match>) -> Result<(), Fault> {
        if self.contents.urls || self.contents.prefixes {
            let host = whole_host(&page.host);
            if page.port_is_default {
                self.push_page_with(page, host, None, out)?;
            }
            if page.port.is_some() {
                self.push_page_with(page, host, page.port, out)?;
            }
        }
        match &mut self.digests {
            Some(digests) => digests.push_page(self.list, page, out),
            None => Ok(()),
        }
    }

    fn push_page_with(
        &mut self,
        page: &Page,
        host: State,
        port: Option<u16>,
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        let place = authority(host, port);
        let list = self.list;
        if self.contents.urls {
            let hash = place.piece(&page.path_query).finish(IndicatorKind::Url);
            list.push_match(hash, out, |record, value| {
                record.kind == IndicatorKind::Url
                    && is_page(record, value, &page.host, port, &page.path_query)
            })?;
        }
        if self.contents.prefixes {
            self.pending.clear();
            prefixes(
                place,
                page.path(),
                list.meta().max_prefix_bytes,
                |length, hash| self.pending.push((hash, length)),
            );
            for (hash, length) in &self.pending {
                let path = &page.path_query[..*length];
                list.push_match(*hash, out, |record, value| {
                    record.kind == IndicatorKind::UrlPrefix
                        && is_page(record, value, &page.host, port, path)
                })?;
            }
        }
        Ok(())
    }

    fn push_address(
        &self,
        address: IpAddr,
        port: Option<u16>,
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        let is = |record: &EntryRecord, value: &str, kind, expected| {
            record.kind == kind && Value::read(kind, value) == Some(expected)
        };
        if self.contents.addresses {
            for port in [None].into_iter().chain(port.map(Some)) {
                let expected = Value::Address(address, port);
                self.list
                    .push_match(address_hash(address, port), out, |record, value| {
                        is(record, value, IndicatorKind::Ip, expected)
                    })?;
            }
        }
        if self.contents.networks {
            let meta = self.list.meta();
            let lengths = if address.is_ipv4() {
                &meta.prefix_bits_v4
            } else {
                &meta.prefix_bits_v6
            };
            for bits in lengths {
                let network = network_of(address, *bits);
                self.list
                    .push_match(network_hash(network, *bits), out, |record, value| {
                        is(
                            record,
                            value,
                            IndicatorKind::Cidr,
                            Value::Network(network, *bits),
                        )
                    })?;
            }
        }
        Ok(())
    }
}

fn is_page(
    record: &EntryRecord,
    value: &str,
    host: &[u8],
    port: Option<u16>,
    path_query: &[u8],
) -> bool {
    match Value::read(record.kind, value) {
        Some(Value::Page(page)) => {
            page.host == host && page.port == port && page.path_query == path_query
        }
        _ => false,
    }
}

impl CompiledList {
    /// Append the entry under `hash` for which `is` holds, if there is one.
    #[inline]
    pub(super) fn push_match(
        &self,
        hash: u64,
        out: &mut Vec<Match>,
        is: impl FnMut(&EntryRecord, &str) -> bool,
    ) -> Result<(), Fault> {
        if self.filter()?.may_hold(hash) {
            out.extend(self.find_slot(hash, is)?.map(|entry| Match { entry }));
        }
        Ok(())
    }
}
