"""Leads for another force: chosen, put together with their proofs, sealed, opened there, answered, recalled, compared."""
