"""Replay who could act: derive keys, roles and approvals from the entries alone, and check acts that take two officers.

It trusts no row of a table. `verify` replays all entries; a caller that uses an approval replays those that it depends
on.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sightline.ledger.entry import WORKSPACE, Entry, key_id
from sightline.ledger.ties import Tie, Ties
from sightline.ledger.tree import leaf_hash
from sightline.ledger.two_officers import (
    ACTS,
    ADDED,
    BY_WORKSPACE,
    ENROL,
    NEEDS_APPROVED,
    RECOVER,
    RETELLS,
    WHOLE_LOG,
    Act,
    Fact,
    bound_facts,
    differing_columns,
)
from sightline.ledger.verbs import Verb

LASTS = timedelta(days=14)
"""How long an approval is valid after the request."""

Texts = Callable[[str], str | None]
"""Returns the text of a commitment of the current entry, if it is available and matches."""


def no_texts(_name: str) -> None:
    """Open no commitment."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The roles that may request an act of two officers, and those that may decide, by action.

    `signs` returns the roles that may sign an officer's entry, or None if the approval decides who may.
    """

    asks: Mapping[str, frozenset[str]]
    decides: Mapping[str, frozenset[str]]
    signs: Callable[[Entry], frozenset[str] | None]


@dataclass(slots=True)
class Approval:
    """An approval as its entries describe it. `content` and `about` are None where no entry and no text has them."""

    approval_id: str
    action: str
    asked_by: str
    asked_at: datetime
    asked_seq: int
    leaf: str
    about: str | None = None
    content: Mapping[str, Fact] | None = None
    request: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_seq: int | None = None
    is_refused: bool = False
    is_bound: bool = False
    problems: list[str] = field(default_factory=list)
    used_at: datetime | None = None
    used_seq: int | None = None
    acts: int = 0

    @property
    def holds(self) -> bool:
        """Return whether a second officer gave it by the rules."""
        return self.decided_by is not None and not self.is_refused and not self.problems


class Replay:
    """Replays entries in their order. `problems` yields each violation with the number of its entry."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.keys: dict[str, tuple[str, bytes]] = {}
        self.over: set[str] = set()
        self.roles: dict[str, str] = {}
        self.ties = Ties()
        self.approvals: dict[str, Approval] = {}
        self._about: dict[tuple[str, str | None], list[Approval]] = {}
        self._problems: list[tuple[int, str]] = []
        self._refused: dict[str, int] = {}
        self._since: dict[str, tuple[datetime, str]] = {}
        self._approved: set[str] = set()
        self._persons: dict[str, tuple[object, ...]] = {}
        self._uses: dict[str, object] = {}
        self._at: datetime | None = None
        self._pending: list[tuple[int, Approval]] = []
        self._by_log: list[tuple[int, str]] = []
        self._given_back: set[str] = set()

    @property
    def log_key(self) -> bytes:
        """Return the workspace's own key, which the first entry names. Empty if none does."""
        return next((public for owner, public in self.keys.values() if owner == WORKSPACE), b"")

    def problems(self) -> Iterator[tuple[int, str]]:
        """Yield the problems found since the last call."""
        yield from self._problems
        self._problems.clear()

    def end(self) -> None:
        """Check what only the end of a change shows."""
        self._settle()

    def take(self, entry: Entry, texts: Texts = no_texts) -> None:
        """Replay the next entry."""
        if entry.at != self._at:
            self._settle()
            self._at = entry.at
        if entry.verb == Verb.WORKSPACE_MADE:
            self._made(entry)
        if self._is_first(entry):
            self._enrol(entry, texts)
            self._signed(entry)
            return
        if not self._signed(entry):
            if entry.verb in {Verb.OFFICER_ENROLLED, Verb.KEY_ROTATED}:
                self._refuse(entry)
            return
        if (wrong := self._against_role(entry)) is not None:
            self._wrong(entry, wrong)
            if entry.verb == Verb.KEY_REVOKED:
                return
        self._retold(entry, texts)
        steps: Mapping[str, Callable[[Entry, Texts], None]] = {
            Verb.OFFICER_ENROLLED: self._enrol,
            Verb.KEY_ROTATED: self._rotate,
            Verb.KEY_ENROLLED: self._told_key,
            Verb.KEY_REVOKED: self._revoke,
            Verb.APPROVAL_ASKED: self._ask,
            Verb.APPROVAL_GIVEN: self._decide,
            Verb.APPROVAL_REFUSED: self._decide,
            Verb.APPROVAL_USED: self._use,
        }
        if (step := steps.get(entry.verb)) is not None:
            step(entry, texts)
        elif (act := ACTS.get(entry.verb)) is not None and act.applies(entry):
            self._act(entry, act, texts)
        elif entry.verb in NEEDS_APPROVED and entry.thing not in self._approved:
            self._wrong(entry, f"goes on with {entry.thing}, which no two officers approved")

    def _against_role(self, entry: Entry) -> str | None:
        """What speaks against the role in which an officer signs; the role is the one of the enrolment.

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

    def on_duty(self, officer: str) -> bool:
        """Return whether an officer has a valid signing key."""
        return any(owner == officer for one, (owner, _) in self.keys.items() if one not in self.over)

    def _wrong(self, entry: Entry, what: str) -> None:
        self._problems.append((entry.seq, what))

    # Keys.

    def _made(self, entry: Entry) -> None:
        public = _raw(entry.facts.get("log_key", ""))
        if entry.seq != 0 or self.keys:
            self._wrong(entry, "makes a workspace, and only the first entry does: the log key is one for ever")
        elif entry.actor != WORKSPACE or key_id(public) != entry.key:
            self._wrong(entry, "is not signed by the log key that it names")
        else:
            self.keys[entry.key] = (WORKSPACE, public)

    def _is_first(self, entry: Entry) -> bool:
        """Whether an entry enrols the first officer, who is the one who signs it: only the second of all does."""
        is_own = entry.verb == Verb.OFFICER_ENROLLED and entry.thing == f"officer:{entry.actor}"
        return entry.seq == 1 and is_own and not self.roles and entry.key == entry.facts.get("key_id")

    def _signed(self, entry: Entry) -> bool:
        known = self.keys.get(entry.key)
        if known is None:
            since = self._refused.get(entry.key)
            because = "nobody enrolled" if since is None else f"entry {since} enrols without right"
            self._wrong(entry, f"is signed by the key {entry.key}, which {because}")
            return False
        if known[0] != entry.actor:
            self._wrong(entry, f"is signed by the key of {known[0]}, not of {entry.actor}")
            return False
        if not entry.verify(known[1]):
            self._wrong(entry, "its signature does not hold")
            return False
        if entry.key in self.over:
            self._wrong(entry, f"is signed by the key {entry.key} after that was revoked")
            return False
        is_own = entry.verb in BY_WORKSPACE
        back = {Verb.OFFICER_ENROLLED, Verb.KEY_ENROLLED, Verb.KEY_REVOKED, Verb.APPROVAL_USED}
        if entry.actor == WORKSPACE and not is_own and entry.verb not in back:
            self._wrong(entry, f"is signed by the workspace's own key: {entry.verb} is an officer's act")
            return False
        return True

    def _enrol(self, entry: Entry, texts: Texts) -> None:
        officer = entry.thing.partition("officer:")[2]
        what, by = self._enrolled_by(entry, officer)
        if what is not None:
            self._wrong(entry, what)
            self._refuse(entry)
            return
        self._bring(entry, officer)
        self.roles.setdefault(officer, str(entry.facts.get("role")))
        self.ties.add(officer, by)
        if entry.actor == WORKSPACE:
            self._given_back.add(officer)
        if said := _row(texts):
            same = said.get("role") == self.roles[officer] and said.get("officer_id") == officer
            is_by = entry.actor == WORKSPACE or set(str(said.get("enrolled_by")).split("+")) == by
            if not same or not is_by:
                self._wrong(entry, "its row tells of another officer, role, or of others who enrolled")
            person = tuple(said.get(name) for name in ("name", "designation", "unit"))
            if self._persons.setdefault(officer, person) != person:
                self._wrong(entry, f"its row gives {officer} another name, designation or unit than before")
        self._agreed(entry, texts)

    def _bring(self, entry: Entry, officer: str) -> None:
        """Take a key into use."""
        named = str(entry.facts["key_id"])
        self.keys[named] = (officer, _raw(entry.facts["public_key"]))
        self._since[named] = entry.at, entry.actor

    def _refuse(self, entry: Entry) -> None:
        """Remember a key that does not sign, so that what it signs is named with the entry that brought it in."""
        self._refused.setdefault(str(entry.facts.get("key_id")), entry.seq)

    def _enrolled_by(self, entry: Entry, officer: str) -> tuple[str | None, set[str]]:
        """What is wrong with an enrolment, and who answers for it."""
        wrong = self._new_key(entry)
        if wrong is not None or officer in {"", WORKSPACE}:
            return wrong or "enrols no officer", set()
        if entry.seq == 1 and not self.roles:
            return None, {officer}
        if entry.actor == WORKSPACE:
            return self._back(entry, officer)
        if officer in self.roles:
            return f"enrols a key for {officer}, who is an officer already: only two others give an account back", set()
        if len(self.roles) == 1:
            may = self.roles[entry.actor] in self.policy.asks.get(ENROL, frozenset())
            return (None if may else f"{entry.actor} enrols in a role that may not"), {entry.actor}
        found, why = self._approval_for(entry, ACTS[Verb.OFFICER_ENROLLED])
        if found is None:
            return f"enrols {officer} without two officers: {why}", set()
        return None, {found.asked_by, str(found.decided_by)}

    def _back(self, entry: Entry, officer: str) -> tuple[str | None, set[str]]:
        """Check an enrolment signed by the workspace: two officers approved the recovery with this key."""
        wanted = {name: entry.facts[name] for name in ("key_id", "public_key")} | {"officer": officer}
        if officer not in self.roles:
            return f"enrols {officer} by the workspace's own key, and no such officer was enrolled before", set()
        if entry.facts.get("role") != self.roles[officer]:
            return f"enrols {officer} by the workspace's own key, in another role than before", set()
        act = Act(frozenset({RECOVER}), lambda one: one.thing, by_decider=False)
        found, why = self._approval_for(entry, act, wanted)
        if found is None:
            what = f"enrols a key for {officer} by the workspace's own key, and no two officers gave back that account"
            return f"{what} for just this key: {why}", set()
        return None, {found.asked_by, str(found.decided_by)}

    def _new_key(self, entry: Entry) -> str | None:
        public, named = _raw(entry.facts.get("public_key", "")), str(entry.facts.get("key_id"))
        if len(public) != 32 or key_id(public) != named:
            return "enrols no key, or one whose id is not its own"
        if named in self.keys or named in self._refused:
            return f"enrols the key {named}, which an entry before enrolled"
        return None

    def _rotate(self, entry: Entry, texts: Texts) -> None:
        wrong = self._new_key(entry)
        if wrong is None and entry.facts.get("role", self.roles[entry.actor]) != self.roles[entry.actor]:
            wrong = "its new key is in another role than the officer"
        if wrong is not None:
            self._wrong(entry, wrong)
            self._refuse(entry)
            return
        self._bring(entry, entry.actor)
        self._key_row(entry, texts)

    def _told_key(self, entry: Entry, texts: Texts) -> None:
        named = str(entry.facts.get("key_id"))
        if self._since.get(named) != (entry.at, entry.actor):
            self._wrong(entry, f"tells of the key {named}, which was not enrolled with it by {entry.actor}")
            return
        if entry.actor == WORKSPACE:
            self._by_log.append((entry.seq, self.keys[named][0]))
        self._key_row(entry, texts)

    def _revoke(self, entry: Entry, texts: Texts) -> None:
        named = str(entry.facts.get("key_id"))
        owner = self.keys.get(named, ("", b""))[0]
        if entry.actor == WORKSPACE:
            self._by_log.append((entry.seq, owner))
        if owner in {"", WORKSPACE}:
            self._wrong(entry, f"revokes the key {named}, which is no officer's")
            return
        self.over.add(named)
        self._key_row(entry, texts)

    def _key_row(self, entry: Entry, texts: Texts) -> None:
        said, named = _row(texts), str(entry.facts.get("key_id"))
        owner, public = self.keys[named]
        told = (said.get("key_id"), said.get("officer_id"), said.get("public_key"))
        is_over = said.get("revoked_at_us") is not None
        if said and (told != (named, owner, public.hex()) or is_over is not (named in self.over)):
            self._wrong(entry, "its row tells of another key, of another officer's, or of one that is not revoked")

    # Approvals.

    def _ask(self, entry: Entry, texts: Texts) -> None:
        named = entry.thing.partition("approval:")[2]
        if named in self.approvals or not named:
            self._wrong(entry, f"asks once more as {entry.thing}")
            return
        leaf = leaf_hash(entry.encode()).hex()
        asked = Approval(named, str(entry.facts.get("action")), entry.actor, entry.at, entry.seq, leaf)
        said = _row(texts)
        if "about" in entry.facts:
            asked.about = str(entry.facts["about"])
            asked.content = {name: value for name, value in entry.facts.items() if name not in {"action", "about"}}
        if said:
            request = _object(str(said.get("request_json")))
            asked.request = str(said.get("request_json"))
            same = (said.get("action"), said.get("asked_by"), said.get("approval_id"), said.get("state"))
            if same != (asked.action, entry.actor, named, "asked"):
                asked.problems.append(f"the row of entry {entry.seq} tells of another question")
            left_out = ADDED.get(asked.action, frozenset()) - entry.facts.keys()
            agreed = {name: value for name, value in bound_facts(asked.action, request).items() if name not in left_out}
            if asked.about not in {None, said.get("thing")} or asked.content not in (None, agreed):
                asked.problems.append(f"entry {entry.seq} says another content openly than its row")
            asked.about, asked.content = str(said.get("thing")), agreed
        if asked.problems:
            self._wrong(entry, asked.problems[-1])
        if asked.action not in self.policy.decides:
            self._wrong(entry, f"asks for {asked.action}, which is no act of two officers")
        self.approvals[named] = asked
        self._about.setdefault((asked.action, asked.about), []).append(asked)

    def _decide(self, entry: Entry, texts: Texts) -> None:
        named = entry.thing.partition("approval:")[2]
        asked = self.approvals.get(named)
        if asked is None:
            self._wrong(entry, f"decides about {entry.thing}, for which nobody asked")
            return
        if asked.decided_by is not None:
            self._wrong(entry, f"decides once more about {entry.thing}: entry {asked.decided_seq} did")
            asked.problems.append(f"entry {entry.seq} decides about it once more")
            return
        asked.decided_by, asked.decided_at, asked.decided_seq = entry.actor, entry.at, entry.seq
        asked.is_refused = entry.verb == Verb.APPROVAL_REFUSED
        asked.is_bound = "asked" in entry.facts
        for what in self._against(entry, asked, texts):
            asked.problems.append(f"{what} (entry {entry.seq})")
            self._wrong(entry, f"gives or refuses {asked.action} without right: {what}")

    def _against(self, entry: Entry, asked: Approval, texts: Texts) -> Iterator[str]:
        """What speaks against a decision."""
        action, actor = asked.action, entry.actor
        if actor == asked.asked_by:
            yield "whoever asked cannot decide"
        if self.roles.get(actor, "") not in self.policy.decides.get(action, frozenset()):
            yield f"the role {self.roles.get(actor)} of {actor} cannot decide about it"
        if (entry.facts.get("asked_by"), entry.facts.get("action")) != (asked.asked_by, action):
            yield "it is about another officer's question, or another act"
        if entry.facts.get("asked", asked.leaf) != asked.leaf:
            yield f"it is about another text than that of entry {asked.asked_seq}"
        if entry.at - asked.asked_at >= LASTS:
            yield f"entry {asked.asked_seq} asked for it more than two weeks before"
        if action == RECOVER and f"officer:{actor}" == asked.about:
            yield "it is the own account of whoever decides"
        if action == RECOVER and f"officer:{asked.asked_by}" == asked.about:
            yield "it is the own account of whoever asked"
        if entry.verb == Verb.APPROVAL_GIVEN:
            yield from self._against_asker(asked)
        if asked.asked_by != actor:
            yield from self._tied(asked, actor)
        said = _row(texts)
        if said and asked.request is not None:
            state = "given" if entry.verb == Verb.APPROVAL_GIVEN else "refused"
            same = tuple(said.get(name) for name in ("thing", "request_json", "asked_by", "decided_by", "state"))
            if same != (asked.about, asked.request, asked.asked_by, actor, state):
                yield f"its row tells of another content than entry {asked.asked_seq}"

    def _against_asker(self, asked: Approval) -> Iterator[str]:
        if self.roles.get(asked.asked_by, "") not in self.policy.asks.get(asked.action, frozenset()):
            yield f"the role {self.roles.get(asked.asked_by)} of {asked.asked_by} cannot ask for it"
        if not self.on_duty(asked.asked_by):
            yield f"{asked.asked_by}, who asked, had no key any more that signs"

    def _tied(self, asked: Approval, actor: str) -> Iterator[str]:
        """Whether another could decide who is tied less closely to the asker; before ties were transitive: alone."""
        tie = self.ties.between(asked.asked_by, actor)
        others = self.could_decide(asked.action, asked.asked_by, asked.about)
        least = min((self.ties.between(asked.asked_by, one) for one in others), default=tie)
        if least < tie and (asked.is_bound or tie is Tie.ALONE):
            yield f"{actor} is tied to {asked.asked_by}, and others who are not so closely tied could decide"

    def could_decide(self, action: str, asked_by: str, about: str | None) -> list[str]:
        """Return the officers on duty who could decide about an act by their roles."""
        roles = self.policy.decides.get(action, frozenset())
        but = {asked_by} | ({about.partition(":")[2]} if action == RECOVER and about else set())
        return [one for one, role in self.roles.items() if role in roles and one not in but and self.on_duty(one)]

    def _use(self, entry: Entry, texts: Texts) -> None:
        asked = self.approvals.get(entry.thing.partition("approval:")[2])
        if asked is None:
            self._wrong(entry, f"uses {entry.thing}, for which nobody asked")
            return
        if asked.used_seq is not None:
            self._wrong(entry, f"uses {entry.thing} once more: entry {asked.used_seq} did")
            asked.problems.append(f"entry {entry.seq} uses it once more")
            return
        asked.used_seq, asked.used_at = entry.seq, entry.at
        for what in self._against_use(entry, asked):
            self._wrong(entry, f"uses an approval of {asked.action} without right: {what}")
        said = _row(texts)
        if said and asked.request is not None:
            same = tuple(said.get(name) for name in ("thing", "request_json", "asked_by", "decided_by", "state"))
            if same != (asked.about, asked.request, asked.asked_by, asked.decided_by, "used"):
                self._wrong(entry, f"its row tells of another content than entry {asked.asked_seq}")

    def _against_use(self, entry: Entry, asked: Approval) -> Iterator[str]:
        if (why := self._not_given(asked)) is not None:
            yield why
        if entry.facts.get("action", asked.action) != asked.action:
            yield "it is for another act"
        if asked.action != WHOLE_LOG and entry.at - asked.asked_at >= LASTS:
            yield f"entry {asked.asked_seq} asked for it more than two weeks before"
        if entry.actor == WORKSPACE:
            if asked.action != RECOVER:
                yield "the workspace's own key does no act of two officers"
        elif not self._may_use(entry.actor, asked):
            yield f"the role {self.roles.get(entry.actor)} of {entry.actor} may not do it"
        if asked.action not in {WHOLE_LOG, RECOVER}:
            for one in (asked.asked_by, str(asked.decided_by)):
                if not self.on_duty(one):
                    yield f"{one} had no key any more that signs"

    def _may_use(self, actor: str, asked: Approval) -> bool:
        """Whether an officer may do what was approved. An officer may always recover the own account."""
        is_own = asked.action == RECOVER and asked.about == f"officer:{actor}"
        may = self.roles.get(actor, "") in self.policy.asks.get(asked.action, frozenset())
        return is_own or may or actor == asked.decided_by

    def _not_given(self, asked: Approval) -> str | None:
        if asked.problems:
            return asked.problems[0]
        if asked.is_refused:
            return f"entry {asked.decided_seq} refused it"
        return "no second officer gave it" if asked.decided_by is None else None

    # Acts.

    def _act(self, entry: Entry, act: Act, texts: Texts) -> None:
        found, why = self._approval_for(entry, act)
        self._agreed(entry, texts)
        if found is None:
            self._wrong(entry, f"{entry.verb} of {entry.thing} without two officers: {why}")
        elif entry.verb in {Verb.NOTICE_APPROVED, Verb.REFERRAL_APPROVED}:
            self._approved.add(entry.thing)

    def _agreed(self, entry: Entry, texts: Texts) -> None:
        """See that the row that an act makes is what two officers agreed to, and not only what its entry shows."""
        asked = next((one for seq, one in self._pending if seq == entry.seq), None)
        said = _row(texts)
        if asked is None or asked.request is None or not said:
            return
        if other := differing_columns(entry.verb, _object(asked.request), said):
            self._wrong(entry, f"its row is not what approval {asked.approval_id} is for: {', '.join(other)}")

    def _approval_for(
        self, entry: Entry, act: Act, content: Mapping[str, Fact] | None = None
    ) -> tuple[Approval | None, str]:
        """The approval that an act rests on, or why there is none."""
        wanted: Mapping[str, Fact | None] = content or {
            act.same[name]: entry.facts.get(name, None if name in act.optional else "")
            for name in act.same
            if name in entry.facts or name not in act.added
        }
        named = self.approvals.get(str(entry.facts.get("approval", "")))
        about = act.about(entry)
        if named is not None and named.action in act.actions:
            every = [named]
        else:
            keys = [(action, one) for action in sorted(act.actions) for one in (about, None)]
            every = [one for key in keys for one in self._about.get(key, ())]
        # Among several for the same act, the one that this change uses or decides.
        every.sort(key=lambda one: (one.used_at != entry.at, one.decided_at != entry.at))
        why = "no officer asked for just this"
        for one in every:
            if about and one.about not in {about, None}:
                why = f"approval {one.approval_id} is about {one.about}"
            elif one.content is not None and _is_other(one, wanted):
                why = f"approval {one.approval_id} is for another content than this"
            elif not _is_among(entry, act, one):
                why = f"approval {one.approval_id} is of other files"
            elif (problem := self._not_for(entry, act, one)) is not None:
                why = problem
            else:
                one.acts += 1
                self._pending.append((entry.seq, one))
                return one, ""
        return None, why

    def _not_for(self, entry: Entry, act: Act, asked: Approval) -> str | None:
        """Why an approval of just this does not carry an act."""
        if (why := self._not_given(asked)) is not None:
            return f"approval {asked.approval_id}: {why}"
        is_now = entry.at in {asked.used_at, asked.decided_at}
        if asked.about is None and not is_now:
            return f"approval {asked.approval_id} is of another time"
        if asked.used_at is not None and asked.used_at != entry.at:
            return f"approval {asked.approval_id} was used by entry {asked.used_seq} before"
        if asked.acts and not act.many:
            return f"approval {asked.approval_id} serves once, and did"
        if WHOLE_LOG not in act.actions and entry.at - asked.asked_at >= LASTS:
            return f"approval {asked.approval_id} was asked for more than two weeks before"
        if act.by_decider and entry.actor != asked.decided_by:
            return f"approval {asked.approval_id} was given by {asked.decided_by}, and not by {entry.actor}"
        return None

    def _settle(self) -> None:
        """Judge a change at its end: its acts used their approvals up, and the log key revoked only with an account."""
        for seq, asked in self._pending:
            if asked.action != WHOLE_LOG and asked.used_at != self._at:
                self._problems.append((seq, f"approval {asked.approval_id} was not used up with it"))
        for seq, owner in self._by_log:
            if owner not in self._given_back:
                self._problems.append((seq, f"tells of a key of {owner} by the workspace's own key"))
        self._pending.clear()
        self._by_log.clear()
        self._given_back.clear()

    # Rows.

    def _retold(self, entry: Entry, texts: Texts) -> None:
        """Check that only an act that may change it restates a thing that needs two officers."""
        kind = entry.thing.partition(":")[0]
        if "state" not in entry.commits or kind not in RETELLS:
            return
        if entry.verb not in RETELLS[kind]:
            self._wrong(entry, f"{entry.verb} tells of {entry.thing}, which it cannot change")
            return
        if kind == "account" and entry.thing != f"account:{entry.actor}":
            self._wrong(entry, f"tells of {entry.thing}, which is another officer's")
        said = _row(texts)
        if not said:
            return
        if kind in {"issuer-key", "force", "source", "force-officer"}:
            self._kept(entry, kind, said)
        if kind in {"notice", "referral"} and said.get("state") not in {"draft", "drafted", "refused", "closed"}:
            is_now = entry.verb in {Verb.NOTICE_APPROVED, Verb.REFERRAL_APPROVED}
            if not is_now and entry.thing not in self._approved:
                self._wrong(entry, f"its row is {said.get('state')}, and no two officers approved it")

    def _kept(self, entry: Entry, kind: str, said: Mapping[str, Any]) -> None:
        """See that what two officers agreed to of a thing stays as it was."""
        columns = {
            "issuer-key": ("key_id", "issuer", "public_key"),
            "force": ("code", "name", "states_json", "key_id", "public_key", "age_recipient"),
            "force-officer": ("officer_id", "force_id"),
            "source": ("use",),
        }[kind]
        now = {name: said.get(name) for name in columns}
        was = self._uses.setdefault(entry.thing, now)
        if was != now and not (kind == "source" and entry.facts.get("use") == now["use"]):
            self._wrong(entry, f"its row changes what two officers agreed to of {entry.thing}")
        self._uses[entry.thing] = now
        if "public_key" in entry.facts and said.get("public_key") != _raw(entry.facts["public_key"]).hex():
            self._wrong(entry, "its row tells of another key than the entry")


def _is_other(asked: Approval, wanted: Mapping[str, Fact | None]) -> bool:
    """Whether a request that is known is for another content; what older versions left out of it says nothing."""
    content = asked.content or {}
    left_out = ADDED.get(asked.action, frozenset()) - content.keys()
    return any(content.get(name) != value for name, value in wanted.items() if name not in left_out)


def _is_among(entry: Entry, act: Act, asked: Approval) -> bool:
    """Whether what an entry is of is in the list of the request, as far as that is known and has one."""
    if act.among is None or asked.content is None or act.among[1] not in asked.content:
        return True
    return entry.facts.get(act.among[0]) in str(asked.content[act.among[1]]).split(",")


def _raw(text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError:
        return b""


def _row(texts: Texts) -> dict[str, Any]:
    """The row that an entry commits to; empty where it is not at hand."""
    text = texts("state")
    return _object(text) if text is not None else {}


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
