"""Register cases, the authorities under which records are held, and the sources of records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeVar

from sightline.casework.input_checks import name_thing, require_visible
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import LIVE_KINDS, AuthorityKind, ListUse, SourceKind
from sightline.storage.rows import Approval, Authority, Case, Source
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

T = TypeVar("T")

COVERS: Mapping[AuthorityKind, frozenset[SourceKind]] = {
    AuthorityKind.SEIZURE: frozenset({SourceKind.SEIZED_SERVER, SourceKind.SEIZED_DEVICE}),
    AuthorityKind.PRODUCTION: frozenset(
        {SourceKind.SEIZED_SERVER, SourceKind.PROXY, SourceKind.RESOLVER, SourceKind.ISP, SourceKind.BLOCK_PAGE}
    ),
    AuthorityKind.OWN_RECORDS: frozenset({SourceKind.SINKHOLE, SourceKind.BLOCK_PAGE}),
    AuthorityKind.CONSENT: frozenset(
        {
            SourceKind.SEIZED_SERVER,
            SourceKind.SEIZED_DEVICE,
            SourceKind.PROXY,
            SourceKind.RESOLVER,
            SourceKind.BLOCK_PAGE,
        }
    ),
    AuthorityKind.REFERRAL: frozenset({SourceKind.TIP}),
    AuthorityKind.INTERCEPTION: frozenset(),
    **dict.fromkeys(LIVE_KINDS, frozenset({SourceKind.LIVE_FEED})),
}
"""The kinds of source that each kind of authority can cover.

Seizure: BNSS s.105, s.185 (what was taken). Production: BNSS s.94 (stored records, ordered from their holder).
Live feed: IT Act s.69, s.69B, or what else permits to read records as they are written; the only kinds for a live feed,
and for nothing else. Interception: what one officer recorded with an older version; it covers nothing now. Consent: of
the owner of the records. Own records: what the unit's own machines wrote. Referral: tips.
"""


def open_case(officer_session: OfficerSession, case: Case) -> Case:
    """Register a case."""
    with officer_session.change(Action.CASE_OPEN, f"case:{case.case_id}") as change:
        require_visible(case.number, "the number of the case")
        same = change.tables[Case].select(number=case.number, station=case.station)
        if same:
            raise UsageError(
                f"{case.number} of {case.station} is the case {same[0].case_id} already", hint="sightline cases list"
            )
        opened = replace(case, opened_at_us=change.now_us, opened_by=officer_session.officer.officer_id)
        change.add(Verb.CASE_OPENED, opened)
    return opened


def add_authority(officer_session: OfficerSession, authority: Authority) -> Authority:
    """Register an authority of a case. Raises UsageError for a term that it cannot have, and for a live feed's."""
    if authority.kind in LIVE_KINDS:
        raise UsageError("an authority for a live feed takes two officers", hint="ask for it")
    if authority.kind is AuthorityKind.INTERCEPTION:
        raise UsageError(
            "a direction to intercept or monitor is recorded as an authority for a live feed",
            hint="choose the kind live-feed",
        )
    what = f"authority:{authority.authority_id}"
    with officer_session.change(Action.AUTHORITY_ADD, what, JournalVerb.REFUSED_AUTHORITY) as change:
        require_new(change, authority)
        return record_authority(change, authority, officer_session.officer.officer_id)


def require_new(change: Change, authority: Authority) -> None:
    """Raise UsageError or NotAllowed for an authority that cannot be recorded, or is there already."""
    until = authority.valid_until_us
    if until is not None and until <= authority.valid_from_us:
        raise UsageError("the authority ends before it begins", hint="check --from and --until; both days are included")
    find_case(change.tables, authority.case_id)
    require_visible(authority.number, "the number of the authority")
    if change.tables[Authority].select(case_id=authority.case_id, kind=authority.kind, number=authority.number):
        raise UsageError(f"the authority {authority.number} of this case is there", hint="sightline authorities list")
    for source_id in json.loads(authority.sources_json) or ():
        _require_covered(authority, find_source(change.tables, source_id))


