"""Leads rebuilt from the segments of the runs that stand, kept as a generation, read and compared."""
