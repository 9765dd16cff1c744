"""Group leads that are to be looked at together: one account, one address within a day, one file."""
