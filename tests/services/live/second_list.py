"""A list of a second issuer beside that of the agency, whose key can be revoked alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.reference_data import issuers
from sightline.services.live.request import WatchRequest
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from tests.services.live.unit import LiveOffice

OTHER = signature.create_key("SECOND")


NEWER = signature.create_key("SECOND")


def enrol_issuer(live: LiveOffice, key: signature.SecretKey) -> None:
    """Trust the key of another issuer."""
    asked = issuers.enrol(live.office.io, key.derive_public(), "letter of the other agency")
    second = live.office.supervisor
    with second.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
        given = approvals.decide(second, change, asked.approval_id, give=True, why="compared by telephone")
        issuers.enrol_approved(change, given)
        approvals.use(change, given)


def sign_second_list(path: Path, key: signature.SecretKey, until: str = "2099-01-01") -> None:
    """Sign the list of the other issuer."""
    comment = ListComment("SECOND", "7", until, "csam", "leads", None, None).to_text()
    with path.open("rb") as stream:
        minisig = signature.sign_digest(signature.hash_stream(stream), key, comment)
    Path(f"{path}.minisig").write_text(minisig, encoding="utf-8")


def add_second_list(live: LiveOffice, folder: Path, until: str = "2099-01-01") -> WatchRequest:
    """Enrol another issuer, and return a request that names its list beside that of the agency."""
    enrol_issuer(live, OTHER)
    path = folder / "second.csv"
    path.write_text("kind,value,category\ndomain,plain.example,csam\n", encoding="utf-8")
    sign_second_list(path, OTHER, until)
    scan = replace(live.request.scan, lists=(*live.request.scan.lists, path))
    return replace(live.request, scan=scan, part_bytes=1 << 20)
