"""What matches nothing is nowhere: not in database, WAL, segments, staging, backups, bundles,
papers or temporary files.
"""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest

from sightline.casework.oversight.backups import make_backup
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, SightlineError
from sightline.evidence.bundle_file import BundleKind
from sightline.evidence.documents.document_facts import Language
from sightline.model import Role
from sightline.services.bundles.bundle import BundleRequest, write_bundle
from sightline.services.documents.certificate import CertificateRequest, certify_exhibit
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage import rows
from sightline.workspace.workspace import open_workspace
from tests.office import Office, combined_log, found_office, now, signed_list
from tests.servers.postgres import Postgres

QUIET = lambda *_: None  # noqa: E731
MARKER = "canary-7f3a9c51"
"""Stands in a path, a user agent, a user name and a referrer of lines that match nothing."""


@pytest.fixture
def own_temporary_files(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of this test for all temporary files, once the servers run, which have their own."""
    for server in ("postgres", "s3_server"):
        request.getfixturevalue(server)
    place = tmp_path / "temporary"
    place.mkdir()
    monkeypatch.setenv("TMPDIR", str(place))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    innocent = (
        f'203.0.113.9 - {MARKER} [01/Mar/2026:12:00:00 +0000] "GET http://plain.example/{MARKER} HTTP/1.1" 200 1'
        f' "http://plain.example/{MARKER}" "{MARKER}"\n'
    )
    broken = f"{MARKER} is no line of any log\n"
    for number in range(4):
        lines = combined_log(3_000, start=9_000 * number).splitlines(keepends=True)
        text = "".join(line + innocent if at % 3 else line for at, line in enumerate(lines))
        (folder / f"access.{number}.log").write_text(text + broken * 3)
    return folder


def places_of(marker: str, *folders: Path) -> list[str]:
    """The files below in which the marker stands."""
    return [
        str(path)
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and marker.encode() in path.read_bytes()
    ]


@pytest.mark.usefixtures("own_temporary_files")
@pytest.mark.parametrize("kind", ["folder", "servers"])
def test_a_canary_is_nowhere(request: pytest.FixtureRequest, tmp_path: Path, logs: Path, kind: str) -> None:
    database = bucket = None
    beside: list[Path] = []
    if kind == "servers":
        database, bucket = request.getfixturevalue("postgres_url"), request.getfixturevalue("s3").url
        server: Postgres = request.getfixturevalue("postgres")
        beside = [server._place, request.getfixturevalue("s3_server")._place]
    office = found_office(tmp_path / "workspace", database=database, segments=bucket)
    flags = signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n")
    scan_request = ScanRequest((logs,), office.source.name, office.authority.number, (flags,))
    _killed(office, scan_request)
    with pytest.raises(SightlineError) as raised:
        scan_logs(
            office.io,
            ScanRequest((logs, logs / "absent"), scan_request.source, scan_request.authority, (flags,)),
            QUIET,
        )
    scan_logs(office.io, scan_request, QUIET)
    papers = tmp_path / "papers"
    papers.mkdir()
    _papers(office, papers)
    assert MARKER not in f"{raised.value}{raised.value.hint}{raised.value.details}"
    folders = (office.workspace.folder, papers, tmp_path / "temporary", *beside)
    assert places_of(MARKER, *folders) == []
    # The search finds what is there: a line with a hit is in a paper.
    assert places_of("board.example/room/", papers)


def _killed(office: Office, asked: ScanRequest) -> None:
    """A scan that is killed when it first reports progress."""
    office.workspace.engine.dispose()
    number = os.fork()
    if number == 0:
        try:
            scan_logs(
                OfficerSession(open_workspace(office.workspace.folder), office.io.signer, office.io.officer, now),
                asked,
                lambda *_: os.kill(os.getpid(), signal.SIGKILL),
            )
        finally:
            os._exit(0)
    _, status = os.waitpid(number, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL


def _papers(office: Office, papers: Path) -> None:
    with office.workspace.read() as tables:
        exhibit = tables[rows.Exhibit].select()[0].exhibit_id
    certify_exhibit(office.io, CertificateRequest(exhibit, Language.ENGLISH, papers))
    bundle_request = BundleRequest(BundleKind.COURT, papers / "court.zip", "trial", exhibit)
    with pytest.raises(NotAllowed):
        write_bundle(office.io, bundle_request)
    office.approve()
    write_bundle(office.io, bundle_request)
    make_backup(office[Role.ADMINISTRATOR], papers / "backup.tar", QUIET, unencrypted=True)
