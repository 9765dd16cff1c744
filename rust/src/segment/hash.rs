//! SHA-256 of files, several at once.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use sha2::{Digest, Sha256};

use super::hex::hex;

const BUFFER_BYTES: usize = 1 << 18;

/// Return the digests in hex, in the order of the paths; or the first path that cannot be read, and why.
pub fn file_sha256(paths: &[PathBuf], threads: usize) -> Result<Vec<String>, (PathBuf, io::Error)> {
    let next = AtomicUsize::new(0);
    let digests_by_place = Mutex::new(Vec::with_capacity(paths.len()));
    std::thread::scope(|scope| {
        for _ in 0..threads.clamp(1, paths.len().max(1)) {
            scope.spawn(|| {
                loop {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    let Some(path) = paths.get(at) else { return };
                    let one = (at, digest(path));
                    digests_by_place
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(one);
                }
            });
        }
    });
    let mut digests_by_place = digests_by_place
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    digests_by_place.sort_by_key(|(at, _)| *at);
    let digests = digests_by_place
        .into_iter()
        .map(|(at, digest)| digest.map_err(|why| (paths[at].clone(), why)));
    digests.collect()
}

fn digest(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hex(&hash.finalize())),
            Ok(count) => hash.update(&buffer[..count]),
            Err(why) if why.kind() == io::ErrorKind::Interrupted => {}
            Err(why) => return Err(why),
        }
    }
}
