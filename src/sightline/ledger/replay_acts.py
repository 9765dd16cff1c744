"""Find the approval that each act of two officers rests on, and report acts that have none."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.ledger.entry import Entry
from sightline.ledger.replay_approvals import ApprovalReplay
from sightline.ledger.replay_state import LASTS, ReplayedApproval, Texts, read_committed_row, read_object
from sightline.ledger.two_officers import (
    ADDED,
    RECIPIENTS_BY_TWO,
    WHOLE_LOG,
    Fact,
    TwoOfficerAct,
    list_differing_columns,
)
from sightline.ledger.verbs import Verb


class ActReplay(ApprovalReplay):
    """Checks acts against approvals. Each approval serves for one act, unless the act says otherwise."""

    def _check_act(self, entry: Entry, act: TwoOfficerAct, texts: Texts) -> None:
        approval, why = self._find_approval(entry, act)
        self._check_agreed_row(entry, texts)
        if approval is None:
            self._report(entry, f"{entry.verb} of {entry.thing} without two officers: {why}")
        elif entry.verb in {Verb.NOTICE_APPROVED, Verb.REFERRAL_APPROVED}:
            self._approved.add(entry.thing)

    def _check_agreed_row(self, entry: Entry, texts: Texts) -> None:
        """See that the row that an act makes is what two officers agreed to, and not only what its entry shows."""
        approval = next((one for seq, one in self._pending if seq == entry.seq), None)
        row = read_committed_row(texts)
        if approval is None or approval.request is None or not row:
            return
        if other := list_differing_columns(entry.verb, read_object(approval.request), row):
            self._report(entry, f"its row is not what approval {approval.approval_id} is for: {', '.join(other)}")

    def _learn_schema(self, entry: Entry, _texts: Texts) -> None:
        """Learn from which version on the entries are: older ones let one officer add a recipient of backups."""
        schema = str(entry.facts.get("schema", entry.facts.get("to", "")))
        self._are_recipients_by_two |= schema >= RECIPIENTS_BY_TWO

    def _check_lone_recipient(self, entry: Entry) -> None:
        """Report a recipient of backups that one officer added, unless the unit had one officer or it is older."""
        if self._are_recipients_by_two and len(self.roles) > 1:
            self._report(entry, f"{entry.verb} of {entry.thing} without two officers: it names no approval")

    def _find_approval(
        self, entry: Entry, act: TwoOfficerAct, content: Mapping[str, Fact] | None = None
    ) -> tuple[ReplayedApproval | None, str]:
        """The approval that an act rests on, or why there is none."""
        wanted: Mapping[str, Fact | None] = content or {
            act.same[name]: entry.facts.get(name, None if name in act.optional else "")
            for name in act.same
            if name in entry.facts or name not in act.added
        }
        approval = self.approvals.get(str(entry.facts.get("approval", "")))
        about = act.about(entry)
        if approval is not None and approval.action in act.actions:
            every = [approval]
        else:
            keys = [(action, thing) for action in sorted(act.actions) for thing in (about, None)]
            every = [approval for key in keys for approval in self._about.get(key, ())]
        # Among several for the same act, the one that this change uses or decides.
        every.sort(key=lambda one: (one.used_at != entry.at, one.decided_at != entry.at))
        why = "no officer asked for just this"
        for candidate in every:
            if about and candidate.about not in {about, None}:
                why = f"approval {candidate.approval_id} is about {candidate.about}"
            elif candidate.content is not None and _is_other(candidate, wanted):
                why = f"approval {candidate.approval_id} is for another content than this"
            elif not _is_among(entry, act, candidate):
                why = f"approval {candidate.approval_id} is of other files"
            elif (problem := self._find_objection_to_act(entry, act, candidate)) is not None:
                why = problem
            else:
                candidate.acts += 1
                self._pending.append((entry.seq, candidate))
                return candidate, ""
        return None, why

    def _find_objection_to_act(self, entry: Entry, act: TwoOfficerAct, approval: ReplayedApproval) -> str | None:
        """Why an approval of just this does not carry an act."""
        if (why := self._find_objection_to_approval(approval)) is not None:
            return f"approval {approval.approval_id}: {why}"
        is_now = entry.at in {approval.used_at, approval.decided_at}
        if approval.about is None and not is_now:
            return f"approval {approval.approval_id} is of another time"
        if approval.used_at is not None and approval.used_at != entry.at:
            return f"approval {approval.approval_id} was used by entry {approval.used_seq} before"
        if approval.acts and not act.many:
            return f"approval {approval.approval_id} serves once, and did"
        if WHOLE_LOG not in act.actions and entry.at - approval.asked_at >= LASTS:
            return f"approval {approval.approval_id} was asked for more than two weeks before"
        if act.by_decider and entry.actor != approval.decided_by:
            return f"approval {approval.approval_id} was given by {approval.decided_by}, and not by {entry.actor}"
        return None

    def _settle(self) -> None:
        """Judge a change at its end: its acts used their approvals up, and the log key revoked only with an account."""
        for seq, approval in self._pending:
            if approval.action != WHOLE_LOG and approval.used_at != self._at:
                self._problems.append((seq, f"approval {approval.approval_id} was not used up with it"))
        for seq, owner in self._by_log:
            if owner not in self._given_back:
                self._problems.append((seq, f"tells of a key of {owner} by the workspace's own key"))
        self._pending.clear()
        self._by_log.clear()
        self._given_back.clear()


def _is_other(approval: ReplayedApproval, wanted: Mapping[str, Fact | None]) -> bool:
    """Whether a request that is known is for another content; what older versions left out of it says nothing."""
    content = approval.content or {}
    left_out = ADDED.get(approval.action, frozenset()) - content.keys()
    return any(content.get(name) != value for name, value in wanted.items() if name not in left_out)


def _is_among(entry: Entry, act: TwoOfficerAct, approval: ReplayedApproval) -> bool:
    """Return whether what an entry is of is in the list of the request, as far as that is known and has one."""
    if act.among is None or approval.content is None or act.among[1] not in approval.content:
        return True
    return entry.facts.get(act.among[0]) in str(approval.content[act.among[1]]).split(",")
