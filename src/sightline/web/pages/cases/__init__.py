"""Case pages: each case with its authorities, exhibits, notices, replies and papers; sources of records."""
