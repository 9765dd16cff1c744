"""Operations: a named drive, its board, what happened in it, and how often its leads were right."""
