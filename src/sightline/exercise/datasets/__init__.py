"""What the world's data sets say of its addresses, as tables of ranges of keys, and as files in their real formats."""
