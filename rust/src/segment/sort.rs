//! The order of rows in a segment: by source address (none, IPv4, IPv6), by timestamp, then as they came.

use std::net::IpAddr;

use super::cut::Part;

/// The number of each row in the order of the segment, as they came. Most sources are IPv4: their keys fit in a word that
/// is compared at once.
pub fn order(parts: &[Part]) -> Vec<u32> {
    let mut narrow: Vec<u128> = Vec::new();
    let mut wide: Vec<(u128, i64, u32)> = Vec::new();
    let rows = parts
        .iter()
        .flat_map(|part| &part.pack.rows[part.rows.clone()]);
    for (came, row) in (0..).zip(rows) {
        match row.source_ip {
            None => narrow.push(narrow_key(0, row.timestamp_us, came)),
            Some(IpAddr::V4(ip)) => {
                narrow.push(narrow_key(
                    1 << 32 | u64::from(u32::from(ip)),
                    row.timestamp_us,
                    came,
                ));
            }
            Some(IpAddr::V6(ip)) => wide.push((u128::from(ip), row.timestamp_us, came)),
        }
    }
    narrow.sort_unstable();
    wide.sort_unstable();
    let narrow = narrow.iter().map(|key| *key as u32 & CAME);
    let wide = wide.iter().map(|key| key.2);
    let mut order = vec![0; narrow.len() + wide.len()];
    for (number, came) in (0..).zip(narrow.chain(wide)) {
        order[came as usize] = number;
    }
    order
}

/// A segment has far fewer rows.
const CAME: u32 = (1 << 31) - 1;

/// 33 bits of address, 64 of time, 31 of where the row came.
fn narrow_key(address: u64, timestamp_us: i64, came: u32) -> u128 {
    let time = (timestamp_us as u64) ^ (1 << 63);
    u128::from(address) << 95 | u128::from(time) << 31 | u128::from(came & CAME)
}
