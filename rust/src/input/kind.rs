//! The kinds of compressions and archives.

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Gzip,
    Zstd,
    Xz,
    Bzip2,
    Tar,
    Zip,
    /// A compression or archive that Sightline does not read. Such a member is rejected with `member-unsupported`: read as
    /// plain text, it would give only noise.
    Foreign,
}
