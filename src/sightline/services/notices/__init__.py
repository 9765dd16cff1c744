"""Notices to licensees: their rows gathered from leads and segments, drafted, approved, written out."""
