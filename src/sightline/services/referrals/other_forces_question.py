"""Ask other forces about an address or a number that this unit does not have: it goes along with its own pseudonyms.

The exchange compares lists, and a later list of a unit replaces the earlier one. So the value is one more pseudonym in
the whole list, which two officers approve by its digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.referrals.comparison import ComparedValue
from sightline.services.referrals.deconfliction import (
    PeriodKey,
    compute_pseudonyms,
    export_pseudonyms,
    match_answer,
)
from sightline.stages.canonical.address import Address, parse_address
from sightline.stages.lists.signature import SecretKey
from sightline.stages.resolve.model import NumberKind
from sightline.stages.resolve.replies import cell_text, subscriber_numbers
from sightline.storage.rows import StoredJournalRow

EPOCH = date(1970, 1, 1)
IN_LIST = "in the list for the exchange: "


@dataclass(frozen=True, slots=True)
class OtherForcesQuestion:
    """A value that other forces are asked about: its kind, and the form in which forces compare it."""

    what: ComparedValue
    value: str


@dataclass(frozen=True, slots=True)
class OtherForcesAnswer:
    """The answer on one value: whether another force has it, and how many of this unit's own lines it has."""

    is_shared: bool
    own: int


def find_kind(address: Address | None, text: str) -> ComparedValue | None:
    """Return the kind of a searched text that forces compare, or None. `address`: the one that the text spells."""
    if address is not None:
        return ComparedValue.ADDRESSES
    return ComparedValue.SUBSCRIBERS if _read_number(text) is not None else None


def read_question(address: Address | None, text: str, day: str) -> OtherForcesQuestion:
    """Return the question about an address on a day (UTC), or about a telephone number. Raises UsageError."""
    if address is None:
        number = _read_number(text)
        if number is None:
            raise UsageError("it is neither an address nor a telephone number", hint="forces compare nothing else here")
        return OtherForcesQuestion(ComparedValue.SUBSCRIBERS, number)
    try:
        seen_on = date.fromisoformat(day.strip())
    except ValueError:
        raise UsageError("an address belongs to a line on a day only", hint="give the day, as 2026-06-05") from None
    whole = parse_address(str(address))
    return OtherForcesQuestion(ComparedValue.ADDRESSES, f"{whole} {(seen_on - EPOCH).days}")


def _read_number(text: str) -> str | None:
    """Return a telephone number as forces compare it, or None."""
    try:
        stated = cell_text.clean_text(text)
        return None if stated is None else f"{NumberKind.MSISDN.value} {subscriber_numbers.parse_msisdn(stated)}"
    except cell_text.UnreadableValue:
        return None


def export_question(
    officer_session: OfficerSession, period_key: PeriodKey, question: OtherForcesQuestion, why: str, key: SecretKey
) -> bytes:
    """Return this unit's list for the exchange with the value in it, after two officers agreed. Raises NotAllowed."""
    note = export_pseudonyms(officer_session, period_key, question.what, why, key, also=(question.value,))
    about, text = name_thing("period", period_key.period), f"{IN_LIST}{_compute_pseudonym(period_key, question)}"
    officer, now = officer_session.officer.officer_id, officer_session.clock()
    officer_session.workspace.append_to_journal(officer, JournalVerb.EXPORT_REFERRAL, about, text, now)
    return note


def read_answer(
    officer_session: OfficerSession, period_key: PeriodKey, question: OtherForcesQuestion, answer: Mapping[str, Any]
) -> OtherForcesAnswer:
    """Return what the exchange's answer says about the value. The ledger records the answer about own lines.

    Raises UsageError for an answer of another kind, or if the value was in no list that this unit made.
    """
    pseudonym = _compute_pseudonym(period_key, question)
    if answer.get("what") != question.what.value:
        raise UsageError("the answer is about another kind of value", hint=f"ask the exchange for {question.what}")
    about = name_thing("period", period_key.period)
    with officer_session.workspace.read() as tables:
        journal = tables[StoredJournalRow]
        listed = journal.list_newest(
            1,
            journal.get_column("verb") == JournalVerb.EXPORT_REFERRAL.value,
            journal.get_column("thing") == about,
            journal.get_column("text") == f"{IN_LIST}{pseudonym}",
        )
    if not listed:
        raise UsageError(
            "no list of this unit for that month has this value: its answer says nothing about it",
            hint="make the list with it first, and send it to the exchange",
        )
    own = match_answer(officer_session, period_key, answer)
    return OtherForcesAnswer(pseudonym in answer["both"], len(own.matches))


def _compute_pseudonym(period_key: PeriodKey, question: OtherForcesQuestion) -> str:
    (pseudonym,) = compute_pseudonyms(period_key, question.what, {question.value: ()})
    return pseudonym
