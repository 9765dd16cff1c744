//! A record: the values that a reader found in one frame.

use std::borrow::Cow;
use std::net::IpAddr;

use super::compiled::{Branch, Lazy};
use super::fields::Values;
use super::lazy_fields::LazyFields;
use super::piece::Piece;
use super::reader::Reader;
use crate::canonical::{PageParts, is_same_in_dns};

/// One record, borrowed from its frame and its reader. Texts that only hits need are decoded on request.
#[derive(Clone, Copy, Debug)]
pub struct Record<'r> {
    reader: &'r Reader,
    frame: &'r [u8],
    branch: &'r Branch,
}

/// A text of a record: a piece of the frame, or a decoded copy.
pub type Text<'r> = Option<Cow<'r, [u8]>>;

impl<'r> Record<'r> {
    pub(crate) fn new(reader: &'r Reader, frame: &'r [u8], branch: &'r Branch) -> Record<'r> {
        Record {
            reader,
            frame,
            branch,
        }
    }

    fn values(&self) -> &'r Values {
        self.reader.values()
    }

    fn lazy(&self) -> LazyFields<'r> {
        self.reader.lazy(self.frame, self.branch)
    }

    /// Microseconds since 1970, UTC, corrected by the clock offset.
    pub fn timestamp_us(&self) -> i64 {
        self.values().timestamp_us
    }

    /// Return the width of the DST fold that the time lies in, or 0.
    pub fn fold_s(&self) -> u32 {
        self.values().fold_s
    }

    /// Return the time as written in the record, its parts joined.
    pub fn timestamp_original(&self) -> &'r [u8] {
        self.text(self.values().timestamp_original)
    }

    pub fn source_ip(&self) -> Option<IpAddr> {
        self.values().source_ip.get()
    }

    pub fn source_port(&self) -> Option<u16> {
        Some(self.values().source_port).filter(|port| *port != 0)
    }

    pub fn destination_ip(&self) -> Option<IpAddr> {
        self.values().destination_ip.get()
    }

    pub fn destination_port(&self) -> Option<u16> {
        Some(self.values().destination_port).filter(|port| *port != 0)
    }

    pub fn method(&self) -> Option<&'r [u8]> {
        self.piece(self.values().method)
    }

    /// Return the request target as written in the record, escapes decoded.
    pub fn target(&self) -> Option<&'r [u8]> {
        self.piece(self.values().target)
    }

    /// Return `host[:port]` (`host_is_name` false) or a bare name, as written in the record.
    pub fn authority(&self) -> Option<&'r [u8]> {
        self.piece(self.values().authority)
    }

    pub fn host_is_name(&self) -> bool {
        self.values().host_is_name
    }

    pub fn scheme(&self) -> Option<&'r [u8]> {
        self.piece(self.values().scheme)
    }

    pub fn status(&self) -> Option<i64> {
        self.values().status
    }

    pub fn bytes(&self) -> Option<i64> {
        self.values().bytes
    }

    pub fn user_agent(&self) -> Text<'r> {
        self.lazy().text(Lazy::UserAgent)
    }

    pub fn referrer(&self) -> Text<'r> {
        self.lazy().text(Lazy::Referrer)
    }

    pub fn user(&self) -> Text<'r> {
        self.lazy().text(Lazy::User)
    }

    pub fn dns_type(&self) -> Text<'r> {
        self.lazy().text(Lazy::DnsType)
    }

    pub fn dns_action(&self) -> Text<'r> {
        self.lazy().text(Lazy::DnsAction)
    }

    pub fn record_kind(&self) -> Text<'r> {
        self.lazy().text(Lazy::RecordKind)
    }

    /// Return whether the record is of DNS: what it names is a query name, no host of a URL.
    pub fn is_dns(&self) -> bool {
        self.record_kind()
            .is_some_and(|kind| kind.starts_with(b"dns-"))
    }

    /// Call `see` with each of the other hosts or addresses that can match (answers, SANs), as written in the record.
    pub fn each_name(&self, see: impl FnMut(&[u8])) {
        self.lazy().each_name(see);
    }

    /// Call `see` with each digest that the record gives of the file, in lower case.
    pub fn each_digest(&self, see: impl FnMut(&str)) {
        self.lazy().each_digest(see);
    }

    /// Return the fields from which `canonical::page` makes the record's page.
    pub fn page_parts(&self) -> PageParts<'r> {
        PageParts {
            method: self.method(),
            target: self.target(),
            authority: self.authority(),
            host_is_name: self.host_is_name(),
            is_dns: self.authority().is_some_and(|name| !is_same_in_dns(name)) && self.is_dns(),
            scheme: self.scheme(),
            destination_port: self.destination_port(),
        }
    }

    #[inline]
    fn text(&self, piece: Piece) -> &'r [u8] {
        match piece.in_frame() {
            Some((start, end)) => &self.frame[start..end],
            None => self.reader.sources(self.frame).text(piece),
        }
    }

    #[inline]
    fn piece(&self, piece: Piece) -> Option<&'r [u8]> {
        piece.present().map(|piece| self.text(piece))
    }
}
