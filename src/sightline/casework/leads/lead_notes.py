"""Notes about leads: a text and its reason. A change never overwrites another officer's change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sightline.casework.input_checks import name_thing, require_words
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.permissions.roster import list_names
from sightline.errors import Conflict, UsageError
from sightline.ledger.verbs import Verb
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import LeadNote
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id


def write(officer_session: OfficerSession, lead_id: str, text: str, why: str) -> LeadNote:
    """Write a note about a lead. Raises UsageError for one that is empty or too long, NotAllowed."""
    body, because = require_words(text, "the note"), require_words(why, "the reason")
    with officer_session.change(Action.LEAD_NOTE, f"lead:{lead_id}") as change:
        lead_note = LeadNote(
            make_id(change.now), lead_id, body, because, 1, change.now_us, officer_session.officer.officer_id
        )
        change.add(Verb.LEAD_NOTED, lead_note, lead=lead_id)
    return lead_note


def rewrite(officer_session: OfficerSession, note_id: str, text: str, why: str, version: int) -> LeadNote:
    """Change a note that was seen in a version. Raises Conflict with both texts if it has another by now."""
    body, because = require_words(text, "the note"), require_words(why, "the reason")
    with officer_session.change(Action.LEAD_NOTE, name_thing("lead-note", note_id)) as change:
        lead_note = find_note(change.tables, note_id)
        if lead_note.version != version:
            by = list_names(change.tables).get(lead_note.changed_by or lead_note.made_by, "another officer")
            what = f"the note was changed meanwhile, by {by}"
            raise Conflict(what, yours=body, theirs=lead_note.text, version=lead_note.version)
        changed = replace(
            lead_note,
            text=body,
            why=because,
            version=version + 1,
            changed_at_us=change.now_us,
            changed_by=officer_session.officer.officer_id,
        )
        change.put(Verb.NOTE_CHANGED, changed, lead=changed.lead_id, version=changed.version)
    return changed


def list_notes(tables: Tables, lead_ids: Sequence[str]) -> list[LeadNote]:
    """Return the notes about a lead, by all its current and earlier ids, oldest first."""
    return sorted(
        tables[LeadNote].select_within("lead_id", lead_ids),
        key=lambda lead_note: (lead_note.made_at_us, lead_note.note_id),
    )


def find_note(tables: Tables, text: str) -> LeadNote:
    """Return the note with that id or short id. Raises UsageError."""
    lead_notes = [lead_note for lead_note in tables[LeadNote].select() if is_short_for(text, lead_note.note_id)]
    if len(lead_notes) != 1:
        what = f"{len(lead_notes)} notes end in {text}" if lead_notes else f"there is no note {text}"
        raise UsageError(what, hint="sightline leads show LEAD tells their ids")
    return lead_notes[0]
