"""Compare a product's leads with the oracle's conclusions and with the truth."""
