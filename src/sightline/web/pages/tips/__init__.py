"""Tip pages: upload of tips with an account of every row, tips with their leads, and one tip."""
