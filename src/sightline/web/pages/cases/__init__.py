"""Cases: each registered matter with its authorities, exhibits, notices, replies and papers; sources of records."""
