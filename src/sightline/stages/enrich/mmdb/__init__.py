"""MaxMind DB files (format 2.0: https://maxmind.github.io/MaxMind-DB/), read so that no byte of them can do harm."""
