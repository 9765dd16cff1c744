//! The place of the kernel's last panic. A bug report names the place, and never a byte of a record.

use std::panic::Location;
use std::sync::{Mutex, PoisonError};

static LAST: Mutex<String> = Mutex::new(String::new());

/// Store the file and line of a panic.
pub fn keep_place(at: Option<&Location<'_>>) {
    let place = at.map_or_else(String::new, |at| format!("{}:{}", at.file(), at.line()));
    *LAST.lock().unwrap_or_else(PoisonError::into_inner) = place;
}

/// Return the report of a fault of the kernel, with the place of its last panic.
#[must_use]
pub fn report() -> String {
    let place = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if place.is_empty() {
        "the kernel panicked".to_owned()
    } else {
        format!("the kernel panicked at {place}")
    }
}

#[cfg(test)]
mod tests {
    use std::panic::Location;

    #[test]
    fn a_report_names_the_place_of_the_panic() {
        super::keep_place(Some(Location::caller()));
        assert!(super::report().starts_with("the kernel panicked at src/fault.rs:"));
    }
}
