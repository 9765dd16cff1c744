"""The exercise's issuer: its key, which is public in the world, and the lists that it signs."""

from __future__ import annotations

from pathlib import Path

from sightline.exercise.dice import Dice
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment

ISSUER = "EXERCISE"


def derive_issuer_key(dice: Dice) -> signature.SecretKey:
    """Return the key of the world's issuer, a different one for every seed."""
    return signature.SecretKey(
        ISSUER, dice.derive_bytes("key id", 8).hex().upper(), dice.derive_bytes("issuer key", 32)
    )


def sign_list(path: Path, key: signature.SecretKey, use: str, category: str) -> None:
    """Write the signature beside a list. A world's lists do not expire, because worlds are used long after."""
    comment = ListComment(ISSUER, "1", "2099-01-01", category, use, None, None).to_text()
    with path.open("rb") as stream:
        text = signature.sign_digest(signature.hash_stream(stream), key, comment)
    path.with_name(f"{path.name}.minisig").write_text(text, encoding="utf-8")
