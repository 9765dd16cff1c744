"""Flag list pages: trusted issuers, used lists, differences between versions, and unreadable rows."""
