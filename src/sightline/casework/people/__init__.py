"""Officers: their keys, accounts of the web app, logins, sessions, and the recovery of a lost account."""
