"""The files of generations: verified, backed up, no orphans, gone with what was purged; damage is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sightline.casework import backups
from sightline.services.doctor.examine import sweep
from sightline.services.doctor.store import files as store_files
from sightline.services.artifacts.lead_files import opened
from sightline.services.verification.finding import Part
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.errors import DamagedInput, UsageError
from sightline.workspace.backup import backup
from sightline.workspace.restore import Place
from sightline.storage import rows
from sightline.model import Role
from tests.services.leads.office import Desk, Visit, new_desk
from tests.office import now

QUIET = lambda *_: None  # noqa: E731
VISITS = [Visit(minute * 60, f"198.51.100.{7 + host}", f"/room/{minute}") for minute in range(3) for host in range(4)]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return new_desk(tmp_path)


def findings(desk: Desk) -> list[str]:
    report = verify_workspace(desk.office.workspace, VerifyRequest(), lambda *_: None)
    assert report.counts[Part.LEDGER]
    return [f"{one.part}: {one.where} {one.what}" for one in report.findings]


def test_a_generation_is_verified_backed_up_and_no_orphan(desk: Desk, tmp_path: Path) -> None:
    desk.scan(desk.log("a.log", VISITS), desk.flags())
    made = desk.rebuild()
    assert [path.name for path in desk.files(made)] == ["indicators.parquet", "leads-000000.parquet", "places.parquet"]

    sweep(desk.office[Role.CUSTODIAN])
    assert len(desk.leads()) == 4
    workspace = desk.office.workspace
    with workspace.reading() as shelves:
        checks = store_files(workspace, shelves, list(workspace.segments.names()))
    assert {one.level.value for one in checks} == {"ok"}

    assert findings(desk) == []
    kept = tmp_path / "kept.tar"
    keeper = desk.office[Role.CUSTODIAN]
    backups.back_up(keeper, kept, QUIET, unencrypted=True)
    whole = desk.leads()
    place = Place(tmp_path / "again")
    again = backups.restore_backup(kept, backups.check_backup(kept, QUIET), place, keeper.signer.private, now, QUIET)
    with opened(again) as read:
        assert list(read.told(read.frame())) == whole

    desk.files(made)[1].write_bytes(b"PAR1 not")
    assert any(one.startswith("leads: generation 1") for one in findings(desk))


def test_a_purge_takes_every_generation_that_rests_on_the_exhibit(desk: Desk, tmp_path: Path) -> None:
    flags = desk.flags()
    first = desk.scan(desk.log("first.log", VISITS), flags)
    before = desk.rebuild()
    again = [Visit(7200, "198.51.100.99", "/secret-room")]
    second = desk.scan(desk.log("second.log", again), flags)
    both = desk.rebuild()
    assert len(desk.leads()) == 5

    desk.purge(second)
    assert not any(path.exists() for path in desk.files(both))
    assert all(path.exists() for path in desk.files(before)), "it does not rest on what was purged"
    with pytest.raises(UsageError, match="purged") as refused:
        desk.leads()
    assert "rebuild" in str(refused.value.hint)
    assert len(desk.leads(1)) == 4
    with desk.office.workspace.reading() as shelves:
        assert [one.number for one in shelves[rows.Generation].where()] == [1, 2], "that they were there stays provable"
    assert findings(desk) == []

    desk.rebuild()
    assert {lead["source_ip"] for lead in desk.leads()} == {f"198.51.100.{7 + host}" for host in range(4)}
    desk.purge(first)
    store = Path(desk.office.workspace.segments.where)
    assert not list(store.rglob("leads-*.parquet"))
    desk.rebuild()
    out, begun = tmp_path / "k.tar", datetime.now(UTC)
    with backup(desk.office.workspace, out, "c", begun, lambda *_: None, recipients=()) as kept:
        kept.publish()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def scramble(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(len(data) - 12) + data[-8:])


@pytest.mark.parametrize("harm", [Path.unlink, cut, scramble])
@pytest.mark.parametrize("name", ["leads-000000.parquet", "places.parquet", "indicators.parquet"])
def test_damage_is_named_and_mended_by_a_rebuild(kept_desk: Desk, harm: Callable[[Path], None], name: str) -> None:
    desk = kept_desk
    made = desk.rebuild()
    whole = desk.leads()
    harm(next(path for path in desk.files(made) if path.name == name))
    with pytest.raises(DamagedInput) as damaged:
        desk.leads()
    assert name in str(damaged.value)
    mended = desk.rebuild()
    assert not mended.was_there
    assert desk.leads() == whole
    assert desk.rebuild().was_there


@pytest.fixture(scope="module")
def kept_desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """One desk for all kinds of damage: each test leaves it whole."""
    desk = new_desk(tmp_path_factory.mktemp("kept"))
    desk.scan(desk.log("a.log", VISITS), desk.flags())
    return desk


def test_a_rebuild_that_a_purge_overtakes_keeps_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from sightline.services.leads import generation_writer
    from sightline.services.leads import rebuild as spine
    from sightline.errors import Interrupted

    exhibit = desk.scan(desk.log("a.log", VISITS), desk.flags())
    make = generation_writer.make

    def purged_meanwhile(*words: object, **more: object) -> object:
        account = make(*words, **more)  # type: ignore[arg-type]
        desk.purge(exhibit)
        return account

    monkeypatch.setattr(spine, "make", purged_meanwhile)
    with pytest.raises(Interrupted, match="purged"):
        desk.rebuild()
    assert not list(Path(desk.office.workspace.segments.where).rglob("leads-*"))
