"""One flipped byte anywhere, a deleted tail, a rolled-back database: each must be found, and named."""
