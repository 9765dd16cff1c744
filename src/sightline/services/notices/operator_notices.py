"""Draft the second notice if an answer names an operator's line: ask the operator about the same visits."""

from __future__ import annotations

import hashlib
import json

import polars as pl

from sightline.casework.cases import cases
from sightline.casework.notices import licensees
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.model import NoticeKind
from sightline.services.artifacts import resolution_files
from sightline.services.leads.rebuild_inputs import find_current_generation
from sightline.services.notices.drafts import NoticeDraftRequest, register_notices
from sightline.services.notices.notice_rows import read_asked_rows
from sightline.services.notices.plan import NoticePart, NoticePlan, open_of
from sightline.stages.resolve.model import ASKED
from sightline.stages.resolve.operators import is_operators_line
from sightline.stages.resolve.questions import ROW_ID_BYTES
from sightline.storage.rows import Licensee, Notice, Resolving
from sightline.workspace.workspace import Workspace


def find_operator_rows(workspace: Workspace, notice: Notice) -> pl.DataFrame:
    """Return the rows (ASKED) that the newest resolution answers with one line of an operator (`through`).

    An answer that lacks more than that is no reason to ask further. Raises UsageError if nothing was resolved.
    """
    with workspace.read() as tables:
        resolution = tables[Resolving].find_last("number")
    if resolution is None:
        raise UsageError("nothing was resolved yet", hint="after replies came: sightline resolve")
    notices = json.loads(resolution.inputs_json)["notices"]
    if notice.kind is not NoticeKind.RECORDS or notice.notice_id not in notices:
        return pl.DataFrame(schema=ASKED)
    answer_rows = resolution_files.read_table(workspace, resolution, "rows").filter(
        pl.col("notice") == notices.index(notice.notice_id)
    )
    lines = answer_rows.filter(is_operators_line()).select("row_id", line=pl.col("subscribers").list.first()).unique()
    # A row with two answers, for different visits, has two lines. The notice asks about both.
    questions = read_asked_rows(workspace, notice).join(lines, on="row_id", maintain_order="left")
    return questions.with_columns(through="line").select(pl.col(name).cast(kind) for name, kind in ASKED.items())


def find_unasked_rows(workspace: Workspace, notice: Notice, whom: Licensee) -> pl.DataFrame:
    """Return the rows of `find_operator_rows` with new ids, without those that an open notice asks this operator."""
    rows = find_operator_rows(workspace, notice)
    texts = [
        f"{row_id}\n{whom.licensee_id}\n{line}".encode()
        for row_id, line in rows.select("row_id", "through").iter_rows()
    ]
    ids = [hashlib.sha256(text).hexdigest()[: 2 * ROW_ID_BYTES] for text in texts]
    named = rows.with_columns(pl.Series("row_id", ids, dtype=pl.String))
    with workspace.read() as tables:
        case = cases.find_case(tables, notice.case_id)
        before = [
            open_notice
            for open_notice in open_of(tables, case, NoticeKind.RECORDS)
            if open_notice.follows == notice.notice_id
        ]
    mine = [notice for notice in before if notice.licensee_id == whom.licensee_id]
    known_rows = pl.concat([pl.DataFrame(schema=ASKED), *(read_asked_rows(workspace, notice) for notice in mine)])
    return named.join(known_rows, on="row_id", how="anti", maintain_order="left")


def ask_operator(officer_session: OfficerSession, notice: Notice, operator: str, why: str) -> Notice | None:
    """Draft a notice to an operator, following the notice whose answers name its line.

    Returns None if no answer does, or if everything is asked already. Raises NotAllowed, UsageError.
    """
    officer_session.require(Action.NOTICE_DRAFT, "notice:draft")
    workspace = officer_session.workspace
    with workspace.read() as tables:
        licensee, case = licensees.find_licensee(tables, operator), cases.find_case(tables, notice.case_id)
        generation, open_ones = find_current_generation(tables), open_of(tables, case, NoticeKind.RECORDS)
    if licensee.licensee_id == notice.licensee_id:
        raise UsageError(
            f"{licensee.name} is who was asked: the operator is its customer",
            hint='name the operator, an ISP of its own: sightline licensees set "NAME" --address TEXT',
        )
    rows = find_unasked_rows(workspace, notice, licensee)
    if rows.is_empty():
        return None
    assert generation is not None, "a notice was made of leads"
    opened_before = frozenset(notice.notice_id for notice in open_ones)
    plan = NoticePlan(
        case, NoticeKind.RECORDS, generation, (NoticePart(licensee, None, rows),), open_before=opened_before
    )
    return register_notices(
        officer_session, plan, NoticeDraftRequest(case.case_id, NoticeKind.RECORDS, follows=notice.notice_id, why=why)
    )[0]
