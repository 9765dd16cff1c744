"""Read referrals that name an address and a time themselves, without a workspace.

Entry point: `pipeline`.
"""
