"""Notice pages: notices, their replies, and their combined result."""
