"""Referrals: what other forces ask for, what goes to them, and what comes back."""
