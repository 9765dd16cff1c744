"""A forger at work on a record: whoever holds its log key and its database, and perhaps the key of one officer.

A forger writes entries of any content, signs them with the keys at hand, and makes tree and checkpoints anew, so that
nothing but the keys of officers stands in the way.
"""

from __future__ import annotations

import base64
import shutil
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.casework import decisions
from sightline.casework.cases import cases
from sightline.casework.people import code_keys, officers, recovery
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.evidence import verify_sightline
from sightline.evidence.bundle_file import BundleContent, BundleKind, ProvedEntry, write_bundle
from sightline.ledger.entry import Entry, compute_commitment, compute_key_id
from sightline.ledger.instants import to_microseconds
from sightline.ledger.journal_seals import build_journal_row
from sightline.ledger.note import SignedNote, TreeHead, sign_note
from sightline.ledger.tree import Frontier, hash_leaf
from sightline.ledger.verbs import Verb
from sightline.model import ListUse, Role
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace import keys
from sightline.workspace.workspace import Workspace, open_workspace
from tests.office import Office, found_office, now

IO, SP, ADMIN, HEAD = Role.INVESTIGATING_OFFICER, Role.SUPERINTENDENT, Role.ADMINISTRATOR, Role.SUPERVISOR
ANALYST, CUSTODIAN = Role.ANALYST, Role.CUSTODIAN
FORGED = Ed25519PrivateKey.from_private_bytes(b"forged key of somebody........!!")
OTHER = Ed25519PrivateKey.from_private_bytes(b"another key of somebody.......!!")
LATER = timedelta(days=15)
EXHIBIT = "exhibit:" + "ab" * 32


@dataclass
class Honest:
    """A record in which all is as it should be, with approvals of every state, by what they are for."""

    office: Office
    officer_sessions: dict[Role, OfficerSession]
    approvals: dict[str, rows.Approval] = field(default_factory=dict)
    back: code_keys.NewKey | None = None


def honest(folder: Path) -> Honest:
    """An office with a superintendent; what was asked for, given, refused and used."""
    office = found_office(folder)
    officer_sessions = dict(office.officer_sessions)
    private = keys.make_signing_key()
    person = officers.NewOfficer("S. Superintendent", SP, "SP", "Cyber Cell")
    asked = officers.enrol(officer_sessions[ADMIN], person, private.public_key().public_bytes_raw(), "joined")
    assert isinstance(asked, rows.Approval)
    decisions.decide(officer_sessions[HEAD], asked.approval_id, give=True, why="known as the order says")
    officer_sessions[SP] = authenticate(office.workspace, private, now)
    made = Honest(office, officer_sessions)
    made.approvals["source"] = _request_of(
        cases.set_source_use(officer_sessions[IO], "proxy", ListUse.STATISTICS, "only counted")
    )
    decisions.decide(
        officer_sessions[SP], made.approvals["source"].approval_id, give=True, why="seen as the order says"
    )
    for name, give in (("asked", None), ("refused", False), ("given", True), ("used", True)):
        request: approvals.Request = {"kind": "court", "thing": EXHIBIT, "documents": name}
        made.approvals[name] = _bundle(made, request, give=give)
    with officer_sessions[IO].change(Action.BUNDLE, EXHIBIT) as change:
        approvals.use(change, made.approvals["used"])
        facts: dict[str, str | int] = {"kind": "court", "bundle": "0" * 64, "rows": 1}
        change.ledger.append(Verb.BUNDLE_MADE, change.signer, EXHIBIT, facts=facts)
    made.back = code_keys.make_code_key()
    made.approvals["back"] = _back(made, officer_sessions[ANALYST], made.back.public)
    decisions.decide(
        officer_sessions[SP], made.approvals["back"].approval_id, give=True, why="met her as the order says"
    )
    made.approvals["back asked"] = _back(made, officer_sessions[CUSTODIAN], code_keys.make_code_key().public)
    return made


def _request_of(approval: object) -> rows.Approval:
    assert isinstance(approval, rows.Approval)
    return approval


def _back(made: Honest, whose: OfficerSession, public: str) -> rows.Approval:
    return recovery.ask(
        made.officer_sessions[HEAD], whose.officer.officer_id, code_keys.parse_public_key(public), "lost the telephone"
    )


