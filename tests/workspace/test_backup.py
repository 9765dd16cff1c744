"""Backups: proven by restoring them, on either engine; what is not as it was made is named,
and leaves nothing behind.
"""

import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from sightline.casework.oversight import backups
from sightline.errors import DamagedInput, NotAllowed, OutputExists, Refused, SightlineError, UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import Role
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import dump, rows
from sightline.storage.database import open_engine, run_transaction
from sightline.storage.migrate import read_revision
from sightline.storage.schema import schema_tables
from sightline.storage.segment_stores import build_segment_store
from sightline.workspace.restore import RestoreTarget
from sightline.workspace.workspace import Workspace
from tests.office import Office, combined_log, found_office, now, signed_list

QUIET = lambda *_: None  # noqa: E731
Places = Callable[[str], RestoreTarget]


@pytest.fixture
def places(request: pytest.FixtureRequest, tmp_path: Path) -> Places:
    """Where a workspace can be: in a folder, or in PostgreSQL and on S3."""

    def place(kind: str) -> RestoreTarget:
        if kind == "folder":
            return RestoreTarget(tmp_path / f"restored-{os.urandom(3).hex()}")
        database, bucket = request.getfixturevalue("postgres_url"), request.getfixturevalue("s3")
        return RestoreTarget(tmp_path / f"restored-{os.urandom(3).hex()}", database, bucket.url)

    return place


def office_at(place: RestoreTarget, tmp_path: Path) -> Office:
    """An office with scans, a list, an exported checkpoint, and a row of the journal that is not sealed."""
    office = found_office(tmp_path / "office", database=place.database, segments=place.segments)
    for number in range(3):
        log = tmp_path / f"access-{number}.log"
        log.write_text(combined_log(90, start=1000 * number))
        flags = signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n")
        scan_logs(office.io, ScanRequest((log,), office.source.name, office.authority.number, (flags,)), QUIET)
    with office.workspace.read() as tables:
        last = tables[rows.Checkpoint].find_last("size")
    assert last
    (office.workspace.folder / "checkpoints" / "kept.note").write_text(last.note)
    office.workspace.append_to_journal(
        "workspace", JournalVerb.VIEW_LEDGER, "workspace:all", "Ünïcode text of a view", now()
    )
    return office


def all_rows(workspace: Workspace) -> dict[str, list[tuple[object, ...]]]:
    with run_transaction(workspace.engine, writes=False) as connection:
        return {
            name: [tuple(row) for row in connection.execute(select(one).order_by(*one.primary_key))]
            for name, one in schema_tables.items()
        }


def all_files(workspace: Workspace) -> dict[str, str]:
    found = {}
    for name in workspace.segments.names():
        with workspace.segments.open_local(name.name) as path:
            found[name.name] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def restored(office: Office, file: Path, place: RestoreTarget) -> Workspace:
    manifest = backups.check_backup(file, QUIET)
    return backups.restore_backup(file, manifest, place, office[Role.CUSTODIAN].signer.private, now, QUIET)


@pytest.mark.parametrize(("origin", "target"), [("folder", "folder"), ("folder", "servers"), ("servers", "folder")])
def test_every_row_and_every_file_comes_back(places: Places, tmp_path: Path, origin: str, target: str) -> None:
    office = office_at(places(origin), tmp_path)
    before, files = all_rows(office.workspace), all_files(office.workspace)
    out = tmp_path / "backup.tar"
    made = backups.make_backup(office[Role.CUSTODIAN], out, QUIET, unencrypted=True)
    assert (out.stat().st_mode & 0o777, out.stat().st_size) == (0o600, made.size_bytes)
    again = restored(office, out, places(target))
    after = all_rows(again)
    for name, rows_before in before.items():
        assert after[name][: len(rows_before)] == rows_before, name
    # What is more: the entry that tells of the restoration, with the seal of the journal, and its checkpoint.
    assert {
        name: len(after[name]) - len(rows_before)
        for name, rows_before in before.items()
        if len(after[name]) != len(rows_before)
    } == {
        "ledger": 2,
        "checkpoints": 1,
    }
    entries = [json.loads(str(row[4])) for row in after["ledger"][-2:]]
    assert [(entry["verb"], entry["thing"].partition(":")[0]) for entry in entries] == [
        ("backup:restored", "backup"),
        ("journal:sealed", "journal"),
    ]
    assert entries[0]["thing"] == f"backup:{made.manifest.digest}"
    assert all_files(again) == files
    assert (again.folder / "checkpoints" / "kept.note").read_bytes() == (
        office.workspace.folder / "checkpoints" / "kept.note"
    ).read_bytes()
    for workspace in (again, office.workspace):
        assert verify_workspace(workspace, VerifyRequest(rows=True), QUIET).findings == []


