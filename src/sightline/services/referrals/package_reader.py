"""Open a sealed referral at the receiving force, and check every byte of it. Needs no workspace."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import bagit
import polars as pl
import pyrage

from sightline.errors import DamagedInput, Refused, UsageError, name_output_on_error
from sightline.evidence import verify_sightline
from sightline.file_digests import compute_sha256
from sightline.model import OutcomeKind
from sightline.model.short_ids import format_lead_number
from sightline.services.referrals import content
from sightline.services.referrals.force_notes import HINT, ForceNote, NoteKind, read_text_field, write_note
from sightline.services.referrals.package_writer import BAGIT, INFO, MANIFEST, SIGNATURE, TAGS, format_comment
from sightline.stages.lists.signature import (
    PublicKey,
    SecretKey,
    SignatureError,
    hash_stream,
    read_signature,
    verify_signature,
)

NAME = re.compile(r"(?:data/)?(?:(?:sheets|case|manifests)/)?[0-9A-Za-z][0-9A-Za-z._-]{0,120}")
"""Names of files in a bag. None can lead outside it."""
LARGEST_BYTES = 4 << 30
MOST_FILES = 65_535
LINE = re.compile(r"([0-9a-f]{64})  (\S+)")
LEAD_ID = re.compile(r"[0-9a-f]{16,64}")
WHOLE = ("bagit.txt", INFO, MANIFEST)
"""What the tag manifest lists: all tag files but itself and its signature."""
_UNREADABLE = (
    *(ValueError, KeyError, TypeError, IndexError, NotImplementedError, RecursionError),
    *(zipfile.BadZipFile, bagit.BagError, pl.exceptions.PolarsError),
)
ASK = "ask the sender to seal it again; nothing of it was kept"


@dataclass(frozen=True, slots=True)
class OpenedReferral:
    """A complete and genuine referral: its description, its leads as sent, and what was proved."""

    about: Mapping[str, Any]
    leads: tuple[Mapping[str, Any], ...]
    content_sha256: str
    package_sha256: str
    proved: tuple[str, ...]
    files: int
    sender: PublicKey


@dataclass(frozen=True, slots=True)
class OpenedPackage:
    """A package that was opened and checked: its facts, its bag as a zip, and its data as temporary files."""

    referral: OpenedReferral
    package: Path
    data: Path


def open_package(
    path: Path,
    identities: Sequence[pyrage.x25519.Identity],
    trusted: PublicKey,
    out: Path | None = None,
    own: SecretKey | None = None,
) -> OpenedReferral:
    """Open a package and check all of it. With `out`, its files are left in that new folder.

    Raises Refused if it is not for these identities, for another force than that of the key `own`, or not signed by
    the trusted key; DamagedInput, which names the file, for anything that is not as it was signed. Nothing is then
    left of it.
    """
    if out is not None and out.exists():
        raise UsageError(f"{out} exists already", hint="name a new folder for what is in the package")
    with open_sealed(path, identities, [trusted], out.absolute().parent if out else path.absolute().parent) as opened:
        if own is not None:
            require_own(opened.referral.about, own)
        if out is not None:
            with name_output_on_error(out):
                opened.data.rename(out)
    return opened.referral


@contextmanager
def open_sealed(
    path: Path,
    identities: Sequence[pyrage.x25519.Identity],
    trusted: Sequence[PublicKey],
    beside: Path,
    name: str | None = None,
) -> Iterator[OpenedPackage]:
    """Open a package into a temporary folder inside `beside`. Raises as `open_package`; `name` names it in errors."""
    with name_output_on_error(beside), TemporaryDirectory(prefix=".referral-", dir=beside) as scratch:
        package, folder = Path(scratch) / "package.zip", Path(scratch) / "bag"
        _decrypt(path, identities, package, name or str(path))
        _unpack(package, folder)
        yield OpenedPackage(check_bag(folder, trusted, compute_sha256(package)), package, folder / "data")


def check_bag(folder: Path, public_keys: Sequence[PublicKey], package_sha256: str) -> OpenedReferral:
    """Check all of a bag, and return it: signature, manifests, description, leads, rows, proofs."""
    comment, trusted = _verify_signature(folder, public_keys)
    listed = _read_manifest(folder, TAGS, prefix="")
    _compare(folder, listed, _list_names(folder, in_data=False) - {TAGS, SIGNATURE})
    if listed.keys() != set(WHOLE) or (folder / "bagit.txt").read_bytes() != BAGIT:
        raise DamagedInput("the package is not a bag of this form", hint=ASK)
    files = _read_manifest(folder, MANIFEST, prefix="data/")
    _compare(folder, files, _list_names(folder, in_data=True))
    with _name_damaged_part("the bag"):
        bagit.Bag(str(folder)).validate(processes=1)
    data = folder / "data"
    about = _read_description(data, trusted)
    content_sha256 = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    if comment != format_comment(about["number"], about["to"]["code"], content_sha256):
        raise DamagedInput("the signature is of another referral than this says that it is", hint=ASK)
    leads = _read_leads(data, about)
    proved = _verify_proof(data, about, {str(lead["lead_id"]): lead for lead in leads})
    return OpenedReferral(about, leads, content_sha256, package_sha256, proved, len(files), trusted)


def _decrypt(path: Path, identities: Sequence[pyrage.x25519.Identity], package: Path, name: str) -> None:
    try:
        with path.open("rb") as sealed:
            if sealed.seek(0, io.SEEK_END) > LARGEST_BYTES + (LARGEST_BYTES >> 10):
                raise DamagedInput(f"{name} is larger than a package can be", hint=ASK)
            sealed.seek(0)
            with package.open("xb") as out:
                pyrage.decrypt_io(sealed, out, list(identities))
    except pyrage.DecryptError as error:
        if "matching keys" in str(error):
            raise Refused(f"{name} is not sealed for this age identity", hint="is it for another force?") from None
        raise DamagedInput(f"{name} is not a sealed package, or was altered: {error}", hint=ASK) from None
    except OSError as error:
        if path.is_file():
            raise DamagedInput(f"{name} was altered, or its end is missing: {error}", hint=ASK) from None
        raise UsageError(f"{name}: {error.strerror}", hint="name the sealed package") from None


def _unpack(package: Path, folder: Path) -> None:
    """Write the files of the zip into a new folder, after checking their names and sizes."""
    with _name_damaged_part("the zip"), zipfile.ZipFile(package) as bag:
        infos = bag.infolist()
        names = [member.filename for member in infos]
        if len(names) > MOST_FILES or len(set(names)) != len(names):
            raise ValueError("it has too many files, or one twice")
        for info in infos:
            if not NAME.fullmatch(info.filename) or info.compress_type != zipfile.ZIP_STORED:
                raise ValueError(f"{info.filename!a} is no file of a package")
        if sum(member.file_size for member in infos) > package.stat().st_size:
            raise ValueError("its files are larger than it is")
        for info in infos:
            target = folder / info.filename
            target.parent.mkdir(parents=True, exist_ok=True)
            with bag.open(info) as source, target.open("xb") as out:
                while piece := source.read(1 << 20):
                    out.write(piece)
        if not {*WHOLE, TAGS, SIGNATURE} <= set(names):
            raise ValueError("it is no bag")


@contextmanager
def _name_damaged_part(what: str) -> Iterator[None]:
    """Raise DamagedInput, which names the part, for what cannot be read as it."""
    try:
        yield
    except _UNREADABLE as error:
        raise DamagedInput(f"{what} of the package: {error}", hint=ASK) from None


def _verify_signature(folder: Path, public_keys: Sequence[PublicKey]) -> tuple[str, PublicKey]:
    """Return the comment that a trusted key signed with the tag manifest, and that key. Raises Refused."""
    trusted = public_keys[0] if public_keys else None
    try:
        signed = read_signature((folder / SIGNATURE).read_text(encoding="utf-8"))
        trusted = next(
            (public_key for public_key in public_keys if public_key.key_id == signed.key_id),
            trusted if len(public_keys) == 1 else None,
        )
        if trusted is None:
            raise Refused(
                f"the package is signed by the key {signed.key_id}, which is of no force that is known here",
                hint="enrol the sender by the key that it hands over: it takes two officers",
            )
        with (folder / TAGS).open("rb") as stream:
            verify_signature(signed, hash_stream(stream), trusted)
    except (SignatureError, UnicodeDecodeError) as error:
        by = f"{trusted.issuer} ({trusted.key_id})" if trusted else "its sender"
        raise Refused(
            f"the package is not as {by} signed it: {error}",
            hint="compare the key with the sender over another channel: sightline referrals export-key shows it there",
        ) from None
    return signed.trusted_comment, trusted


def _read_manifest(folder: Path, manifest: str, prefix: str) -> dict[str, str]:
    """Return names and digests of a manifest. Raises DamagedInput."""
    result: dict[str, str] = {}
    with _name_damaged_part(manifest):
        for line in (folder / manifest).read_text(encoding="utf-8").splitlines():
            parts = LINE.fullmatch(line)
            if parts is None or not parts[2].startswith(prefix) or parts[2] in result:
                raise ValueError("a line of it is none, or is there twice")
            result[parts[2]] = parts[1]
    return result


def _list_names(folder: Path, *, in_data: bool) -> set[str]:
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    return {name for name in names if name.startswith("data/") is in_data}


def _compare(folder: Path, listed: Mapping[str, str], there: set[str]) -> None:
    """Raise DamagedInput, which names each, for files that are missing, not listed, or altered."""
    wrong = [f"{name}: missing" for name in sorted(listed.keys() - there)]
    wrong += [f"{name}: not listed" for name in sorted(there - listed.keys())]
    wrong += [
        f"{name}: altered" for name in sorted(listed.keys() & there) if compute_sha256(folder / name) != listed[name]
    ]
    if wrong:
        raise DamagedInput(f"the package is not what was signed: {wrong[0]}", hint=ASK, details=wrong[1:])


def _read_description(data: Path, trusted: PublicKey) -> dict[str, Any]:
    with _name_damaged_part(content.ABOUT):
        about: dict[str, Any] = json.loads((data / content.ABOUT).read_bytes())
        if about["v"] != 1 or about["kind"] != "sightline referral":
            raise ValueError("it is no referral, or of a newer Sightline")
        for name in ("referral", "number", "why", "made_at"):
            if not isinstance(about[name], str):
                raise ValueError(f"{name} is not text")
        if about["from"]["key_id"] != trusted.key_id or not isinstance(about["to"]["states"], list):
            raise ValueError("it is of another sender than signed it")
        return about


def _read_leads(data: Path, about: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the leads, after checking that each has a sheet and is of a state of the receiving force."""
    with _name_damaged_part(content.LEADS):
        leads = tuple(json.loads(line) for line in (data / content.LEADS).read_bytes().splitlines())
        ids = [str(lead["lead_id"]) for lead in leads]
        if len(leads) != about["leads"] or len(set(ids)) != len(ids):
            raise ValueError("it has not as many leads as the referral says")
        for sent_lead in leads:
            if (
                not LEAD_ID.fullmatch(sent_lead["lead_id"])
                or not (data / "sheets" / f"{sent_lead['lead_id']}.txt").is_file()
            ):
                raise ValueError("a lead has no sheet")
            if sent_lead["place"]["state"] not in about["to"]["states"]:
                raise ValueError(
                    f"the lead {format_lead_number(sent_lead['lead_id'])} is of a state that is not this force's"
                )
    return leads


