"""Refer leads to another force in sealed packages, and handle its receipts, answers and recalls.

Entry points: `drafts` (choose leads), `export` (seal a package), `import_package` (open one that arrived),
`transport` (publish and collect), `recalls`, `comparison` and `views`.
"""
