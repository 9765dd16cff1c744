//! SHA-256 of several messages at once, by the fastest method of this processor.

use sha2::{Digest, Sha256};

use super::lanes;
pub use super::lanes::LANES;

/// Return the digests of at most `LANES` messages, in their order.
pub fn digests(messages: &[&[u8]]) -> [[u8; 32]; LANES] {
    let mut digests = [[0; 32]; LANES];
    if !in_lanes(messages, &mut digests) {
        for (digest, message) in digests.iter_mut().zip(messages) {
            *digest = Sha256::digest(message).into();
        }
    }
    digests
}

/// Compute the digests in wide registers if that is faster, and return whether it did. With few messages most lanes
/// stay empty.
fn in_lanes(messages: &[&[u8]], digests: &mut [[u8; 32]; LANES]) -> bool {
    let is_worth_it = messages.len() > LANES / 2 && lanes::is_wide();
    if is_worth_it {
        lanes::digests(messages, |lane, digest| digests[lane] = digest);
    }
    is_worth_it
}
