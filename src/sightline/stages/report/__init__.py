"""Pictures and words of leads: place table, map, report, lead sheet. Pure: what is read comes in, text comes out."""
