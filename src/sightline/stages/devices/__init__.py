"""Read what was taken from a seized device: databases of browser histories, and which kind of file each is."""
