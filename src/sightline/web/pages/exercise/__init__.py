"""Exercise pages: the scenario of this workspace, its tasks, and its grade."""
