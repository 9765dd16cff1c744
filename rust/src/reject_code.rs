//! The codes of frames and input that cannot be read.

/// Why a frame could not be read (`docs/adr/0003-format-program.md`); `RejectCode` in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum RejectCode {
    FrameTooLong,
    NoPattern,
    NoHeader,
    WrongHeader,
    ColumnCount,
    NotJson,
    NotDnstap,
    NotDns,
    BadTime,
    TimeWithoutZone,
    TimeWithoutYear,
    DateWithoutOrder,
    TimeInGap,
    TimeUndeclared,
    BadAddress,
    BadPort,
    BadNumber,
    MissingField,
    /// The end of a last line without a line end, or a text whose quote is not closed.
    CutOff,
    BrokenStream,
    DecompressionLimit,
    MemberEncrypted,
    MemberUnsupported,
    InputShrank,
    /// A whole member of an archive.
    UnknownFormat,
}

impl RejectCode {
    pub const ALL: [(RejectCode, &'static str); 25] = [
        (RejectCode::FrameTooLong, "frame-too-long"),
        (RejectCode::NoPattern, "no-pattern"),
        (RejectCode::NoHeader, "no-header"),
        (RejectCode::WrongHeader, "wrong-header"),
        (RejectCode::ColumnCount, "column-count"),
        (RejectCode::NotJson, "not-json"),
        (RejectCode::NotDnstap, "not-dnstap"),
        (RejectCode::NotDns, "not-dns"),
        (RejectCode::BadTime, "bad-time"),
        (RejectCode::TimeWithoutZone, "time-without-zone"),
        (RejectCode::TimeWithoutYear, "time-without-year"),
        (RejectCode::DateWithoutOrder, "date-without-order"),
        (RejectCode::TimeInGap, "time-in-gap"),
        (RejectCode::TimeUndeclared, "time-undeclared"),
        (RejectCode::BadAddress, "bad-address"),
        (RejectCode::BadPort, "bad-port"),
        (RejectCode::BadNumber, "bad-number"),
        (RejectCode::MissingField, "missing-field"),
        (RejectCode::CutOff, "cut-off"),
        (RejectCode::BrokenStream, "broken-stream"),
        (RejectCode::DecompressionLimit, "decompression-limit"),
        (RejectCode::MemberEncrypted, "member-encrypted"),
        (RejectCode::MemberUnsupported, "member-unsupported"),
        (RejectCode::InputShrank, "input-shrank"),
        (RejectCode::UnknownFormat, "unknown-format"),
    ];

    /// The code as outputs write it.
    pub fn name(self) -> &'static str {
        RejectCode::ALL[self as usize].1
    }
}
