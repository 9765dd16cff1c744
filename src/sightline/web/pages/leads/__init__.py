"""Leads: all of them, narrowed and sorted; one of them, with both sides; and what is done about them."""
