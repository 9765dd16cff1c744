"""Administration: officers and keys, one's own account, sessions, recovery, data sets, backups, the machine."""
