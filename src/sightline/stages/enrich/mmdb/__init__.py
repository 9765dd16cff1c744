"""Read MaxMind DB files (format 2.0: https://maxmind.github.io/MaxMind-DB/) so that no byte of them can do harm."""
