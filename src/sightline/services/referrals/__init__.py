"""Leads for another force: chosen, put together with proofs, sealed, opened there, answered, recalled, compared."""
