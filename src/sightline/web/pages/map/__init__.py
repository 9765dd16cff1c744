"""Map page: where leads are, by state and district, and leads without a place."""