def _bundle(made: Honest, request: approvals.Request, *, give: bool | None) -> rows.Approval:
    try:
        found = approvals.require_approval(made.officer_sessions[IO], Action.BUNDLE, EXHIBIT, request, "for the court")
    except approvals.TakesTwo as why:
        found = why.asked
    if give is not None:
        found = decisions.decide(
            made.officer_sessions[SP], found.approval_id, give=give, why="seen as the order says"
        ).approval
    return found


@dataclass
class Forger:
    """The entries of a record in a forger's hands. `say` adds one; each change lies a minute after the one before."""

    folder: Path
    world: Honest
    entries: list[Entry] = field(default_factory=list)
    texts: list[tuple[int, str, bytes, str]] = field(default_factory=list)

    @classmethod
    def at(cls, folder: Path, world: Honest) -> Forger:
        """A copy of the record for one forger."""
        shutil.copytree(world.office.workspace.folder, folder)
        made = cls(folder, world)
        with made.open_workspace().read() as tables:
            made.entries = [
                Entry.read(ledger_row.entry_json.encode()) for ledger_row in tables[rows.LedgerRow].read_each()
            ]
        return made

    def open_workspace(self) -> Workspace:
        """The record as it lies there now."""
        return open_workspace(self.folder)

    @property
    def log(self) -> Ed25519PrivateKey:
        """The log key, which lies in the folder."""
        return keys.read_private(self.folder / "log.key", None)

    def officer(self, role: Role) -> str:
        """The id of an officer."""
        return self.world.officer_sessions[role].officer.officer_id

    def key(self, role: Role) -> Ed25519PrivateKey:
        """The key of an officer, for a forger who is one."""
        return self.world.officer_sessions[role].signer.private

    def approval_facts(self, name: str) -> str:
        """An approval of the honest record, as entries name it."""
        return f"approval:{self.world.approvals[name].approval_id}"

    def asked(self, name: str) -> Entry:
        """The entry that asked for it."""
        thing = self.approval_facts(name)
        return next(entry for entry in self.entries if (entry.thing, entry.verb) == (thing, Verb.APPROVAL_ASKED))

    def say(
        self,
        verb: str,
        who: Role | str,
        thing: str,
        facts: Mapping[str, str | int] | None = None,
        *,
        key: Ed25519PrivateKey | None = None,
        after: timedelta | None = None,
        state: str | None = None,
        is_bound: bool = True,
    ) -> int:
        """Add an entry by an officer or the workspace; gives its number. `after` None: in the change of the one before.

        A decision says the hash of what was asked for, unless not `is_bound`, as older versions left it out.
        """
        actor = self.officer(who) if isinstance(who, Role) else who
        private = key or (self.key(who) if isinstance(who, Role) else self.log)
        last, seq = self.entries[-1], len(self.entries)
        commits = {}
        if state is not None:
            self.texts.append((seq, "state", bytes(16), state))
            commits["state"] = compute_commitment(state, bytes(16))
        at = last.at + (after or timedelta())
        named = compute_key_id(private.public_key().public_bytes_raw())
        texts = {name: value if isinstance(value, int) else str(value) for name, value in (facts or {}).items()}
        asked = [entry for entry in self.entries if (entry.thing, entry.verb) == (thing, Verb.APPROVAL_ASKED)]
        if asked and is_bound and verb in {Verb.APPROVAL_GIVEN, Verb.APPROVAL_REFUSED}:
            texts.setdefault("asked", hash_leaf(asked[-1].encode()).hex())
        entry = Entry(seq, at, str(verb), actor, named, thing, texts, commits)
        self.entries.append(entry.sign(private))
        return seq

    def rewrite(self, seq: int, key: Ed25519PrivateKey | None = None, **values: object) -> int:
        """Write an entry anew: signed by this key, or with the signature that it had."""
        changed: Entry = replace(self.entries[seq], **values)  # type: ignore[arg-type]
        if key is not None:
            named = compute_key_id(key.public_key().public_bytes_raw())
            changed = replace(changed, key=named, signature=None).sign(key)
        self.entries[seq] = changed
        return seq

    def place(self, verb: str, thing: str = "") -> int:
        """Where the last entry of that verb, and that thing, lies."""
        return max(entry.seq for entry in self.entries if entry.verb == verb and thing in {"", entry.thing})

    def bundle_used(self, name: str, *, after: timedelta = timedelta(minutes=1), kind: str = "court") -> int:
        """Use an approval of a bundle as the officer does who asked; gives the number of the act."""
        self.say(Verb.APPROVAL_USED, IO, self.approval_facts(name), {"action": "bundle"}, after=after)
        return self.say(Verb.BUNDLE_MADE, IO, EXHIBIT, {"kind": kind, "bundle": "1" * 64, "rows": 1})

    def write(self) -> Workspace:
        """Write the record anew: entries, tree, a checkpoint after each change, signed by the log key."""
        origin = self.open_workspace().origin
        with sqlite3.connect(self.folder / "record.sqlite") as connection:
            made = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in made:
                connection.execute(f"DROP TRIGGER {name}")
            for table in ("countersignatures", "checkpoints", "ledger"):
                connection.execute(f"DELETE FROM {table}")
            frontier = Frontier()
            for number, one in enumerate(self.entries):
                data = one.encode()
                frontier.append(hash_leaf(data))
                row = (one.seq, one.verb, one.actor, one.thing, data.decode(), hash_leaf(data))
                connection.execute("INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", row)
                following = self.entries[number + 1] if number + 1 < len(self.entries) else None
                if following is None or following.at != one.at:
                    text = TreeHead(origin, frontier.size, frontier.compute_root()).to_text()
                    note = SignedNote(text, (sign_note(text, origin, self.log),)).encode().decode()
                    sealed = (frontier.size, to_microseconds(one.at), note, b"".join(frontier.peaks))
                    connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", sealed)
            for seq, name, salt, text in self.texts:
                connection.execute("INSERT OR REPLACE INTO openings VALUES (?, ?, ?, ?)", (seq, name, salt, text))
            for _, sql in made:
                connection.execute(sql)
        connection.close()
        return self.open_workspace()

    def find_faults(self) -> tuple[dict[str, str], str]:
        """What `verify` finds, by where; and what the verifier of bundles says of all entries."""
        workspace = self.write()
        report = verify_workspace(workspace, VerifyRequest(frozenset({VerifiedPart.LEDGER})), lambda *_: None)
        found: dict[str, str] = {}
        for finding in report.findings:
            found[finding.where] = f"{found.get(finding.where, '')} {finding.what}".strip()
        return found, self._verify_bundle(workspace)

    def _verify_bundle(self, workspace: Workspace) -> str:
        path = self.folder / "bundle.zip"
        with workspace.read() as tables:
            head = tables[rows.Checkpoint].find_last("size")
            assert head is not None
            seen = [
                build_journal_row(stored_journal_row)
                for stored_journal_row in tables[rows.StoredJournalRow].read_each()
            ]
            sealed = [entry for entry in self.entries if entry.verb == Verb.JOURNAL_SEALED]
            journal = seen[: int(sealed[-1].facts.get("last", -1)) + 1] if sealed else []
            proved = [ProvedEntry(entry, None) for entry in self.entries]
            made_at = datetime(2026, 3, 1, tzinfo=UTC)
            bundle = BundleContent(
                BundleKind.LEDGER, made_at, SignedNote.read(head.note.encode()), proved, journal=journal
            )
            path.unlink(missing_ok=True)
            write_bundle(path, bundle, self.log)
        workspace.engine.dispose()
        try:
            list(verify_sightline.Bundle(path.read_bytes()).verify())
        except verify_sightline.NotProved as why:
            return "\n".join(why.args)
        return ""


def enrolment(private: Ed25519PrivateKey, role: str) -> dict[str, str | int]:
    """The facts of an entry that enrols a key."""
    public = private.public_key().public_bytes_raw()
    return {"public_key": base64.b64encode(public).decode(), "key_id": compute_key_id(public), "role": str(role)}


def given_facts(forger: Forger, name: str) -> dict[str, str | int]:
    """The facts of a decision about an approval, as they should be."""
    asked = forger.asked(name)
    leaf = hash_leaf(asked.encode()).hex()
    return {"asked": leaf, "asked_by": asked.actor, "action": asked.facts["action"]}
