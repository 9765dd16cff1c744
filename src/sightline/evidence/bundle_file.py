"""Write a bundle file: the zip of ADR 13 from its parts. The same parts give the same bytes."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.errors import OutputExists, UsageError, name_output_on_error, undo_on_failure
from sightline.evidence.bundle_zip import StoredZip
from sightline.ledger.canonical import encode, format_time
from sightline.ledger.entry import Entry
from sightline.ledger.journal import JournalRow
from sightline.ledger.note import SignedNote, TreeHead

VERSION = 1
DOMAIN = b"sightline bundle v1\n"
"""The prefix of the log key's signature of bundle.json, so that the signature is valid for nothing else."""

DOCUMENT = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,99}")

READ_BYTES = 1 << 20
HERE = Path(__file__).parent
VERIFIER = HERE / "verify_sightline.py"
README = HERE / "bundle_readme.txt"


class BundleKind(StrEnum):
    """The recipient of a bundle, which decides its content."""

    DEFENCE = "defence"
    """The rows of one source address in one exhibit, each with its path; nothing about other people."""
    COURT = "court"
    """All rows of an exhibit, without paths: whole trees need none."""
    REFERRAL = "referral"
    """The rows of some leads, each with its path; nothing about other people."""
    LEDGER = "ledger"
    """All entries and the journal, for an auditor."""


@dataclass(frozen=True, slots=True)
class ProvedEntry:
    """An entry with its audit path in the checkpoint's tree; None in a bundle of kind `ledger`."""

    entry: Entry
    path: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class ProvedRow:
    """A row with its salt, and its audit path in the segment's tree; None in a bundle of kind `court`."""

    index: int
    salt: bytes
    row: str
    path: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class BundleOpening:
    """The salt and text that open a commitment."""

    salt: bytes
    text: str


@dataclass(frozen=True, slots=True)
class BundleContent:
    """The content of a bundle. Entries ascend by seq and rows by index. This class does not check the proofs.

    `openings` are by seq and name, `rows` by segment, `documents` by their names in `documents/`: the bytes, or an open
    file that has them. `line`: the `line.json` of a bundle for one line, to whose records all rows must belong.
    """

    kind: BundleKind
    made_at: datetime
    checkpoint: SignedNote
    entries: Iterable[ProvedEntry]
    witnesses: Mapping[str, bytes] = field(default_factory=dict)
    openings: Mapping[int, Mapping[str, BundleOpening]] = field(default_factory=dict)
    rows: Mapping[str, Iterable[ProvedRow]] = field(default_factory=dict)
    documents: Mapping[str, bytes | BinaryIO] = field(default_factory=dict)
    journal: Iterable[JournalRow] = ()
    line: bytes | None = None


def write_bundle(path: Path, bundle: BundleContent, log_key: Ed25519PrivateKey) -> str:
    """Write the zip and return the SHA-256 of its bundle.json, which identifies the whole bundle.

    Raises OutputExists where there is such a file, OutputUnwritable where it cannot be written; then none is left.
    Raises UsageError for a document whose name the verifier would not take.
    """
    for name in bundle.documents:
        if not DOCUMENT.fullmatch(name):
            raise UsageError(
                f"{name!r} is not a valid name in a bundle: up to 100 letters, digits, dots, underscores and dashes",
                hint="give the document another name",
            )
    if path.exists():
        raise OutputExists(f"{path} exists already", hint="name another file for the bundle")
    with name_output_on_error(path), path.open("xb") as out, undo_on_failure(path.unlink):
        files = StoredZip(out)
        listed = {name: files.add(name, parts) for name, parts in sorted(_build_parts(bundle).items())}
        digest = files.add("bundle.json", [_sign_description(bundle, listed, log_key)])
        files.close()
        out.flush()
    return digest


def _build_parts(bundle: BundleContent) -> dict[str, Iterable[bytes]]:
    """The bytes of each file but bundle.json."""
    parts: dict[str, Iterable[bytes]] = {
        "README.txt": [README.read_bytes()],
        "verify_sightline.py": [VERIFIER.read_bytes()],
        "checkpoint.txt": [bundle.checkpoint.encode()],
        "witnesses.json": [encode({name: _to_base64(key) for name, key in bundle.witnesses.items()})],
        "openings.json": [encode(_to_json_openings(bundle.openings))],
        "entries.jsonl": map(_format_entry, bundle.entries),
    }
    if bundle.kind is BundleKind.LEDGER:
        parts["journal.jsonl"] = (row.encode() + b"\n" for row in bundle.journal)
    if bundle.line is not None:
        parts["line.json"] = [bundle.line]
    parts |= {f"rows/{segment}.jsonl": map(_format_row, rows) for segment, rows in bundle.rows.items()}
    return parts | {f"documents/{name}": _read_document(content) for name, content in bundle.documents.items()}


def _read_document(content: bytes | BinaryIO) -> Iterable[bytes]:
    if isinstance(content, bytes):
        return [content]
    content.seek(0)
    return iter(lambda: content.read(READ_BYTES), b"")


def _sign_description(bundle: BundleContent, files: Mapping[str, str], log_key: Ed25519PrivateKey) -> bytes:
    """bundle.json, signed."""
    checkpoint = TreeHead.read(bundle.checkpoint.text)
    about = {
        "v": VERSION,
        "kind": bundle.kind.value,
        "origin": checkpoint.origin,
        "log_key": _to_base64(log_key.public_key().public_bytes_raw()),
        "tree_size": checkpoint.size,
        "made_at": format_time(bundle.made_at),
        "files": dict(files),
    }
    return encode(about | {"signature": _to_base64(log_key.sign(DOMAIN + encode(about)))})


def _format_entry(proved: ProvedEntry) -> bytes:
    path = b"" if proved.path is None else b',"path":' + encode([node.hex() for node in proved.path])
    return b'{"entry":' + proved.entry.encode() + path + b"}\n"


def _format_row(proved: ProvedRow) -> bytes:
    values: dict[str, object] = {"index": proved.index, "salt": proved.salt.hex(), "row": proved.row}
    return encode(values if proved.path is None else values | {"path": [node.hex() for node in proved.path]}) + b"\n"


def _to_json_openings(openings: Mapping[int, Mapping[str, BundleOpening]]) -> dict[str, dict[str, dict[str, str]]]:
    return {
        str(seq): {name: {"salt": opening.salt.hex(), "text": opening.text} for name, opening in named.items()}
        for seq, named in openings.items()
    }


def _to_base64(value: bytes) -> str:
    return b64encode(value).decode()
