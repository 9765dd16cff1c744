"""The administration router, what its pages share, and the overview page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import Request

from sightline.casework.oversight import backups
from sightline.casework.people.web_sessions import LiveSessions
from sightline.casework.permissions.access import Action, Actor, allow
from sightline.casework.permissions.roster import list_officers_on_duty
from sightline.casework.reference_data import datasets
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.services.notifications.delivery_state import read_state
from sightline.services.notifications.rounds import list_channels
from sightline.services.notifications.settings import NotificationSettings
from sightline.web.context import RequestContext
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page


@dataclass(frozen=True, slots=True)
class AdministrationTab:
    """A tab of the administration pages, and the action it needs."""

    name: str
    action: Action

    @property
    def path(self) -> str:
        """Its URL."""
        return f"/administration/{self.name}" if self.name != "overview" else "/administration"


TABS = (
    AdministrationTab("overview", Action.OFFICER_LIST),
    AdministrationTab("account", Action.ACCOUNT_MAKE),
    AdministrationTab("officers", Action.OFFICER_LIST),
    AdministrationTab("roles", Action.OFFICER_LIST),
    AdministrationTab("sessions", Action.SESSION_LIST),
    AdministrationTab("recovery", Action.ACCOUNT_RECOVER),
    AdministrationTab("datasets", Action.DATASET_LIST),
    AdministrationTab("backups", Action.BACKUP),
    AdministrationTab("retention", Action.PURGE),
    AdministrationTab("notifications", Action.DOCTOR),
    AdministrationTab("doctor", Action.DOCTOR),
    AdministrationTab("terminal", Action.DOCTOR),
)


def is_allowed(context: RequestContext, action: Action) -> bool:
    """Return whether the officer's role may, to decide whether to show a link. The act itself checks again."""
    officer = context.officer_session.officer
    return allow(Actor(officer.officer_id, officer.role), action).allowed


def build_page(
    context: RequestContext, tab: str, facts: Mapping[str, object], status: int = 200, *, template: str | None = None
) -> Page:
    """Return an administration page under its tabs."""
    tabs = [administration_tab for administration_tab in TABS if is_allowed(context, administration_tab.action)]
    return Page(template or f"{tab}.html", {"tab": tab, "tabs": tabs} | dict(facts), status)


def get_live_sessions(request: Request) -> LiveSessions:
    """Return the officers who are signed in at this server."""
    live_sessions: LiveSessions = request.app.state.live_sessions
    return live_sessions


def read_now_us(context: RequestContext) -> int:
    """Return the present instant in microseconds."""
    return to_microseconds(context.officer_session.clock())


def get_settings(context: RequestContext) -> NotificationSettings | None:
    """Return the settings of notifications that the server was started with."""
    settings: NotificationSettings | None = context.request.app.state.config.notifications
    return settings


def is_failing(context: RequestContext) -> bool:
    """Return whether the last notifications by a configured channel failed."""
    settings = get_settings(context)
    if settings is None:
        return False
    states = read_state(context.officer_session.workspace.folder)
    return any(states[channel].is_failing for channel in list_channels(settings))


@router.show("/administration", Action.OFFICER_LIST, JournalVerb.VIEW_OFFICERS, "officer:all")
def show_overview(context: RequestContext) -> Page:
    """Show what in the system needs attention."""
    with context.read() as tables:
        present = list_officers_on_duty(tables)
        sets = datasets.list_dataset_states(tables, read_now_us(context))
        backup_records = backups.list_backups(tables)
    newest = [dataset_state for dataset_state in sets if dataset_state.is_newest]
    facts: dict[str, object] = {
        "present": len(present),
        "is_thin": len(present) < 2,
        "sets": len(newest),
        "over": sum(dataset_state.is_over for dataset_state in newest),
        "backup": backup_records[0] if backup_records else None,
        "sessions": len(get_live_sessions(context.request).open_ones()),
        "is_notifying_failing": is_allowed(context, Action.DOCTOR) and is_failing(context),
    }
    return build_page(context, "overview", facts)
