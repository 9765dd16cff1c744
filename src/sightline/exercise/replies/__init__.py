"""The simulated ISPs: what each of them answers to a notice, in its own habit, with the faults of its world."""
