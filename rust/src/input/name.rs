//! Names of archive members, fit to be shown on one line.

use std::fmt::Write;

/// The name as stored; what is not UTF-8, and control characters, as `\xHH`.
pub(super) fn shown(name: &[u8]) -> String {
    let mut out = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for character in chunk.valid().chars() {
            if character.is_control() {
                escape(character.encode_utf8(&mut [0; 4]).as_bytes(), &mut out);
            } else {
                out.push(character);
            }
        }
        escape(chunk.invalid(), &mut out);
    }
    out
}

fn escape(bytes: &[u8], out: &mut String) {
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "\\x{byte:02x}");
    }
}

/// The name of a member of an archive which is a member itself (or the exhibit: the empty name).
pub(super) fn joined(archive: &str, member: &str) -> String {
    if archive.is_empty() {
        member.to_owned()
    } else {
        format!("{archive}!{member}")
    }
}

/// Apple's resource forks, which archives made on a Mac hold beside the files.
pub(super) fn is_resource_fork(name: &[u8]) -> bool {
    let mut parts = name.split(|&byte| byte == b'/').rev();
    parts.next().is_some_and(|base| base.starts_with(b"._"))
        || parts.any(|part| part == b"__MACOSX")
}
