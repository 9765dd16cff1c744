"""Notifications: what happened that the officer is told of, newest first."""
