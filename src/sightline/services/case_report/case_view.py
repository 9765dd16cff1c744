"""View of a case: its authorities, what is held under it, who was asked, and the answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework.cases.case_notes import list_files_by_note, list_notes
from sightline.casework.cases.cases import find_case
from sightline.casework.exhibits.exhibits import ExhibitSummary, list_exhibits
from sightline.casework.notices.notices import is_overdue
from sightline.casework.permissions.roster import list_names
from sightline.ledger.verbs import Verb
from sightline.model import NoticeState
from sightline.storage.rows import (
    Authority,
    Case,
    CaseFile,
    CaseNote,
    Exhibit,
    Hold,
    Holding,
    LedgerRow,
    Licensee,
    Notice,
    Reply,
    Source,
)
from sightline.storage.table import Tables

AWAITED = frozenset({NoticeState.SENT, NoticeState.ANSWERED_IN_PART})
PAPERS = {Verb.CERTIFICATE_MADE: "certificate", Verb.BUNDLE_MADE: "bundle"}
"""Papers of an exhibit for a court or the defence, by the ledger entry of making one."""


class AuthorityState(StrEnum):
    """The state of an authority: in force, or not."""

    NOW = "now"
    NOT_YET = "not-yet"
    OVER = "over"
    ENDED = "ended"


def find_authority_state(authority: Authority, now_us: int) -> AuthorityState:
    """Return whether it is in force, for display. The scan itself decides what may be scanned."""
    if authority.ended_at_us is not None:
        return AuthorityState.ENDED
    if now_us < authority.valid_from_us:
        return AuthorityState.NOT_YET
    is_over = authority.valid_until_us is not None and now_us >= authority.valid_until_us
    return AuthorityState.OVER if is_over else AuthorityState.NOW


@dataclass(frozen=True, slots=True)
class CaseSummary:
    """A case in the list."""

    case: Case
    in_force: int
    authorities: int
    exhibits: int
    notices: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """An authority with its limits in words."""

    authority: Authority
    force: AuthorityState
    sources: tuple[str, ...] | None
    categories: tuple[str, ...] | None
    by: str


@dataclass(frozen=True, slots=True)
class Order:
    """A notice with its licensee and replies."""

    notice: Notice
    licensee: str
    is_overdue: bool
    replies: tuple[Reply, ...]

    @property
    def is_awaited(self) -> bool:
        """Return whether it waits for an answer, or for the rest of it."""
        return self.notice.state in AWAITED


@dataclass(frozen=True, slots=True)
class CasePaper:
    """The ledger entry of a paper that was made of an exhibit. `kind`: `certificate` or `bundle`."""

    seq: int
    kind: str
    at: str
    exhibit_id: str
    language: str
    by: str


@dataclass(frozen=True, slots=True)
class NoteView:
    """A note about a case with its attachments."""

    note: CaseNote
    files: tuple[CaseFile, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything about one case. `sources`: those of its exhibits, by which its leads are found."""

    case: Case
    opened_by: str
    authorities: tuple[Instrument, ...]
    exhibits: tuple[ExhibitSummary, ...]
    sources: tuple[str, ...]
    orders: tuple[Order, ...]
    papers: tuple[CasePaper, ...]
    holds: tuple[Hold, ...]

    @property
    def in_force(self) -> int:
        """Return how many authorities are in force."""
        return sum(authority.force is AuthorityState.NOW for authority in self.authorities)

    @property
    def overdue(self) -> int:
        """Return how many notices are overdue."""
        return sum(order.is_overdue for order in self.orders)

    @property
    def awaited_notices(self) -> int:
        """Return how many notices wait for an answer, or for the rest of it."""
        return sum(order.is_awaited for order in self.orders)


def list_cases(tables: Tables, now_us: int) -> list[CaseSummary]:
    """Return every case, newest first."""
    authorities, notices = tables[Authority].select(), tables[Notice].list_values("case_id")
    holdings = tables[Holding].select()
    cases = sorted(tables[Case].select(), key=lambda one: (-one.opened_at_us, one.case_id))
    return [_summarise_case(case, authorities, holdings, notices.count(case.case_id), now_us) for case in cases]


