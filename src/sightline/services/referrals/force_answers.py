"""Import a force's signed notes: receipts, and what it found by referred leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sightline.casework.forces import forces, referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.model import OutcomeKind
from sightline.services.referrals.force_notes import HINT, ForceNote, NoteKind, read_text_field
from sightline.stages.report.printable import IST
from sightline.storage.rows import Outcome, Referral, ReferralRecall
from sightline.workspace.workspace import Change


@dataclass(frozen=True, slots=True)
class TakenNote:
    """The changes that a note made: the referral or recall that was received, and the new outcomes."""

    referral: Referral
    recall: ReferralRecall | None = None
    outcomes: tuple[Outcome, ...] = ()
    known: int = 0


def register_answer(officer_session: OfficerSession, note: ForceNote) -> TakenNote:
    """Register a receipt or outcomes. The same note again changes nothing.

    Raises NotAllowed if the force of the referral did not sign it, DamagedInput if it is no such note.
    """
    if note.kind not in {NoteKind.RECEIPT, NoteKind.OUTCOMES}:
        raise UsageError(f"it is a {note.kind}, and not a receipt or outcomes", hint="sightline referrals --help")
    with officer_session.change(
        Action.REFERRAL_RETURN, name_thing("referral", read_text_field(note, "referral"))
    ) as change:
        referral = referrals.find_referral(change.tables, read_text_field(note, "referral"))
        force = referrals.require_sender(change.tables, referral, note.by)
        note.require_signed_by(forces.find_current_key(change.tables, force.force_id))
        if note.kind is NoteKind.RECEIPT:
            return _record_receipt(change, referral, note)
        outcome_forms = [_parse_outcome(officer_session, answer, note) for answer in _list_answers(note)]
        outcomes = [referrals.record_outcome(change, referral, force, outcome_form) for outcome_form in outcome_forms]
        new = tuple(outcome for outcome in outcomes if outcome is not None)
        return TakenNote(referral, outcomes=new, known=len(outcomes) - len(new))


def _record_receipt(change: Change, referral: Referral, note: ForceNote) -> TakenNote:
    """Register the receipt of a referral, or of its recall."""
    what, sha256 = read_text_field(note, "of"), read_text_field(note, "sha256")
    if what.startswith("recall:"):
        recall = referrals.record_recall_receipt(change, what.removeprefix("recall:"), note.sha256)
        if recall.referral_id != referral.referral_id:
            raise DamagedInput("the receipt is of a recall of another referral", hint=HINT)
        return TakenNote(referral, recall)
    if what != "referral" or sha256 != referral.content_sha256:
        raise DamagedInput(f"the receipt is of another content than {referral.number} has", hint=HINT)
    return TakenNote(referrals.record_receipt(change, referral.referral_id, note.sha256))


def _list_answers(note: ForceNote) -> Sequence[object]:
    result = note.facts["outcomes"]
    if not isinstance(result, list) or not result:
        raise DamagedInput("the note contains no outcome", hint=HINT)
    return result


def _parse_outcome(officer_session: OfficerSession, each: object, note: ForceNote) -> referrals.ReferralOutcomeForm:
    """Return one outcome of a note. Raises DamagedInput if it is none, or has a future day."""
    try:
        assert isinstance(each, dict) and each.keys() == {"lead", "kind", "on"}
        lead, kind, on = str(each["lead"]), OutcomeKind(each["kind"]), date.fromisoformat(each["on"])
    except (AssertionError, ValueError, TypeError):
        raise DamagedInput("the note contains an invalid outcome", hint=HINT) from None
    if on > officer_session.clock().astimezone(IST).date():
        raise DamagedInput(f"the note tells of {on.isoformat()}, which is in the future", hint=HINT)
    return referrals.ReferralOutcomeForm(lead, kind, on.isoformat(), note.sha256)
