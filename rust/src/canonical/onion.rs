//! Names of overlay networks inside a host: v3 onion services, and I2P, also behind gateways (`NAME.onion.TLD`).

use sha3::{Digest, Sha3_256};

/// Length of the label of a v3 service: 32 bytes of key, 2 of checksum, 1 of version, in base32.
pub const LABEL_BYTES: usize = 56;

/// Return each `NAME.onion` in a canonical host, from the left, if NAME has the length of a v3 service's.
pub fn onions(host: &[u8]) -> impl Iterator<Item = &[u8]> {
    stems(host, b"onion").filter_map(|stem| {
        let start = stem.len().checked_sub(LABEL_BYTES + b".onion".len())?;
        let label = &stem[start..start + LABEL_BYTES];
        let is_whole = (start == 0 || stem[start - 1] == b'.') && !label.contains(&b'.');
        is_whole.then_some(&stem[start..])
    })
}

/// Return the parts of a canonical host that end in the label `i2p`, the shortest first: the host itself, and the
/// start of a gateway's name.
pub fn i2p_stems(host: &[u8]) -> impl Iterator<Item = &[u8]> {
    stems(host, b"i2p")
}

/// Return the beginnings of `host` that end in `.last`.
fn stems<'h>(host: &'h [u8], last: &'static [u8]) -> impl Iterator<Item = &'h [u8]> {
    memchr::memmem::find_iter(host, last).filter_map(move |at| {
        let end = at + last.len();
        let is_label = at > 0 && host[at - 1] == b'.' && matches!(host.get(end), None | Some(b'.'));
        is_label.then_some(&host[..end])
    })
}

/// Whether a lower-case label is a v3 service's: base32, version 3, and the right checksum by rend-spec-v3.
pub fn is_v3(label: &[u8]) -> bool {
    let Some(bytes) = base32(label) else {
        return false;
    };
    let (key, tail) = bytes.split_at(32);
    let mut hash = Sha3_256::new();
    hash.update(b".onion checksum");
    hash.update(key);
    hash.update([3]);
    let checksum = hash.finalize();
    tail == [checksum[0], checksum[1], 3]
}

fn base32(label: &[u8]) -> Option<[u8; 35]> {
    if label.len() != LABEL_BYTES {
        return None;
    }
    let mut bytes = [0; 35];
    for (group, out) in label.chunks_exact(8).zip(bytes.chunks_exact_mut(5)) {
        let bits = group.iter().try_fold(0u64, |bits, digit| {
            Some(bits << 5 | u64::from(base32_digit(*digit)?))
        })?;
        out.copy_from_slice(&bits.to_be_bytes()[3..]);
    }
    Some(bytes)
}

/// Return the value of a base32 digit (RFC 4648) in lower case.
pub fn base32_digit(digit: u8) -> Option<u8> {
    match digit {
        b'a'..=b'z' => Some(digit - b'a'),
        b'2'..=b'7' => Some(digit - b'2' + 26),
        _ => None,
    }
}
