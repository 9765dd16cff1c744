"""Identities opened: what replies say of subscribers whose keys were not destroyed."""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from sightline.casework import identities
from sightline.engines.resolving import files
from sightline.record.store.rows import Notice, Reply
from sightline.record.workspace import Workspace


def opened(
    workspace: Workspace,
    only: Collection[str] | None = None,
    *,
    licensee_id: str | None = None,
    with_withdrawn: bool = False,
) -> dict[str, dict[str, str]]:
    """What the replies (of one licensee) say of each subscriber, later ones over earlier: of these, or of all.

    Who asks has been allowed to, and the journal has it (`identities.require_opening`), or it is an exercise, or a
    notice that was approved.
    """
    said: dict[str, dict[str, str]] = {}
    wanted = None if only is None else pl.DataFrame({"subscriber": sorted(only)}, schema={"subscriber": pl.String})
    with workspace.reading() as shelves:
        whose = {one.notice_id: one.licensee_id for one in shelves[Notice].where()}
        for reply in shelves[Reply].where():
            is_over = reply.withdrawn_at_us is not None and not with_withdrawn
            if is_over or licensee_id not in {None, whose[reply.notice_id]}:
                continue
            sealed = files.read(workspace, reply, "identities")
            if wanted is not None:
                sealed = sealed.join(wanted, on="subscriber", how="semi", maintain_order="left")
            keys = identities.keys_of(shelves, sealed["subscriber"])
            for subscriber, opaque in sealed.iter_rows():
                if subscriber in keys:
                    said.setdefault(subscriber, {}).update(identities.unseal(keys[subscriber], subscriber, opaque))
    return said
