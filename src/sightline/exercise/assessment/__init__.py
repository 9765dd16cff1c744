"""What a product's leads say, set beside what the oracle could conclude and what was true."""
