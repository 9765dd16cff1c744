//! Detecting a compression or an archive by its first bytes.

use super::kind::Kind;
use super::tar;

/// Return what a stream holds, given its first bytes.
pub(super) fn detect_kind(head: &[u8]) -> Kind {
    match head {
        [0x1f, 0x8b, 8, ..] => Kind::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..0x60, 0x2a, 0x4d, 0x18, ..] => Kind::Zstd,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Kind::Xz,
        // The level, then the mark of a block or (an empty file) of the end.
        [
            b'B',
            b'Z',
            b'h',
            b'1'..=b'9',
            0x31,
            0x41,
            0x59,
            0x26,
            0x53,
            0x59,
            ..,
        ]
        | [
            b'B',
            b'Z',
            b'h',
            b'1'..=b'9',
            0x17,
            0x72,
            0x45,
            0x38,
            0x50,
            0x90,
            ..,
        ] => Kind::Bzip2,
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => Kind::Zip,
        // 7-Zip, RAR, lz4, compress.
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..]
        | [b'R', b'a', b'r', b'!', 0x1a, 7, ..]
        | [0x04, 0x22, 0x4d, 0x18, ..]
        | [0x1f, 0x9d, ..] => Kind::Foreign,
        _ if tar::is_header(head) => Kind::Tar,
        _ => Kind::Plain,
    }
}
