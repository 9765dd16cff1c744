"""Read the registered rows of a notice from the segment store."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.errors import DamagedInput
from sightline.file_digests import compute_sha256
from sightline.model import NoticeKind
from sightline.services.notices.asked_numbers import open_numbers
from sightline.stages.resolve.model import ASKED
from sightline.storage.rows import Notice
from sightline.workspace.workspace import Workspace

MOST_KEPT = 1 << 18
"""Maximum number of rows of open notices that a process keeps: about 100 MB."""


def read_rows_of_notice(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return the rows of a notice: ASKED, or ASKED_NUMBERS for subscribers. Raises DamagedInput if altered.

    Only the bytes that were approved are ever shown, sent or resolved.
    """
    stored = _read(workspace, notice)
    return open_numbers(workspace, notice.licensee_id, stored) if notice.kind is NoticeKind.SUBSCRIBERS else stored


def read_asked_rows(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return the rows (ASKED) of a notice for records or preservation. Raises DamagedInput as `read_rows_of_notice`.

    A column that did not exist when the notice was drafted is null.
    """
    stored = _read(workspace, notice)
    return stored.select(
        (pl.col(name) if name in stored.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in ASKED.items()
    )


def read_all_asked_rows(workspace: Workspace, open_ones: Sequence[Notice]) -> pl.DataFrame:
    """Return the rows (ASKED) of all these notices that ask about one connection each. Raises as `read_rows_of_notice`.

    The rows of notices never change: a process keeps those that it read last, unless they are many.
    """

    def read() -> pl.DataFrame:
        rows = pl.concat([pl.DataFrame(schema=ASKED), *(read_asked_rows(workspace, notice) for notice in open_ones)])
        return rows.filter(pl.col("through").is_null())

    if sum(notice.asks for notice in open_ones) > MOST_KEPT:
        return read()
    return workspace.current.get_only(
        "asked rows", tuple((notice.notice_id, notice.sha256) for notice in open_ones), read
    )


def read_subscriber_ids(workspace: Workspace, notice: Notice) -> list[str]:
    """Return the ids of the subscribers that a notice asks about, in row order. Raises DamagedInput."""
    return _read(workspace, notice, ["subscriber"])["subscriber"].to_list()


def read_lead_ids(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return `lead_id` of the leads that a notice for records is about, each once. Raises DamagedInput."""
    return _read(workspace, notice, ["lead_id"]).unique()


def _read(workspace: Workspace, notice: Notice, columns: list[str] | None = None) -> pl.DataFrame:
    with workspace.segments.open_local(notice.file) as path:
        if path.stat().st_size != notice.size_bytes or compute_sha256(path) != notice.sha256:
            raise DamagedInput(
                f"the rows of notice {notice.number}: {notice.file} in {workspace.segments.where} was altered",
                hint="restore the file from a backup; sightline verify names all that is wrong",
            )
        return pl.read_parquet(path, columns=columns)
