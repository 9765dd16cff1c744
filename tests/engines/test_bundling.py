"""Bundles of a real record: what an office gives out is proved by the verifier, also after keys changed hands."""

from pathlib import Path

import pytest

from sightline.casework import officers
from sightline.casework.acting import Desk, sit_down
from sightline.engines.bundling import BundleRequest, bundle
from sightline.engines.scanning.request import ScanRequest
from sightline.engines.scanning.scan import scan
from sightline.errors import NotAllowed
from sightline.record import keys
from sightline.record.evidence import verify_sightline
from sightline.record.evidence.bundle_file import BundleKind
from sightline.record.store import rows
from sightline.records import Role
from tests.office import Office, combined_log, found_office, now, signed_list


def made(office: Office, desk: Desk, request: BundleRequest) -> bytes:
    """The bytes of the bundle, once the supervisor agreed to it."""
    with pytest.raises(NotAllowed, match="takes two officers"):
        bundle(desk, request)
    office.approve()
    bundle(desk, request)
    return request.out.read_bytes()


def test_bundles_of_a_real_record_are_proved_also_after_keys_changed(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    log = tmp_path / "access.log"
    log.write_text(combined_log(300))
    flags = signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n")
    scan(office.io, ScanRequest((log,), office.source.name, office.authority.number, (flags,)), lambda *_: None)
    with office.workspace.reading() as shelves:
        exhibit = shelves[rows.Exhibit].where()[0].exhibit_id
    custodian = office[Role.CUSTODIAN]

    def said(desk: Desk, kind: BundleKind, name: str, address: str | None = None) -> str:
        whole = kind is BundleKind.LEDGER
        request = BundleRequest(kind, tmp_path / name, "for the court", None if whole else exhibit, address)
        data = made(office, desk, request)
        with log.open("rb") as held, flags.open("rb") as listed:
            exhibits, lists = ([], []) if whole else ([held], [listed])
            return "\n".join(verify_sightline.Bundle(data).verify(exhibits=exhibits, lists=lists))

    assert "100 compared with the exhibit" in said(office.io, BundleKind.COURT, "court.zip")
    assert "1 compared with the exhibit" in said(office.io, BundleKind.DEFENCE, "defence.zip", "198.51.100.3")
    private = keys.new_key()
    officers.rotate(office.io, private.public_key().public_bytes_raw())
    rotated = sit_down(office.workspace, private, now)
    assert "100 compared with the exhibit" in said(rotated, BundleKind.COURT, "rotated.zip")
    officers.revoke(office[Role.ADMINISTRATOR], rotated.signer.key_id, "lost")
    assert "100 compared with the exhibit" in said(custodian, BundleKind.COURT, "revoked.zip")
    assert "of the journal are as they were sealed" in said(custodian, BundleKind.LEDGER, "ledger.zip")
