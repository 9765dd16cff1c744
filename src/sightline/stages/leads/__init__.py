"""Turn hits into leads: sessions of one address, how far their evidence carries, and the reasons for each verdict.

Pure: frames in, frames out (`docs/adr/0017-leads.md`). A rule is one file in `rules`.
"""
