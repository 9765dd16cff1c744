"""A simulated world run through the whole product, from its logs to the subscribers that its ISPs name."""
