"""What is run by hand and by make."""
