"""Read bytes of exhibits into hits, rejects and counts: `kernel` in Rust, `reference` in plain Python, same output."""
