//! The kinds of indicators, and the opinions that an issuer can have of one.

/// What a flag list can flag (`docs/adr/0005-canonical.md`); `IndicatorKind` in Python.
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

    /// The kind as lists and outputs write it.
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

/// What an issuer says of an indicator, the strongest first; `Opinion` in Python.
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

    /// The opinion as lists and outputs write it.
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