def _verify_proof(data: Path, about: Mapping[str, Any], leads: Mapping[str, Mapping[str, Any]]) -> tuple[str, ...]:
    """Return what verify_sightline.py proves of proof.zip, after checking that rows.csv and manifests agree."""
    proof = (data / content.PROOF).read_bytes()
    try:
        bundle = verify_sightline.Bundle(proof)
        lines = tuple(bundle.verify())
    except verify_sightline.NotProved as error:
        raise DamagedInput(f"{content.PROOF} of the package is not proved: {error.args[0]}", hint=ASK) from None
    with _name_damaged_part(content.ROWS_CSV):
        if bundle.kind != "referral" or bundle.about["origin"] != about["from"]["ledger"]:
            raise ValueError(f"{content.PROOF} is of another ledger, or of another kind")
        rows = _read_proved_rows(bundle.files)
        csv_rows = pl.read_csv(data / content.ROWS_CSV, infer_schema=False).fill_null("").to_dicts()
        if {(csv_row["segment"], int(csv_row["row"])) for csv_row in csv_rows} != rows.keys() or len(csv_rows) != len(
            rows
        ):
            raise ValueError("it has other rows than are proved")
        for csv_row in csv_rows:
            row = rows[csv_row["segment"], int(csv_row["row"])]
            same = (row[3], str(row[-4]), row[-2]) == (
                _strip_apostrophe(csv_row["source_ip"]),
                csv_row["byte_offset"],
                _strip_apostrophe(csv_row["raw"]),
            )
            if not same or leads[csv_row["lead_id"]]["source_ip"] != row[3]:
                raise ValueError(
                    f"the row at {csv_row['segment'][:12]}, {csv_row['row']} is not the one that is proved"
                )
    return lines


