//! The junk rule: an indicator that would match almost everything is refused (`docs/adr/0004-lists.md`).

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::net::IpAddr;
use std::sync::OnceLock;

use hmac::{Hmac, Mac};
use md5::Md5;
use sha2::{Digest, Sha256};

use super::hash::State;
use super::value::Value;
use crate::canonical::AddressClass;
use crate::indicator::IndicatorKind;

const SUFFIX: u8 = 1;
const WILDCARD: u8 = 2;
const EXCEPTION: u8 = 4;
const BIG: u8 = 8;

const SINGLE_LABEL: &str = "a single label would match the world";
const PUBLIC_SUFFIX: &str = "a public suffix: other people's sites lie below it";
const BIG_HOST: &str = "a big shared host: give the url";
const IP_AS_HOST: &str = "an address as a site's name: use kind ip";
const NOT_PUBLIC: &str = "not a public address";
const WIDE: &str = "a network wider than /16 (IPv4) or /32 (IPv6)";
const REACHES_OUT: &str = "a network that reaches outside public addresses";
const JUNK_DIGEST: &str = "the digest of a public suffix or of a big shared host";
const EMPTY_FILE: &str = "the digest of a file of no bytes: every empty file has it";
/// MD5, SHA-1 and SHA-256 of the empty text.
const EMPTY: [&str; 3] = [
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
];

/// The names that the junk rule uses, all canonical: public suffixes (both sections) and large shared hosts.
#[derive(Debug, Default)]
pub struct Junk {
    names: HashMap<Box<[u8]>, u8, BuildHasherDefault<NameHasher>>,
    digests: OnceLock<HashSet<String>>,
    keyed: Option<Hmac<Sha256>>,
}

impl Junk {
    /// `exact` are the plain rules of the public suffix list, `wildcards` the parents of its `*.` rules, and
    /// `exceptions` those of its `!` rules.
    pub fn new<'n>(
        exact: impl IntoIterator<Item = &'n str>,
        wildcards: impl IntoIterator<Item = &'n str>,
        exceptions: impl IntoIterator<Item = &'n str>,
        big_hosts: impl IntoIterator<Item = &'n str>,
    ) -> Junk {
        let mut junk = Junk::default();
        junk.mark(exact, SUFFIX);
        junk.mark(wildcards, WILDCARD);
        junk.mark(exceptions, EXCEPTION);
        junk.mark(big_hosts, BIG);
        junk
    }

    /// Return the same rule, which also knows the keyed digests of junk names.
    #[must_use]
    pub fn with_digest_key(mut self, key: Option<&[u8]>) -> Junk {
        self.keyed = key.and_then(|key| Hmac::new_from_slice(key).ok());
        self.digests = OnceLock::new();
        self
    }

    fn mark<'n>(&mut self, names: impl IntoIterator<Item = &'n str>, mark: u8) {
        for name in names {
            *self.names.entry(name.as_bytes().into()).or_default() |= mark;
        }
    }

    /// Return why the indicator is junk, or None.
    pub fn reason(&self, kind: IndicatorKind, value: &str) -> Option<&'static str> {
        match Value::read(kind, value)? {
            Value::Name(name) if matches!(kind, IndicatorKind::Domain | IndicatorKind::Host) => {
                self.name(name.as_bytes())
            }
            Value::Page(page) if page.path_query == b"/" => {
                match crate::canonical::address(page.host) {
                    Some(_) => Some(IP_AS_HOST),
                    None => self.name(page.host),
                }
            }
            Value::Address(address, _) => {
                (!is_allowed(AddressClass::of(address))).then_some(NOT_PUBLIC)
            }
            Value::Network(network, bits) => network_reason(network, bits),
            Value::Text(text) if kind == IndicatorKind::Digest => {
                self.digests().contains(text).then_some(JUNK_DIGEST)
            }
            Value::Text(text) if kind == IndicatorKind::FileDigest => {
                EMPTY.contains(&text).then_some(EMPTY_FILE)
            }
            _ => None,
        }
    }

    fn name(&self, name: &[u8]) -> Option<&'static str> {
        let Some(parent) = memchr::memchr(b'.', name).map(|dot| &name[dot + 1..]) else {
            return Some(SINGLE_LABEL);
        };
        let marks = self.marks(name);
        if marks & BIG != 0 || name.starts_with(b"www.") && self.marks(parent) & BIG != 0 {
            return Some(BIG_HOST);
        }
        let is_wild = self.marks(parent) & WILDCARD != 0 && marks & EXCEPTION == 0;
        (is_wild || marks & SUFFIX != 0).then_some(PUBLIC_SUFFIX)
    }

    fn marks(&self, name: &[u8]) -> u8 {
        self.names.get(name).copied().unwrap_or(0)
    }

    /// Return the digests of every junk name in lower-case hex: MD5, SHA-256 and, with a key, HMAC-SHA-256. Computed
    /// once, when the first digest is checked.
    fn digests(&self) -> &HashSet<String> {
        self.digests.get_or_init(|| {
            let junk = self
                .names
                .iter()
                .filter(|(_, marks)| **marks & (SUFFIX | BIG) != 0);
            let mut digests = HashSet::new();
            for (name, marks) in junk {
                digests.extend(self.of(name));
                if marks & BIG != 0 {
                    digests.extend(self.of(&[b"www.", &name[..]].concat()));
                }
            }
            digests
        })
    }

    fn of(&self, name: &[u8]) -> impl Iterator<Item = String> {
        let keyed = self.keyed.as_ref().map(|keyed| {
            let digest = keyed.clone().chain_update(name).finalize().into_bytes();
            super::value::hex(&digest)
        });
        both(name).into_iter().chain(keyed)
    }
}