def record_authority(change: Change, authority: Authority, officer_id: str, **facts: str | int) -> Authority:
    """Write an authority and its entry. `facts` are stated openly beside the case, the kind and the document."""
    added = replace(authority, added_at_us=change.now_us, added_by=officer_id)
    about = {"case": added.case_id, "kind": added.kind.value, "document_sha256": added.document_sha256}
    change.add(Verb.AUTHORITY_ADDED, added, **about, **facts)
    return added


def end_authority(officer_session: OfficerSession, authority_id: str, why: str) -> Authority:
    """Record that an authority has ended. Nothing more is scanned under it."""
    with officer_session.change(Action.AUTHORITY_END, name_thing("authority", authority_id)) as change:
        authority = find_authority(change.tables, authority_id)
        if authority.ended_at_us is not None:
            raise UsageError(f"the authority {authority.number} ended already", hint="sightline authorities show")
        ended = replace(authority, ended_at_us=change.now_us, ended_why=why)
        change.put(Verb.AUTHORITY_ENDED, ended, why=why)
    return ended


def add_source(officer_session: OfficerSession, source: Source) -> Source:
    """Register a source of records. Raises UsageError for a clock that is set right and was not measured."""
    require_clock(source)
    with officer_session.change(Action.SOURCE_ADD, f"source:{source.source_id}") as change:
        if change.tables[Source].select(name=source.name):
            raise UsageError(f"there is a source {source.name} already", hint="sightline sources list; choose a name")
        added = replace(source, added_at_us=change.now_us, added_by=officer_session.officer.officer_id)
        change.add(Verb.SOURCE_ADDED, added, kind=source.kind.value, use=source.use.value)
    return added


def set_source_use(officer_session: OfficerSession, text: str, use: ListUse, why: str) -> Approval:
    """Ask that a source only counts from now on. Takes effect when another officer approves.

    Nothing that was read under `statistics` becomes a lead: to use such a source for leads, register another source
    and scan its exhibits again. Raises UsageError for that direction, and for a source that only counts already.
    """
    with officer_session.change(Action.SOURCE_USE, name_thing("source", text)) as change:
        source = find_source(change.tables, text)
        _require_leading(source, use)
        request = {"source": source.source_id, "use": use.value}
        return approvals.ask(change, Action.SOURCE_USE, f"source:{source.source_id}", request, why)


def set_source_use_approved(change: Change, approval: Approval) -> Source:
    """Set the use that an approval names."""
    request = json.loads(approval.request_json)
    source, use = change.tables[Source].get(request["source"]), ListUse(request["use"])
    assert source is not None, "sources are never removed"
    _require_leading(source, use)
    changed = replace(source, use=use)
    change.put(Verb.SOURCE_CHANGED, changed, why=approval.why, use=use.value, previous=source.use.value)
    return changed


def _require_leading(source: Source, use: ListUse) -> None:
    if use is not ListUse.STATISTICS:
        raise UsageError(
            f"source {source.name} cannot be set to {use}",
            hint="add another source with --use leads, and scan its exhibits under it",
        )
    if source.use is use:
        raise UsageError(f"source {source.name} only counts already", hint="sightline sources show")


NOT_MEASURED = "not measured"
UNMEASURED_S = 900
"""Maximum declared offset of a clock that nobody measured, in seconds."""


def require_clock(source: Source) -> None:
    """Raise UsageError for an offset, or a small uncertainty, that nobody declares as measured."""
    if source.clock_uncertainty_s < 0 or source.trusted_hops < 0:
        raise UsageError("uncertainty and hops cannot be negative", hint="leave them out: 900 s, 0 hops")
    is_claimed = source.clock_offset_us != 0 or source.clock_uncertainty_s < UNMEASURED_S
    if is_claimed and source.clock_measured == NOT_MEASURED:
        raise UsageError(
            "an offset, or less uncertainty than 900 s, needs a measurement",
            hint='say how, when and who: --clock-measured "compared with NTP at the seizure, 5.6.2026, S. Rao"',
        )


