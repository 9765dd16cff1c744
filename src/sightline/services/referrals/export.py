"""Referrals written out for their force: plain PDF and CSV, or a sealed package; what was approved, or nothing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.casework import partner_referrals, referrals
from sightline.casework.access import Action
from sightline.casework.officer_session import Desk
from sightline.casework.input_checks import thing
from sightline.services.match.outputs import check_one, whole
from sightline.services.documents.release import check_new
from sightline.services.referrals import content
from sightline.services.referrals.drafts import scratch, write_into
from sightline.services.referrals.package_writer import Packed, pack
from sightline.services.referrals.documents import letter_pdf
from sightline.services.referrals.recalls import fallen
from sightline.errors import DamagedInput, Refused, writing
from sightline.evidence.documents.facts import Language
from sightline.ledger.verbs import Seen
from sightline.storage.rows import Force, Referral
from sightline.workspace.unit_keys import unit_key

LETTER, SHEETS = "letter.pdf", "sheets.pdf"
PLAIN = (SHEETS, content.LEADS_CSV, content.ROWS_CSV)
"""What goes to a district office, beside the letter."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A package that was written."""

    path: Path
    packed: Packed


def export(desk: Desk, text: str, out: Path, language: Language, *, overwrite: bool = False) -> dict[str, Path]:
    """Write letter, lead sheets, leads and rows of a referral into a folder; gives their paths by name.

    Raises Refused for one that was not approved or of which something fell, DamagedInput for one that comes out another
    than what was approved.
    """
    referral, force = _going(desk, text)
    with writing(out):
        out.mkdir(parents=True, exist_ok=True)
    paths = {name: out / name for name in (LETTER, *PLAIN)}
    for path in paths.values():
        check_one(path, (), overwrite=overwrite)
    with scratch(desk.workspace) as folder:
        files = _content(desk, folder, referral)
        made = {name: folder / (f"sheets.{language.value}.pdf" if name == SHEETS else name) for name in PLAIN}
        digests = {name: files[path.name] for name, path in made.items()}
        key = unit_key(desk.workspace)
        with desk.workspace.reading() as shelves:
            letter = letter_pdf(shelves, referral, made, digests, f"{key.issuer} {key.key_id}", language)
        with whole(list(paths.values())) as beside:
            for name, path in made.items():
                _copy(path, beside[paths[name]], paths[name])
            with writing(paths[LETTER]):
                beside[paths[LETTER]].write_bytes(letter)
            _tell(desk, referral, force, "plain PDF and CSV", referral.content_sha256)
    return paths


def seal(desk: Desk, text: str, out: Path) -> Sealed:
    """Write a referral as a signed bag that only its force can open. Raises as `export`."""
    check_new(out)
    referral, force = _going(desk, text)
    with scratch(desk.workspace) as above, whole([out]) as beside:
        folder = above / "data"
        folder.mkdir()
        files = _content(desk, folder, referral)
        packed = pack(folder, files, referral, force, unit_key(desk.workspace), beside[out])
        _sync(beside[out])
        _tell(desk, referral, force, f"sealed package, SHA-256 {packed.sealed_sha256}", packed.package_sha256)
    return Sealed(out, packed)


def leave(desk: Desk, text: str) -> Referral:
    """Leave a referral in the room for its force's own officers, who take the package there. Raises as `export`."""
    referral, force = _going(desk, text)
    with scratch(desk.workspace) as folder:
        _content(desk, folder, referral)
        _tell(desk, referral, force, referrals.IN_ROOM, referral.content_sha256)
    return referral


def fetch(desk: Desk, text: str, out: Path) -> Sealed:
    """The sealed package for an officer of its own force; the ledger has it first. Raises NotThere, else as `seal`."""
    check_new(out)
    referral, force = _going(desk, text, Action.REFERRAL_ACCEPT)
    with scratch(desk.workspace) as above, whole([out]) as beside:
        folder = above / "data"
        folder.mkdir()
        files = _content(desk, folder, referral)
        packed = pack(folder, files, referral, force, unit_key(desk.workspace), beside[out])
        partner_referrals.fetched(desk, referral.referral_id, packed.sealed_sha256)
    return Sealed(out, packed)


def _going(desk: Desk, text: str, action: Action = Action.REFERRAL_SEND) -> tuple[Referral, Force]:
    """The referral that the officer may see, if it may leave. The journal has the asking, and what was refused."""
    about = thing("referral", text)
    desk.require(action, about)
    with desk.keeping_refusals(Seen.REFUSED_APPROVAL, about):
        with desk.workspace.reading() as shelves:
            with desk.keeping_refusals(Seen.REFUSED_RIGHT, about):
                referral = referrals.seen_one(shelves, desk.officer, text)
            force = referrals.require_going(shelves, referral)
        if fell := fallen(desk.workspace, [referral])[referral.referral_id]:
            raise Refused(
                f"{len(fell)} of {referral.leads} leads of {referral.number} do not stand as they were approved",
                hint=f"sightline refer recall {referral.number!r} recalls them; then draft what stands anew",
                details=[f"lead {lead[:12]}: {why}" for lead, why in sorted(fell.items())],
            )
    return referral, force


def _content(desk: Desk, folder: Path, referral: Referral) -> Mapping[str, str]:
    """The content, made again into a folder; what was approved, or DamagedInput."""
    with desk.workspace.reading() as shelves:
        leads = referrals.leads_of(shelves, referral.referral_id)
    if referrals.leads_digest(leads) != referral.leads_sha256:
        raise DamagedInput(f"the leads of {referral.number} were altered", hint="sightline verify; restore a backup")
    files = write_into(desk, folder, referral, [one.lead_id for one in leads])
    if content.content_sha256(files) != referral.content_sha256:
        raise DamagedInput(
            f"the content of {referral.number} is not the one that was asked for and approved",
            hint="what it tells of changed since, or another version of this program writes it otherwise: draft anew",
        )
    return files


def _tell(desk: Desk, referral: Referral, force: Force, how: str, sha256: str) -> None:
    """The ledger has it, before the files have their names."""
    about = f"referral:{referral.referral_id}"
    with desk.change(Action.REFERRAL_SEND, about) as change:
        referrals.sent(change, referral.referral_id, how, sha256)
    text = f"{referral.number} to {force.code}: {how}"
    desk.workspace.see(desk.officer.officer_id, Seen.EXPORT_REFERRAL, about, text, desk.clock())


def _copy(source: Path, beside: Path, path: Path) -> None:
    with writing(path):
        shutil.copyfile(source, beside)


def _sync(path: Path) -> None:
    with writing(path), path.open("rb") as made:
        os.fsync(made.fileno())
