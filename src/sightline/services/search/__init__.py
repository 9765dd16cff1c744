"""Search the whole workspace for a value, and return only what the officer's role may see.

Entry point: `search.search_workspace`.
"""