fn both(name: &[u8]) -> [String; 2] {
    [
        super::value::hex(&Md5::digest(name)),
        super::value::hex(&Sha256::digest(name)),
    ]
}

fn network_reason(network: IpAddr, bits: u8) -> Option<&'static str> {
    if bits < if network.is_ipv4() { 16 } else { 32 } {
        return Some(WIDE);
    }
    (!AddressClass::all(network, bits, is_allowed)).then_some(REACHES_OUT)
}

fn is_allowed(class: AddressClass) -> bool {
    matches!(class, AddressClass::Public | AddressClass::Documentation)
}

/// The list's own hash function. The standard one takes longer than the rest of the rule.
#[derive(Default)]
struct NameHasher(u64);

impl Hasher for NameHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = State::START
            .number(self.0)
            .piece(bytes)
            .finish(IndicatorKind::Domain);
    }

    fn write_usize(&mut self, _length: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn junk() -> Junk {
        Junk::new(
            [
                "com",
                "example",
                "co.example",
                "blogs.example",
                "compute.cloud.example",
                "ck",
            ],
            ["ck"],
            ["www.ck"],
            ["mail.example"],
        )
    }

    fn is_junk(kind: IndicatorKind, value: &str) -> bool {
        junk().reason(kind, value).is_some()
    }

    #[test]
    fn names_that_match_the_world_are_junk() {
        for kind in [IndicatorKind::Domain, IndicatorKind::Host] {
            for name in [
                "example",
                "localhost",
                "co.example",
                "blogs.example",
                "compute.cloud.example",
                "any.ck",
                "mail.example",
                "www.mail.example",
            ] {
                assert!(is_junk(kind, name), "{name}");
            }
            for name in [
                "flagged.example",
                "a.co.example",
                "www.ck",
                "a.any.ck",
                "in.mail.example",
                "wwwmail.example",
            ] {
                assert!(!is_junk(kind, name), "{name}");
            }
        }
    }

    #[test]
    fn a_url_is_junk_only_where_nothing_narrows_it() {
        for kind in [IndicatorKind::Url, IndicatorKind::UrlPrefix] {
            for value in [
                "co.example/",
                "mail.example/",
                "mail.example:8443/",
                "192.0.2.1/",
                "[2001:db8::1]:8443/",
            ] {
                assert!(is_junk(kind, value), "{value}");
            }
            for value in ["mail.example/a", "flagged.example/", "192.0.2.1/a"] {
                assert!(!is_junk(kind, value), "{value}");
            }
        }
        assert!(!is_junk(IndicatorKind::Url, "mail.example/?a=b"));
    }

    #[test]
    fn addresses_must_be_public() {
        for value in [
            "10.0.0.1",
            "127.0.0.1:80",
            "100.64.0.1",
            "::1",
            "[fe80::1]:80",
            "224.0.0.1",
        ] {
            assert!(is_junk(IndicatorKind::Ip, value), "{value}");
        }
        for value in [
            "192.0.2.1",
            "192.0.2.1:443",
            "2001:db8::1",
            "[2001:db8::1]:443",
            "198.18.0.1",
            "9.9.9.9",
        ] {
            assert!(!is_junk(IndicatorKind::Ip, value), "{value}");
        }
    }

    #[test]
    fn networks_are_neither_wide_nor_outside() {
        for value in [
            "0.0.0.0/0",
            "9.0.0.0/8",
            "9.8.0.0/15",
            "172.16.0.0/16",
            "192.0.0.0/16",
            "192.168.1.0/24",
            "2001:db8::/31",
            "::/0",
            "fc00::/40",
            "2620:4f::/32",
        ] {
            assert!(is_junk(IndicatorKind::Cidr, value), "{value}");
        }
        for value in [
            "9.9.0.0/16",
            "192.0.2.0/24",
            "198.51.0.0/16",
            "2001:db8::/32",
            "2620:4e::/32",
            "192.0.2.1/32",
        ] {
            assert!(!is_junk(IndicatorKind::Cidr, value), "{value}");
        }
    }

    #[test]
    fn digests_of_junk_names_are_junk() {
        for name in [
            "com",
            "co.example",
            "ck",
            "mail.example",
            "www.mail.example",
        ] {
            for digest in both(name.as_bytes()) {
                assert!(is_junk(IndicatorKind::Digest, &digest), "{name}");
                assert!(!is_junk(IndicatorKind::FileDigest, &digest), "{name}");
            }
        }
        let keyed = junk().with_digest_key(Some(b"key"));
        // HMAC-SHA-256 of `com` under `key`, by openssl.
        let com = "eff3ebe0e740c09dbb6fa5c06b79f70ed75bacc3df5e129574880710624a0098";
        assert!(keyed.reason(IndicatorKind::Digest, com).is_some());
        assert!(!is_junk(IndicatorKind::Digest, com));
        for name in ["www.ck", "flagged.example"] {
            assert!(
                !is_junk(IndicatorKind::Digest, &both(name.as_bytes())[1]),
                "{name}"
            );
        }
    }
}
