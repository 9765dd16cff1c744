"""What outcomes and replies measure: how often leads of a source or list were right, and data sets of places."""
