"""Hits as a CASE/UCO graph in JSON-LD (CASE 1.4, 1.5)."""
