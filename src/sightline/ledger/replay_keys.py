"""Replay which keys sign for which officer: enrolments, rotations, recoveries and revocations."""

from __future__ import annotations

from sightline.ledger.entry import WORKSPACE, Entry, compute_key_id
from sightline.ledger.replay_acts import ActReplay
from sightline.ledger.replay_state import Texts, decode_base64, read_committed_row
from sightline.ledger.two_officers import ACTS, BY_WORKSPACE, ENROL, RECOVER, TwoOfficerAct
from sightline.ledger.verbs import Verb


class KeyReplay(ActReplay):
    """Checks signatures, and who brought each key in."""

    def _take_log_key(self, entry: Entry) -> None:
        public = decode_base64(entry.facts.get("log_key", ""))
        if entry.seq != 0 or self.keys:
            self._report(entry, "makes a workspace, and only the first entry does: the log key is one for ever")
        elif entry.actor != WORKSPACE or compute_key_id(public) != entry.key:
            self._report(entry, "is not signed by the log key that it names")
        else:
            self.keys[entry.key] = (WORKSPACE, public)

    def _is_first(self, entry: Entry) -> bool:
        """Whether an entry enrols the first officer, who is the one who signs it: only the second of all does."""
        is_own = entry.verb == Verb.OFFICER_ENROLLED and entry.thing == f"officer:{entry.actor}"
        return entry.seq == 1 and is_own and not self.roles and entry.key == entry.facts.get("key_id")

    def _has_valid_signature(self, entry: Entry) -> bool:
        known = self.keys.get(entry.key)
        if known is None:
            since = self._refused.get(entry.key)
            because = "nobody enrolled" if since is None else f"entry {since} enrols without right"
            self._report(entry, f"is signed by the key {entry.key}, which {because}")
            return False
        if known[0] != entry.actor:
            self._report(entry, f"is signed by the key of {known[0]}, not of {entry.actor}")
            return False
        if not entry.verify(known[1]):
            self._report(entry, "its signature does not hold")
            return False
        if entry.key in self.over:
            self._report(entry, f"is signed by the key {entry.key} after that was revoked")
            return False
        is_own = entry.verb in BY_WORKSPACE
        back = {Verb.OFFICER_ENROLLED, Verb.KEY_ENROLLED, Verb.KEY_REVOKED, Verb.APPROVAL_USED}
        if entry.actor == WORKSPACE and not is_own and entry.verb not in back:
            self._report(entry, f"is signed by the workspace's own key: {entry.verb} is an officer's act")
            return False
        return True

    def _enrol(self, entry: Entry, texts: Texts) -> None:
        officer = entry.thing.partition("officer:")[2]
        what, by = self._check_enrolment(entry, officer)
        if what is not None:
            self._report(entry, what)
            self._remember_refused_key(entry)
            return
        self._add_key(entry, officer)
        self.roles.setdefault(officer, str(entry.facts.get("role")))
        self.ties.add(officer, by)
        if entry.actor == WORKSPACE:
            self._given_back.add(officer)
        if row := read_committed_row(texts):
            same = row.get("role") == self.roles[officer] and row.get("officer_id") == officer
            is_by = entry.actor == WORKSPACE or set(str(row.get("enrolled_by")).split("+")) == by
            if not same or not is_by:
                self._report(entry, "its row tells of another officer, role, or of others who enrolled")
            person = tuple(row.get(name) for name in ("name", "designation", "unit"))
            if self._persons.setdefault(officer, person) != person:
                self._report(entry, f"its row gives {officer} another name, designation or unit than before")
        self._check_agreed_row(entry, texts)

    def _add_key(self, entry: Entry, officer: str) -> None:
        """Take a key into use."""
        named = str(entry.facts["key_id"])
        self.keys[named] = (officer, decode_base64(entry.facts["public_key"]))
        self._since[named] = entry.at, entry.actor

    def _remember_refused_key(self, entry: Entry) -> None:
        """Remember a key that does not sign, so that what it signs is named with the entry that brought it in."""
        self._refused.setdefault(str(entry.facts.get("key_id")), entry.seq)

    def _check_enrolment(self, entry: Entry, officer: str) -> tuple[str | None, set[str]]:
        """Return what is wrong with an enrolment, and who answers for it."""
        wrong = self._find_objection_to_key(entry)
        if wrong is not None or officer in {"", WORKSPACE}:
            return wrong or "enrols no officer", set()
        if entry.seq == 1 and not self.roles:
            return None, {officer}
        if entry.actor == WORKSPACE:
            return self._check_recovery(entry, officer)
        if officer in self.roles:
            return f"enrols a key for {officer}, who is an officer already: only two others give an account back", set()
        if len(self.roles) == 1:
            may = self.roles[entry.actor] in self.policy.asks.get(ENROL, frozenset())
            return (None if may else f"{entry.actor} enrols in a role that may not"), {entry.actor}
        approval, why = self._find_approval(entry, ACTS[Verb.OFFICER_ENROLLED])
        if approval is None:
            return f"enrols {officer} without two officers: {why}", set()
        return None, {approval.asked_by, str(approval.decided_by)}

    def _check_recovery(self, entry: Entry, officer: str) -> tuple[str | None, set[str]]:
        """Check an enrolment signed by the workspace: two officers approved the recovery with this key."""
        wanted = {name: entry.facts[name] for name in ("key_id", "public_key")} | {"officer": officer}
        if officer not in self.roles:
            return f"enrols {officer} by the workspace's own key, and no such officer was enrolled before", set()
        if entry.facts.get("role") != self.roles[officer]:
            return f"enrols {officer} by the workspace's own key, in another role than before", set()
        act = TwoOfficerAct(frozenset({RECOVER}), lambda one: one.thing, by_decider=False)
        approval, why = self._find_approval(entry, act, wanted)
        if approval is None:
            what = f"enrols a key for {officer} by the workspace's own key, and no two officers gave back that account"
            return f"{what} for just this key: {why}", set()
        return None, {approval.asked_by, str(approval.decided_by)}

    def _find_objection_to_key(self, entry: Entry) -> str | None:
        public, named = decode_base64(entry.facts.get("public_key", "")), str(entry.facts.get("key_id"))
        if len(public) != 32 or compute_key_id(public) != named:
            return "enrols no key, or one whose id is not its own"
        if named in self.keys or named in self._refused:
            return f"enrols the key {named}, which an entry before enrolled"
        return None

    def _rotate(self, entry: Entry, texts: Texts) -> None:
        wrong = self._find_objection_to_key(entry)
        if wrong is None and entry.facts.get("role", self.roles[entry.actor]) != self.roles[entry.actor]:
            wrong = "its new key is in another role than the officer"
        if wrong is not None:
            self._report(entry, wrong)
            self._remember_refused_key(entry)
            return
        self._add_key(entry, entry.actor)
        self._check_key_row(entry, texts)

    def _check_key_entry(self, entry: Entry, texts: Texts) -> None:
        named = str(entry.facts.get("key_id"))
        if self._since.get(named) != (entry.at, entry.actor):
            self._report(entry, f"tells of the key {named}, which was not enrolled with it by {entry.actor}")
            return
        if entry.actor == WORKSPACE:
            self._by_log.append((entry.seq, self.keys[named][0]))
        self._check_key_row(entry, texts)

    def _revoke(self, entry: Entry, texts: Texts) -> None:
        named = str(entry.facts.get("key_id"))
        owner = self.keys.get(named, ("", b""))[0]
        if entry.actor == WORKSPACE:
            self._by_log.append((entry.seq, owner))
        if owner in {"", WORKSPACE}:
            self._report(entry, f"revokes the key {named}, which is no officer's")
            return
        self.over.add(named)
        self._check_key_row(entry, texts)

    def _check_key_row(self, entry: Entry, texts: Texts) -> None:
        row, named = read_committed_row(texts), str(entry.facts.get("key_id"))
        owner, public = self.keys[named]
        key_row = (row.get("key_id"), row.get("officer_id"), row.get("public_key"))
        is_over = row.get("revoked_at_us") is not None
        if row and (key_row != (named, owner, public.hex()) or is_over is not (named in self.over)):
            self._report(entry, "its row tells of another key, of another officer's, or of one that is not revoked")
