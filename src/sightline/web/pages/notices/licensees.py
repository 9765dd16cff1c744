"""Licensees: recipients of notices, what each keeps, and the usual form of its replies."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form

from sightline.casework.input_checks import require_words, require_zone
from sightline.casework.notices import licensees
from sightline.casework.notices.licensees import ORDERS, LicenseeForm
from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.model import NatLogs
from sightline.storage.rows import Licensee
from sightline.web.context import RequestContext
from sightline.web.pages.notices.index import Text, list_rights
from sightline.web.pages.notices.router import router
from sightline.web.responses import Page, Redirect


@router.show("/notices/licensees", Action.NOTICE_VIEW, JournalVerb.VIEW_NOTICE, "licensee:all")
def show_list(context: RequestContext, name: str = "") -> Page:
    """Show all licensees. `name` fills the form, for one that a draft did not find."""
    with context.read() as tables:
        result = sorted(tables[Licensee].select(), key=lambda licensee: licensee.name.casefold())
    facts = {"found": result, "name": name[:200], "may": list_rights(context), "orders": ORDERS, "logs": list(NatLogs)}
    return Page("licensees.html", facts)


@router.act("/notices/licensees", Action.LICENSEE_SAY, "licensee:all")
def set_licensee(
    context: RequestContext,
    name: Text,
    address: Text,
    nat_logs: Annotated[NatLogs, Form()],
    timezone: Text = "",
    date_order: Annotated[Literal["", "dmy", "mdy", "ymd"], Form()] = "",
    keep_days: Annotated[int, Form()] = licensees.KEEP_DAYS,
) -> Redirect:
    """Set or update a licensee. An empty zone or date order keeps its value."""
    form = LicenseeForm(
        require_words(name, context.says("licensee.name")),
        require_words(address, context.says("licensee.address")),
        nat_logs,
        require_zone(timezone.strip() or None, context.says("licensee.zone")),
        date_order or None,
        keep_days,
    )
    stored = licensees.set_licensee(context.officer_session, form)
    return Redirect("/notices/licensees", "licensee.said", {"name": stored.name})
