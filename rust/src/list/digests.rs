//! Digests of hosts and pages, for lists that hold only digests of what they flag.

use hmac::{Hmac, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

use super::compiled::CompiledList;
use super::entry::Meeting;
use super::fault::Fault;
use super::hash::State;
use super::value::hex;
use crate::canonical::Page;
use crate::indicator::IndicatorKind;

/// Hosts whose digests are remembered: a log names few hosts, many times.
const REMEMBERED: usize = 8192;

/// Works out the digests that a list needs, and remembers what hosts met.
#[derive(Debug)]
pub struct Digests {
    md5: bool,
    sha256: bool,
    keyed: Option<Hmac<Sha256>>,
    hosts: Vec<Remembered>,
    key: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct Remembered {
    host: Box<[u8]>,
    met: Vec<Meeting>,
}

impl Digests {
    pub fn new(algorithms: &[String], key: Option<&[u8]>) -> Digests {
        let has = |name: &str| algorithms.iter().any(|algorithm| algorithm == name);
        Digests {
            md5: has("md5"),
            sha256: has("sha256"),
            keyed: key.and_then(|key| Hmac::new_from_slice(key).ok()),
            hosts: vec![Remembered::default(); REMEMBERED],
            key: Vec::new(),
        }
    }

    /// Append the entries that hold a digest of the host.
    pub fn host(
        &mut self,
        list: &CompiledList,
        host: &[u8],
        out: &mut Vec<Meeting>,
    ) -> Result<(), Fault> {
        let place = State::START.piece(host).finish(IndicatorKind::Digest) as usize % REMEMBERED;
        if *self.hosts[place].host != *host {
            let mut met = Vec::new();
            self.text(list, host, &mut met)?;
            self.hosts[place] = Remembered {
                host: host.into(),
                met,
            };
        }
        out.extend_from_slice(&self.hosts[place].met);
        Ok(())
    }

    /// Append the entries that hold a digest of the page, written as a url's canonical value that it would meet.
    pub fn page(
        &mut self,
        list: &CompiledList,
        page: &Page,
        out: &mut Vec<Meeting>,
    ) -> Result<(), Fault> {
        for with_port in [false, true] {
            let mut key = std::mem::take(&mut self.key);
            key.clear();
            let met = match page.write_key(with_port, &mut key) {
                true => self.text(list, &key, out),
                false => Ok(()),
            };
            self.key = key;
            met?;
        }
        Ok(())
    }

    fn text(&self, list: &CompiledList, text: &[u8], out: &mut Vec<Meeting>) -> Result<(), Fault> {
        if self.md5 {
            meet(list, &Md5::digest(text), out)?;
        }
        if self.sha256 {
            meet(list, &Sha256::digest(text), out)?;
            if let Some(keyed) = &self.keyed {
                meet(
                    list,
                    &keyed.clone().chain_update(text).finalize().into_bytes(),
                    out,
                )?;
            }
        }
        Ok(())
    }
}

fn meet(list: &CompiledList, digest: &[u8], out: &mut Vec<Meeting>) -> Result<(), Fault> {
    let text = hex(digest);
    let hash = State::START
        .piece(text.as_bytes())
        .finish(IndicatorKind::Digest);
    list.meet(hash, out, |record, value| {
        record.kind == IndicatorKind::Digest && value == text
    })
}
