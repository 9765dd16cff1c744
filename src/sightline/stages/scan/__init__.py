"""From bytes of exhibits to hits, rejects and counts: `kernel` in Rust, `reference` in plain Python, same output."""
