"""The file of a case: what is held under it, what happened and what is due, and its report as PDF/A."""
