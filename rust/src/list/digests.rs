//! Digests of hosts and pages, for lists that hold only digests of what they flag.

use hmac::{Hmac, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

use super::compiled::CompiledList;
use super::entry::Match;
use super::fault::Fault;
use super::hash::State;
use super::value::hex;
use crate::canonical::Page;
use crate::indicator::IndicatorKind;

/// How many hosts keep their digests. A log names few hosts, many times.
const REMEMBERED: usize = 8192;

/// Computes the digests that a list needs, and remembers what each host matched.
#[derive(Debug)]
pub struct Digests {
    md5: bool,
    sha256: bool,
    keyed: Option<Hmac<Sha256>>,
    hosts: Vec<CachedHost>,
    key: Vec<u8>,
}

#[derive(Clone, Debug, Default)]
struct CachedHost {
    host: Box<[u8]>,
    matches: Vec<Match>,
}

impl Digests {
    pub fn new(algorithms: &[String], key: Option<&[u8]>) -> Digests {
        let has = |name: &str| algorithms.iter().any(|algorithm| algorithm == name);
        Digests {
            md5: has("md5"),
            sha256: has("sha256"),
            keyed: key.and_then(|key| Hmac::new_from_slice(key).ok()),
            hosts: vec![CachedHost::default(); REMEMBERED],
            key: Vec::new(),
        }
    }

    /// Append the entries that hold a digest of the host.
    pub fn push_host(
        &mut self,
        list: &CompiledList,
        host: &[u8],
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        let place = State::START.piece(host).finish(IndicatorKind::Digest) as usize % REMEMBERED;
        if *self.hosts[place].host != *host {
            let mut matches = Vec::new();
            self.push_text(list, host, &mut matches)?;
            self.hosts[place] = CachedHost {
                host: host.into(),
                matches,
            };
        }
        out.extend_from_slice(&self.hosts[place].matches);
        Ok(())
    }

    /// Append the entries that hold a digest of the page, written as the canonical url that the page would match.
    pub fn push_page(
        &mut self,
        list: &CompiledList,
        page: &Page,
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        for with_port in [false, true] {
            let mut key = std::mem::take(&mut self.key);
            key.clear();
            let matches = match page.write_key(with_port, &mut key) {
                true => self.push_text(list, &key, out),
                false => Ok(()),
            };
            self.key = key;
            matches?;
        }
        Ok(())
    }

    fn push_text(
        &self,
        list: &CompiledList,
        text: &[u8],
        out: &mut Vec<Match>,
    ) -> Result<(), Fault> {
        if self.md5 {
            push_match(list, &Md5::digest(text), out)?;
        }
        if self.sha256 {
            push_match(list, &Sha256::digest(text), out)?;
            if let Some(keyed) = &self.keyed {
                push_match(
                    list,
                    &keyed.clone().chain_update(text).finalize().into_bytes(),
                    out,
                )?;
            }
        }
        Ok(())
    }
}

fn push_match(list: &CompiledList, digest: &[u8], out: &mut Vec<Match>) -> Result<(), Fault> {
    let text = hex(digest);
    let hash = State::START
        .piece(text.as_bytes())
        .finish(IndicatorKind::Digest);
    list.push_match(hash, out, |record, value| {
        record.kind == IndicatorKind::Digest && value == text
    })
}
