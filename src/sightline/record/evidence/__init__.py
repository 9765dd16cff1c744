"""Hits as others read them: STIX 2.1 sightings, CASE/UCO observables (docs/interchange.md, ADR 8)."""
