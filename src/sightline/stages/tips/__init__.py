"""Read tips (referrals that name an address and a time themselves) into sessions with their ceilings."""
