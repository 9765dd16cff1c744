"""Enrich a visit's address from data sets of its own time: place, network, relay, sharing, crawler (ADR 16)."""
