"""One TOML file per log format: the language, the loader, detection."""
