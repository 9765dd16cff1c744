"""What data sets of a visit's own time say of its address: place, network, relay, sharing, crawler (ADR 16)."""
