"""Decrypt identities in replies, of subscribers whose keys were not destroyed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import polars as pl

from sightline.casework.identities import identities
from sightline.casework.notices.replies import OF_COLUMN, select_current_replies
from sightline.services.artifacts import resolution_files
from sightline.storage.rows import Confirmation, Notice, Reply
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

VALIDITY = ("from_us", "until_us")
"""Columns with the half-open time for which an identity is valid."""
_BESIDE: dict[str, pl.DataType] = {"from_us": pl.Int64(), "until_us": pl.Int64(), "doubted_by": pl.String()}
SEALED = {"subscriber": pl.String(), "sealed": pl.Binary(), **_BESIDE, "reply_id": pl.String()}


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
    covers all of that. Otherwise, or without visits, only the number is returned; so it is of a form in doubt.

    The caller must have permission and a journal entry (`openings.open_identities`), or act in an exercise or for
    an approved notice.
    """
    decrypted: dict[str, dict[str, str]] = {}
    wanted = None if only is None else pl.DataFrame({"subscriber": sorted(only)}, schema={"subscriber": pl.String})
    with workspace.read() as tables:
        whose = {notice.notice_id: notice.licensee_id for notice in tables[Notice].select()}
        every = tables[Reply].select()
        # What a reply corrects says nothing any more, also where the correction is silent.
        replies = every if with_withdrawn else select_current_replies(tables, every)
        sealed = _read_sealed(workspace, [reply for reply in replies if licensee_id in {None, whose[reply.notice_id]}])
        if wanted is not None:
            sealed = sealed.join(wanted, on="subscriber", how="semi", maintain_order="left")
        keys = identities.find_keys(tables, sealed["subscriber"])
        sealed = _select_sure(tables, sealed)
    for subscriber, opaque, *validity, is_sure in sealed.iter_rows():
        if subscriber in keys:
            identity = identities.unseal(keys[subscriber], subscriber, opaque)
            one = decrypted.setdefault(subscriber, {})
            one["number"] = identity.get("number", one.get("number", ""))
            if (
                is_sure
                and len(identity) > 1
                and _is_valid_for(validity[0], validity[1], (visits or {}).get(subscriber))
            ):
                # Take the later of two forms whole: statements about two people are never combined.
                decrypted[subscriber] = identity
    return decrypted


def _select_sure(tables: Tables, sealed: pl.DataFrame) -> pl.DataFrame:
    """Return identities with `is_sure` in the place of their doubts: none, or one that an officer answered."""
    doubted = sealed.filter(pl.col("doubted_by").is_not_null())["reply_id"].unique().to_list()
    answered = [(answer.reply_id, answer.sign) for answer in tables[Confirmation].select_within("reply_id", doubted)]
    answers = pl.DataFrame(answered, schema={"reply_id": pl.String, "sign": pl.String}, orient="row").unique()
    signs = sealed.with_columns(sign=pl.lit(OF_COLUMN) + pl.col("doubted_by"))
    joined = signs.join(
        answers.with_columns(is_answered=pl.lit(value=True)), on=["reply_id", "sign"], how="left", maintain_order="left"
    )
    is_sure = pl.col("doubted_by").is_null() | pl.col("is_answered").fill_null(value=False)
    return joined.select("subscriber", "sealed", *VALIDITY, is_sure=is_sure)


def _read_sealed(workspace: Workspace, replies: Sequence[Reply]) -> pl.DataFrame:
    """Return the sealed identities of replies (`subscriber sealed` and VALIDITY), in their order.

    Those of the last replies asked for are cached: a page asks for a few of thousands, in hundreds of files. Only a
    key opens them, and keys are never cached.
    """

    def read_sealed_identities() -> pl.DataFrame:
        """Return SEALED, a row for each identity. What a reply of an older version does not have is null."""
        frames = [pl.DataFrame(schema=SEALED)]
        for reply in replies:
            table = resolution_files.read_table(workspace, reply, "identities")
            missing = [pl.lit(None).alias(name) for name in _BESIDE if name not in table.columns]
            of_reply = pl.lit(reply.reply_id).alias("reply_id")
            frames.append(
                table.with_columns(*missing, of_reply).select(pl.col(name).cast(kind) for name, kind in SEALED.items())
            )
        return pl.concat(frames)

    return workspace.current.get_only("sealed", tuple(reply.reply_id for reply in replies), read_sealed_identities)


def _is_valid_for(from_us: int | None, until_us: int | None, visits: tuple[int, int] | None) -> bool:
    """Return whether a form is valid for all visits. One without bounds always is."""
    if from_us is None and until_us is None:
        return True
    if visits is None:
        return False
    return (from_us is None or from_us <= visits[0]) and (until_us is None or visits[1] < until_us)
