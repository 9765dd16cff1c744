//! Encoding whole numbers as differences in as few bits as possible (Parquet's DELTA_BINARY_PACKED).

const BLOCK: usize = 128;
const MINI: usize = 32;

/// Append the numbers.
pub fn push(values: &[i64], out: &mut Vec<u8>) {
    push_varint(BLOCK as u64, out);
    push_varint((BLOCK / MINI) as u64, out);
    push_varint(values.len() as u64, out);
    push_varint(zigzag(values.first().copied().unwrap_or(0)), out);
    let mut deltas = Vec::with_capacity(BLOCK);
    let pairs = values.windows(2).map(|pair| pair[1].wrapping_sub(pair[0]));
    for delta in pairs {
        deltas.push(delta);
        if deltas.len() == BLOCK {
            push_block(&deltas, out);
            deltas.clear();
        }
    }
    if !deltas.is_empty() {
        push_block(&deltas, out);
    }
}

fn push_block(deltas: &[i64], out: &mut Vec<u8>) {
    let least = deltas.iter().min().copied().unwrap_or(0);
    push_varint(zigzag(least), out);
    let widths = out.len();
    out.resize(widths + BLOCK / MINI, 0);
    for (number, some) in deltas.chunks(MINI).enumerate() {
        let above = |delta: i64| delta.wrapping_sub(least) as u64;
        let all = some.iter().fold(0, |all, delta| all | above(*delta));
        let width = u64::BITS - all.leading_zeros();
        out[widths + number] = width as u8;
        push_bits(some.iter().map(|delta| above(*delta)), width, out);
    }
}

/// Append `width` bits of each of `MINI` values. Missing values count as 0.
fn push_bits(values: impl Iterator<Item = u64>, width: u32, out: &mut Vec<u8>) {
    let end = out.len() + MINI / 8 * width as usize;
    let (mut word, mut bits) = (0u128, 0);
    for value in values {
        word |= u128::from(value) << bits;
        bits += width;
        if bits >= 64 {
            out.extend_from_slice(&(word as u64).to_le_bytes());
            word >>= 64;
            bits -= 64;
        }
    }
    out.extend_from_slice(&(word as u64).to_le_bytes());
    out.resize(end, 0);
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63) as u64
}

pub fn push_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}
