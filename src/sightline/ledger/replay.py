"""Replay who could act: derive keys, roles and approvals from the entries alone, and check acts that take two officers.

It trusts no row of a table. `verify` replays all entries; a caller that uses an approval replays those that it depends
on. Each part of the checks has its own module: `replay_keys`, `replay_approvals`, `replay_acts`, `replay_rows`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sightline.ledger.entry import WORKSPACE, Entry
from sightline.ledger.replay_keys import KeyReplay
from sightline.ledger.replay_rows import RowReplay
from sightline.ledger.replay_state import Texts, open_no_texts
from sightline.ledger.two_officers import ACTS, NEEDS_APPROVED
from sightline.ledger.verbs import Verb


class Replay(KeyReplay, RowReplay):
    """Replays entries in their order. `take_problems` yields each violation with the number of its entry."""

    def end(self) -> None:
        """Check what only the end of a change shows."""
        self._settle()

    def take(self, entry: Entry, texts: Texts = open_no_texts) -> None:
        """Replay the next entry."""
        if entry.at != self._at:
            self._settle()
            self._at = entry.at
        if entry.verb == Verb.WORKSPACE_MADE:
            self._take_log_key(entry)
        if self._is_first(entry):
            self._enrol(entry, texts)
            self._has_valid_signature(entry)
            return
        if not self._has_valid_signature(entry):
            if entry.verb in {Verb.OFFICER_ENROLLED, Verb.KEY_ROTATED}:
                self._remember_refused_key(entry)
            return
        if (wrong := self._find_objection_to_role(entry)) is not None:
            self._report(entry, wrong)
            if entry.verb == Verb.KEY_REVOKED:
                return
        self._check_restated_row(entry, texts)
        steps: Mapping[str, Callable[[Entry, Texts], None]] = {
            Verb.WORKSPACE_MADE: self._learn_schema,
            Verb.WORKSPACE_UPGRADED: self._learn_schema,
            Verb.OFFICER_ENROLLED: self._enrol,
            Verb.KEY_ROTATED: self._rotate,
            Verb.KEY_ENROLLED: self._check_key_entry,
            Verb.KEY_REVOKED: self._revoke,
            Verb.APPROVAL_ASKED: self._ask,
            Verb.APPROVAL_GIVEN: self._decide,
            Verb.APPROVAL_REFUSED: self._decide,
            Verb.APPROVAL_USED: self._use,
        }
        if (step := steps.get(entry.verb)) is not None:
            step(entry, texts)
        elif (act := ACTS.get(entry.verb)) is not None and act.applies(entry):
            self._check_act(entry, act, texts)
        elif entry.verb == Verb.BACKUP_RECIPIENT_ADDED:
            self._check_lone_recipient(entry)
        elif entry.verb in NEEDS_APPROVED and entry.thing not in self._approved:
            self._report(entry, f"goes on with {entry.thing}, which no two officers approved")

    def _find_objection_to_role(self, entry: Entry) -> str | None:
        """Return what speaks against the role in which an officer signs; the role is the one of the enrolment.

        A revocation without right changes nothing: the key still signs. Everybody may revoke an own key.
        """
        may = self.policy.signs(entry)
        if entry.verb == Verb.APPROVAL_ASKED:
            may = self.policy.asks.get(str(entry.facts.get("action")))
        is_own = self.keys.get(str(entry.facts.get("key_id")), ("", b""))[0] == entry.actor
        is_free = entry.actor == WORKSPACE or (entry.verb == Verb.KEY_REVOKED and is_own)
        role = self.roles.get(entry.actor, "")
        if may is None or is_free or role in may:
            return None
        who = ", ".join(sorted(may)) or "no officer"
        return f"{entry.verb} of {entry.thing} is signed by {entry.actor} in the role {role}, and is for {who}"
