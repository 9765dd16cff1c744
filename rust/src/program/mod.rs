//! The format program: from a frame to a record (`docs/adr/0003-format-program.md`).
