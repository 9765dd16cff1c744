"""Notices to licensees and their replies: the states of a notice, and which replies count."""
