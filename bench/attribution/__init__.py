"""The attribution benchmark over several fresh seeds, as a page with charts (docs/explanation/attribution.md)."""
