"""Log formats, one TOML file each: the language, the loader, detection, and drafts of new formats."""
