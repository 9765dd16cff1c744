//! Canonical texts: one for each host, page, ip, onion and digest (`docs/adr/0005-canonical.md`).

mod address;
mod fast_host;
mod host;
mod indicator;
pub mod onion;
mod page;
mod path;
mod repertoire;

use std::net::IpAddr;

pub use address::{
    AddressClass, address, address_key, address_number, unmap_address, write_address, write_decimal,
};
pub use fast_host::{FastHost, FastTarget};
pub use host::{answer, authority, host, is_same_in_dns};
pub use indicator::{indicator_value, write_endpoint};
pub use page::page;

pub use crate::indicator::IndicatorKind;

#[cfg(test)]
mod tests;

/// The kind of a host. The text of a name is stored separately.
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
    /// Canonical text of the host, also for an address (IPv6 without brackets). Empty means no host.
    pub host: Vec<u8>,
    /// The port, if any field gives it.
    pub port: Option<u16>,
    /// The target or the host field contains the port.
    pub port_is_explicit: bool,
    /// The port counts as the default port (ADR 5).
    pub port_is_default: bool,
    /// Canonical `/path` or `/path?query`. Empty means no url.
    pub path_query: Vec<u8>,
    /// Length of the path in `path_query`.
    pub path_bytes: usize,
}

/// The fields of a record that describe a page, as written in the record.
#[derive(Clone, Copy, Debug, Default)]
pub struct PageParts<'f> {
    pub method: Option<&'f [u8]>,
    pub target: Option<&'f [u8]>,
    pub authority: Option<&'f [u8]>,
    /// The authority is a bare name (DNS, SNI): no port, IPv6 without brackets.
    pub host_is_name: bool,
    /// The authority is what a DNS query asked for: never an address.
    pub is_dns: bool,
    pub scheme: Option<&'f [u8]>,
    pub destination_port: Option<u16>,
}