def _read_proved_rows(files: Mapping[str, bytes]) -> dict[tuple[str, int], list[Any]]:
    """Return the rows of a bundle by segment and place."""
    result = {}
    for name, data in files.items():
        if name.startswith("rows/"):
            for line in data.splitlines():
                item = json.loads(line)
                result[name[5:-6], int(item["index"])] = json.loads(item["row"])
    return result


def _strip_apostrophe(cell: str) -> str:
    """Return a cell without the apostrophe that keeps spreadsheets from computing it."""
    return cell[1:] if re.match(r"'[=+\-@\t\r\n]", cell) else cell


def sign_receipt(opened_referral: OpenedReferral, key: SecretKey, at: datetime) -> bytes:
    """Return the receipt of an opened referral, signed by the force. Raises Refused for another force's key."""
    return build_receipt(opened_referral.about, opened_referral.content_sha256, len(opened_referral.leads), key, at)


def build_receipt(about: Mapping[str, Any], content_sha256: str, leads: int, key: SecretKey, at: datetime) -> bytes:
    """Return the receipt of a referral from its stored facts. Raises Refused for another force's key."""
    require_own(about, key)
    facts = {
        "of": "referral",
        "referral": about["referral"],
        "number": about["number"],
        "sha256": content_sha256,
        "leads": leads,
    }
    return write_note(key, NoteKind.RECEIPT, at, facts)


