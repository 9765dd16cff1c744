"""Plain values for a certificate and a hash report. The caller that has the database fills them in.

Nothing here is signed or declared. Names of who certifies, declarations, dates of signing and signatures stay blank.
All times are aware UTC. Texts may hold anything: they are printed, never interpreted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from sightline.model import CustodyEvent


class Language(StrEnum):
    """The language of a document. The value names its wording."""

    ENGLISH = "en"
    HINDI = "hi"
    MALAYALAM = "ml"


class CertificateForm(StrEnum):
    """The law under which a certificate is given. The value names its template."""

    BSA_63 = "bsa-63"
    """The Schedule to the Bharatiya Sakshya Adhiniyam, 2023."""
    IEA_65B = "iea-65b"
    """Section 65B(4), Indian Evidence Act, 1872: for proceedings begun before 1 July 2024."""


class DeviceKind(StrEnum):
    """The Schedule's boxes for the kind of device that the record comes from, in its order."""

    COMPUTER = "computer"
    DVR = "dvr"
    MOBILE = "mobile"
    FLASH_DRIVE = "flash_drive"
    CD_DVD = "cd_dvd"
    SERVER = "server"
    CLOUD = "cloud"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """The matter of a document. `number` is in the header of every page."""

    number: str
    station: str
    sections: str | None = None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """The device or source, as far as it was recorded. A field that is None stays blank for the person who certifies.

    `kind` None ticks no box. `identifiers`: IMEI, UIN, UID, MAC or cloud ID, as the Schedule asks.
    """

    kind: DeviceKind | None = None
    other_kind: str | None = None
    make_and_model: str | None = None
    colour: str | None = None
    serial_number: str | None = None
    identifiers: str | None = None
    more: str | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One file: its name as received, its size, and the SHA-256 of its bytes as held, 64 hex digits."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ExhibitFacts:
    """The exhibit and its origin, as far as recorded. A field that is None is printed as not recorded.

    `number` is its number in the case, printed in the header.
    """

    number: str
    file: FileFacts
    received_from: str | None = None
    received_at_utc: datetime | None = None
    received_how: str | None = None
    received_by: str | None = None


@dataclass(frozen=True, slots=True)
class CustodyFacts:
    """One link of the chain of custody: who did what, how, when, where and why."""

    at_utc: datetime
    event: CustodyEvent
    by: str
    how: str
    where: str
    why: str


@dataclass(frozen=True, slots=True)
class ListFacts:
    """A flag list. `origin` states its source in words (`signed by Y`; `transcribed by X, not signed by Y`)."""

    list_id: str
    origin: str


@dataclass(frozen=True, slots=True)
class ProgramFacts:
    """The program that computed: name, version, and the digest of its own files where recorded."""

    name: str
    version: str
    sha256: str | None = None


@dataclass(frozen=True, slots=True)
class SegmentFacts:
    """A run's sealed hits: the Merkle root over their rows (ADR 11), and their number."""

    root: str
    rows: int


@dataclass(frozen=True, slots=True)
class RunFacts:
    """One reading of the exhibit. `frames = records + comments + sum(rejects)`; `options` has all names and values."""

    run_id: str
    program: ProgramFacts
    machine: str
    began_at_utc: datetime
    format: str
    format_id: str
    lists: tuple[ListFacts, ...]
    options: tuple[tuple[str, str], ...]
    frames: int
    records: int
    comments: int
    rejects: tuple[tuple[str, int], ...]
    hits: int
    segments: tuple[SegmentFacts, ...]

    @property
    def reject_count(self) -> int:
        """Return the number of rejects of all codes."""
        return sum(count for _code, count in self.rejects)


@dataclass(frozen=True, slots=True)
class CheckpointFacts:
    """A checkpoint of the ledger (ADR 12): `root` in base64, `signatures` its whole lines (`— NAME BASE64`)."""

    origin: str
    tree_size: int
    root: str
    signatures: tuple[str, ...] = ()

    @classmethod
    def from_note(cls, note: str, *countersignatures: str) -> Self:
        """Return the facts of a stored signed note and of its separately stored witness lines."""
        body, _, signed = note.partition("\n\n")
        origin, size, root = body.splitlines()[:3]
        return cls(origin, int(size), root, (*signed.splitlines(), *countersignatures))

    @property
    def note(self) -> str:
        """Return the signed note with its first signature, the log's own. For an unsigned one, return only the body.

        The QR code holds it: countersignatures are printed beside it, or the code would be too fine for a copier.
        """
        body = f"{self.origin}\n{self.tree_size}\n{self.root}\n"
        return f"{body}\n{self.signatures[0]}\n" if self.signatures else body


@dataclass(frozen=True, slots=True)
class LedgerFacts:
    """The thing's place in the ledger: the entry's index and verb, within the tree of a checkpoint."""

    position: int
    verb: str
    at_utc: datetime
    checkpoint: CheckpointFacts


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """All facts of a certificate of one submission.

    `records` are the electronic records that it covers, by their hash values; the exhibit itself is the first if it is
    submitted. `ledger` None leaves the checkpoint out. `hash_report_sha256` binds the enclosed hash report.
    """

    form: CertificateForm
    case: CaseFacts
    exhibit: ExhibitFacts
    device: DeviceFacts
    records: tuple[FileFacts, ...]
    custody: tuple[CustodyFacts, ...]
    runs: tuple[RunFacts, ...]
    ledger: LedgerFacts | None
    program: ProgramFacts
    made_at_utc: datetime
    hash_report_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class HashReportFacts:
    """All facts of a hash report: every file, and the program and place of its digest's computation."""

    case: CaseFacts
    exhibit_number: str
    files: tuple[FileFacts, ...]
    program: ProgramFacts
    machine: str
    computed_at_utc: datetime
    made_at_utc: datetime
    ledger: LedgerFacts | None = None

    @property
    def file_count(self) -> int:
        """Return how many files it names."""
        return len(self.files)

    @property
    def total_bytes(self) -> int:
        """Return the bytes of all files together."""
        return sum(file.size_bytes for file in self.files)
