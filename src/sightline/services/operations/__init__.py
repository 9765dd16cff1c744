"""The board of an operation, and its report: leads by stage, what happened, outcomes, measured precision."""
