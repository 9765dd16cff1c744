"""Administration pages: officers and keys, own account, sessions, recovery, data sets, backups, the machine."""
