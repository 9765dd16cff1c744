//! What one frame says, and the codes of frames that could not be read.

use std::net::IpAddr;

use crate::canonical::Page;

/// Why a frame could not be read (`docs/adr/0003-format-program.md`); `records.RejectCode` in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Code {
    FrameTooLong,
    NoPattern,
    NoHeader,
    WrongHeader,
    ColumnCount,
    NotJson,
    BadTime,
    TimeWithoutZone,
    TimeWithoutYear,
    DateWithoutOrder,
    TimeInGap,
    BadAddress,
    BadPort,
    BadNumber,
    MissingField,
    BrokenStream,
    DecompressionLimit,
    MemberEncrypted,
    MemberUnsupported,
    InputShrank,
}

impl Code {
    pub const ALL: [(Code, &'static str); 20] = [
        (Code::FrameTooLong, "frame-too-long"),
        (Code::NoPattern, "no-pattern"),
        (Code::NoHeader, "no-header"),
        (Code::WrongHeader, "wrong-header"),
        (Code::ColumnCount, "column-count"),
        (Code::NotJson, "not-json"),
        (Code::BadTime, "bad-time"),
        (Code::TimeWithoutZone, "time-without-zone"),
        (Code::TimeWithoutYear, "time-without-year"),
        (Code::DateWithoutOrder, "date-without-order"),
        (Code::TimeInGap, "time-in-gap"),
        (Code::BadAddress, "bad-address"),
        (Code::BadPort, "bad-port"),
        (Code::BadNumber, "bad-number"),
        (Code::MissingField, "missing-field"),
        (Code::BrokenStream, "broken-stream"),
        (Code::DecompressionLimit, "decompression-limit"),
        (Code::MemberEncrypted, "member-encrypted"),
        (Code::MemberUnsupported, "member-unsupported"),
        (Code::InputShrank, "input-shrank"),
    ];

    /// The code as it stands in outputs.
    pub fn name(self) -> &'static str {
        Code::ALL[self as usize].1
    }
}

/// What a flag list can flag (`docs/adr/0005-canonical.md`); `records.IndicatorKind` in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum IndicatorKind {
    Url,
    UrlPrefix,
    Domain,
    Host,
    Ip,
    Cidr,
    Onion,
    I2p,
    Digest,
    FileDigest,
}

impl IndicatorKind {
    pub const ALL: [(IndicatorKind, &'static str); 10] = [
        (IndicatorKind::Url, "url"),
        (IndicatorKind::UrlPrefix, "url-prefix"),
        (IndicatorKind::Domain, "domain"),
        (IndicatorKind::Host, "host"),
        (IndicatorKind::Ip, "ip"),
        (IndicatorKind::Cidr, "cidr"),
        (IndicatorKind::Onion, "onion"),
        (IndicatorKind::I2p, "i2p"),
        (IndicatorKind::Digest, "digest"),
        (IndicatorKind::FileDigest, "file-digest"),
    ];

    /// The kind as it stands in lists and outputs.
    pub fn name(self) -> &'static str {
        IndicatorKind::ALL[self as usize].1
    }

    /// The kind of a name, or None.
    pub fn from_name(name: &str) -> Option<IndicatorKind> {
        IndicatorKind::ALL
            .into_iter()
            .find_map(|(kind, known)| (known == name).then_some(kind))
    }
}

/// What an issuer says of an indicator, the strongest first; `records.Opinion` in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Opinion {
    Cleared,
    Disputed,
    Flagged,
    Seed,
}

impl Opinion {
    pub const ALL: [(Opinion, &'static str); 4] = [
        (Opinion::Cleared, "cleared"),
        (Opinion::Disputed, "disputed"),
        (Opinion::Flagged, "flagged"),
        (Opinion::Seed, "seed"),
    ];

    /// The opinion as it stands in lists and outputs.
    pub fn name(self) -> &'static str {
        Opinion::ALL[self as usize].1
    }

    /// The opinion of a name, or None.
    pub fn from_name(name: &str) -> Option<Opinion> {
        Opinion::ALL
            .into_iter()
            .find_map(|(opinion, known)| (known == name).then_some(opinion))
    }
}

/// A text of a record: a piece of the frame, or of the reader's scratch where it had to be decoded.
pub type Text<'f> = Option<&'f [u8]>;

/// One record, borrowed from its frame and from the reader's scratch. Reused for the next frame.
#[derive(Debug, Default)]
pub struct Record<'f> {
    /// Microseconds since 1970, UTC, corrected by the clock offset.
    pub timestamp_us: i64,
    /// Width of a DST fold, else 0.
    pub fold_s: u32,
    pub timestamp_original: Text<'f>,
    pub source_ip: Option<IpAddr>,
    pub source_port: Option<u16>,
    pub destination_ip: Option<IpAddr>,
    pub destination_port: Option<u16>,
    pub method: Text<'f>,
    /// The request target as in the record, escapes decoded.
    pub target: Text<'f>,
    /// `host[:port]` (`host_is_name` false) or a bare name, as in the record.
    pub authority: Text<'f>,
    pub host_is_name: bool,
    pub scheme: Text<'f>,
    pub status: Option<i64>,
    pub bytes: Option<i64>,
    pub user_agent: Text<'f>,
    pub referrer: Text<'f>,
    pub user: Text<'f>,
    pub dns_type: Text<'f>,
    pub dns_action: Text<'f>,
    pub record_kind: Text<'f>,
    /// Other hosts or addresses that can match (answers, SANs), as in the record.
    pub names: Vec<&'f [u8]>,
}

/// What a matcher looks at: canonical, ready to probe.
#[derive(Debug, Default)]
pub struct Subject {
    pub page: Page,
    pub destination: Option<(IpAddr, Option<u16>)>,
    /// Canonical forms of `Record::names`.
    pub names: Vec<Page>,
}
