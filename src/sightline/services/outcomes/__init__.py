"""Outcomes and replies gathered from the record, to measure leads and data sets of places by."""
