"""Exercise: the scenario that this workspace is of, what is to be done in it, and how right it was."""
