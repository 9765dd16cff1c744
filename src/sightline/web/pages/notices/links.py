"""The links of a subscriber and of a case: addresses, sessions, leads, notices, cases and forces. All masked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from sightline.casework.permissions.access import Action
from sightline.model.short_ids import format_lead_number, format_subscriber_number
from sightline.services.artifacts.resolutions import Resolutions
from sightline.stages.report.printable import IST, mask_lines
from sightline.storage.rows import Case, Force, Licensee, Notice, Referral, ReferralLead, Reply
from sightline.storage.table import Tables
from sightline.translation.messages import format_day
from sightline.web.context import RequestContext
from sightline.web.link_graph import Link, LinkGraph, LinkNode, lay_out_graph

OF_SUBSCRIBER = ("address", "session", "lead", "subscriber", "case", "force")
OF_CASE = ("case", "notice", "subscriber", "lead", "force")
MOST_NAMED = 200
"""Subscribers of a case that are linked at most."""
SHORT = 12
"""Digits of an id that a page shows."""


def build_links_of_subscriber(
    context: RequestContext,
    row: Mapping[str, Any],
    sessions: Sequence[Mapping[str, Any]],
    naming: Sequence[tuple[Reply, Notice]],
) -> LinkGraph:
    """Return a subscriber's addresses, sessions and leads, the cases that asked, and the forces that have leads."""
    whom = str(row["subscriber"])
    nodes = [_build_subscriber_node(whom, is_here=True)]
    links: list[Link] = []
    for mapping in sessions:
        session, lead, address = (
            f"session:{mapping['session_id']}",
            f"lead:{mapping['lead_id']}",
            f"address:{mapping['source_ip']}",
        )
        nodes += [
            LinkNode(address, "address", mask_lines(str(mapping["source_ip"]))),
            LinkNode(
                session,
                "session",
                _format_minute(str(mapping["first_seen"]), context.language),
                f"/notices/resolutions/{mapping['session_id']}",
            ),
        ]
        links += [Link(address, session, "seen"), Link(session, lead, "part")]
    for lead_id in row["leads"]:
        nodes.append(_build_lead_node(context, lead_id))
        links.append(Link(f"lead:{lead_id}", f"subscriber:{whom}", "named"))
    with context.read() as tables:
        for _, notice in naming:
            nodes.append(_build_case_node(context, tables, notice.case_id))
            links.append(Link(f"subscriber:{whom}", f"case:{notice.case_id}", "asked"))
        _add_forces(context, tables, row["leads"], nodes, links)
    return lay_out_graph(OF_SUBSCRIBER, nodes, links)


def build_links_of_case(context: RequestContext, case_id: str, resolutions: Resolutions | None) -> LinkGraph | None:
    """Return the graph of a case: its sent notices, the subscribers named in replies, and the leads behind each.

    None if no notice was sent.
    """
    nodes: list[LinkNode] = []
    links: list[Link] = []
    with context.read() as tables:
        notices = [notice for notice in tables[Notice].select(case_id=case_id) if notice.sent_at_us is not None]
        isps = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()} if notices else {}
        nodes.append(_build_case_node(context, tables, case_id, is_here=True))
        for linked in notices:
            nodes.append(
                LinkNode(
                    f"notice:{linked.notice_id}", "notice", isps[linked.licensee_id], f"/notices/{linked.notice_id}"
                )
            )
            links.append(Link(f"case:{case_id}", f"notice:{linked.notice_id}", "asked"))
        for whom, lead_ids, notice_id in _list_named_by(tables, notices, resolutions):
            nodes += [_build_subscriber_node(whom), *(_build_lead_node(context, lead_id) for lead_id in lead_ids)]
            links.append(Link(f"notice:{notice_id}", f"subscriber:{whom}", "answered"))
            links += [Link(f"subscriber:{whom}", f"lead:{lead_id}", "named") for lead_id in lead_ids]
        leads = [node.key.partition(":")[2] for node in nodes if node.kind == "lead"]
        _add_forces(context, tables, list(dict.fromkeys(leads)), nodes, links)
    return lay_out_graph(OF_CASE, nodes, links) if len(nodes) > 1 else None


def _list_named_by(
    tables: Tables, notices: Iterable[Notice], resolutions: Resolutions | None
) -> Iterator[tuple[str, list[str], str]]:
    """Yield subscribers with their leads, and each notice of these whose replies name them; the first of them."""
    if resolutions is None:
        return
    mine = {notice.notice_id for notice in notices}
    replies = {reply.reply_id: reply.notice_id for reply in tables[Reply].select_within("notice_id", sorted(mine))}
    leads_of = dict(resolutions.subscribers.select("subscriber", "leads").iter_rows())
    result = (
        (whom, list(leads_of[whom]), notice_id)
        for whom, reply_ids in resolutions.list_replies_by_subscriber().items()
        for notice_id in dict.fromkeys(replies[reply_id] for reply_id in reply_ids if reply_id in replies)
    )
    yield from islice(result, MOST_NAMED)


def _add_forces(
    context: RequestContext, tables: Tables, lead_ids: Sequence[str], nodes: list[LinkNode], links: list[Link]
) -> None:
    if not context.may(Action.REFERRAL_VIEW):
        return
    referred = tables[ReferralLead].select_within("lead_id", list(lead_ids))
    by_id = {
        referral.referral_id: referral
        for referral in tables[Referral].select_within(
            "referral_id", sorted({referral_lead.referral_id for referral_lead in referred})
        )
    }
    forces = {force.force_id: force for force in tables[Force].select()} if by_id else {}
    for one in referred:
        referral = by_id[one.referral_id]
        key = f"force:{referral.force_id}"
        nodes.append(LinkNode(key, "force", forces[referral.force_id].code, f"/referrals/{referral.referral_id}"))
        links.append(Link(f"lead:{one.lead_id}", key, "referred"))


def _build_lead_node(context: RequestContext, lead_id: str) -> LinkNode:
    path = f"/leads/{lead_id}" if context.may(Action.LEADS_VIEW) else None
    return LinkNode(f"lead:{lead_id}", "lead", format_lead_number(lead_id), path)


def _build_subscriber_node(whom: str, *, is_here: bool = False) -> LinkNode:
    path = None if is_here else f"/notices/subscribers/{whom}"
    return LinkNode(f"subscriber:{whom}", "subscriber", format_subscriber_number(whom), path, is_here)


def _build_case_node(context: RequestContext, tables: Tables, case_id: str, *, is_here: bool = False) -> LinkNode:
    case = tables[Case].get(case_id)
    may_open = context.may(Action.CASE_VIEW) and not is_here
    name = case.number if case else case_id[:SHORT]
    return LinkNode(f"case:{case_id}", "case", name, f"/cases/{case_id}" if may_open else None, is_here)


def _format_minute(instant: str, language: str) -> str:
    """Return `26 Mar 2026, 05:33`, by the clocks of India, of an instant in RFC 3339: a node has room for that."""
    at = datetime.fromisoformat(instant).astimezone(IST)
    return f"{format_day(at.date(), language)}, {at:%H:%M}"
