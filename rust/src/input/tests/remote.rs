//! Exhibits that are kept elsewhere.

use super::archives::{deflated, zip};
use super::*;

/// Bytes that are kept elsewhere, given out a few at a time. Reading fails beyond `until`.
struct Elsewhere {
    bytes: Vec<u8>,
    until: u64,
}

impl RemoteFile for Elsewhere {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        if offset >= self.until {
            return Err(io::Error::other("the store is gone"));
        }
        let rest = self.bytes.get(offset as usize..).unwrap_or(&[]);
        let count = rest.len().min(buffer.len()).min(1000);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }
}

#[test]
fn what_is_kept_elsewhere_is_read_as_a_file_is() {
    let log = b"one line\n".repeat(5_000);
    let members = ["a.log", "b.log"].map(|name| (name, 8, 0, &log[..], deflated(&log)));
    for bytes in [log.clone(), gzip(&log), zip(&members)] {
        let exhibit = Exhibit::of(&bytes);
        let mut local = Input::open(&exhibit.0, &Limits::default()).unwrap();
        let remote = Arc::new(Elsewhere {
            bytes,
            until: u64::MAX,
        });
        let mut input = Input::remote(remote, &Limits::default());
        assert_eq!(read_all(&mut input), read_all(&mut local));
        assert_eq!(input.finish().unwrap(), local.finish().unwrap());
    }
}

#[test]
fn what_is_kept_elsewhere_and_cannot_be_read_is_no_exhibit() {
    let remote = Arc::new(Elsewhere {
        bytes: b"one line\n".repeat(5_000),
        until: 2_000,
    });
    let mut input = Input::remote(remote, &Limits::default());
    read_all(&mut input);
    assert!(input.finish().is_err());
}
