"""Replay requests, decisions and uses of approvals, and report those that are against the rules."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.ledger.entry import WORKSPACE, Entry
from sightline.ledger.replay_state import LASTS, ReplayedApproval, ReplayState, Texts, read_committed_row, read_object
from sightline.ledger.ties import Tie
from sightline.ledger.tree import hash_leaf
from sightline.ledger.two_officers import ADDED, RECOVER, WHOLE_LOG, select_bound_facts
from sightline.ledger.verbs import Verb


class ApprovalReplay(ReplayState):
    """Checks who asked for an approval, who decided, and who used it."""

    def _ask(self, entry: Entry, texts: Texts) -> None:
        named = entry.thing.partition("approval:")[2]
        if named in self.approvals or not named:
            self._report(entry, f"asks once more as {entry.thing}")
            return
        leaf = hash_leaf(entry.encode()).hex()
        approval = ReplayedApproval(named, str(entry.facts.get("action")), entry.actor, entry.at, entry.seq, leaf)
        row = read_committed_row(texts)
        if "about" in entry.facts:
            approval.about = str(entry.facts["about"])
            approval.content = {name: value for name, value in entry.facts.items() if name not in {"action", "about"}}
        if row:
            request = read_object(str(row.get("request_json")))
            approval.request = str(row.get("request_json"))
            same = (row.get("action"), row.get("asked_by"), row.get("approval_id"), row.get("state"))
            if same != (approval.action, entry.actor, named, "asked"):
                approval.problems.append(f"the row of entry {entry.seq} tells of another question")
            left_out = ADDED.get(approval.action, frozenset()) - entry.facts.keys()
            agreed = {
                name: value
                for name, value in select_bound_facts(approval.action, request).items()
                if name not in left_out
            }
            if approval.about not in {None, row.get("thing")} or approval.content not in (None, agreed):
                approval.problems.append(f"entry {entry.seq} says another content openly than its row")
            approval.about, approval.content = str(row.get("thing")), agreed
        if approval.problems:
            self._report(entry, approval.problems[-1])
        if approval.action not in self.policy.decides:
            self._report(entry, f"asks for {approval.action}, which is no act of two officers")
        self.approvals[named] = approval
        self._about.setdefault((approval.action, approval.about), []).append(approval)

    def _decide(self, entry: Entry, texts: Texts) -> None:
        named = entry.thing.partition("approval:")[2]
        approval = self.approvals.get(named)
        if approval is None:
            self._report(entry, f"decides about {entry.thing}, for which nobody asked")
            return
        if approval.decided_by is not None:
            self._report(entry, f"decides once more about {entry.thing}: entry {approval.decided_seq} did")
            approval.problems.append(f"entry {entry.seq} decides about it once more")
            return
        approval.decided_by, approval.decided_at, approval.decided_seq = entry.actor, entry.at, entry.seq
        approval.is_refused = entry.verb == Verb.APPROVAL_REFUSED
        approval.is_bound = "asked" in entry.facts
        if approval.is_bound and self._bound_seq is None:
            self._bound_seq = entry.seq
        for what in self._find_objections_to_decision(entry, approval, texts):
            approval.problems.append(f"{what} (entry {entry.seq})")
            self._report(entry, f"gives or refuses {approval.action} without right: {what}")

    def _find_objections_to_decision(self, entry: Entry, approval: ReplayedApproval, texts: Texts) -> Iterator[str]:
        """What speaks against a decision."""
        action, actor = approval.action, entry.actor
        if actor == approval.asked_by:
            yield "the officer who asked cannot decide"
        if self.roles.get(actor, "") not in self.policy.decides.get(action, frozenset()):
            yield f"the role {self.roles.get(actor)} of {actor} cannot decide about it"
        if (entry.facts.get("asked_by"), entry.facts.get("action")) != (approval.asked_by, action):
            yield "it is about another officer's question, or another act"
        if entry.facts.get("asked", approval.leaf) != approval.leaf:
            yield f"it is about another text than that of entry {approval.asked_seq}"
        if not approval.is_bound and self._bound_seq is not None:
            # Only older versions left it out, and none of them writes after a newer one.
            yield f"it does not say which text it is about, and entry {self._bound_seq} before it does"
        if entry.at - approval.asked_at >= LASTS:
            yield f"entry {approval.asked_seq} asked for it more than two weeks before"
        if action == RECOVER and f"officer:{actor}" == approval.about:
            yield "it is the own account of the officer who decides"
        if action == RECOVER and f"officer:{approval.asked_by}" == approval.about:
            yield "it is the own account of the officer who asked"
        if entry.verb == Verb.APPROVAL_GIVEN:
            yield from self._find_objections_to_asker(approval)
        if approval.asked_by != actor:
            yield from self._find_objection_to_tie(approval, actor)
        row = read_committed_row(texts)
        if row and approval.request is not None:
            state = "given" if entry.verb == Verb.APPROVAL_GIVEN else "refused"
            same = tuple(row.get(name) for name in ("thing", "request_json", "asked_by", "decided_by", "state"))
            if same != (approval.about, approval.request, approval.asked_by, actor, state):
                yield f"its row tells of another content than entry {approval.asked_seq}"

    def _find_objections_to_asker(self, approval: ReplayedApproval) -> Iterator[str]:
        if self.roles.get(approval.asked_by, "") not in self.policy.asks.get(approval.action, frozenset()):
            yield f"the role {self.roles.get(approval.asked_by)} of {approval.asked_by} cannot ask for it"
        if not self.is_on_duty(approval.asked_by):
            yield f"{approval.asked_by}, who asked, had no key any more that signs"

    def _find_objection_to_tie(self, approval: ReplayedApproval, actor: str) -> Iterator[str]:
        """Whether another could decide who is tied less closely to the asker; before ties were transitive: alone."""
        tie = self.ties.find_tie(approval.asked_by, actor)
        others = self.list_possible_deciders(approval.action, approval.asked_by, approval.about)
        least = min((self.ties.find_tie(approval.asked_by, other) for other in others), default=tie)
        if least < tie and (approval.is_bound or tie is Tie.ALONE):
            yield f"{actor} is tied to {approval.asked_by}, and others who are not so closely tied could decide"

    def list_possible_deciders(self, action: str, asked_by: str, about: str | None) -> list[str]:
        """Return the officers on duty who could decide about an act by their roles."""
        roles = self.policy.decides.get(action, frozenset())
        but = {asked_by} | ({about.partition(":")[2]} if action == RECOVER and about else set())
        return [one for one, role in self.roles.items() if role in roles and one not in but and self.is_on_duty(one)]

    def _use(self, entry: Entry, texts: Texts) -> None:
        approval = self.approvals.get(entry.thing.partition("approval:")[2])
        if approval is None:
            self._report(entry, f"uses {entry.thing}, for which nobody asked")
            return
        if approval.used_seq is not None:
            self._report(entry, f"uses {entry.thing} once more: entry {approval.used_seq} did")
            approval.problems.append(f"entry {entry.seq} uses it once more")
            return
        approval.used_seq, approval.used_at = entry.seq, entry.at
        for what in self._find_objections_to_use(entry, approval):
            self._report(entry, f"uses an approval of {approval.action} without right: {what}")
        row = read_committed_row(texts)
        if row and approval.request is not None:
            same = tuple(row.get(name) for name in ("thing", "request_json", "asked_by", "decided_by", "state"))
            if same != (approval.about, approval.request, approval.asked_by, approval.decided_by, "used"):
                self._report(entry, f"its row tells of another content than entry {approval.asked_seq}")

    def _find_objections_to_use(self, entry: Entry, approval: ReplayedApproval) -> Iterator[str]:
        if (why := self._find_objection_to_approval(approval)) is not None:
            yield why
        if entry.facts.get("action", approval.action) != approval.action:
            yield "it is for another act"
        if approval.action != WHOLE_LOG and entry.at - approval.asked_at >= LASTS:
            yield f"entry {approval.asked_seq} asked for it more than two weeks before"
        if entry.actor == WORKSPACE:
            if approval.action != RECOVER:
                yield "the workspace's own key does no act of two officers"
        elif not self._may_use(entry.actor, approval):
            yield f"the role {self.roles.get(entry.actor)} of {entry.actor} may not do it"
        if approval.action not in {WHOLE_LOG, RECOVER}:
            for officer_id in (approval.asked_by, str(approval.decided_by)):
                if not self.is_on_duty(officer_id):
                    yield f"{officer_id} had no key any more that signs"

    def _may_use(self, actor: str, approval: ReplayedApproval) -> bool:
        """Return whether an officer may do what was approved. An officer may always recover the own account."""
        is_own = approval.action == RECOVER and approval.about == f"officer:{actor}"
        may = self.roles.get(actor, "") in self.policy.asks.get(approval.action, frozenset())
        return is_own or may or actor == approval.decided_by

    def _find_objection_to_approval(self, approval: ReplayedApproval) -> str | None:
        if approval.problems:
            return approval.problems[0]
        if approval.is_refused:
            return f"entry {approval.decided_seq} refused it"
        return "no second officer gave it" if approval.decided_by is None else None
