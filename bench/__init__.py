"""Sightline beside its peers and beside what the bytes alone cost: `make bench`."""
