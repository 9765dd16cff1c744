"""The leads with the newest visits, masked, for the live page: they are read again only after something changed."""

from __future__ import annotations

from dataclasses import dataclass, field

from sightline.casework.leads.lead_work import NOTHING
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.services.lead_index.filter import LeadFilter
from sightline.services.lead_index.index import LeadIndex
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_index.summary_rows import Brief
from sightline.services.lead_status.status import read_current_work
from sightline.storage.rows import Operation
from sightline.workspace.workspace import Workspace

LEADS = 12
"""Leads on the page."""


@dataclass(frozen=True, slots=True)
class NewestLead:
    """A lead, the time of its last visit, who works on it, and the open operations that it is in, by name."""

    lead: Brief
    last_us: int
    officer: str | None
    operations: tuple[str, ...]


@dataclass(slots=True)
class NewestLeads:
    """Reads the newest leads repeatedly. Safe for one thread at a time."""

    workspace: Workspace
    index: LeadIndex
    _view: View | None = None
    _version: int = -1
    _leads: tuple[NewestLead, ...] = field(default=())

    def look(self) -> tuple[NewestLead, ...]:
        """Return the leads whose last visit is the newest, newest first. Empty if there are no leads yet."""
        with self.workspace.read() as tables:
            version = self.workspace.current.read_version(tables)
        if version == self._version and self._view is not None and self._view is self.index.open_view(version):
            return self._leads
        try:
            self._view = self.index.open_view(version)
        except UsageError:
            return ()
        self._leads, self._version = self._read(self._view), version
        return self._leads

    def _read(self, view: View) -> tuple[NewestLead, ...]:
        page = view.read_page(LeadFilter(), "-last", limit=LEADS)
        last = view.columns.rows["last_us"]
        with self.workspace.read() as tables:
            states, called = read_current_work(tables, view.read), list_names(tables)
            open_names = {
                operation.operation_id: operation.name for operation in tables[Operation].select(closed_at_us=None)
            }
        newest_leads = []
        for lead, row in zip(page.leads, page.rows, strict=True):
            state = states.get(lead.lead_id, NOTHING)
            officer = called.get(state.assigned.officer_id or "") if state.assigned else None
            mine = sorted(open_names[operation] for operation in state.operations if operation in open_names)
            newest_leads.append(NewestLead(lead, int(last[row]), officer, tuple(mine)))
        return tuple(newest_leads)
