"""Leads by the million, for pages: a generation's columns in memory, narrowed, sorted, counted (ADR 19)."""
