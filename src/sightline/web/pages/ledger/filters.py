"""Filters of the ledger or journal in a URL, and their rows as the pages show them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.casework.input_checks import parse_instant
from sightline.casework.oversight.oversight import LedgerFilter, LedgerItem
from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.storage.rows import Approval
from sightline.web.context import RequestContext
from sightline.web.error_text import ErrorText, translate_error
from sightline.web.list_order import ListOrder

EACH = 50
"""Rows of a page."""
NUMBER = "number"
"""The order of the oldest first, in a URL."""
REFUSED = "refused:"
"""Prefix of the verbs of all refusals."""
ID = re.compile("[0-9A-Z]{26}|[0-9a-f]{32}|[0-9a-f]{64}")
"""A whole id of one thing. Any other word stands for several, or for none yet."""
ZONE = "Asia/Kolkata"
"""The zone of days."""
PAGES = {
    "case": ("/cases/{}", Action.CASE_VIEW),
    "exhibit": ("/exhibits/{}", Action.EXHIBIT_VIEW),
    "list": ("/lists/{}", Action.ISSUER_LIST),
    "notice": ("/notices/{}", Action.NOTICE_VIEW),
    "lead": ("/leads/{}", Action.LEADS_VIEW),
    "approval": ("/approvals/{}", Action.APPROVAL_LIST),
}
"""Pages of things, and the action needed to see each."""


@dataclass(frozen=True, slots=True)
class LedgerQuery:
    """The query of a page, as its URL has it. `after`: the number of the last row of the page before, in its order."""

    verb: str = ""
    thing: str = ""
    who: str = ""
    since: str = ""
    until: str = ""
    after: str = ""
    sort: str = ""

    @property
    def is_oldest_first(self) -> bool:
        """Return whether the oldest rows are first. Rows never go back in time, so number and time are one order."""
        return self.sort == NUMBER

    @property
    def is_narrow(self) -> bool:
        """Return whether the query has a filter, beside the position."""
        return any((self.verb, self.thing, self.who, self.since, self.until))

    def to_filter(self, without: str | None = None) -> LedgerFilter:
        """Return the query as a ledger filter. Raises UsageError for an invalid day."""
        position = int(self.after) if self.after.isdecimal() and len(self.after) < 19 else None
        return LedgerFilter(
            self.verb or None,
            self.thing.strip() or None,
            self.who or None,
            parse_instant(self.since, "from", ZONE) if self.since else None,
            parse_instant(self.until, "until", ZONE, is_end=True) if self.until else None,
            None if self.is_oldest_first else position,
            without,
            position if self.is_oldest_first else None,
            self.is_oldest_first,
        )

    def read(self, context: RequestContext, without: str | None = None) -> tuple[LedgerFilter, ErrorText | None]:
        """Return the filter, or the one of all rows and what is wrong with the query."""
        try:
            return self.to_filter(without), None
        except UsageError as error:
            return LedgerQuery().to_filter(without), translate_error(error, context.language)

    def build_order(self, path: str, headings: int) -> ListOrder:
        """Return the order of the list at a path: its first two columns, of `headings`, are number and time."""
        filters = {name: getattr(self, name) for name in ("verb", "thing", "who", "since", "until")}
        keys = (NUMBER, NUMBER, *[""] * (headings - 2))
        return ListOrder(path, keys, NUMBER if self.is_oldest_first else f"-{NUMBER}", filters)

    def find_next_page(self, order: ListOrder, ledger_items: Sequence[LedgerItem]) -> str | None:
        """Return the address of the next page, or None if there is none."""
        return order.build_next(str(ledger_items[EACH - 1].seq)) if len(ledger_items) > EACH else None


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A ledger or journal row with the page of its thing, if the officer may see it."""

    item: LedgerItem
    path: str | None
    is_refusal: bool


def build_page_rows(context: RequestContext, ledger_items: Sequence[LedgerItem]) -> list[ListedEntry]:
    """Return rows as the pages show them."""
    may = {kind: context.may(action) for kind, (_, action) in PAGES.items()}
    hidden = _list_hidden(context, [ledger_item.thing for ledger_item in ledger_items])
    return [
        ListedEntry(ledger_item, _find_path(ledger_item.thing, may, hidden), ledger_item.verb.startswith(REFUSED))
        for ledger_item in ledger_items
    ]


def _list_hidden(context: RequestContext, things: Sequence[str]) -> set[str]:
    """Return the approvals among things that this officer may not see."""
    ids = [thing.partition(":")[2] for thing in things if thing.startswith("approval:")]
    with context.read() as tables:
        approvals = tables[Approval].select_within("approval_id", ids)
    kinds = {approval.action: approval for approval in approvals}
    seen = {action for action, approval in kinds.items() if context.may_see(approval)}
    return set(ids) - {approval.approval_id for approval in approvals if approval.action in seen}


def _find_path(thing: str, may: dict[str, bool], hidden: set[str]) -> str | None:
    kind, _, named = thing.partition(":")
    is_one = kind in PAGES and may[kind] and ID.fullmatch(named) is not None and named not in hidden
    return PAGES[kind][0].format(named) if is_one else None
