"""The attribution benchmark over several fresh seeds, as a page with charts (docs/attribution.md)."""
