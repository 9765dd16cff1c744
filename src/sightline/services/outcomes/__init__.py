"""Record outcomes of leads, and measure how often leads and place data sets were right.

Entry points: `outcomes.record_outcome_of_lead`, `precision.measure_precision` and `place_precision`.
"""
