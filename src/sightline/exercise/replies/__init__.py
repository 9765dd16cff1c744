"""Simulate the ISPs: the answer of each to a notice, in its own form, with the faults of its world."""
