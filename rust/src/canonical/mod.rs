//! One canonical text per thing: host, page, ip, onion, digest (`docs/adr/0005-canonical.md`).

mod address;
mod fast_host;
mod host;
mod indicator;
pub mod onion;
mod page;
mod path;
mod repertoire;

use std::net::IpAddr;

pub use address::{AddressClass, address, address_key, unmapped, write_address, write_decimal};
pub use fast_host::{FastHost, FastTarget};
pub use host::{authority, host};
pub use indicator::{indicator_value, write_endpoint};
pub use page::page;

pub use crate::indicator::IndicatorKind;

#[cfg(test)]
mod tests;

/// A host: what kind it is; the text of a name stands beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKind {
    #[default]
    None,
    Name,
    Ip(IpAddr),
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scheme {
    #[default]
    Unknown,
    Http,
    Https,
    Ftp,
    Ws,
    Wss,
}

/// Host, port, path and query of a record in canonical form. Buffers are reused from frame to frame.
#[derive(Clone, Debug, Default)]
pub struct Page {
    pub scheme: Scheme,
    pub host_kind: HostKind,
    /// Canonical text of the host, also for an address (IPv6 without brackets). Empty: no host.
    pub host: Vec<u8>,
    /// Known port, from wherever it is known.
    pub port: Option<u16>,
    /// The port stood in the target or the host field.
    pub port_is_explicit: bool,
    /// It counts as the default port (ADR 5).
    pub port_is_default: bool,
    /// `/path` or `/path?query`, canonical; empty: no url.
    pub path_query: Vec<u8>,
    /// Length of the path in `path_query`.
    pub path_bytes: usize,
}

/// What a record holds of a page, as it stands there.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageParts<'f> {
    pub method: Option<&'f [u8]>,
    pub target: Option<&'f [u8]>,
    pub authority: Option<&'f [u8]>,
    /// The authority is a bare name (DNS, SNI): no port, IPv6 without brackets.
    pub host_is_name: bool,
    pub scheme: Option<&'f [u8]>,
    pub destination_port: Option<u16>,
}
