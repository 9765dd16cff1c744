"""Search cases, notices, referrals, operations, exhibits, notes, forces and officers by number, name, text or id.

Each function yields in order.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from sqlalchemy import or_

from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number, is_short_for
from sightline.services.search.result import ResultKind, SearchMatch
from sightline.stages.report.address_masks import mask_text
from sightline.storage.rows import (
    Case,
    CaseFile,
    CaseNote,
    Exhibit,
    FlagListRow,
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
    Source,
)
from sightline.storage.table import Table, Tables

LEAST_ID, LEAST_NAME, LEAST_NOTE = 4, 2, 3
"""Letters of an id, of a name, or of a note's text, that name it, at least."""
NOTE_CHARACTERS = 90
"""Characters of a note that a finding shows."""
HEX = frozenset("0123456789abcdef")


def search_cases(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield cases by id, or by a part of number or station."""
    for case in tables[Case].select():
        if _is_part_of_name(text, case.number, case.station) or is_short_for(text, case.case_id):
            yield SearchMatch(
                ResultKind.CASE,
                case.case_id,
                case.number,
                f"{case.station}; begun on {case.begun_on}",
                (("text", case.station), ("day", case.begun_on)),
            )


def search_notices(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield notices by number, licensee, or id."""
    licensees = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    for notice in tables[Notice].read_each():
        name = licensees[notice.licensee_id]
        if _is_part_of_name(text, notice.number, name) or is_short_for(text, notice.notice_id):
            detail = f"{notice.kind} to {name}, {notice.state}; asks for {notice.asks:,}"
            facts = (
                ("notice_kind", notice.kind),
                ("text", name),
                ("notice_state", notice.state),
                ("asks", notice.asks),
            )
            yield SearchMatch(ResultKind.NOTICE, notice.notice_id, notice.number, detail, facts)


def search_requests(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield requests of other forces by their case, authority, name, or id."""
    forces = _load_forces(tables)
    for force_request in tables[ForceRequest].select():
        name = forces[force_request.force_id].name
        if _is_part_of_name(text, force_request.case_number, force_request.authority_number, name) or is_short_for(
            text, force_request.request_id
        ):
            detail = f"asked by {name}, {force_request.authority_number}; received on {force_request.received_on}"
            facts = (("text", name), ("text", force_request.authority_number), ("day", force_request.received_on))
            yield SearchMatch(ResultKind.REQUEST, force_request.request_id, force_request.case_number, detail, facts)


def search_referrals(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield referrals to other forces by number, force name, or id."""
    forces = _load_forces(tables)
    for referral in tables[Referral].select():
        if _is_part_of_name(text, referral.number, forces[referral.force_id].name) or is_short_for(
            text, referral.referral_id
        ):
            detail = f"to {forces[referral.force_id].name}, {referral.state}; {count_noun(referral.leads, 'lead')}"
            facts = (
                ("text", forces[referral.force_id].name),
                ("referral_state", referral.state),
                ("leads", referral.leads),
            )
            yield SearchMatch(ResultKind.REFERRAL, referral.referral_id, referral.number, detail, facts)


def search_incoming(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield incoming referrals by number, their case, force name, or id."""
    forces = _load_forces(tables)
    for referral in tables[Incoming].select():
        if _is_part_of_name(
            text, referral.number, referral.case_number, forces[referral.force_id].name
        ) or is_short_for(text, referral.incoming_id):
            detail = (
                f"from {forces[referral.force_id].name}, {referral.case_number}; {count_noun(referral.leads, 'lead')}"
            )
            facts = (
                ("text", forces[referral.force_id].name),
                ("text", referral.case_number),
                ("leads", referral.leads),
            )
            yield SearchMatch(ResultKind.INCOMING, referral.incoming_id, referral.number, detail, facts)


def _load_forces(tables: Tables) -> dict[str, Force]:
    return {force.force_id: force for force in tables[Force].select()}


def search_operations(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield operations by name or id."""
    for operation in tables[Operation].select():
        if _is_part_of_name(text, operation.name) or is_short_for(text, operation.operation_id):
            is_over = operation.closed_at_us is not None
            detail = f"begun on {operation.begun_on}, {'over' if is_over else 'goes on'}"
            facts = (("day", operation.begun_on), ("state", "over" if is_over else "running"))
            yield SearchMatch(ResultKind.OPERATION, operation.operation_id, operation.name, detail, facts)


def search_exhibits(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield exhibits by the beginning of their SHA-256, or by a part of the name under which they are held."""
    result: dict[str, str] = {}
    digest = text.casefold()
    if len(digest) >= LEAST_ID and set(digest) <= HEX:
        column = tables[Exhibit].get_column("exhibit_id")
        is_short = or_(column.startswith(digest), column.endswith(digest))
        result |= dict.fromkeys((exhibit.exhibit_id for exhibit in tables[Exhibit].read_each(is_short)), "")
    table: Table[Holding] = tables[Holding]
    is_like = table.get_column("path").icontains(text, autoescape=True)
    for holding in table.read_each(is_like) if len(text) >= LEAST_NAME else ():
        if _is_part_of_name(text, PurePath(holding.path).name):
            result[holding.exhibit_id] = PurePath(holding.path).name
    for exhibit in tables[Exhibit].select_within("exhibit_id", list(result)):
        name = result[exhibit.exhibit_id] or _name_exhibit(tables, exhibit.exhibit_id)
        is_gone, digest = exhibit.purged_at_us is not None, f"SHA-256 {exhibit.exhibit_id[:12]}"
        size: tuple[str, str | int] = ("state", "purged") if is_gone else ("bytes", exhibit.size_bytes)
        detail = f"{digest}, {'purged' if is_gone else f'{exhibit.size_bytes:,} bytes'}"
        facts = (("text", digest), size)
        yield SearchMatch(ResultKind.EXHIBIT, exhibit.exhibit_id, name or exhibit.exhibit_id[:12], detail, facts)


def _name_exhibit(tables: Tables, exhibit_id: str) -> str:
    holding = tables[Holding].find_last("since_us", exhibit_id=exhibit_id)
    return PurePath(holding.path).name if holding else ""


def search_notes(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield notes about leads by a part of their text, newest first. The id is the lead's."""
    if len(text) < LEAST_NOTE:
        return
    table: Table[LeadNote] = tables[LeadNote]
    lead_notes = table.read_each(table.get_column("text").icontains(text, autoescape=True))
    for lead_note in sorted(lead_notes, key=lambda each: -each.made_at_us):
        yield SearchMatch(
            ResultKind.NOTE,
            lead_note.lead_id,
            _shorten_text(mask_text(lead_note.text)),
            f"about {format_lead_number(lead_note.lead_id)}",
            (("text", format_lead_number(lead_note.lead_id)),),
        )


def search_case_notes(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield notes about cases by a part of their text, or of the name of an attachment, newest first.

    The id is the case's.
    """
    if len(text) < LEAST_NOTE:
        return
    notes: Table[CaseNote] = tables[CaseNote]
    files: Table[CaseFile] = tables[CaseFile]
    result = {
        case_note.note_id: case_note
        for case_note in notes.read_each(notes.get_column("text").icontains(text, autoescape=True))
    }
    attached = {
        case_file.note_id for case_file in files.read_each(files.get_column("name").icontains(text, autoescape=True))
    }
    result |= {
        case_note.note_id: case_note for case_note in notes.select_within("note_id", sorted(attached - result.keys()))
    }
    numbers = {case.case_id: case.number for case in tables[Case].select()} if result else {}
    for note in sorted(result.values(), key=lambda each: (-each.made_at_us, each.note_id)):
        number = numbers[note.case_id]
        yield SearchMatch(
            ResultKind.CASE_NOTE,
            note.case_id,
            _shorten_text(mask_text(note.text)),
            f"about {number}",
            (("text", number),),
        )


def _shorten_text(text: str) -> str:
    """Return the beginning of a note in one line."""
    line = " ".join(text.split())
    return line if len(line) <= NOTE_CHARACTERS else f"{line[: NOTE_CHARACTERS - 1]}…"


def search_forces(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield other forces, also those that ended, by code or name."""
    for force in tables[Force].select():
        if _is_part_of_name(text, force.code, force.name):
            ended = force.ended_at_us is not None
            facts = (("text", force.code), *((("state", "ended"),) if ended else ()))
            detail = f"{force.code}{', ended' if ended else ''}"
            yield SearchMatch(ResultKind.FORCE, force.force_id, force.name, detail, facts)


def search_licensees(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield ISPs by a part of their name."""
    for licensee in tables[Licensee].select():
        if _is_part_of_name(text, licensee.name):
            address = " ".join(licensee.address.split())
            yield SearchMatch(ResultKind.LICENSEE, licensee.licensee_id, licensee.name, address, (("text", address),))


def search_lists(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield flag lists by issuer, version, or id. What they flag is not searched here."""
    for flag_list in tables[FlagListRow].select():
        version = flag_list.version or ""
        if _is_part_of_name(text, flag_list.issuer, f"{flag_list.issuer} {version}") or is_short_for(
            text, flag_list.list_id
        ):
            name = f"{flag_list.issuer} {version}".strip()
            detail = f"{flag_list.list_id[:12]}; used for {flag_list.use}"
            facts = (("text", flag_list.list_id[:12]), ("list_use", flag_list.use))
            yield SearchMatch(ResultKind.LIST, flag_list.list_id, name, detail, facts)


def search_sources(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield sources of records by name."""
    for source in tables[Source].select():
        if _is_part_of_name(text, source.name):
            facts = (("source_kind", source.kind), ("list_use", source.use))
            yield SearchMatch(ResultKind.SOURCE, source.source_id, source.name, f"{source.kind}; {source.use}", facts)


def search_officers(tables: Tables, text: str) -> Iterator[SearchMatch]:
    """Yield officers, including those who left, by name, role, designation or id."""
    for officer in tables[Officer].select():
        if _is_part_of_name(text, officer.name, officer.role, officer.designation) or is_short_for(
            text, officer.officer_id
        ):
            left = ", left" if officer.left_at_us is not None else ""
            detail = ", ".join(filter(None, (officer.role.value, officer.designation, officer.unit))) + left
            texts = (("text", each) for each in (officer.designation, officer.unit) if each)
            facts = (("role", officer.role), *texts, *((("state", "left"),) if left else ()))
            yield SearchMatch(ResultKind.OFFICER, officer.officer_id, officer.name, detail, facts)


def _is_part_of_name(text: str, *names: str) -> bool:
    """Return whether a text is part of a name, ignoring case."""
    return len(text) >= LEAST_NAME and any(text.casefold() in name.casefold() for name in names)