def sign_answer(
    about: Mapping[str, Any], key: SecretKey, at: datetime, answers: Sequence[tuple[str, OutcomeKind, str]]
) -> bytes:
    """Return the force's findings, by lead, kind and day, as a signed note for the sender."""
    require_own(about, key)
    outcomes = [{"lead": lead, "kind": kind.value, "on": on} for lead, kind, on in answers]
    facts = {"referral": about["referral"], "number": about["number"], "outcomes": outcomes}
    return write_note(key, NoteKind.OUTCOMES, at, facts)


def require_own(about: Mapping[str, Any], key: SecretKey) -> None:
    """Raise Refused for a referral to another force than the key's."""
    if about["to"]["code"] != key.issuer:
        raise Refused(f"the referral is for {about['to']['code']}, and the key is of {key.issuer}", hint="--sign KEY")


def read_recall(note: ForceNote) -> list[tuple[str, str]]:
    """Return the leads of a recall, each with its reason. Raises DamagedInput if the note is not a recall."""
    leads = note.facts.get("leads")
    if note.kind is not NoteKind.RECALL or not isinstance(leads, list):
        raise DamagedInput("the note is not a recall", hint=HINT)
    with _name_damaged_part("the recall"):
        return [(str(lead["lead"]), str(lead["why"])) for lead in leads]


def build_recall_receipt(note: ForceNote, key: SecretKey, at: datetime) -> bytes:
    """Return the receipt of a recall, signed by the force. Raises Refused for another force's key."""
    require_own({"to": {"code": read_text_field(note, "to")}}, key)
    facts = {
        "of": f"recall:{read_text_field(note, 'recall')}",
        "referral": read_text_field(note, "referral"),
        "number": read_text_field(note, "number"),
        "sha256": note.sha256,
        "leads": len(read_recall(note)),
    }
    return write_note(key, NoteKind.RECEIPT, at, facts)
