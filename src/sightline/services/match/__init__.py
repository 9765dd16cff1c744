"""Scan without a workspace: find logs, detect formats, read, match, and write hits.

Entry point: `pipeline`, which calls the stages in order.
"""
