"""One event of which officers are notified, and its kinds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sightline.casework.permissions.access import Action


class NewsKind(StrEnum):
    """A kind of event of which an officer is notified."""

    ASSIGNED = "assigned"
    """Leads were assigned to the officer."""
    APPROVED = "approved"
    """A second officer agreed to what the officer asked for."""
    REFUSED = "refused"
    """A second officer refused it."""
    SENT_BACK = "sent-back"
    """A second officer sent it back to be changed."""
    REPLIED = "replied"
    """A reply to the officer's notice came."""
    OVERDUE = "overdue"
    """The answer to the officer's notice is late."""
    MENTIONED = "mentioned"
    """A note names the officer: `@name`."""
    CASE_MENTIONED = "case-mentioned"
    """A note about a case names the officer."""
    DEADLINE = "deadline"
    """A deadline that the officer set in a case is a day away."""
    NOTED = "noted"
    """Another officer wrote a note about a lead that the officer works on."""
    FOUND = "found"
    """Another officer recorded an outcome of such a lead."""
    DANGER = "danger"
    """An officer marked that a child is in present danger."""
    REPORTED = "reported"
    """A report asks for high priority, and no officer has answered it."""
    VISITS = "visits"
    """A rebuild found more visits of a lead that is in danger, in an operation, or assigned."""
    WATCHED_ACT = "watched-act"
    """Another officer assigned, closed or reopened a lead that the officer watches; `detail` is the act."""
    WATCHED_REPLY = "watched-reply"
    """An ISP replied about a lead that the officer watches; `detail` is the ISP."""
    REVOKED = "revoked"
    """The key of an issuer of lists was revoked."""
    SILENT = "silent"
    """A live feed is silent."""
    REQUESTED = "requested"
    """Another force asks for leads of its states."""
    REQUEST_ANSWERED = "request-answered"
    """The officer's force was referred leads, or told that it has them already."""
    RECEIVED = "received"
    """The force received the officer's referral."""
    FORCE_FOUND = "force-found"
    """The force recorded outcomes for leads of the officer's referral."""
    INCOMING = "incoming"
    """Another force referred leads to this unit."""
    RECALLED = "recalled"
    """Another force recalled leads that it had referred to this unit."""
    SEARCH = "search"
    """A saved search finds leads that it did not find before."""


@dataclass(frozen=True, slots=True)
class News:
    """One event. It is shown to `officers`, or to all who may do `action`, and never to `by`, who caused it.

    `thing` is `kind:id` of what it is about; `name` its number or name; `asked` the action of an approval. `detail` is
    an officer's own text, or the licensee of a notice.
    """

    kind: NewsKind
    at_us: int
    thing: str
    name: str
    officers: frozenset[str] = frozenset()
    action: Action | None = None
    by: str | None = None
    detail: str = ""
    count: int = 1
    asked: str = ""
