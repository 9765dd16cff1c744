"""Names of uploaded files, as the browser of an officer sends them."""

from __future__ import annotations

import unicodedata

from sightline.errors import UsageError

MOST_PARTS = 8
MOST_BYTES = 200
"""Maximum length of one part of a name. A file system allows 255."""


def check_file_name(text: str) -> str:
    """Return the relative path of an uploaded file, with `/` between its parts. Raises UsageError."""
    parts = [part for part in text.replace("\\", "/").split("/") if part not in {"", "."}]
    wrong = (
        not parts
        or len(parts) > MOST_PARTS
        or any(part == ".." or len(part.encode(errors="replace")) > MOST_BYTES for part in parts)
        or any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)
    )
    if wrong:
        raise UsageError(
            "a file has a name that cannot be kept",
            hint=f"rename it: at most {MOST_BYTES} bytes, no control characters, at most {MOST_PARTS} folders deep",
        )
    return "/".join(parts)
