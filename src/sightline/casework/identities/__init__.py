"""Subscribers' identities, each under its own key, and the rules for showing addresses and identities."""
