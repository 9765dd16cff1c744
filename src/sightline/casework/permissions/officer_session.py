"""An officer's session on a workspace: identity proved by a key, and permission checked before every act."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework.permissions.access import AccessDecision, Action, Actor, allow, build_refusal
from sightline.errors import NotAllowed, Refused, SightlineError
from sightline.ledger.append import Signer
from sightline.ledger.verbs import JournalVerb
from sightline.storage.rows import Officer, OfficerKey
from sightline.storage.table import Tables
from sightline.workspace.cache import WORK
from sightline.workspace.workspace import Change, Workspace

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class OfficerSession:
    """A workspace with the officer who works on it. `clock` returns the present instant."""

    workspace: Workspace
    signer: Signer
    officer: Officer
    clock: Clock

    @contextmanager
    def change(self, action: Action, thing: str, refused: JournalVerb = JournalVerb.REFUSED_RIGHT) -> Iterator[Change]:
        """Begin a change that the officer may make. Raises NotAllowed, which the journal records.

        A refusal inside the block is recorded too, under `refused`, and nothing of the change remains.
        """
        with self.record_refusals(refused, thing):
            with self.workspace.change(self.signer, self.clock()) as change:
                decision = decide(change.tables, self.signer, action)
                if decision.allowed:
                    yield change
                    return
            self._refuse(decision, thing)

    @contextmanager
    def read(self, action: Action, thing: str, seen: JournalVerb) -> Iterator[Tables]:
        """Read tables for a view that the officer may have. The journal records it first. Raises NotAllowed."""
        self.look(action, thing, seen)
        with self.workspace.read() as tables:
            yield tables

    def look(self, action: Action, thing: str, seen: JournalVerb, as_of: int | None = None) -> None:
        """Record a permitted view in the journal. Raises NotAllowed, which the journal records too."""
        decision = self.require(action, thing, as_of)
        self._append_to_journal(seen, thing, f"{action}: {decision.reason}")

    def require(self, action: Action, thing: str, as_of: int | None = None) -> AccessDecision:
        """Return why the officer may act, else raise NotAllowed, with a journal entry. `as_of` as in `actor`."""
        decision = allow(self.find_actor(as_of), action)
        if not decision.allowed:
            self._refuse(decision, thing)
        return decision

    def find_actor(self, as_of: int | None = None) -> Actor:
        """Return the officer as registered now, or as of a version of the workspace that was seen a moment ago."""

        if as_of is None:
            with self.workspace.read() as tables:
                return find_actor(tables, self.signer)
        known = self.workspace.get_cached("actors", lambda: _list_actors(self.workspace), as_of, WORK)
        return _require_known_actor(known.get(self.signer.key_id), self.signer)

    @contextmanager
    def record_refusals(
        self, seen: JournalVerb, thing: str, kinds: tuple[type[SightlineError], ...] = (Refused,)
    ) -> Iterator[None]:
        """Record in the journal these kinds of errors raised in the block, and raise them again."""
        try:
            yield
        except kinds as error:
            if not error.is_kept:
                error.kept_as = self._append_to_journal(seen, thing, str(error))
                error.is_kept = True
            raise

    def _refuse(self, decision: AccessDecision, thing: str) -> None:
        kept_as = self._append_to_journal(JournalVerb.REFUSED_RIGHT, thing, decision.reason)
        what = f"{self.officer.name} may not: {decision.reason}"
        refused = build_refusal(decision, what, "ask an officer whose duty it is; sightline officers list")
        refused.is_kept, refused.kept_as = True, kept_as
        raise refused

    def _append_to_journal(self, verb: JournalVerb, thing: str, text: str) -> int:
        whole = text.encode(errors="backslashreplace").decode()
        return self.workspace.append_to_journal(self.officer.officer_id, verb, thing, whole, self.clock())


def decide(tables: Tables, signer: Signer, action: Action) -> AccessDecision:
    """Decide whether the signer may do it, by the tables of this transaction."""
    return allow(find_actor(tables, signer), action)


def find_actor(tables: Tables, signer: Signer) -> Actor:
    """Return the officer of a key, as registered now."""
    key, officer = tables[OfficerKey].get(signer.key_id), tables[Officer].get(signer.officer_id)
    return _require_known_actor(_build_actor(key, officer) if key and officer else None, signer)


def _list_actors(workspace: Workspace) -> dict[str, Actor]:
    """Return every officer by each of their keys."""
    with workspace.read() as tables:
        officers = {officer.officer_id: officer for officer in tables[Officer].select()}
        return {
            officer_key.key_id: _build_actor(officer_key, officers[officer_key.officer_id])
            for officer_key in tables[OfficerKey].select()
        }


def _build_actor(key: OfficerKey, officer: Officer) -> Actor:
    return Actor(key.officer_id, officer.role, key.revoked_at_us is None and officer.left_at_us is None)


def _require_known_actor(actor: Actor | None, signer: Signer) -> Actor:
    if actor is None or actor.officer_id != signer.officer_id:
        raise NotAllowed(
            "this key belongs to no officer of this workspace", hint="sightline officers list shows the officers"
        )
    return actor


def authenticate(workspace: Workspace, private: Ed25519PrivateKey, clock: Clock) -> OfficerSession:
    """Return the session of the officer with this key. Raises NotAllowed, which the journal records."""
    signer = Signer("unknown", private)
    with workspace.read() as tables:
        key = tables[OfficerKey].get(signer.key_id)
        officer = tables[Officer].get(key.officer_id) if key else None
    if key is None or officer is None:
        workspace.append_to_journal("unknown", JournalVerb.LOGIN_FAILED, f"key:{signer.key_id}", "unknown key", clock())
        raise NotAllowed(
            f"the key {signer.key_id} belongs to no officer of this workspace",
            hint="ask the administrator: sightline officers add",
        )
    if key.revoked_at_us is not None or officer.left_at_us is not None:
        workspace.append_to_journal(
            officer.officer_id, JournalVerb.LOGIN_FAILED, f"key:{key.key_id}", "revoked key", clock()
        )
        raise NotAllowed(
            f"the key {key.key_id} of {officer.name} was revoked", hint="use the newer key, or ask for one"
        )
    return OfficerSession(workspace, Signer(officer.officer_id, private), officer, clock)
