"""The doctor, on workspaces and machines that are really broken in one way each."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from sightline.casework.exhibits.purge import purge_exhibit
from sightline.casework.oversight import backups, checkpoints, witnesses
from sightline.casework.people import officers
from sightline.casework.reference_data import issuers
from sightline.cli import main
from sightline.cli.process_safety import harden_process
from sightline.errors import NotAllowed
from sightline.ledger import journal_seals
from sightline.ledger.entry import WORKSPACE
from sightline.ledger.instants import to_microseconds
from sightline.ledger.note import NoteKey, SignatureKind
from sightline.model import IntentState, Role
from sightline.services.doctor import clock_checks, disks, folder_checks, storage_checks
from sightline.services.doctor.check import Check, Level
from sightline.services.doctor.examine import examine_workspace, list_checks, sweep_workspace
from sightline.services.doctor.machine_facts import System
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.storage import erase, rows
from sightline.storage.database import run_transaction
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id
from sightline.workspace import keys, leases
from sightline.workspace.workspace import make_workspace
from tests.office import Office, combined_log, found_office, issuer_key, now, signed_list

QUIET = lambda *_: None  # noqa: E731
HERE = frozenset({"disk", "swap", "cores", "space"})
"""What depends on the machine that the tests run on."""


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = found_office(tmp_path / "workspace")
    scanned(office, tmp_path)
    return office


def scanned(office: Office, tmp_path: Path, *, authority: str | None = None) -> None:
    (tmp_path / "access.log").write_text(combined_log(300))
    flags = signed_list(tmp_path, "kind,value,category\ndomain,board.example,csam\n")
    number = authority or office.authority.number
    scan_logs(office.io, ScanRequest((tmp_path / "access.log",), office.source.name, number, (flags,)), QUIET)


def run_checks(office: Office, at: datetime | None = None) -> list[Check]:
    return list_checks(office.workspace, System(), at or now())


def troubles(office: Office, at: datetime | None = None) -> dict[str, str]:
    """What is not all right of the workspace itself: the last of each name, with its level."""
    checks = [
        run_check
        for run_check in run_checks(office, at)
        if run_check.level is not Level.OK and run_check.name not in HERE
    ]
    return {check.name: f"{check.level}: {check.what}" for check in checks if "other clock" not in check.what}


USUAL = {"checkpoints", "witnesses", "backups", "officers"}
"""What a new workspace lacks; this one's office has nobody of the rank that approves notices."""


def test_a_sound_workspace_lacks_only_what_must_leave_the_machine(office: Office) -> None:
    assert troubles(office).keys() == USUAL
    assert all(run_check.advice for run_check in run_checks(office) if run_check.level is not Level.OK)


def machine(root: Path, mounts: str, **files: str) -> System:
    """A root with that mountinfo and files; names are paths with `__` for `/`."""
    for name, content in {"proc__self__mountinfo": mounts, **files}.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return System(root)


def block(root: Path, device: str, name: str, *, uuid: str = "", slaves: tuple[str, ...] = (), part: str = "") -> None:
    """A block device in sysfs; a partition lies in the folder of its disk."""
    place = root / "sys/devices/block" / (f"{part}/{name}" if part else name)
    (place / "slaves").mkdir(parents=True)
    if part:
        (place / "partition").write_text("1")
    if uuid:
        (place / "dm").mkdir()
        (place / "dm/uuid").write_text(uuid + "\n")
    for slave in slaves:
        (place / "slaves" / slave).symlink_to((root / "sys/class/block" / slave).resolve())
    for below in (f"sys/dev/block/{device}", f"sys/class/block/{name}"):
        (root / below).parent.mkdir(parents=True, exist_ok=True)
        (root / below).symlink_to(place)


LUKS = "CRYPT-LUKS2-0a1b-root"
LINE = "25 1 {} / /srv rw - {} {} rw\n"


