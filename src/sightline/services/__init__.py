"""What drives the stages: the spine, and where it runs."""
