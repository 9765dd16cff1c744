"""What is wrong with a workspace and the machine that it lies on, and what to do."""
