"""Approval pages: acts of two officers that wait, exactly what is asked, and the decision."""
