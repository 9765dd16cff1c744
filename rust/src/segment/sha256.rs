//! SHA-256 of several messages at once, in the way that is fastest here.

use sha2::{Digest, Sha256};

use super::lanes;
pub use super::lanes::LANES;

/// The digests of at most so many messages, in their order.
pub fn digests(messages: &[&[u8]]) -> [[u8; 32]; LANES] {
    let mut digests = [[0; 32]; LANES];
    if !in_lanes(messages, &mut digests) {
        for (digest, message) in digests.iter_mut().zip(messages) {
            *digest = Sha256::digest(message).into();
        }
    }
    digests
}

/// Whether it could be done in wide registers. Few messages leave most lanes empty.
fn in_lanes(messages: &[&[u8]], digests: &mut [[u8; 32]; LANES]) -> bool {
    let is_worth_it = messages.len() > LANES / 2 && lanes::is_wide();
    if is_worth_it {
        lanes::digests(messages, |lane, digest| digests[lane] = digest);
    }
    is_worth_it
}
