"""Introductions: what a page is for, in three sentences, until the officer dismisses them."""

from __future__ import annotations

from sightline.model import Role
from sightline.web.context import RequestContext, list_dismissed_tours

ALL, NONE = "all", "none"
TOURS = {
    "/": "home",
    "/inbox": "inbox",
    "/cases": "cases",
    "/cases/{case_id}": "case",
    "/leads": "leads",
    "/leads/{lead_id}": "lead",
    "/map": "map",
    "/notices": "notices",
    "/notices/{notice_id}": "notice",
    "/notices/subscribers/{subscriber_id}": "subscriber",
    "/referrals": "referrals",
    "/referrals/{referral_id}": "referral",
    "/operations": "operations",
    "/operations/{operation_id}": "operation",
    "/approvals": "approvals",
    "/intake": "intake",
    "/tips": "tips",
    "/devices": "devices",
    "/live": "live",
    "/exhibits": "exhibits",
    "/lists": "lists",
    "/ledger": "ledger",
    "/exercise": "exercise",
    "/administration": "administration",
}
"""The introduction of a page, by its route: three messages `all.tour.NAME.1` to `.3`."""
OF_PARTNERS = {
    "/": "home_partner",
    "/referrals": "referrals_partner",
    "/referrals/ask": "ask_partner",
    "/referrals/{referral_id}": "referral_partner",
    "/referrals/{referral_id}/leads/{lead_id}": "referred_lead",
}
NOWHERE = ("", "", "")
LIST, ROW, FORM, TABS = "main table", "main a.row", "main form.lines", "main .tabs"
POINTS = {
    "home": (".danger-band, .figures", "main td.do, .queues", ".find"),
    "home_partner": ("main section", ROW, ""),
    "inbox": (LIST, ROW, "main form"),
    "cases": (LIST, ROW, "main [href='/cases/sources']"),
    "case": (".figures", "#authorities", ".figures a"),
    "leads": ("#found", "main [type=search]", "#found thead .tick"),
    "lead": (".ladder", ".sides, .reasons", "main .mask"),
    "map": ("figure.chart", "figure.chart .undetermined", "figure.chart .mark"),
    "notices": (LIST, "#ready", "#replies"),
    "notice": ("main .steps", "main .mask, main table", "main form"),
    "subscriber": (".ladder", ".links", "main dialog, main [data-dialog], main .mask"),
    "referrals": (TABS, ROW, LIST),
    "referral": ("main .steps", "main .hash, main .facts", "main form"),
    "referrals_partner": ("main [id^=request-], main .scroll, main .empty", "main [href='/referrals/ask']", ROW),
    "referral_partner": ("main form[action$='/sealed'], main .steps", "#leads", "#outcome, #leads form"),
    "ask_partner": ("#force", "#document", "#since"),
    "referred_lead": (".facts", "main .mask, main form.lines", "main pre.raw"),
    "operations": (LIST, ROW, ""),
    "operation": ("#board", "#board .moves", "#teams h2 a"),
    "approvals": (".queue, main .empty", "main form", ""),
    "tips": ("#files", "", LIST),
    "devices": ("main .empty, main table", "", ""),
    "live": ("main section", ".alive", ""),
    "exhibits": (LIST, ROW, ""),
    "intake": ("main form", "main [type=file]", ""),
    "lists": (LIST, ROW, "#issuers"),
    "ledger": (LIST, "main [action*=verify], main [href*=verif]", "main [href='/ledger/checkpoints']"),
    "exercise": ("main ol", "main details", "main .btn"),
    "administration": (TABS, "", "main [href='/administration/officers']"),
}
"""What each sentence of an introduction points to, as selectors; an empty one points to nothing."""
NAMES = frozenset(TOURS.values()) | frozenset(OF_PARTNERS.values())


def find_tour(context: RequestContext) -> str | None:
    """Return the introduction to show on the page of a request, or None if it has none or it was dismissed."""
    path = getattr(context.request.scope.get("route"), "path", "")
    is_partner = context.officer_session.officer.role is Role.PARTNER
    name = (OF_PARTNERS.get(path) if is_partner else None) or TOURS.get(path)
    dismissed = list_dismissed_tours(context.request)
    return None if name is None or context.request.method != "GET" or dismissed & {name, ALL} else name


def dismiss_tour(toured: frozenset[str], name: str) -> str | None:
    """Return the value of the cookie after one more introduction, or all, was dismissed. None for an unknown name."""
    if name == NONE:
        return ""
    if name not in NAMES | {ALL}:
        return None
    return ".".join(sorted((toured & NAMES) | {name}))