def get_zone_basis(source: Source) -> str | None:
    """Return what a declared zone rests on: its own basis, else how the clock was measured, which needs a zone."""
    return source.timezone_basis or (source.clock_measured if source.clock_measured != NOT_MEASURED else None)


def require_in_force(authority: Authority, source: Source, now_us: int) -> None:
    """Raise NotAllowed unless the authority is in force and covers the source."""
    name = f"the authority {authority.number}"
    if authority.ended_at_us is not None:
        raise NotAllowed(f"{name} ended on {_format_minute(authority.ended_at_us)}: {authority.ended_why}", hint=NEED)
    if now_us < authority.valid_from_us:
        raise NotAllowed(
            f"{name} is in force only from {_format_minute(authority.valid_from_us)}", hint="wait until then"
        )
    if authority.valid_until_us is not None and now_us >= authority.valid_until_us:
        raise NotAllowed(f"{name} was in force until {_format_minute(authority.valid_until_us)}", hint=NEED)
    _require_covered(authority, source)
    bound = json.loads(authority.sources_json)
    if bound is not None and source.source_id not in bound:
        raise NotAllowed(f"{name} is for other sources than {source.name}", hint=NEED)


NEED = "get an instrument that covers it, and record it: sightline authorities add"


def _require_covered(authority: Authority, source: Source) -> None:
    if source.kind in COVERS[authority.kind]:
        return
    kinds = ", ".join(sorted(COVERS[authority.kind])) or "nothing"
    raise NotAllowed(
        f"an authority of kind {authority.kind} cannot cover a source of kind {source.kind}",
        hint=f"it covers: {kinds}; {NEED}",
    )


def require_category(authority: Authority, category: str | None, name: str) -> None:
    """Raise NotAllowed unless the authority's scope covers a list's category."""
    bound = json.loads(authority.categories_json)
    if bound is None or category in bound:
        return
    scope, number = ", ".join(bound), authority.number
    what = (
        f"the authority {number} is for lists of {scope}, and {name} is of the category {category}"
        if category
        else f"the authority {number} is for lists of {scope}, and {name} is without a category"
    )
    raise NotAllowed(what, hint=NEED)


def encode_bounds(values: list[str] | None) -> str:
    """Return the canonical JSON of a scope's bound. None is `null`."""
    return encode_canonical(sorted(set(values)) if values else None)


def find_case(tables: Tables, case_id: str) -> Case:
    """Return the case with that id or number. Raises UsageError."""
    case = tables[Case].get(case_id)
    cases = [case] if case else tables[Case].select(number=case_id)
    return _require_single(cases, "case", case_id, "sightline cases list shows them")


def find_authority(tables: Tables, authority_id: str) -> Authority:
    """Return the authority with that id or number. Raises UsageError."""
    authority = tables[Authority].get(authority_id)
    authorities = [authority] if authority else tables[Authority].select(number=authority_id)
    return _require_single(authorities, "authority", authority_id, "sightline authorities list shows them")


def find_source(tables: Tables, source_id: str) -> Source:
    """Return the source with that id or name. Raises UsageError."""
    source = tables[Source].get(source_id)
    sources = [source] if source else tables[Source].select(name=source_id)
    return _require_single(sources, "source", source_id, "sightline sources list shows them")


def _require_single(rows: list[T], kind: str, text: str, hint: str) -> T:
    if len(rows) == 1:
        return rows[0]
    if rows:
        raise UsageError(f"{kind} {text} is several", hint=f"give the id; {hint}")
    raise UsageError(f"there is no {kind} {text}", hint=hint)


def _format_minute(at_us: int) -> str:
    return f"{to_instant(at_us):%Y-%m-%d %H:%M} UTC"
