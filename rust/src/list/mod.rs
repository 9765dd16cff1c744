//! Flag lists: building, opening and probing a compiled list (`docs/adr/0004-lists.md`).
