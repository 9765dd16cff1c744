"""A cluster on one machine: what it costs, what a second worker gives, and what kills do to it."""
