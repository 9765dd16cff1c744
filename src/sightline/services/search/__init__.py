"""One question over the whole record: do we know this? Only what the officer's role may see answers."""
