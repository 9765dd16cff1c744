"""What of a reply is kept: rows with ids in the place of what names people, and identities, each under its own key."""

from __future__ import annotations

import polars as pl

from sightline.casework import identities
from sightline.casework.acting import Desk
from sightline.engines.resolving.forms import PRIVATE
from sightline.record.ledger.instants import microseconds
from sightline.record.store.rows import IdentityKey


def sealed(desk: Desk, licensee_id: str, met: pl.DataFrame) -> tuple[dict[str, pl.DataFrame], list[IdentityKey]]:
    """The rows that meet, with ids in the place of numbers; and the identities, each sealed under its own key."""
    secret = identities.secret(desk.workspace, desk.clock())
    known = met.with_columns(identities.subscriber_ids(secret, licensee_id, met).alias("subscriber"))
    private = [one for one in known.columns if one in PRIVATE]
    said = known.select("subscriber", *private).drop_nulls("subscriber").unique("subscriber", maintain_order=True)
    with desk.workspace.reading() as shelves:
        keys, new = identities.keys_for(shelves, said["subscriber"], microseconds(desk.clock()))
    beside = [
        (one["subscriber"], identities.seal(keys[one["subscriber"]], one["subscriber"], _plain(one)))
        for one in said.iter_rows(named=True)
        if one["subscriber"] in keys
    ]
    opaque = pl.DataFrame(beside, schema={"subscriber": pl.String, "sealed": pl.Binary}, orient="row")
    kept = known.with_columns((pl.col(one).is_not_null()).alias(f"has_{one}") for one in private).drop(private)
    return {"met": kept, "identities": opaque}, new


def _plain(row: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in row.items() if value is not None and name != "subscriber"}
