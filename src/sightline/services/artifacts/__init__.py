"""Read what is registered: leads, rows of notices, resolutions, as they stand now. Imports `sessions` only."""
