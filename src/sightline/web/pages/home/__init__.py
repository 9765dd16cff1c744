"""Home page: what came in, what is urgent, what waits, and where leads are."""