def test_a_backup_is_a_tar_that_any_tar_reads_and_the_same_snapshot_gives_the_same_tables(
    places: Places, tmp_path: Path
) -> None:
    office = office_at(places("folder"), tmp_path)
    made = backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    with tarfile.open(tmp_path / "backup.tar") as tar:
        for member in made.manifest.members:
            stream = tar.extractfile(member.name)
            assert stream and hashlib.sha256(stream.read()).hexdigest() == member.sha256
        assert {member.mode for member in tar.getmembers()} == {0o600}


def test_one_flipped_byte_anywhere_is_found_and_nothing_is_left(places: Places, tmp_path: Path) -> None:
    office = office_at(places("folder"), tmp_path)
    backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    whole = (tmp_path / "backup.tar").read_bytes()
    chance = random.Random(7)
    damaged = tmp_path / "damaged.tar"
    spots = sorted({0, 257, 511, 512, len(whole) - 1, len(whole) - 600, *chance.sample(range(len(whole)), 150)})
    for spot in spots:
        other = bytearray(whole)
        other[spot] ^= 1 << chance.randrange(8)
        damaged.write_bytes(other)
        with pytest.raises(DamagedInput, match=r"damaged\.tar"):
            restored(office, damaged, places("folder"))
    for cut in (0, 1, 512, 4096, len(whole) // 2, len(whole) - 512, len(whole) - 1):
        damaged.write_bytes(whole[:cut])
        with pytest.raises(DamagedInput, match=r"damaged\.tar"):
            restored(office, damaged, places("folder"))
    damaged.write_bytes(whole + b"\0")
    with pytest.raises(DamagedInput, match="its end is damaged"):
        restored(office, damaged, places("folder"))
    assert not [path for path in tmp_path.iterdir() if "restored" in path.name]


def test_the_member_that_is_damaged_is_named(places: Places, tmp_path: Path) -> None:
    office = office_at(places("folder"), tmp_path)
    made = backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    (segment, *_) = [member for member in made.manifest.members if member.name.endswith("000000.parquet")]
    with tarfile.open(tmp_path / "backup.tar") as tar:
        place = tar.getmember(segment.name).offset_data
    damaged = bytearray((tmp_path / "backup.tar").read_bytes())
    damaged[place + 99] ^= 1
    (tmp_path / "backup.tar").write_bytes(damaged)
    with pytest.raises(DamagedInput, match=f"{segment.name} was altered"):
        backups.check_backup(tmp_path / "backup.tar", QUIET)


@pytest.mark.parametrize("target", ["folder", "servers"])
def test_a_failed_restoration_leaves_nothing(
    places: Places, tmp_path: Path, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backup that changes between the check and the restoration: tables and some segments are written by then."""
    office = office_at(places("folder"), tmp_path)
    out = tmp_path / "backup.tar"
    made = backups.make_backup(office[Role.CUSTODIAN], out, QUIET, unencrypted=True)
    manifest = backups.check_backup(out, QUIET)
    last = [member for member in made.manifest.members if member.name.startswith("segments/")][-1]
    with tarfile.open(out) as tar:
        place = tar.getmember(last.name).offset_data
    with out.open("r+b") as stream:
        stream.seek(place)
        stream.write(b"\0")
    where = places(target)
    with pytest.raises(DamagedInput, match="changed while it was restored"):
        backups.restore_backup(out, manifest, where, office[Role.CUSTODIAN].signer.private, now, QUIET)
    assert not [path for path in tmp_path.iterdir() if "restored" in path.name]
    if where.database and where.segments:
        with open_engine(where.database).connect() as connection:
            assert read_revision(connection) is None
        assert list(build_segment_store(where.segments).names()) == []


def test_a_restored_ledger_must_be_that_of_its_checkpoint(places: Places, tmp_path: Path) -> None:
    """An owner of the log key can write a backup anew, with all digests right: the tree still finds a changed entry."""
    office = office_at(places("folder"), tmp_path)
    made = backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    forged = forge(
        office.workspace, tmp_path / "backup.tar", "tables/ledger.000000.jsonl", b"case:opened", b"case:closed"
    )
    with pytest.raises(DamagedInput, match=r"tables/ledger\.000000\.jsonl cannot be read"):
        restored(office, forged, places("folder"))
    dropped = forge(office.workspace, tmp_path / "backup.tar", "tables/ledger.000000.jsonl", None, b"")
    with pytest.raises(DamagedInput):
        restored(office, dropped, places("folder"))
    with pytest.raises(DamagedInput, match="is not the backup"):
        backups.check_backup(tmp_path / "backup.tar", QUIET, "0" * 64)
    assert backups.check_backup(tmp_path / "backup.tar", QUIET, made.manifest.digest).digest == made.manifest.digest


def forge(workspace: Workspace, file: Path, name: str, old: bytes | None, new: bytes) -> Path:
    """The backup with a member changed, or its last line dropped, and everything signed again."""
    from dataclasses import replace

    from sightline.workspace import backup_manifest
    from sightline.workspace.backup_tar import TarWriter, read_parts

    out = file.with_name("forged.tar")
    stream = io.BytesIO()
    writer = TarWriter(stream)
    with file.open("rb") as read:
        for part in read_parts(read, file):
            data = part.read_all()
            if part.name == name:
                data = data.replace(old, new) if old else data[: data.rstrip(b"\n").rindex(b"\n") + 1]
            if part.name == backup_manifest.NAME:
                manifest = replace(backup_manifest.read(data), members=tuple(writer.members))
                data = manifest.encode()
            elif part.name == backup_manifest.SIGNATURE:
                data = manifest.sign(workspace.log_signer())
            writer.add(part.name, len(data), [data])
    writer.end()
    out.write_bytes(stream.getvalue())
    return out


def test_backups_and_restorations_check_permissions_and_folders(places: Places, tmp_path: Path) -> None:
    office = office_at(places("folder"), tmp_path)
    out = tmp_path / "backup.tar"
    with pytest.raises(NotAllowed, match="backup is for administrator, custodian"):
        backups.make_backup(office.io, out, QUIET, unencrypted=True)
    with pytest.raises(UsageError, match="is inside the workspace"):
        backups.make_backup(office[Role.CUSTODIAN], office.workspace.folder / "backup.tar", QUIET, unencrypted=True)
    backups.make_backup(office[Role.CUSTODIAN], out, QUIET, unencrypted=True)
    with pytest.raises(OutputExists):
        backups.make_backup(office[Role.CUSTODIAN], out, QUIET, unencrypted=True)
    manifest = backups.check_backup(out, QUIET)
    place = places("folder")
    with pytest.raises(NotAllowed, match="you may not restore"):
        backups.restore_backup(out, manifest, place, office.io.signer.private, now, QUIET)
    assert not place.folder.exists()
    with pytest.raises(OutputExists, match="is not empty"):
        restored(office, out, RestoreTarget(office.workspace.folder))


def test_a_missing_or_altered_segment_is_named_and_only_backed_up_when_asked(places: Places, tmp_path: Path) -> None:
    office = office_at(places("folder"), tmp_path)
    with office.workspace.read() as tables:
        gone, altered, _ = [segment.file for segment in tables[rows.Segment].select()]
    path = office.workspace.folder / "segments"
    content = bytearray((path / altered).read_bytes())
    content[50] ^= 1
    (path / altered).write_bytes(content)
    with pytest.raises(DamagedInput, match=f"{altered} .* was altered"):
        backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    (path / gone).unlink()
    assert not [path for path in tmp_path.iterdir() if "backup" in path.name]
    made = backups.make_backup(
        office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, incomplete=True, unencrypted=True
    )
    assert set(made.manifest.incomplete) == {gone, altered}
    again = restored(office, tmp_path / "backup.tar", places("folder"))
    findings = verify_workspace(again, VerifyRequest(), QUIET).findings
    assert sorted(gone in finding.where or altered in finding.where for finding in findings) == [True, True]


def test_others_work_on_while_it_is_made(places: Places, tmp_path: Path) -> None:
    """A scan between tables and segments is not in the backup, and what is in it is of one instant."""
    office = office_at(places("folder"), tmp_path)
    before = all_rows(office.workspace)
    is_scanned = False

    def meanwhile(done: int, _all: int | None, files: int = 0, _step: str = "", /) -> None:
        nonlocal is_scanned
        if files > 10 and not is_scanned:
            is_scanned = True
            (tmp_path / "later.log").write_text(combined_log(30, start=9000))
            request = ScanRequest((tmp_path / "later.log",), office.source.name, office.authority.number, ())
            scan_logs(office.io, request, QUIET)

    backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", meanwhile, unencrypted=True)
    assert is_scanned
    after = all_rows(restored(office, tmp_path / "backup.tar", places("folder")))
    assert len(after["runs"]) == len(before["runs"]) == 3
    assert len(all_rows(office.workspace)["runs"]) == 4


def test_data_purged_during_a_backup_is_in_no_backup(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time that something was purged since the snapshot, the backup is thrown away and made again."""
    office = office_at(places("folder"), tmp_path)
    custodian = office[Role.CUSTODIAN]
    purges = 1

    def meanwhile(done: int, _all: int | None, files: int = 0, _step: str = "", /) -> None:
        nonlocal purges
        if files > 10 and purges:
            purges -= 1
            with office.workspace.change(office.io.signer, now()) as change:
                change.ledger.append(Verb.PURGE_DONE, office.io.signer, "exhibit:x")

    made = backups.make_backup(custodian, tmp_path / "backup.tar", meanwhile, unencrypted=True)
    assert made.manifest.size == len(all_rows(office.workspace)["ledger"]) - 1
    purges = 99
    with pytest.raises(SightlineError, match="a purge ran"):
        backups.make_backup(custodian, tmp_path / "other.tar", meanwhile, unencrypted=True)
    assert not [path for path in tmp_path.iterdir() if "other" in path.name]


def test_a_backup_of_another_schema_is_refused(places: Places, tmp_path: Path) -> None:
    from dataclasses import replace

    office = office_at(places("folder"), tmp_path)
    backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    manifest = replace(backups.check_backup(tmp_path / "backup.tar", QUIET), schema="0099")
    with pytest.raises(Refused, match="schema 0099"):
        backups.restore_backup(
            tmp_path / "backup.tar", manifest, places("folder"), office[Role.CUSTODIAN].signer.private, now, QUIET
        )


def test_memory_does_not_grow_with_the_ledger(places: Places, tmp_path: Path) -> None:
    """Tables are cut into pieces, of which one is held at a time."""
    office = office_at(places("folder"), tmp_path)
    with office.workspace.change(office.io.signer, now()) as change:
        for number in range(12_000):
            change.ledger.append(Verb.EXHIBIT_OPENED, office.io.signer, "exhibit:x", facts={"n": number})
    made = backups.make_backup(office[Role.CUSTODIAN], tmp_path / "backup.tar", QUIET, unencrypted=True)
    pieces = [member.size_bytes for member in made.manifest.members if member.name.startswith("tables/ledger.")]
    assert len(pieces) > 1 and max(pieces) < dump.CHUNK_BYTES + 10_000
    assert (
        len(all_rows(restored(office, tmp_path / "backup.tar", places("folder")))["ledger"]) == made.manifest.size + 1
    )
