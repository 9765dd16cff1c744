"""The map: where leads are, by state and by district, and what is nowhere."""
