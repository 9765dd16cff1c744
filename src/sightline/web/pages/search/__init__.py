"""Search page: one search over all that the officer's role may see."""
