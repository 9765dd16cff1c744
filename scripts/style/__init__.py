"""The parts of the style check."""