def _summarise_case(
    case: Case, authorities: Sequence[Authority], holdings: Sequence[Holding], notices: int, now_us: int
) -> CaseSummary:
    own = [authority for authority in authorities if authority.case_id == case.case_id]
    under = {authority.authority_id for authority in own}
    in_force = sum(find_authority_state(authority, now_us) is AuthorityState.NOW for authority in own)
    return CaseSummary(
        case,
        in_force,
        len(own),
        len({holding.exhibit_id for holding in holdings if holding.authority_id in under}),
        notices,
    )


def load_case(tables: Tables, case_id: str, now_us: int) -> CaseView:
    """Return everything about one case, by its id or number."""
    case, known = find_case(tables, case_id), list_names(tables)
    authorities = tables[Authority].select(case_id=case.case_id)
    holdings = tables[Holding].select_within("authority_id", [authority.authority_id for authority in authorities])
    exhibit_ids = sorted({holding.exhibit_id for holding in holdings})
    exhibits = sorted(tables[Exhibit].select_within("exhibit_id", exhibit_ids), key=lambda one: -one.registered_at_us)
    sources = {source.source_id: source.name for source in tables[Source].select()}
    things = [f"case:{case.case_id}", *(f"authority:{authority.authority_id}" for authority in authorities)]
    return CaseView(
        case,
        known.get(case.opened_by, ""),
        tuple(_build_instrument(authority, sources, known, now_us) for authority in authorities),
        tuple(list_exhibits(tables, exhibits)),
        tuple(sorted({sources[holding.source_id] for holding in holdings if holding.source_id in sources})),
        tuple(_list_orders(tables, case, now_us)),
        tuple(_list_papers(tables, exhibit_ids, known)),
        tuple(hold for hold in tables[Hold].select_within("thing", things) if hold.lifted_at_us is None),
    )


def list_notes_of_case(tables: Tables, case_id: str) -> list[NoteView]:
    """Return the notes about a case with their attachments, newest first."""
    notes = list_notes(tables, case_id)
    files = list_files_by_note(tables, notes)
    return [NoteView(note, tuple(files.get(note.note_id, ()))) for note in notes]


def _build_instrument(one: Authority, sources: dict[str, str], known: dict[str, str], now_us: int) -> Instrument:
    bound, categories = json.loads(one.sources_json), json.loads(one.categories_json)
    return Instrument(
        one,
        find_authority_state(one, now_us),
        None if bound is None else tuple(sources.get(each, each) for each in bound),
        None if categories is None else tuple(categories),
        known.get(one.added_by, ""),
    )


def _list_orders(tables: Tables, case: Case, now_us: int) -> list[Order]:
    """Return the notices of a case, open ones first, then newest first."""
    notices = tables[Notice].select(case_id=case.case_id)
    replies = tables[Reply].select_within("notice_id", [notice.notice_id for notice in notices])
    by_notice: dict[str, list[Reply]] = {}
    for reply in replies:
        by_notice.setdefault(reply.notice_id, []).append(reply)
    licensees = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    orders = [
        Order(
            notice,
            licensees.get(notice.licensee_id, ""),
            is_overdue(notice, now_us),
            tuple(by_notice.get(notice.notice_id, ())),
        )
        for notice in reversed(notices)
    ]
    return sorted(orders, key=_rank)


def _rank(one: Order) -> tuple[int, int]:
    """Return the place of a notice: overdue ones, then those that wait for an answer by day, then drafts."""
    if one.is_overdue or one.is_awaited:
        return (0 if one.is_overdue else 1, one.notice.due_at_us or 0)
    is_open = one.notice.state in {NoticeState.DRAFT, NoticeState.APPROVED}
    return (2 if is_open else 3, 0)


def _list_papers(tables: Tables, exhibit_ids: Sequence[str], known: dict[str, str]) -> list[CasePaper]:
    table = tables[LedgerRow]
    made = table.list_newest(500, table.get_column("verb").in_([paper.value for paper in PAPERS]))
    of_case = [row for row in made if row.thing.partition(":")[2] in set(exhibit_ids)]
    return [_build_paper(row, known) for row in of_case]


def _build_paper(row: LedgerRow, known: dict[str, str]) -> CasePaper:
    entry_json = json.loads(row.entry_json)
    exhibit_id = row.thing.partition(":")[2]
    kind, language = PAPERS[Verb(row.verb)], entry_json["facts"].get("language", "")
    return CasePaper(row.seq, kind, entry_json["at"], exhibit_id, language, known.get(row.actor, ""))
