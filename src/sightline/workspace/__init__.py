"""Workspaces: open, create, change, back up and restore the durable and provable files of a unit."""
