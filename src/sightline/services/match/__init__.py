"""Scan logs without a workspace: find them, detect formats, read, match, and write hits to files.

`services.scan` finds the same hits and stores them in a workspace. Entry point: `pipeline`, which calls the stages in
order.
"""
