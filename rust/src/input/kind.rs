//! What bytes are, by their first ones.

/// What a stream holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Gzip,
}

impl Kind {
    /// The kind that these first bytes show.
    pub(super) fn of(head: &[u8]) -> Kind {
        match head {
            [0x1f, 0x8b, 8, ..] => Kind::Gzip,
            _ => Kind::Plain,
        }
    }
}
