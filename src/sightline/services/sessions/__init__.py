"""Turn the registered hits of current runs into sessions."""
