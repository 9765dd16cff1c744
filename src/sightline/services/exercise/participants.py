"""The participants of an exercise: the tasks that each officer has done, by the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sightline.casework.permissions.roster import list_officers_on_duty
from sightline.ledger.verbs import Verb
from sightline.model import Role
from sightline.storage.rows import LedgerRow
from sightline.storage.table import Tables

WORK: Mapping[str, tuple[Verb, ...]] = {
    "leads": (Verb.LEADS_REBUILT, Verb.LEADS_ASSIGNED, Verb.LEAD_MARKED, Verb.LEAD_NOTED, Verb.LEADS_CLOSED),
    "notices": (Verb.NOTICE_DRAFTED, Verb.NOTICE_SENT),
    "replies": (Verb.REPLY_RECEIVED, Verb.SESSIONS_RESOLVED),
    "outcomes": (Verb.OUTCOME_RECORDED,),
    "referrals": (Verb.REFERRAL_DRAFTED, Verb.REFERRAL_SENT),
    "decisions": (Verb.APPROVAL_GIVEN, Verb.APPROVAL_REFUSED, Verb.NOTICE_APPROVED, Verb.NOTICE_REFUSED),
}
"""The work of an exercise, each with the ledger entries of its acts."""


@dataclass(frozen=True, slots=True)
class Participant:
    """An officer of an exercise, the number of acts of each kind of WORK, and the last entry (0: none)."""

    name: str
    role: Role
    counts: Mapping[str, int]
    last_seq: int

    @property
    def acts(self) -> int:
        """Return how many acts there are in all."""
        return sum(self.counts.values())


def list_participants(tables: Tables) -> list[Participant]:
    """Return the officers on duty, those with the most acts first. Officers of other forces are left out."""
    kind_of = {verb.value: kind for kind, verbs in WORK.items() for verb in verbs}
    ledger = tables[LedgerRow]
    counts: Counter[tuple[str, str]] = Counter()
    last: dict[str, int] = {}
    for row in ledger.read_each(ledger.get_column("verb").in_(sorted(kind_of))):
        counts[row.actor, kind_of[row.verb]] += 1
        last[row.actor] = max(last.get(row.actor, 0), row.seq)
    participants = [
        Participant(
            officer.name,
            officer.role,
            {kind: counts[officer.officer_id, kind] for kind in WORK},
            last.get(officer.officer_id, 0),
        )
        for officer in list_officers_on_duty(tables)
        if officer.role is not Role.PARTNER
    ]
    return sorted(participants, key=lambda participant: (-participant.acts, participant.name))
