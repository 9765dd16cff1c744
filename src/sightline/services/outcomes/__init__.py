"""Record outcomes of leads, and measure how often leads and place data sets were right.

Entry points: `outcomes.record`, `precision.measure` and `place_precision`.
"""
