"""A small world of its own, signed with known keys, and the bundles of it: what the tests of
the verifier tamper with.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from zipfile import ZipFile

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.evidence.bundle_file import (
    BundleContent,
    BundleKind,
    BundleOpening,
    ProvedEntry,
    ProvedRow,
    write_bundle,
)
from sightline.evidence.bundle_zip import StoredZip
from sightline.ledger import tree
from sightline.ledger.canonical import encode
from sightline.ledger.entry import Entry, compute_commitment, compute_key_id
from sightline.ledger.journal import JournalRow, seal_rows
from sightline.ledger.note import SignedNote, TreeHead, cosign_checkpoint, sign_note
from sightline.ledger.verbs import JournalVerb, Verb

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ORIGIN = "sightline/01J0000000000000000000WRKS"
FIRST, SECOND = "01J00000000000000000000001", "01J00000000000000000000002"
LOG, FIRST_KEY, SECOND_KEY, NEW_KEY, WITNESS, STRANGER = (
    Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in range(1, 7)
)
STATE = '{"name":"server of the exercise","size_bytes":90}'
LIST_BYTES = b"a signed list\n"
EXHIBIT = b"".join(
    b'192.0.2.%d - - [01/Mar/2026:12:00:0%d +0000] "GET /\xff\n' % (number, number) for number in range(1, 6)
)


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def salt(seq: int) -> bytes:
    return bytes([seq]) * 16


def row(number: int) -> str:
    """The canonical row of the exhibit's line of this number, from 1 on."""
    raw = EXHIBIT.split(b"\n")[number - 1]
    offset = (number - 1) * (len(raw) + 1)
    values: list[object] = ["2026-03-01T12:00:00.000000Z", None, 900, f"192.0.2.{number}", *[None] * 22]
    return encode([*values, None, offset, number, b64encode(raw).decode(), "base64"]).decode()


@dataclass(frozen=True)
class World:
    """All that a record would hold; made whole by `world`."""

    entries: tuple[Entry, ...]
    rows: tuple[tuple[bytes, str], ...]
    manifest: bytes
    journal: tuple[JournalRow, ...]

    @property
    def leaves(self) -> list[bytes]:
        return [tree.hash_leaf(entry.encode()) for entry in self.entries]

    @property
    def row_leaves(self) -> list[bytes]:
        return [tree.hash_leaf(salted + text.encode()) for salted, text in self.rows]

    @property
    def segment(self) -> str:
        return tree.compute_root(self.row_leaves).hex()

    def checkpoint(self, size: int | None = None) -> SignedNote:
        leaves = self.leaves[:size]
        text = TreeHead(ORIGIN, len(leaves), tree.compute_root(leaves)).to_text()
        return SignedNote(
            text,
            (
                sign_note(text, ORIGIN, LOG),
                cosign_checkpoint(text, "auditor.example", WITNESS, NOON),
                sign_note(text, "other.example", STRANGER),
            ),
        )

    def bundle(self, kind: BundleKind) -> BundleContent:
        whole = kind is BundleKind.LEDGER
        paths = tree.compute_inclusion_paths(self.leaves, range(len(self.entries)))
        row_paths = tree.compute_inclusion_paths(self.row_leaves, range(len(self.rows)))
        rows = [
            ProvedRow(index, salted, text, None if kind is BundleKind.COURT else row_paths[index])
            for index, (salted, text) in enumerate(self.rows)
            if kind is BundleKind.COURT or index in {1, 3}
        ]
        return BundleContent(
            kind,
            NOON,
            self.checkpoint(),
            [ProvedEntry(entry, None if whole else path) for entry, path in zip(self.entries, paths, strict=True)],
            {"auditor.example": public(WITNESS), "court.example": public(STRANGER)},
            {3: {"state": BundleOpening(salt(3), STATE)}},
            {} if whole else {self.segment: rows},
            {"manifest.json": self.manifest, "hashes.csv": b"sha256\n"},
            self.journal if whole else (),
        )


def unaltered(entries: list[Entry]) -> None:
    """Leave the entries as they are."""


