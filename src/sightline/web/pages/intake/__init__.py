"""Pages of intakes: log files that enter by the browser."""
