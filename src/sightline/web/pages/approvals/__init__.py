"""Acts that take two officers: what waits, exactly what is asked, and the decision."""
