//! Names of archive members, made fit for one line.

use std::fmt::Write;

/// Return the name as stored, with control characters and bytes that are not UTF-8 as `\xHH`.
pub(super) fn escape_name(name: &[u8]) -> String {
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

/// Return the name of a member of an archive that is itself a member (or the exhibit: the empty name).
pub(super) fn join_names(archive: &str, member: &str) -> String {
    if archive.is_empty() {
        member.to_owned()
    } else {
        format!("{archive}!{member}")
    }
}

/// Whether a name is an Apple resource fork, which archives made on a Mac contain beside the files.
pub(super) fn is_resource_fork(name: &[u8]) -> bool {
    let mut parts = name.split(|&byte| byte == b'/').rev();
    parts.next().is_some_and(|base| base.starts_with(b"._"))
        || parts.any(|part| part == b"__MACOSX")
}
