"""News of replies for the officers who watch a lead. The rows of a notice, in a file, name its leads."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.casework.leads.lead_watches import list_watchers
from sightline.errors import DamagedInput, UsageError
from sightline.model.short_ids import format_lead_number
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.inbox.news_item import News, NewsKind
from sightline.services.notices.danger import list_lead_ids
from sightline.storage.rows import Licensee, Notice, Reply
from sightline.workspace.workspace import Workspace


def list_watched_replies(workspace: Workspace, since_us: int) -> list[News]:
    """Return the replies about watched leads since an instant. Who drafted the notice has news of the reply itself."""
    with workspace.read() as tables:
        watchers = list_watchers(tables)
        replies = tables[Reply]
        came = [
            reply
            for reply in (replies.read_each(replies.get_column("received_at_us") > since_us) if watchers else ())
            if reply.withdrawn_at_us is None
        ]
        notice_ids = sorted({reply.notice_id for reply in came})
        notices = {notice.notice_id: notice for notice in tables[Notice].select_within("notice_id", notice_ids)}
        isps = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()} if came else {}
    if not came:
        return []
    leads = {notice_id: _list_watched(workspace, notice, watchers) for notice_id, notice in notices.items()}
    return [
        News(
            NewsKind.WATCHED_REPLY,
            reply.received_at_us,
            f"lead:{lead_id}",
            format_lead_number(lead_id),
            frozenset(watchers[lead_id] - {notices[reply.notice_id].made_by}),
            by=reply.received_by,
            detail=isps[notices[reply.notice_id].licensee_id],
        )
        for reply in came
        for lead_id in leads[reply.notice_id]
    ]


def _list_watched(workspace: Workspace, notice: Notice, watchers: Mapping[str, set[str]]) -> list[str]:
    """Return the watched leads that a notice is about, under any id that they have or had.

    A notice whose rows were altered gives none: `sightline verify` names it.
    """
    try:
        asked = set(list_lead_ids(workspace, notice))
        with open_generation(workspace, with_replies=False) as leads:
            return [lead_id for lead_id in sorted(watchers) if not asked.isdisjoint(leads.list_ids(lead_id))]
    except (DamagedInput, UsageError):
        return []
