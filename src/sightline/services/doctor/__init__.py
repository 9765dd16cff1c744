"""Check a workspace and its machine for problems, and say how to fix each one.

Entry points: `examine.examine` (run every check) and `examine.sweep` (remove leftover files).
"""
