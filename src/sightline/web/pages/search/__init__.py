"""Search: do we know this? One box over all that the officer's role may see."""
