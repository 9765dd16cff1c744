"""Generate the world's data sets about its addresses, as tables of key ranges and as files in their real formats."""