@pytest.mark.parametrize(
    ("line", "level"),
    [
        (LINE.format("8:1", "ext4", "/dev/sda1"), Level.WRONG),
        (LINE.format("253:0", "ext4", "/dev/mapper/root"), Level.OK),
        (LINE.format("253:1", "xfs", "/dev/mapper/vg-root"), Level.OK),
        (LINE.format("253:2", "xfs", "/dev/mapper/vg-half"), Level.WRONG),
        (LINE.format("0:30", "btrfs", "/dev/mapper/root"), Level.OK),
        (LINE.format("0:31", "btrfs", "/dev/sda1"), Level.WRONG),
        (LINE.format("253:3", "ext4", "/dev/mapper/verity"), Level.WRONG),
        (LINE.format("0:40", "overlay", "overlay"), Level.WARNING),
        (LINE.format("0:41", "nfs4", "files.example:/srv"), Level.WARNING),
        (LINE.format("0:42", "tmpfs", "tmpfs"), Level.WARNING),
        (LINE.format("7:0", "ext4", "/dev/loop0"), Level.WARNING),
        (LINE.format("99:9", "ext4", "/dev/gone"), Level.WARNING),
        ("", Level.WARNING),
        # The mount below hides the one above, and a space is written as an octal number.
        (
            LINE.format("8:1", "ext4", "/dev/sda1") + "26 25 253:0 / /srv/a\\040b rw - ext4 /dev/mapper/root rw\n",
            Level.OK,
        ),
    ],
)
def test_the_disk_is_encrypted_or_not_or_nobody_can_tell(tmp_path: Path, line: str, level: Level) -> None:
    block(tmp_path, "8:0", "sda")
    block(tmp_path, "8:1", "sda1", part="sda")
    block(tmp_path, "253:0", "dm-0", uuid=LUKS, slaves=("sda1",))
    block(tmp_path, "253:1", "dm-1", uuid="LVM-aa", slaves=("dm-0",))
    block(tmp_path, "253:2", "dm-2", uuid="LVM-bb", slaves=("dm-0", "sda1"))
    block(tmp_path, "253:3", "dm-3", uuid="CRYPT-VERITY-cc", slaves=("sda1",))
    block(tmp_path, "7:0", "loop0")
    (tmp_path / "sys/devices/block/loop0/loop").mkdir()
    (tmp_path / "dev/mapper").mkdir(parents=True)
    (tmp_path / "dev/mapper/root").symlink_to("../dm-0")
    assert disks.check_disk(machine(tmp_path, line), Path("/srv/a b")).level is level


@pytest.mark.parametrize(
    ("swaps", "level"),
    [
        ("", Level.OK),
        ("/dev/dm-0 partition 8 0 -2\n", Level.OK),
        ("/dev/zram0 partition 8 0 -2\n", Level.OK),
        ("/dev/sda partition 8 0 -2\n", Level.WRONG),
        ("/srv/swapfile file 8 0 -2\n", Level.OK),
        ("/swapfile file 8 0 -2\n", Level.WRONG),
        ("/dev/gone partition 8 0 -2\n", Level.WARNING),
    ],
)
def test_swap_is_none_or_encrypted_or_wrong(tmp_path: Path, swaps: str, level: Level) -> None:
    block(tmp_path, "8:0", "sda")
    block(tmp_path, "253:0", "dm-0", uuid=LUKS, slaves=("sda",))
    block(tmp_path, "254:0", "zram0")
    mounts = "24 1 8:0 / / rw - ext4 /dev/sda rw\n" + LINE.format("253:0", "ext4", "/dev/dm-0")
    system = machine(tmp_path, mounts, proc__swaps=f"Filename Type Size Used Priority\n{swaps}")
    assert [check.level for check in disks.check_swap(system)] == [level]


