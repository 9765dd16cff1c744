"""Search cases, notices, referrals, operations, exhibits, notes, forces and officers by number, name, text or id.

Each function yields in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from sqlalchemy import or_

from sightline.counts import count_noun
from sightline.model.lead_numbers import lead_number
from sightline.model.short_ids import is_short_for
from sightline.services.search.result import Finding, Kind
from sightline.stages.report.address_masks import mask_text
from sightline.storage.rows import (
    Case,
    CaseFile,
    CaseNote,
    Exhibit,
    Force,
    ForceRequest,
    Holding,
    Incoming,
    LeadNote,
    Licensee,
    Notice,
    Officer,
    Operation,
    Referral,
)
from sightline.storage.table import Table, Tables

LEAST_ID, LEAST_NAME, LEAST_NOTE = 4, 2, 3
"""Letters of an id, of a name, or of a note's text, that name it, at least."""
SHOWN = 90
"""Characters of a note that a finding shows."""
HEX = frozenset("0123456789abcdef")


def cases(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield cases by id, or by a part of number or station."""
    for one in tables[Case].where():
        if _names(text, one.number, one.station) or is_short_for(text, one.case_id):
            yield Finding(Kind.CASE, one.case_id, one.number, f"{one.station}; begun on {one.begun_on}")


def notices(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield notices by number, licensee, or id."""
    licensees = {one.licensee_id: one.name for one in tables[Licensee].where()}
    for one in tables[Notice].each():
        name = licensees[one.licensee_id]
        if _names(text, one.number, name) or is_short_for(text, one.notice_id):
            detail = f"{one.kind} to {name}, {one.state}; asks for {one.asks:,}"
            yield Finding(Kind.NOTICE, one.notice_id, one.number, detail)


def requests(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield requests of other forces by their case, authority, name, or id."""
    forces = _forces(tables)
    for one in tables[ForceRequest].where():
        name = forces[one.force_id].name
        if _names(text, one.case_number, one.authority_number, name) or is_short_for(text, one.request_id):
            detail = f"asked by {name}, {one.authority_number}; received on {one.received_on}"
            yield Finding(Kind.REQUEST, one.request_id, one.case_number, detail)


def referrals(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield referrals to other forces by number, force name, or id."""
    forces = _forces(tables)
    for one in tables[Referral].where():
        if _names(text, one.number, forces[one.force_id].name) or is_short_for(text, one.referral_id):
            detail = f"to {forces[one.force_id].name}, {one.state}; {count_noun(one.leads, 'lead')}"
            yield Finding(Kind.REFERRAL, one.referral_id, one.number, detail)


def incoming(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield incoming referrals by number, their case, force name, or id."""
    forces = _forces(tables)
    for one in tables[Incoming].where():
        if _names(text, one.number, one.case_number, forces[one.force_id].name) or is_short_for(text, one.incoming_id):
            detail = f"from {forces[one.force_id].name}, {one.case_number}; {count_noun(one.leads, 'lead')}"
            yield Finding(Kind.INCOMING, one.incoming_id, one.number, detail)


def _forces(tables: Tables) -> dict[str, Force]:
    return {one.force_id: one for one in tables[Force].where()}


def operations(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield operations by name or id."""
    for one in tables[Operation].where():
        if _names(text, one.name) or is_short_for(text, one.operation_id):
            stands = "over" if one.closed_at_us is not None else "goes on"
            yield Finding(Kind.OPERATION, one.operation_id, one.name, f"begun on {one.begun_on}, {stands}")


def exhibits(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield exhibits by the beginning of their SHA-256, or by a part of the name under which they are held."""
    found: dict[str, str] = {}
    digest = text.casefold()
    if len(digest) >= LEAST_ID and set(digest) <= HEX:
        column = tables[Exhibit].column("exhibit_id")
        is_short = or_(column.startswith(digest), column.endswith(digest))
        found |= dict.fromkeys((one.exhibit_id for one in tables[Exhibit].each(is_short)), "")
    table: Table[Holding] = tables[Holding]
    is_like = table.column("path").icontains(text, autoescape=True)
    for holding in table.each(is_like) if len(text) >= LEAST_NAME else ():
        if _names(text, PurePath(holding.path).name):
            found[holding.exhibit_id] = PurePath(holding.path).name
    for one in tables[Exhibit].within("exhibit_id", list(found)):
        name = found[one.exhibit_id] or _name(tables, one.exhibit_id)
        gone = "purged" if one.purged_at_us is not None else f"{one.size_bytes:,} bytes"
        yield Finding(
            Kind.EXHIBIT, one.exhibit_id, name or one.exhibit_id[:12], f"SHA-256 {one.exhibit_id[:12]}, {gone}"
        )


def _name(tables: Tables, exhibit_id: str) -> str:
    holding = tables[Holding].last("since_us", exhibit_id=exhibit_id)
    return PurePath(holding.path).name if holding else ""


def notes(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield notes about leads by a part of their text, newest first. The id is the lead's."""
    if len(text) < LEAST_NOTE:
        return
    table: Table[LeadNote] = tables[LeadNote]
    lead_notes = table.each(table.column("text").icontains(text, autoescape=True))
    for one in sorted(lead_notes, key=lambda each: -each.made_at_us):
        yield Finding(Kind.NOTE, one.lead_id, _cut(mask_text(one.text)), f"about {lead_number(one.lead_id)}")


def case_notes(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield notes about cases by a part of their text, or of the name of an attachment, newest first.

    The id is the case's.
    """
    if len(text) < LEAST_NOTE:
        return
    notes: Table[CaseNote] = tables[CaseNote]
    files: Table[CaseFile] = tables[CaseFile]
    found = {one.note_id: one for one in notes.each(notes.column("text").icontains(text, autoescape=True))}
    attached = {one.note_id for one in files.each(files.column("name").icontains(text, autoescape=True))}
    found |= {one.note_id: one for one in notes.within("note_id", sorted(attached - found.keys()))}
    numbers = {one.case_id: one.number for one in tables[Case].where()} if found else {}
    for note in sorted(found.values(), key=lambda each: (-each.made_at_us, each.note_id)):
        yield Finding(Kind.CASE_NOTE, note.case_id, _cut(mask_text(note.text)), f"about {numbers[note.case_id]}")


def _cut(text: str) -> str:
    """Return the beginning of a note in one line."""
    line = " ".join(text.split())
    return line if len(line) <= SHOWN else f"{line[: SHOWN - 1]}…"


def forces(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield other forces, also those that ended, by code or name."""
    for one in tables[Force].where():
        if _names(text, one.code, one.name):
            ended = ", ended" if one.ended_at_us is not None else ""
            yield Finding(Kind.FORCE, one.force_id, one.name, f"{one.code}{ended}")


def officers(tables: Tables, text: str) -> Iterator[Finding]:
    """Yield officers, including those who left, by name, role, designation or id."""
    for one in tables[Officer].where():
        if _names(text, one.name, one.role, one.designation) or is_short_for(text, one.officer_id):
            left = ", left" if one.left_at_us is not None else ""
            detail = ", ".join(filter(None, (one.role.value, one.designation, one.unit))) + left
            yield Finding(Kind.OFFICER, one.officer_id, one.name, detail)


def _names(text: str, *names: str) -> bool:
    """Return whether a text is part of a name, ignoring case."""
    return len(text) >= LEAST_NAME and any(text.casefold() in name.casefold() for name in names)
