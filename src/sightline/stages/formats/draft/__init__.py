"""Draft a format file for a log that no format reads: its shape, and its certain fields. The rest stays open."""
