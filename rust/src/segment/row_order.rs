//! The order of rows in a segment: by source address (none, IPv4, IPv6), by timestamp, then as they came.

use std::net::IpAddr;

use super::pack::Row;

/// Return the numbers of the rows in their order. Most sources are IPv4, whose keys fit in one word.
pub fn order<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Vec<u32> {
    let mut narrow: Vec<u128> = Vec::new();
    let mut wide: Vec<(u128, i64, u32)> = Vec::new();
    for (number, row) in (0..).zip(rows) {
        let address = match row.source_ip {
            None => 0,
            Some(IpAddr::V4(ip)) => 1 << 32 | u64::from(u32::from(ip)),
            Some(IpAddr::V6(ip)) => {
                wide.push((u128::from(ip), row.timestamp_us, number));
                continue;
            }
        };
        narrow.push(narrow_key(address, row.timestamp_us, number));
    }
    // The standard sort finds runs that are already sorted.
    narrow.sort();
    wide.sort();
    let narrow = narrow.iter().map(|key| *key as u32 & NUMBER);
    narrow.chain(wide.iter().map(|key| key.2)).collect()
}

/// A segment has far fewer rows.
const NUMBER: u32 = (1 << 31) - 1;

/// 33 bits of address, 64 of time, 31 of the row's number.
fn narrow_key(address: u64, timestamp_us: i64, number: u32) -> u128 {
    let time = (timestamp_us as u64) ^ (1 << 63);
    u128::from(address) << 95 | u128::from(time) << 31 | u128::from(number & NUMBER)
}
