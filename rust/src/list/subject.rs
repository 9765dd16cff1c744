//! The part of a record that is compared with a list.

use std::net::IpAddr;

use crate::canonical::Page;

/// Everything in a record that an indicator can match, in canonical form.
#[derive(Debug, Default)]
pub struct Subject {
    pub page: Page,
    pub destination: Option<(IpAddr, Option<u16>)>,
    /// The pages of `Record::each_name`.
    pub names: Vec<Page>,
    /// Digests of a file, in lower-case hexadecimal.
    pub digests: Vec<String>,
}
