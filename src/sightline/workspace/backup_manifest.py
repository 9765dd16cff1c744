"""The manifest of a backup: its workspace, time and checkpoint, and the digest of every file in it."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from sightline.ledger import note
from sightline.ledger.append import Signer
from sightline.ledger.canonical import WrongEncoding, encode, format_time, parse_time, parse_whole_number, read_object
from sightline.workspace.backup_tar import BackupMember

NAME, SIGNATURE = "manifest.json", "manifest.json.sig"
DOMAIN = b"sightline backup v1\n"
KEYS = frozenset(
    ("v", "workspace", "schema", "sightline", "made_at", "made_by", "checkpoint", "rows", "members", "incomplete")
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A backup's manifest. `rows` counts each table's rows; `incomplete` names files that were missing or altered."""

    workspace_id: str
    schema: str
    sightline: str
    made_at: datetime
    made_by: str
    checkpoint: str
    rows: Mapping[str, int]
    members: tuple[BackupMember, ...]
    incomplete: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Return the digest by which the ledger names the backup."""
        return hashlib.sha256(self.encode()).hexdigest()

    @property
    def size(self) -> int:
        """Return how many entries its ledger has."""
        return note.TreeHead.read(note.SignedNote.read(self.checkpoint.encode()).text).size

    def encode(self) -> bytes:
        """Return the canonical JSON."""
        return encode(
            {
                "v": 1,
                "workspace": self.workspace_id,
                "schema": self.schema,
                "sightline": self.sightline,
                "made_at": format_time(self.made_at),
                "made_by": self.made_by,
                "checkpoint": self.checkpoint,
                "rows": dict(self.rows),
                "members": [asdict(member) for member in self.members],
                "incomplete": list(self.incomplete),
            }
        )

    def sign(self, log: Signer) -> bytes:
        """Return the signature of the workspace's own key."""
        return base64.b64encode(log.private.sign(DOMAIN + self.encode())) + b"\n"

    def is_signed(self, signature: bytes, log_key: bytes) -> bool:
        """Return whether the workspace's own key made the signature."""
        try:
            value = base64.b64decode(signature, validate=False)
            Ed25519PublicKey.from_public_bytes(log_key).verify(value, DOMAIN + self.encode())
        except (InvalidSignature, ValueError):
            return False
        return base64.b64encode(value) + b"\n" == signature


def read(data: bytes) -> Manifest:
    """Parse the bytes of a manifest. Raises WrongEncoding."""
    content: dict[str, Any] = read_object(data, KEYS)
    if content["v"] != 1:
        raise WrongEncoding("a newer Sightline made it")
    try:
        members = tuple(BackupMember(**member) for member in content["members"])
        rows = {name: parse_whole_number(name, count) for name, count in content["rows"].items()}
        manifest = Manifest(
            content["workspace"],
            content["schema"],
            content["sightline"],
            parse_time(content["made_at"]),
            content["made_by"],
            content["checkpoint"],
            rows,
            members,
            tuple(content["incomplete"]),
        )
        assert manifest.size >= 0
    except (TypeError, AttributeError, AssertionError) as error:
        raise WrongEncoding(f"no manifest: {error}") from None
    if manifest.encode() != data:
        raise WrongEncoding("no manifest of this form")
    return manifest
