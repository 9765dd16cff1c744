"""The count of numbers in the replies to a notice that no notice has asked about yet."""

from __future__ import annotations

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.model import NoticeKind
from sightline.services.notices.asked_numbers import find_unasked_ids
from sightline.storage.rows import Notice
from sightline.web.context import RequestContext


def count_numbers(context: RequestContext, notice: Notice) -> int | None:
    """Return how many numbers could be asked about, or None if nothing of it was resolved."""
    if notice.kind is not NoticeKind.RECORDS or notice.sent_at_us is None or not context.may(Action.NOTICE_DRAFT):
        return None
    try:
        return len(find_unasked_ids(context.officer_session.workspace, notice))
    except UsageError:
        return None
