"""Export referrals for their force, as PDF and CSV or as a sealed package: exactly what was approved."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sightline.casework.forces import partner_referrals, referrals
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, Refused, name_output_on_error
from sightline.evidence.documents.document_facts import Language
from sightline.ledger.verbs import JournalVerb
from sightline.model.short_ids import format_lead_number
from sightline.services.documents.release import check_new
from sightline.services.match.outputs import check_one, write_all_or_none
from sightline.services.referrals import content
from sightline.services.referrals.drafts import write_into
from sightline.services.referrals.package_writer import PackageDigests, pack_referral
from sightline.services.referrals.recalls import find_fallen_leads
from sightline.services.referrals.referral_documents import render_letter_pdf
from sightline.storage.rows import Force, Referral
from sightline.workspace.unit_keys import read_unit_key

LETTER, SHEETS = "letter.pdf", "sheets.pdf"
PLAIN = (SHEETS, content.LEADS_CSV, content.ROWS_CSV)
"""The files for a district office, beside the letter."""


@dataclass(frozen=True, slots=True)
class SealedPackage:
    """A package that was written."""

    path: Path
    packed: PackageDigests


def export_referral(
    officer_session: OfficerSession, text: str, out: Path, language: Language, *, overwrite: bool = False
) -> dict[str, Path]:
    """Write letter, lead sheets, leads and rows of a referral into a folder. Returns the paths by name.

    Raises Refused if it was not approved, a lead is no longer valid, or the content is no longer what was approved, and
    DamagedInput if its leads were altered.
    """
    referral, force = _require_exportable(officer_session, text)
    with name_output_on_error(out):
        out.mkdir(parents=True, exist_ok=True)
    paths = {name: out / name for name in (LETTER, *PLAIN)}
    for path in paths.values():
        check_one(path, (), overwrite=overwrite)
    with officer_session.workspace.open_scratch() as folder:
        files = write_approved(officer_session, folder, referral)
        made = {name: folder / (f"sheets.{language.value}.pdf" if name == SHEETS else name) for name in PLAIN}
        digests = {name: files[path.name] for name, path in made.items()}
        key = read_unit_key(officer_session.workspace)
        with officer_session.workspace.read() as tables:
            letter = render_letter_pdf(tables, referral, made, digests, f"{key.issuer} {key.key_id}", language)
        with write_all_or_none(list(paths.values())) as beside:
            for name, path in made.items():
                _copy(path, beside[paths[name]], paths[name])
            with name_output_on_error(paths[LETTER]):
                beside[paths[LETTER]].write_bytes(letter)
            _tell(officer_session, referral, force, "plain PDF and CSV", referral.content_sha256)
    return paths


def seal_referral(officer_session: OfficerSession, text: str, out: Path) -> SealedPackage:
    """Write a referral as a signed bag that only its force can open. Raises as `export_referral`."""
    check_new(out)
    referral, force = _require_exportable(officer_session, text)
    with officer_session.workspace.open_scratch() as above, write_all_or_none([out]) as beside:
        folder = above / "data"
        folder.mkdir()
        files = write_approved(officer_session, folder, referral)
        packed = pack_referral(folder, files, referral, force, read_unit_key(officer_session.workspace), beside[out])
        _sync_file(beside[out])
        _tell(
            officer_session, referral, force, f"sealed package, SHA-256 {packed.sealed_sha256}", packed.package_sha256
        )
    return SealedPackage(out, packed)


def leave_referral(officer_session: OfficerSession, text: str) -> Referral:
    """Leave a referral in the web app, where its force's officers fetch the package. Raises as `export_referral`."""
    referral, force = _require_exportable(officer_session, text)
    with officer_session.workspace.open_scratch() as folder:
        write_approved(officer_session, folder, referral)
        _tell(officer_session, referral, force, referrals.IN_ROOM, referral.content_sha256)
    return referral


def fetch_package(officer_session: OfficerSession, text: str, out: Path) -> SealedPackage:
    """Return the sealed package for an officer of its force, after a ledger entry.

    Raises NotThere, else as `seal_referral`.
    """
    check_new(out)
    referral, force = _require_exportable(officer_session, text, Action.REFERRAL_ACCEPT)
    with officer_session.workspace.open_scratch() as above, write_all_or_none([out]) as beside:
        folder = above / "data"
        folder.mkdir()
        files = write_approved(officer_session, folder, referral)
        packed = pack_referral(folder, files, referral, force, read_unit_key(officer_session.workspace), beside[out])
        partner_referrals.record_fetch(officer_session, referral.referral_id, packed.sealed_sha256)
    return SealedPackage(out, packed)


def _require_exportable(
    officer_session: OfficerSession, text: str, action: Action = Action.REFERRAL_SEND
) -> tuple[Referral, Force]:
    """Return the referral that the officer may see, if it may be exported.

    The journal records the request or refusal.
    """
    about = name_thing("referral", text)
    officer_session.require(action, about)
    with officer_session.record_refusals(JournalVerb.REFUSED_APPROVAL, about):
        with officer_session.workspace.read() as tables:
            with officer_session.record_refusals(JournalVerb.REFUSED_RIGHT, about):
                referral = referrals.find_visible_referral(tables, officer_session.officer, text)
            force = referrals.require_receiver(tables, referral)
        if fell := find_fallen_leads(officer_session.workspace, [referral])[referral.referral_id]:
            raise Refused(
                f"{len(fell)} of {referral.leads} leads of {referral.number} changed after they were approved",
                hint=f"sightline referrals recall {referral.number!r} recalls them; then draft the rest again",
                details=[f"lead {format_lead_number(lead)}: {why}" for lead, why in sorted(fell.items())],
            )
    return referral, force


def write_approved(officer_session: OfficerSession, folder: Path, referral: Referral) -> Mapping[str, str]:
    """Make the content again in a folder. Raises Refused unless it is what was approved, DamagedInput if altered."""
    with officer_session.workspace.read() as tables:
        leads = referrals.list_leads(tables, referral.referral_id)
    if referrals.compute_leads_digest(leads) != referral.leads_sha256:
        raise DamagedInput(f"the leads of {referral.number} were altered", hint="sightline verify; restore a backup")
    files = write_into(officer_session, folder, referral, [referral_lead.lead_id for referral_lead in leads])
    if content.compute_content_sha256(files) != referral.content_sha256:
        with officer_session.record_refusals(JournalVerb.REFUSED_APPROVAL, f"referral:{referral.referral_id}"):
            raise Refused(
                f"the content of {referral.number} is not the one that was asked for and approved",
                hint="its leads changed, or another version of this program writes it otherwise: draft a new one",
            )
    return files


def _tell(officer_session: OfficerSession, referral: Referral, force: Force, how: str, sha256: str) -> None:
    """Write the ledger entry before the files get their names."""
    about = f"referral:{referral.referral_id}"
    with officer_session.change(Action.REFERRAL_SEND, about) as change:
        referrals.mark_sent(change, referral.referral_id, how, sha256)
    text = f"{referral.number} to {force.code}: {how}"
    officer_session.workspace.append_to_journal(
        officer_session.officer.officer_id, JournalVerb.EXPORT_REFERRAL, about, text, officer_session.clock()
    )


def _copy(source: Path, beside: Path, path: Path) -> None:
    with name_output_on_error(path):
        shutil.copyfile(source, beside)


def _sync_file(path: Path) -> None:
    with name_output_on_error(path), path.open("rb") as stream:
        os.fsync(stream.fileno())
