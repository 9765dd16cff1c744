"""What is served over HTTP. No rule lives here: it asks `casework` and `engines`, and shows what they say."""
