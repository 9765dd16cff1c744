"""Officers' work on leads: acts and their reversal, notes, marks, outcomes, saved views, and their retention."""
