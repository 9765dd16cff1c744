"""Notices, their replies, and what these say together."""
