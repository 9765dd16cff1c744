"""Match lawfully held visit records with signed flag lists, and prove each hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.api import MatchResult, match

__version__ = "0.1.0"
__all__ = ["MatchResult", "__version__", "match"]


def __getattr__(name: str) -> object:
    """`match` and `MatchResult`, imported when first asked for: a command that needs no tables starts without them."""
    if name in {"match", "MatchResult"}:
        from sightline import api  # noqa: PLC0415

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
