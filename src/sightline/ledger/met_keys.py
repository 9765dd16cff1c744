"""Read a list of keys that a person outside the unit compared face to face, which the ledger alone cannot prove."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from sightline.errors import UsageError
from sightline.ledger.ties import Ties
from sightline.storage.rows import OfficerKey
from sightline.storage.table import Tables

KEY_ID = re.compile(r"[0-9a-f]{16}")
MOST_BYTES = 1 << 20


def read_met_keys(path: Path | None) -> frozenset[str]:
    """Return the key ids of a list: one a line, first on its line; `#` begins a comment. None gives an empty list.

    Raises UsageError, which names the line.
    """
    if path is None:
        return frozenset()
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UsageError(f"{path}: larger than a list of keys is", hint="one key id a line, as officer list shows")
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", hint="give the list of key ids that were compared") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not a text in UTF-8", hint="one key id a line, as officer list shows") from None
    result = set()
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if words and not KEY_ID.fullmatch(words[0]):
            hint = "one key id a line, as sightline officers list shows it; a name may follow"
            raise UsageError(f"{path}, line {number}: no key id", hint=hint)
        result.update(words[:1])
    return frozenset(result)


def untie_met(tables: Tables, ties: Ties, met: Iterable[str]) -> Ties:
    """Return the ties without those of officers whose signing keys were all compared.

    Raises UsageError for an unknown key.

    An officer that two such officers enrolled is not tied either, unless the two are tied.
    """
    met_keys = set(met)
    signing = [officer_key for officer_key in tables[OfficerKey].select() if officer_key.revoked_at_us is None]
    others = met_keys - {officer_key.key_id for officer_key in signing}
    if others:
        raise UsageError(
            f"no officer signs with the key {', '.join(sorted(others))}",
            hint="it was rotated or revoked, or is not of this workspace: meet the officer again, and compare",
        )
    not_met = {officer_key.officer_id for officer_key in signing if officer_key.key_id not in met_keys}
    return ties.without({officer_key.officer_id for officer_key in signing} - not_met)
