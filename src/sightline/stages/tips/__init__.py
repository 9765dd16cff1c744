"""Tips: referrals that name an address and a time themselves; read, put into sessions, each under its ceiling."""
