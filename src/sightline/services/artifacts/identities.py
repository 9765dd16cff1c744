"""Decrypt identities in replies, of subscribers whose keys were not destroyed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import polars as pl

from sightline.casework import identities
from sightline.casework.replies import select_current_replies
from sightline.services.artifacts import resolution_files
from sightline.storage.rows import Notice, Reply
from sightline.workspace.workspace import Workspace

VALIDITY = ("from_us", "until_us")
"""Columns with the half-open time for which an identity is valid."""


def decrypt_identities(
    workspace: Workspace,
    only: Collection[str] | None = None,
    *,
    licensee_id: str | None = None,
    with_withdrawn: bool = False,
    visits: Mapping[str, tuple[int, int]] | None = None,
) -> dict[str, dict[str, str]]:
    """Return what replies (of one licensee) say about these subscribers, or all. Later replies override.

    `visits`: the first and last instant for which each is named. A form with a validity names the holder only if it
    covers all of that. Otherwise, or without visits, only the number is returned.

    The caller must have permission and a journal entry (`openings.open_identities`), or act in an exercise or for
    an approved notice.
    """
    decrypted: dict[str, dict[str, str]] = {}
    wanted = None if only is None else pl.DataFrame({"subscriber": sorted(only)}, schema={"subscriber": pl.String})
    with workspace.reading() as tables:
        whose = {one.notice_id: one.licensee_id for one in tables[Notice].where()}
        every = tables[Reply].where()
        # What a reply corrects says nothing any more, also where the correction is silent.
        for reply in every if with_withdrawn else select_current_replies(every):
            if licensee_id not in {None, whose[reply.notice_id]}:
                continue
            sealed = resolution_files.read(workspace, reply, "identities")
            missing = [name for name in VALIDITY if name not in sealed.columns]
            sealed = sealed.with_columns(pl.lit(None, pl.Int64).alias(name) for name in missing)
            if wanted is not None:
                sealed = sealed.join(wanted, on="subscriber", how="semi", maintain_order="left")
            keys = identities.keys_of(tables, sealed["subscriber"])
            for subscriber, opaque, *validity in sealed.select("subscriber", "sealed", *VALIDITY).iter_rows():
                if subscriber in keys:
                    identity = identities.unseal(keys[subscriber], subscriber, opaque)
                    one = decrypted.setdefault(subscriber, {})
                    one["number"] = identity.get("number", one.get("number", ""))
                    if len(identity) > 1 and _is_valid_for(validity[0], validity[1], (visits or {}).get(subscriber)):
                        # Take the later of two forms whole: statements about two people are never combined.
                        decrypted[subscriber] = identity
    return decrypted


def _is_valid_for(from_us: int | None, until_us: int | None, visits: tuple[int, int] | None) -> bool:
    """Return whether a form is valid for all visits. One without bounds always is."""
    if from_us is None and until_us is None:
        return True
    if visits is None:
        return False
    return (from_us is None or from_us <= visits[0]) and (until_us is None or visits[1] < until_us)
