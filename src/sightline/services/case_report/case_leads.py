"""The leads of a case's sources by state, and the subscribers that replies to its notices name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from sightline.model import LeadStatus
from sightline.services.artifacts.resolutions import Resolutions
from sightline.services.case_report.case_view import CaseView
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_status.status import derive_statuses
from sightline.workspace.workspace import Workspace


def count_statuses(workspace: Workspace, view: View, lead_filter: LeadFilter) -> list[tuple[LeadStatus, int]]:
    """Return how many leads of a filter are in each state. A lead without any act is new, and has no row."""
    rows, counts = derive_statuses(workspace, view.read), []
    for status in LeadStatus:
        is_new = status is LeadStatus.NEW
        named = pl.col("status") != status.value if is_new else pl.col("status") == status.value
        mask = view.select_ids(rows.filter(named)["lead_id"], others=is_new)
        counts.append((status, view.count_among(lead_filter, mask)))
    return counts


def list_subscribers(resolutions: Resolutions | None, case_view: CaseView) -> Sequence[Mapping[str, Any]]:
    """Return the rows of subscribers that replies to a case's notices name, best corroborated first."""
    replies = {reply.reply_id for order in case_view.orders for reply in order.replies}
    if resolutions is None or not replies:
        return ()
    named = [subscriber for subscriber, ids in resolutions.list_replies_by_subscriber().items() if replies & set(ids)]
    rows = resolutions.subscribers.filter(pl.col("subscriber").is_in(named)).to_dicts()
    return sorted(rows, key=lambda row: (-len(row["sessions"]), row["subscriber"]))
