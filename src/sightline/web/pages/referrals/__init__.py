"""Referral pages: requests of other forces, referrals to them, and their answers."""
