"""Flag lists: whose are trusted, which were used, how one version differs from another, and what could not be read."""
