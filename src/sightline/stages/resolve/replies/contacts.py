"""Drop customers' telephone numbers from a column of ids: beside ids of another shape they identify no line."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import REJECTS, NumberKind, ReplyBatch

_KINDS = (NumberKind.CIRCUIT, NumberKind.USER_ID, NumberKind.ACCOUNT)
_MOBILE = r"^(?:\+?91[ -]?|0)?[6-9][0-9]{4}[ -]?[0-9]{5}$"
"""A mobile number of India, as an id."""


USUAL, FEW_OTHERS = 3, 4
"""The number of mobile numbers, and their ratio to ids of another shape, above which they are the ids of lines."""


@dataclass(slots=True)
class Shapes:
    """Shapes of a file's ids so far, by kind: rows whose ids are no mobile numbers, and the ids of each shape."""

    others: set[str] = field(default_factory=set)
    ids: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)

    def take(self, ids: pl.DataFrame) -> None:
        """Process the ids of a batch: `number`, `number_kind`, `is_mobile`."""
        for kind, is_mobile, numbers in ids.group_by("number_kind", "is_mobile").agg(pl.col("number").unique()).rows():
            known = self.ids.setdefault(kind, (set(), set()))[bool(is_mobile)]
            known.update(numbers[: max(0, 1000 - len(known))])

    @property
    def usual(self) -> list[str]:
        """Return the kinds for which mobile numbers are the ids of lines."""
        return [
            kind
            for kind, (others, mobiles) in self.ids.items()
            if len(mobiles) >= USUAL and len(others) * FEW_OTHERS <= len(mobiles)
        ]


def drop_contacts(batch: ReplyBatch, seen: Shapes) -> ReplyBatch:
    """Return the batch without mobile numbers in kinds with at least as many ids of another shape.

    Their rows stay and identify no subscriber. A file with mostly mobile numbers uses them as ids; if there are too few
    to decide, their rows are in doubt. `seen` is updated.
    """
    ids = batch.assigned.filter(pl.col("number_kind").is_in([number_kind.value for number_kind in _KINDS]))
    if ids.is_empty():
        return batch
    is_mobile = pl.col("number").str.contains(_MOBILE)
    seen.take(ids.select("number", "number_kind", is_mobile=is_mobile).drop_nulls())
    counted = ids.group_by("number_kind").agg(
        mobiles=pl.col("number").filter(is_mobile).n_unique(), others=pl.col("number").filter(~is_mobile).n_unique()
    )
    clear = counted.filter(pl.col("others") >= pl.col("mobiles").clip(1))["number_kind"].to_list()
    seen.others.update(clear)
    is_contact = (pl.col("number_kind").is_in(sorted(seen.others)) & is_mobile).fill_null(value=False)
    is_id = pl.col("number_kind").is_in([number_kind.value for number_kind in _KINDS])
    is_unsure = (is_id & is_mobile & ~pl.col("number_kind").is_in(sorted({*seen.usual, *seen.others}))).fill_null(
        value=False
    )
    doubt = pl.coalesce("doubted_by", pl.when(is_unsure).then("number_kind")).alias("doubted_by")
    batch = replace(batch, assigned=batch.assigned.with_columns(doubt))
    rows = batch.assigned.filter(is_contact)
    if rows.is_empty():
        return batch
    without_contacts = rows.select(
        "row", column=pl.col("number_kind").str.replace("-", "_"), code=pl.lit(ReplyCode.BAD_NUMBER.value)
    )
    conditions = [pl.when(~is_contact).then(name).alias(name) for name in ("number", "number_kind")]
    rejects = pl.concat([batch.rejects, without_contacts.unique("row", maintain_order=True).cast(pl.Schema(REJECTS))])
    return replace(
        batch,
        assigned=batch.assigned.with_columns(conditions),
        rejects=rejects.unique("row", keep="first", maintain_order=True).sort("row", maintain_order=True),
    )
