"""Records as lines of real formats, and the files that they stand in."""
