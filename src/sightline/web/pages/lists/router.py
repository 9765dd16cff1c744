"""The router of the pages of lists, the type of their texts, and the agreement to replace an older list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Form

from sightline.errors import UsageError
from sightline.services.scan.list_replacements import Agree, Replacement
from sightline.web.context import RequestContext
from sightline.web.page_router import PageRouter

router = PageRouter("lists")
KEY_BYTES = SIGNATURE_BYTES = 1 << 14
Text = Annotated[str, Form(max_length=2000)]


def read_agreement(context: RequestContext, *, replaces: bool) -> Agree:
    """Return the answer of a form to lists that would be replaced. It raises UsageError if nobody agreed."""

    def agree(replacements: Sequence[Replacement]) -> bool:
        """Return True if the officer agreed to replace the lists."""
        if not replaces:
            old = ", ".join(
                replacement.old.version or context.says("no_version")
                for replacement in replacements
                if replacement.takes_away
            )
            raise UsageError(context.says("add.replaced", version=old), hint=context.says("add.replaced_next"))
        return True

    return agree
