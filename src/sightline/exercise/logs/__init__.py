"""Write records as lines of real formats, and the log files that contain them."""