@cache
def world(change: Callable[[list[Entry]], None] = unaltered) -> World:
    """The world; `change` alters the unsigned entries before they are signed, each by whom its `key` names."""
    rows = tuple((sha256(b"row key" + bytes([number])).digest()[:16], row(number)) for number in range(1, 6))
    segment = tree.compute_root(tree.hash_leaf(salted + text.encode()) for salted, text in rows).hex()
    manifest = encode({"exhibit": sha256(EXHIBIT).hexdigest(), "program": "00" * 32})
    journal = tuple(
        JournalRow(
            seq,
            NOON + timedelta(seconds=seq),
            SECOND,
            JournalVerb.VIEW_HITS,
            "case:1",
            compute_commitment("why", salt(seq)),
        )
        for seq in range(4)
    )
    run: dict[str, str | int] = {
        "run": "11" * 32,
        "exhibit": sha256(EXHIBIT).hexdigest(),
        "format": "22" * 32,
        "lists": sha256(LIST_BYTES).hexdigest(),
        "hits": 5,
        "segments": segment,
        "segment_rows": "5",
        "manifest": sha256(manifest).hexdigest(),
        "use": "leads",
    }
    exhibit = f"exhibit:{sha256(EXHIBIT).hexdigest()}"
    ledger_entries: list[tuple[Verb, str, Ed25519PrivateKey, str, dict[str, str | int]]] = [
        (Verb.WORKSPACE_MADE, "workspace", LOG, "workspace:1", {}),
        (Verb.OFFICER_ENROLLED, FIRST, FIRST_KEY, f"officer:{FIRST}", enrolment(FIRST_KEY)),
        (Verb.OFFICER_ENROLLED, FIRST, FIRST_KEY, f"officer:{SECOND}", enrolment(SECOND_KEY)),
        (Verb.EXHIBIT_REGISTERED, SECOND, SECOND_KEY, exhibit, {"size_bytes": len(EXHIBIT)}),
        (Verb.RUN_REGISTERED, SECOND, SECOND_KEY, "run:" + "11" * 32, run),
        (Verb.JOURNAL_SEALED, "workspace", LOG, "journal:0-2", seal_rows(journal[:3])),
        (Verb.KEY_ROTATED, SECOND, SECOND_KEY, f"key:{compute_key_id(public(NEW_KEY))}", enrolment(NEW_KEY)),
        (Verb.KEY_REVOKED, SECOND, SECOND_KEY, f"key:{compute_key_id(public(SECOND_KEY))}", revocation(SECOND_KEY)),
        (Verb.KEY_REVOKED, FIRST, FIRST_KEY, f"key:{compute_key_id(public(FIRST_KEY))}", revocation(FIRST_KEY)),
        (Verb.JOURNAL_SEALED, "workspace", LOG, "journal:3-3", seal_rows(journal[3:])),
        (Verb.CASE_OPENED, SECOND, NEW_KEY, "case:1", {}),
    ]
    entries = [
        Entry(
            seq,
            NOON + timedelta(microseconds=seq),
            verb,
            actor,
            compute_key_id(public(key)),
            thing,
            facts,
            {} if verb == Verb.JOURNAL_SEALED else {"state": compute_commitment(STATE, salt(seq))},
        )
        for seq, (verb, actor, key, thing, facts) in enumerate(ledger_entries)
    ]
    change(entries)
    keys = {compute_key_id(public(key)): key for key in (LOG, FIRST_KEY, SECOND_KEY, NEW_KEY, STRANGER)}
    return World(tuple(entry.sign(keys[entry.key]) for entry in entries), rows, manifest, journal)


def enrolment(key: Ed25519PrivateKey) -> dict[str, str | int]:
    role = "administrator" if key in {FIRST_KEY, STRANGER} else "investigating-officer"
    return {"public_key": b64encode(public(key)).decode(), "key_id": compute_key_id(public(key)), "role": role}


def revocation(key: Ed25519PrivateKey) -> dict[str, str | int]:
    return {"key_id": compute_key_id(public(key))}


def bundle_bytes(bundle: BundleContent) -> bytes:
    """The bytes of the bundle as the log key's owner writes it."""
    with TemporaryDirectory() as folder:
        write_bundle(Path(folder) / "bundle.zip", bundle, LOG)
        return (Path(folder) / "bundle.zip").read_bytes()


def files_of(data: bytes) -> dict[str, bytes]:
    """The files of a bundle, by a reader that is not ours."""
    with ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    """Files in a zip as Sightline writes it, whatever is in them."""
    out = BytesIO()
    archive = StoredZip(out)
    for name, content in files.items():
        archive.add(name, [content])
    archive.close()
    return out.getvalue()


def resealed(files: dict[str, bytes], key: Ed25519PrivateKey = LOG, **about: object) -> bytes:
    """The bundle of altered files, as who holds the log key would make it: every digest and signature
    on top is right.
    """
    rest = {name: content for name, content in sorted(files.items()) if name != "bundle.json"}
    stated = json.loads(files["bundle.json"]) | {
        "files": {name: sha256(content).hexdigest() for name, content in rest.items()}
    }
    stated = {name: value for name, value in (stated | about).items() if name != "signature"}
    signature = b64encode(key.sign(b"sightline bundle v1\n" + encode(stated))).decode()
    return zipped(rest | {"bundle.json": encode(stated | {"signature": signature})})


def changed(entries: list[Entry], seq: int, **values: object) -> None:
    """Alter one entry before it is signed."""
    entries[seq] = replace(entries[seq], **values)  # type: ignore[arg-type]
