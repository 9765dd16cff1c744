//! What a hit row is made of: the visit that a record gives, and the meaning that an indicator gives it.

use std::net::IpAddr;

/// The part of a row that the record gives. It is the same for every indicator that the record matches.
#[derive(Default)]
pub struct Visit<'f> {
    pub timestamp_us: i64,
    pub timestamp_original: Option<&'f [u8]>,
    pub uncertainty_s: i64,
    pub source: (Option<IpAddr>, Option<u16>),
    pub destination: (Option<IpAddr>, Option<u16>),
    pub host: Option<&'f [u8]>,
    pub url: Option<&'f [u8]>,
    pub method: Option<&'f [u8]>,
    pub status: Option<i64>,
    pub bytes: Option<i64>,
    pub user_agent: Option<&'f [u8]>,
    pub referrer: Option<&'f [u8]>,
    pub user: Option<&'f [u8]>,
    pub dns_type: Option<&'f [u8]>,
    pub dns_action: Option<&'f [u8]>,
    pub record_kind: Option<&'f [u8]>,
    pub byte_offset: u64,
    pub raw: &'f [u8],
}

/// The part of a row that the indicator gives.
pub struct Meaning<'l> {
    pub indicator_id: &'l str,
    pub indicator_kind: &'static str,
    pub indicator: &'l str,
    pub category: Option<&'l str>,
    pub list_id: &'l str,
    pub issuer: Option<&'l str>,
    pub opinion: &'static str,
    pub vouched: bool,
}
