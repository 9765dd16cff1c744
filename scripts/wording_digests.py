"""List translations of wordings whose English sentence changed: `python -m scripts.wording_digests [FILE…]`.

The file `wording_digests.json` has, for each translated wording, the digest of the English sentence that each of its
sentences translates. With names of files (`bnss-94.hi`) it takes the English sentences of now: give them only after
their translations were brought up to date.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sightline.evidence.documents.render import TEMPLATES

KEPT = Path(__file__).with_name("wording_digests.json")
CHARACTERS = 12
"""Length of a digest, in hexadecimal characters of SHA-256."""


def main(names: list[str]) -> int:
    """Store the digests of the named wordings, then print the outdated translations; return 1 if there are any."""
    current = current_digests()
    digests = stored_digests()
    if unknown := sorted(set(names) - current.keys()):
        print(f"no translated wording: {', '.join(unknown)}")
        return 2
    digests |= {name: current[name] for name in names}
    if names:
        KEPT.write_text(json.dumps(digests, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(*(outdated := outdated_translations(digests)), sep="\n")
    return 1 if outdated else 0


def outdated_translations(digests: dict[str, dict[str, str]]) -> list[str]:
    """Return the sentences, as `bnss-94.hi: closing`, whose digest is not that of the English sentence of now."""
    found = set()
    for name, sentences in current_digests().items():
        before = digests.get(name, {})
        found |= {f"{name}: {one}" for one in {*sentences, *before} if sentences.get(one) != before.get(one)}
    return sorted(found)


def current_digests() -> dict[str, dict[str, str]]:
    """Return for each translated wording, by name and language, the digests of the sentences of its English file."""
    found = {}
    for path in sorted((TEMPLATES / "wording").glob("*.toml")):
        name, language, _ = path.name.split(".")
        if language != "en":
            english = read_wording(path.with_name(f"{name}.en.toml"))
            found[f"{name}.{language}"] = {sentence: _digest(text) for sentence, text in english.items()}
    return found


def stored_digests() -> dict[str, dict[str, str]]:
    """Return the digests that were stored when each translation was made."""
    digests: dict[str, dict[str, str]] = json.loads(KEPT.read_text(encoding="utf-8"))
    return digests


def read_wording(path: Path) -> dict[str, str]:
    """Return the sentences of a wording by their names, as `asked.form`."""
    return dict(_sentences(tomllib.loads(path.read_text(encoding="utf-8")), ""))


def _sentences(table: dict[str, Any], above: str) -> Iterator[tuple[str, str]]:
    for name, one in table.items():
        if isinstance(one, dict):
            yield from _sentences(one, f"{above}{name}.")
        else:
            yield f"{above}{name}", str(one)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:CHARACTERS]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
