"""Exhibits by digest or its beginning, with their holdings, runs and chain of custody."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import PurePath

from sqlalchemy import ColumnElement, and_, or_, select

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data.list_series import find_newest_list_signatures
from sightline.errors import UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import CustodyEvent
from sightline.model.short_ids import LEAST
from sightline.storage.rows import (
    Authority,
    Case,
    Custody,
    Exhibit,
    Holding,
    ListSignature,
    Officer,
    Run,
    RunList,
    Segment,
    Source,
)
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

VERBS = {
    CustodyEvent.RECEIVED: Verb.EXHIBIT_RECEIVED,
    CustodyEvent.MOVED: Verb.EXHIBIT_MOVED,
    CustodyEvent.OPENED: Verb.EXHIBIT_OPENED,
    CustodyEvent.COPIED: Verb.EXHIBIT_COPIED,
    CustodyEvent.RETURNED: Verb.EXHIBIT_RETURNED,
}


@dataclass(frozen=True, slots=True)
class CustodyStep:
    """A step of custody as an officer declared it: the person on the other side, how, when, where, why."""

    event: CustodyEvent
    at_us: int
    person: str
    how: str
    place: str
    why: str


@dataclass(frozen=True, slots=True)
class ExhibitRecord:
    """Everything the workspace has about an exhibit, with the names of what it refers to."""

    exhibit: Exhibit
    holdings: tuple[Holding, ...]
    custody: tuple[Custody, ...]
    runs: tuple[Run, ...]
    lists: tuple[RunList, ...]
    segments: tuple[Segment, ...]
    authorities: tuple[Authority, ...]
    sources: tuple[Source, ...]
    cases: tuple[Case, ...]
    officers: tuple[Officer, ...]
    signatures: Mapping[tuple[str, int], ListSignature] = field(default_factory=dict)
    """The newest signature of each list of a run, by run and position: that of its use, or of its renewal."""


@dataclass(frozen=True, slots=True)
class RunsContent:
    """The content read from an exhibit: its runs, their hits, and the SHA-256 of the runs' ids, sorted, one a line.

    A run's id covers its lists, settings and rows. So an officer who approves this approves these rows and no others.
    """

    runs: int
    hits: int
    runs_sha256: str

    def as_request(self) -> dict[str, str | int]:
        """Return the three as fields of a request for approval."""
        return asdict(self)


def describe_runs_content(runs: Sequence[Run]) -> RunsContent:
    """Return what these runs of an exhibit are."""
    ids = "\n".join(sorted(run.run_id for run in runs))
    return RunsContent(len(runs), sum(run.hits for run in runs), hashlib.sha256(ids.encode()).hexdigest())


def find_exhibit(tables: Tables, digest: str) -> Exhibit:
    """Return the exhibit with that SHA-256, or a beginning or end of it. Raises UsageError for none or several."""
    exact = tables[Exhibit].get(digest)
    if exact is not None:
        return exact
    column, text = tables[Exhibit].get_column("exhibit_id"), digest.strip().lower()
    is_short = or_(column.startswith(text, autoescape=True), column.endswith(text, autoescape=True))
    exhibit_rows = list(tables[Exhibit].read_each(is_short)) if len(text) >= LEAST else []
    if len(exhibit_rows) == 1:
        return exhibit_rows[0]
    what = (
        f"several exhibits have a SHA-256 that begins or ends with {digest!r}"
        if exhibit_rows
        else f"no exhibit has a SHA-256 that begins or ends with {digest!r}"
    )
    raise UsageError(what, hint="sightline exhibits list shows their SHA-256; four digits at least")


def load_exhibit_record(tables: Tables, digest: str) -> ExhibitRecord:
    """Return everything about one exhibit."""
    exhibit = find_exhibit(tables, digest)
    holdings = tables[Holding].select(exhibit_id=exhibit.exhibit_id)
    runs = sorted(tables[Run].select(exhibit_id=exhibit.exhibit_id), key=lambda run: run.registered_at_us)
    run_ids = [run.run_id for run in runs]
    authorities = tables[Authority].select_within(
        "authority_id", sorted({holding.authority_id for holding in holdings})
    )
    custody = sorted(tables[Custody].select(exhibit_id=exhibit.exhibit_id), key=lambda one: (one.at_us, one.custody_id))
    lists = tables[RunList].select_within("run_id", run_ids)
    return ExhibitRecord(
        exhibit,
        tuple(holdings),
        tuple(custody),
        tuple(runs),
        tuple(lists),
        tuple(
            sorted(
                tables[Segment].select_within("run_id", run_ids),
                key=lambda segment: (run_ids.index(segment.run_id), segment.number),
            )
        ),
        tuple(authorities),
        tuple(tables[Source].select_within("source_id", sorted({holding.source_id for holding in holdings}))),
        tuple(tables[Case].select_within("case_id", sorted({authority.case_id for authority in authorities}))),
        tuple(tables[Officer].select()),
        find_newest_list_signatures(tables, lists),
    )


@dataclass(frozen=True, slots=True)
class ExhibitSummary:
    """An exhibit in a list: its names and places, authorities and sources, and what was read."""

    exhibit: Exhibit
    holdings: tuple[Holding, ...]
    runs: int
    hits: int

    @property
    def name(self) -> str:
        """Return the name of its file and folder, because the logs of a day share one file name."""
        return format_exhibit_name(self.holdings)


def format_exhibit_name(holdings: Sequence[Holding]) -> str:
    """Return `nginx/access.log`, or "" if no path is known."""
    return format_path_end(holdings[0].path) if holdings else ""


def format_path_end(path: str) -> str:
    """Return the name of a file and of its folder: `nginx/access.log`."""
    return "/".join(part for part in PurePath(path).parts[-2:] if part != "/")


def list_newest_exhibits(tables: Tables, limit: int, *, text: str = "", before: str = "") -> list[ExhibitSummary]:
    """Return the newest exhibits, newest first, optionally filtered by `text`.

    `text`: the digest begins or ends with it, or the path contains it. `before`: the last exhibit of the previous
    page.
    """
    table = tables[Exhibit]
    key, at_us = table.get_column("exhibit_id"), table.get_column("registered_at_us")
    conditions = [_match_text(tables, text)] if text else []
    last = table.get(before) if before else None
    if last is not None:
        is_same = and_(at_us == last.registered_at_us, key < last.exhibit_id)
        conditions.append(or_(at_us < last.registered_at_us, is_same))
    exhibit_rows = table.list_newest(limit, *conditions, by=("registered_at_us", "exhibit_id"))
    return list_exhibits(tables, exhibit_rows)


def list_matching_ids(tables: Tables, text: str) -> list[str]:
    """Return the ids of the exhibits whose digest begins or ends with a text, or whose path contains it."""
    return tables[Exhibit].list_values("exhibit_id", _match_text(tables, text))


def _match_text(tables: Tables, text: str) -> ColumnElement[bool]:
    key, holdings = tables[Exhibit].get_column("exhibit_id"), tables[Holding]
    named = select(holdings.get_column("exhibit_id")).where(holdings.get_column("path").contains(text, autoescape=True))
    short = text.strip().lower()
    return or_(key.startswith(short, autoescape=True), key.endswith(short, autoescape=True), key.in_(named))


def list_exhibits(tables: Tables, exhibit_rows: Sequence[Exhibit]) -> list[ExhibitSummary]:
    """Return exhibits with what a list shows of them, in their order."""
    ids = sorted(exhibit.exhibit_id for exhibit in exhibit_rows)
    holdings, runs = tables[Holding].select_within("exhibit_id", ids), tables[Run].select_within("exhibit_id", ids)
    return [
        ExhibitSummary(
            exhibit,
            tuple(holding for holding in holdings if holding.exhibit_id == exhibit.exhibit_id),
            sum(run.exhibit_id == exhibit.exhibit_id for run in runs),
            sum(run.hits for run in runs if run.exhibit_id == exhibit.exhibit_id),
        )
        for exhibit in exhibit_rows
    ]


def list_exhibit_rows(officer_session: OfficerSession) -> list[tuple[Exhibit, list[Holding], list[Run]]]:
    """Return every exhibit with its holdings and runs, in order of registration."""
    with officer_session.read(Action.EXHIBIT_VIEW, "exhibit:all", JournalVerb.VIEW_EXHIBIT) as tables:
        exhibit_rows = sorted(
            tables[Exhibit].select(), key=lambda exhibit: (exhibit.registered_at_us, exhibit.exhibit_id)
        )
        return [
            (
                exhibit_row,
                tables[Holding].select(exhibit_id=exhibit_row.exhibit_id),
                tables[Run].select(exhibit_id=exhibit_row.exhibit_id),
            )
            for exhibit_row in exhibit_rows
        ]


def record_step(officer_session: OfficerSession, digest: str, step: CustodyStep) -> Custody:
    """Record a step of an exhibit's custody. A time in the future is refused."""
    with officer_session.change(Action.CUSTODY_RECORD, "exhibit:custody") as change:
        exhibit = find_exhibit(change.tables, digest)
        if step.at_us > to_microseconds(change.now):
            raise UsageError("the time of the step is in the future", hint="record a step after it was taken")
        custody = Custody(
            make_id(change.now),
            exhibit.exhibit_id,
            step.event,
            step.at_us,
            step.person,
            step.how,
            step.place,
            step.why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(VERBS[step.event], custody, exhibit=exhibit.exhibit_id)
    return custody
