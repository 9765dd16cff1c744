"""Join replies that are two steps of one answer: a NAT log and an access log of the same family of notices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import polars as pl

from sightline.casework.notices.replies import select_current_replies
from sightline.model import NoticeKind
from sightline.services.artifacts import resolution_files
from sightline.services.notices.notice_rows import read_asked_rows
from sightline.stages.resolve.model import ASKED, ASSIGNED, DOUBTS
from sightline.stages.resolve.second_step import join_second_steps
from sightline.storage.rows import Notice, Reply
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

INSIDE = {name: kind for name, kind in ASSIGNED.items() if name != "number"} | {
    "subscriber": pl.String(),
    "doubts": DOUBTS,
    "is_doubted": pl.Boolean(),
    "reply": pl.UInt32(),
    "is_certified": pl.Boolean(),
    "family": pl.UInt32(),
}
"""Rows of access logs, as `add_second_steps` joins them, with the numbers of their reply and family."""
_FAMILY = pl.UInt32()


def get_family(notice: Notice) -> tuple[str, str, str]:
    """Return what notices share whose answers may be two steps of one: case, licensee and circle.

    Networks of different circles use the same inside addresses. If no circle is known, the family is a notice and those
    that follow it.
    """
    return notice.case_id, notice.licensee_id, notice.circle or notice.follows or notice.notice_id


def _list_kin(tables: Tables, notice: Notice) -> list[Notice]:
    """Return the notices for records of one's family that were sent, with that one."""
    notices = tables[Notice].select(
        case_id=notice.case_id, licensee_id=notice.licensee_id, kind=NoticeKind.RECORDS.value
    )
    return [asked for asked in notices if asked.sent_at_us and get_family(asked) == get_family(notice)]


def list_family_rows(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return the rows (ASKED) of the family's other notices. A second step may be the reply to any of them."""
    with workspace.read() as tables:
        others = [kin for kin in _list_kin(tables, notice) if kin.notice_id != notice.notice_id]
    return pl.concat([pl.DataFrame(schema=ASKED), *(read_asked_rows(workspace, other) for other in others)])


def list_inside_addresses(workspace: Workspace, notice: Notice) -> pl.Series:
    """Return the inside addresses that current replies gave for rows of this notice or its family.

    Those with a line too: another access log may give them to another line.
    """
    with workspace.read() as tables:
        kin = {kin.notice_id for kin in _list_kin(tables, notice)}
        replies = [reply for reply in select_current_replies(tables, tables[Reply].select()) if reply.notice_id in kin]
    result = [pl.Series("of_ip", [], pl.String)]
    for earlier in replies:
        matches = resolution_files.read_matches(workspace, earlier)
        result.append(matches["inside_ip"].alias("of_ip"))
    return pl.concat(result).drop_nulls().unique().sort()


def read_access_logs(
    workspace: Workspace,
    notices: Sequence[Notice],
    replies: Sequence[Reply],
    confirmed: Mapping[str, frozenset[str]],
) -> pl.DataFrame:
    """Return the rows of the access logs of replies (INSIDE).

    `notices` and `replies`: in the order of their numbers. `confirmed`: the doubts that officers answered.
    """
    families = dict(list_families(notices).select("notice", "family").iter_rows())
    ordinals = {notice.notice_id: at for at, notice in enumerate(notices)}
    lines = [pl.DataFrame(schema=INSIDE)]
    for at, reply in enumerate(replies):
        inside = resolution_files.read_access_rows(workspace, reply, confirmed.get(reply.reply_id, ()))
        if inside is not None:
            family = families[ordinals[reply.notice_id]]
            steps = inside.with_columns(
                pl.lit(at, pl.UInt32).alias("reply"),
                pl.lit(reply.certificate_sha256 is not None).alias("is_certified"),
                pl.lit(family, _FAMILY).alias("family"),
            )
            lines.append(steps.select(pl.col(name).cast(kind) for name, kind in INSIDE.items()))
    return pl.concat(lines)


def add_second_steps(
    workspace: Workspace, notices: Sequence[Notice], replies: Sequence[Reply], met: pl.DataFrame, access: pl.DataFrame
) -> pl.DataFrame:
    """Return `met` with the lines that access logs of the same family give to rows of NAT logs.

    `notices` and `replies`: in the order of their numbers in `met`. `access`: as `read_access_logs` returns it.
    """
    beside = met.join(list_families(notices).drop("circle"), on="notice", how="left", maintain_order="left")
    rejected = _list_rejected_rows(workspace, replies) if access.height else pl.DataFrame(schema=_REJECTED)
    return join_second_steps(beside, access, rejected)


def list_families(notices: Sequence[Notice]) -> pl.DataFrame:
    """Return `notice` and `family`, numbers, and `circle` (null: not known), in the order of the notices."""
    families: dict[tuple[str, str, str], int] = {}
    numbers = [families.setdefault(get_family(notice), len(families)) for notice in notices]
    circles = [notice.circle for notice in notices]
    schema = {"notice": pl.UInt32(), "family": _FAMILY, "circle": pl.String()}
    return pl.DataFrame({"notice": range(len(notices)), "family": numbers, "circle": circles}, schema=schema)


_REJECTED = {"reply": pl.UInt32(), "row": pl.UInt32()}


def _list_rejected_rows(workspace: Workspace, replies: Sequence[Reply]) -> pl.DataFrame:
    """Return the rows of replies with rejects. If a reply has more rejects than are listed, all its rows."""
    frames = [pl.DataFrame(schema=_REJECTED)]
    for at, reply in enumerate(replies):
        count = json.loads(reply.account_json)["rejects"]
        if not count:
            continue
        rows = resolution_files.read_table(workspace, reply, "rejects", ["row"])
        if rows.height < count:
            rows = resolution_files.read_matches(workspace, reply).select("row")
        frames.append(rows.select(pl.lit(at, pl.UInt32).alias("reply"), pl.col("row").cast(pl.UInt32)).unique())
    return pl.concat(frames)
