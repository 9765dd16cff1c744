"""Measure from outcomes and replies how often leads of a source or list, and place data sets, were right."""
