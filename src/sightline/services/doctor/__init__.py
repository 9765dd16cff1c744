"""Check a workspace and its machine for problems, and say how to fix each one.

Entry points: `examine.examine_workspace` (run every check) and `examine.sweep_workspace` (remove leftover files).
"""
