"""What is durable and provable."""