def test_cores_space_and_hardware_clock(tmp_path: Path) -> None:
    pattern = {"proc__sys__kernel__core_pattern": "|/usr/lib/systemd/systemd-coredump"}
    harden_process()
    assert (
        disks.check_core_dumps(machine(tmp_path, "", **pattern, proc__self__coredump_filter="00000033")).level
        is Level.WRONG
    )
    assert (
        disks.check_core_dumps(machine(tmp_path, "", **pattern, proc__self__coredump_filter="00000000")).level
        is Level.OK
    )
    gib = 1 << 30
    judged = [disks.judge_space(free * gib // 2, 100 * gib).level for free in (1, 6, 30)]
    assert judged == [Level.WRONG, Level.WARNING, Level.OK]
    at = now()
    for off, level in ((0, Level.OK), (3600, Level.WARNING), (-3600, Level.WARNING)):
        epoch = str(int(at.timestamp()) + off)
        found = clock_checks.check_hardware_clock(machine(tmp_path, "", sys__class__rtc__rtc0__since_epoch=epoch), at)
        assert [check.level for check in found] == [level]
    assert list(clock_checks.check_hardware_clock(System(tmp_path / "none"), at)) == []
    assert [clock_checks.check_synchronised(one).level for one in (True, False, None)] == [
        Level.OK,
        Level.WARNING,
        Level.WARNING,
    ]


def test_a_clock_behind_the_ledger_is_wrong(office: Office) -> None:
    found = troubles(office, now() - timedelta(days=1))
    assert found["clock"].startswith("wrong: the last entry of the ledger is of ")


def test_every_user_who_can_read_the_folder_is_reported(office: Office, tmp_path: Path) -> None:
    place = office.workspace.folder
    place.chmod(0o755)
    (check,) = folder_checks.check_permissions(place)
    # The database, and nothing below folders that are closed themselves.
    assert check.level is Level.WRONG and "they can read" in check.what and "can read 0" not in check.what
    place.chmod(0o700)
    (place / "log.key").chmod(0o640)
    (check,) = folder_checks.check_permissions(place)
    assert "log.key holds a secret" in check.what
    (place / "log.key").chmod(0o600)
    (place / "segments").rename(tmp_path / "elsewhere")
    (place / "segments").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").chmod(0o755)
    (check,) = folder_checks.check_permissions(place)
    assert check.advice == f"chmod 700 {place / 'segments'}"
    (tmp_path / "elsewhere").chmod(0o700)
    assert [permission.level for permission in folder_checks.check_permissions(place)] == [Level.OK]
    if os.geteuid() == 0:
        os.chown(place / "log.key", 12345, 12345)
        assert "files of 2 users" in folder_checks.check_permissions(place)[0].what


def test_another_log_key_or_none_is_wrong(office: Office) -> None:
    path = office.workspace.folder / "log.key"
    path.unlink()
    assert "cannot be read" in troubles(office)["key"]
    keys.write_private(path, keys.make_signing_key(), None)
    assert troubles(office)["key"] == "wrong: the key that signs checkpoints is not the one of this ledger"


def test_missing_triggers_and_a_damaged_database_are_wrong(office: Office) -> None:
    with run_transaction(office.workspace.engine, writes=True) as connection:
        connection.execute(text("DROP TRIGGER ledger_no_delete"))
    assert "ledger_no_delete" in troubles(office)["triggers"]


@pytest.mark.parametrize("what", ["ledger_by_verb", "custody", "ledger"])
def test_a_damaged_database_is_wrong_and_the_other_checks_are_reported(office: Office, what: str) -> None:
    path = office.workspace.folder / "record.sqlite"
    with run_transaction(office.workspace.engine, writes=False) as connection:
        query = text("SELECT rootpage FROM sqlite_master WHERE name = :name")
        page = int(connection.execute(query, {"name": what}).scalar_one())
    erase.empty_log(office.workspace.engine)
    office.workspace.engine.dispose()
    with path.open("r+b") as stream:
        stream.seek((page - 1) * 4096)
        stream.write(b"\xff" * 100)
    found = [
        run_check for run_check in run_checks(office) if run_check.name == "database" and run_check.level is Level.WRONG
    ]
    assert found and all(str(check.advice).startswith("restore the last backup") for check in found)
    assert {"disk", "folder"} <= {run_check.name for run_check in run_checks(office)}


def test_files_that_are_gone_cut_or_nobodys_are_named_and_the_sweep_takes_only_the_dead(
    office: Office, tmp_path: Path
) -> None:
    store_folder = office.workspace.folder / "segments"
    dead, alive = make_id(now()), make_id(now())
    place, number, _ = leases.name_this_process().rsplit(":", 2)
    at = to_microseconds(now())
    with run_transaction(office.workspace.engine, writes=True) as connection:
        for intent, process in ((dead, f"{place}:{number}:1"), (alive, leases.name_this_process())):
            by = office.io.officer.officer_id
            Tables(connection)[rows.Intent].add(rows.Intent(intent, by, process, at, at + 60_000_000, IntentState.OPEN))
    for name in (dead, alive, "stranger"):
        (store_folder / name).mkdir(mode=0o700)
        (store_folder / name / "000000.parquet").write_bytes(b"x")
    found = troubles(office)
    assert found["scans"] == "warning: 1 scan died before the end"
    assert found["orphans"] == "warning: 1 file that the record does not know, the first stranger/000000.parquet"
    assert sweep_workspace(office[Role.CUSTODIAN]).scans == 1
    assert not (store_folder / dead).exists()
    assert (store_folder / alive / "000000.parquet").exists()
    assert (store_folder / "stranger" / "000000.parquet").exists()
    assert "scans" not in troubles(office)
    with office.workspace.read() as tables:
        (segment,) = tables[rows.Segment].select()
    (store_folder / segment.file).write_bytes(b"cut")
    assert troubles(office)["segments"] == f"wrong: of another size: 1 registered file, the first {segment.file}"
    (store_folder / segment.file).unlink()
    assert troubles(office)["segments"] == f"wrong: missing: 1 registered file, the first {segment.file}"


def test_leftovers_of_a_purge_are_wrong_until_they_are_swept(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with office.workspace.read() as tables:
        (exhibit,) = tables[rows.Exhibit].select()
    backups.make_backup(office[Role.CUSTODIAN], office.workspace.folder.parent / "old.tar", QUIET, unencrypted=True)
    with pytest.raises(NotAllowed):
        purge_exhibit(office.io, exhibit.exhibit_id, "over", early=True)
    office.approve()
    with monkeypatch.context() as patch:
        patch.setattr("sightline.workspace.orphans.remove_purged", lambda _: 0)
        purge_exhibit(office.io, exhibit.exhibit_id, "over", early=True)
    found = troubles(office)
    assert found["orphans"] == "wrong: 1 file is left of purged exhibits"
    assert found["backups"] == "warning: something was purged since: the backups before still hold it"
    assert sweep_workspace(office[Role.ADMINISTRATOR]).files == 1
    assert "orphans" not in troubles(office)
    backups.make_backup(office[Role.CUSTODIAN], office.workspace.folder.parent / "new.tar", QUIET, unencrypted=True)
    assert "backups" not in troubles(office)
    assert troubles(office, now() + timedelta(days=8))["backups"].startswith("warning: the last one is of 8 days ago")


def test_a_journal_that_nobody_seals_is_wrong(office: Office) -> None:
    with run_transaction(office.workspace.engine, writes=True) as connection:
        at = to_microseconds(now() - timedelta(minutes=5))
        journal_seals.append_rows(
            Tables(connection), [journal_seals.JournalEvent(at, WORKSPACE, "view:ledger", "ledger:all", "x")]
        )
    assert troubles(office)["journal"] == "wrong: 1 row is not sealed, the oldest for 5 minutes"
    office.workspace.seal(now())
    assert "journal" not in troubles(office)


def test_checkpoints_that_left_and_came_back_are_seen(office: Office, tmp_path: Path) -> None:
    checkpoints.export_checkpoint(office[Role.AUDITOR], None)
    found = troubles(office)
    assert "checkpoints" not in found and "witnesses" in found
    assert (
        troubles(office, now() + timedelta(days=40))["checkpoints"]
        == "warning: the last one left this machine 40 days ago"
    )
    public = keys.make_signing_key().public_key().public_bytes_raw()
    witnesses.enrol(office[Role.AUDITOR], NoteKey("court.example", public, SignatureKind.COSIGNATURE), "order")
    assert troubles(office)["witnesses"] == "warning: nothing was countersigned yet"


def test_one_officer_or_two_of_one_hand_are_named(tmp_path: Path) -> None:
    from sightline.casework.permissions.officer_session import authenticate

    private = keys.make_signing_key()
    person = officers.NewOfficer("A. Administrator", Role.ADMINISTRATOR, "", "Cyber Cell")
    workspace = make_workspace(
        tmp_path / "small", "Demo", now(), lambda change: officers.enrol_first_officer(change, person, private)
    )

    def finding_by_level() -> dict[str, str]:
        checks = [check for check in list_checks(workspace, System(), now()) if check.name == "officers"]
        return {check.level.value: check.what for check in checks}

    assert finding_by_level() == {"wrong": "1 officer is on duty: nothing that takes two can be done"}
    officer_session = authenticate(workspace, private, now)
    second = officers.NewOfficer("S. Supervisor", Role.SUPERVISOR, "", "Cyber Cell")
    officers.enrol(officer_session, second, keys.make_signing_key().public_key().public_bytes_raw(), "first to be")
    tied = "enrolled only by officers who are tied to each other: A. Administrator, S. Supervisor"
    assert finding_by_level()["warning"] == tied
    with workspace.change(officer_session.signer, now()) as change:
        officer = rows.Officer(
            make_id(now()), "X. Ghost", "", "", Role.SUPERVISOR, change.now_us, officer_session.officer.officer_id
        )
        public = keys.make_signing_key().public_key().public_bytes_raw()
        change.tables[rows.Officer].add(officer)
        change.tables[rows.OfficerKey].add(
            rows.OfficerKey("0" * 16, officer.officer_id, public, change.now_us, officer_session.officer.officer_id)
        )
    assert finding_by_level()["wrong"] == "keys that one officer alone enrolled: S. Supervisor, X. Ghost"


def test_expired_authorities_lists_and_keys_are_named(office: Office) -> None:
    day = 86_400_000_000
    office.add_authority(number="A 9", valid_until_us=to_microseconds(now()) + 20 * day, keep_until_us=1)
    later = now() + timedelta(days=10)
    assert troubles(office, later)["authorities"].startswith("warning: A 9 is in force only until")
    after = now() + timedelta(days=30)
    assert troubles(office, after)["authorities"].startswith("warning: the term of A 9 is over")
    assert "lists" not in troubles(office, after)
    in_another_age = now().replace(year=2100)
    assert troubles(office, in_another_age)["lists"] == "warning: the newest lists of AGENCY (1) are valid no longer"
    issuers.revoke(office.io, issuer_key().derive_public().key_id, "lost")
    assert troubles(office)["issuers"].endswith("signed by a key that was revoked: AGENCY")


def test_exhibits_past_their_retention_are_counted(tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    office.add_authority(number="A 1", keep_until_us=1)
    scanned(office, tmp_path, authority="A 1")
    assert troubles(office)["retention"] == "warning: 1 exhibit is kept longer than the authority allows"


def test_a_postgresql_that_can_lose_committed_rows_is_wrong(tmp_path: Path, postgres_url: str) -> None:
    office = found_office(tmp_path / "workspace", database=postgres_url)
    assert troubles(office)["postgresql"].startswith("warning: it is used as a superuser")
    with run_transaction(office.workspace.engine, writes=True) as connection:
        connection.execute(text(f'ALTER DATABASE "{postgres_url.rpartition("/")[2]}" SET synchronous_commit = off'))
        connection.execute(text("ALTER TABLE openings DISABLE TRIGGER openings_no_delete"))
    office.workspace.engine.dispose()
    problems = [run_check.what for run_check in run_checks(office) if run_check.level is Level.WRONG]
    assert any("synchronous_commit = off" in problem for problem in problems)
    assert any("openings_no_delete" in problem for problem in problems)


@pytest.mark.parametrize(
    ("host", "local"),
    [(None, True), ("/run/postgresql", True), ("127.0.0.1", True), ("::1", True), ("db.example", False)],
)
def test_only_a_connection_that_stays_on_the_machine_needs_no_encryption(host: str | None, local: bool) -> None:
    assert storage_checks._is_local(host) is local


def test_the_command_says_it_in_lines_and_by_its_exit_code(
    office: Office, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "custodian.key"
    keys.write_private(key, office[Role.CUSTODIAN].signer.private, None)
    words = ["doctor", "--workspace", str(office.workspace.folder), "--key", str(key)]
    accept = [word for name in sorted(HERE) for word in ("--accept", name)]
    assert main([*words, *accept]) == 0
    out = capsys.readouterr().out
    assert "\nok       triggers     the database itself refuses to change the ledger\n" in out
    assert out.splitlines()[-1].endswith(" 0 wrong")
    (office.workspace.folder / "log.key").chmod(0o644)
    assert main([*words, *accept, "--json", "--sweep"]) == 4
    printed = capsys.readouterr()
    found = [check["advice"] for check in json.loads(printed.out) if check["level"] == "wrong"]
    assert [one.partition(";")[0] for one in found] == [f"chmod 600 {office.workspace.folder / 'log.key'}"] * 2
    assert printed.err == "swept    0 scans that died, 0 files\n"


def test_an_officer_who_runs_no_system_is_refused(office: Office) -> None:
    for act in (lambda: examine_workspace(office.io, System()), lambda: sweep_workspace(office.io)):
        do: Callable[[], object] = act
        with pytest.raises(NotAllowed, match="doctor is for"):
            do()
