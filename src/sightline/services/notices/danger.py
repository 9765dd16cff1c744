"""Notices about leads of a child in present danger: they come first, and their answers are due in hours."""

from __future__ import annotations

from collections.abc import Iterable

from sightline.errors import UsageError
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.notices.notice_rows import read_lead_ids
from sightline.storage.rows import LeadMark, Notice
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


def find_danger(workspace: Workspace, some: Iterable[Notice]) -> dict[str, LeadMark]:
    """Return, by notice id, the earliest current mark of a lead that a notice is about. Most notices have none."""
    with workspace.read() as tables:
        marks = tables[LeadMark].select(lifted_at_us=None)
        if not marks:
            return {}
        first = {notice.notice_id: _find_first_notice(tables, notice) for notice in some}
    marked = _find_marks_by_lead(workspace, marks)
    leads = {notice.notice_id: set(list_lead_ids(workspace, notice)) for notice in first.values()}
    result = {
        notice_id: [marked[lead_id] for lead_id in leads[notice.notice_id] & marked.keys()]
        for notice_id, notice in first.items()
    }
    return {
        notice_id: min(lead_marks, key=lambda lead_mark: lead_mark.set_at_us)
        for notice_id, lead_marks in result.items()
        if lead_marks
    }


def is_about_danger(workspace: Workspace, lead_ids: Iterable[str]) -> bool:
    """Return whether one of these leads is marked: a child is in present danger."""
    with workspace.read() as tables:
        marks = tables[LeadMark].select(lifted_at_us=None)
    return bool(marks) and not _find_marks_by_lead(workspace, marks).keys().isdisjoint(lead_ids)


def list_lead_ids(workspace: Workspace, notice: Notice) -> list[str]:
    """Return the ids of the leads that a notice is about, also of one for subscribers."""
    with workspace.read() as tables:
        first = _find_first_notice(tables, notice)
    return sorted(read_lead_ids(workspace, first)["lead_id"].to_list())


def _find_first_notice(tables: Tables, notice: Notice) -> Notice:
    """Return the notice about visits that a notice follows, or itself: the rows of that one name leads."""
    while notice.follows is not None and (before := tables[Notice].get(notice.follows)) is not None:
        notice = before
    return notice


def _find_marks_by_lead(workspace: Workspace, marks: Iterable[LeadMark]) -> dict[str, LeadMark]:
    """Return the earliest mark of each lead, by every id that the lead has or had."""
    newest_first = sorted(marks, key=lambda lead_mark: lead_mark.set_at_us, reverse=True)
    try:
        with open_generation(workspace, with_replies=False) as leads:
            return {lead_id: mark for mark in newest_first for lead_id in leads.list_ids(mark.lead_id)}
    except UsageError:
        return {mark.lead_id: mark for mark in newest_first}
