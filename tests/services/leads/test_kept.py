"""The files of generations: verified, backed up, no orphans, gone with what was purged; damage is named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sightline.casework.oversight import backups
from sightline.errors import DamagedInput, UsageError
from sightline.model import Role
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.doctor.examine import sweep_workspace
from sightline.services.doctor.storage_checks import check_files as store_files
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import rows
from sightline.workspace.backup import create_backup
from sightline.workspace.restore import RestoreTarget
from tests.office import now
from tests.services.leads.office import LeadOffice, Visit, new_lead_office

QUIET = lambda *_: None  # noqa: E731
VISITS = [Visit(minute * 60, f"198.51.100.{7 + host}", f"/room/{minute}") for minute in range(3) for host in range(4)]


@pytest.fixture
def lead_office(tmp_path: Path) -> LeadOffice:
    return new_lead_office(tmp_path)


def findings(lead_office: LeadOffice) -> list[str]:
    report = verify_workspace(lead_office.office.workspace, VerifyRequest(), lambda *_: None)
    assert report.counts[VerifiedPart.LEDGER]
    return [f"{finding.part}: {finding.where} {finding.what}" for finding in report.findings]


def test_a_generation_is_verified_backed_up_and_no_orphan(lead_office: LeadOffice, tmp_path: Path) -> None:
    lead_office.scan(lead_office.log("a.log", VISITS), lead_office.flags())
    made = lead_office.rebuild()
    assert [path.name for path in lead_office.files(made)] == [
        "indicators.parquet",
        "leads-000000.parquet",
        "places.parquet",
    ]

    sweep_workspace(lead_office.office[Role.CUSTODIAN])
    assert len(lead_office.leads()) == 4
    workspace = lead_office.office.workspace
    with workspace.read() as tables:
        checks = store_files(workspace, tables, list(workspace.segments.names()))
    assert {check.level.value for check in checks} == {"ok"}

    assert findings(lead_office) == []
    archive = tmp_path / "kept.tar"
    keeper = lead_office.office[Role.CUSTODIAN]
    backups.make_backup(keeper, archive, QUIET, unencrypted=True)
    whole = lead_office.leads()
    place = RestoreTarget(tmp_path / "again")
    again = backups.restore_backup(
        archive, backups.check_backup(archive, QUIET), place, keeper.signer.private, now, QUIET
    )
    with open_generation(again) as read:
        assert list(read.to_json(read.open_frame())) == whole

    lead_office.files(made)[1].write_bytes(b"PAR1 not")
    assert any(finding.startswith("leads: generation 1") for finding in findings(lead_office))


def test_a_purge_takes_every_generation_that_rests_on_the_exhibit(lead_office: LeadOffice, tmp_path: Path) -> None:
    flags = lead_office.flags()
    first = lead_office.scan(lead_office.log("first.log", VISITS), flags)
    before = lead_office.rebuild()
    again = [Visit(7200, "198.51.100.99", "/secret-room")]
    second = lead_office.scan(lead_office.log("second.log", again), flags)
    both = lead_office.rebuild()
    assert len(lead_office.leads()) == 5

    lead_office.purge(second)
    assert not any(path.exists() for path in lead_office.files(both))
    assert all(path.exists() for path in lead_office.files(before)), "it does not rest on what was purged"
    with pytest.raises(UsageError, match="purged") as refused:
        lead_office.leads()
    assert "rebuild" in str(refused.value.hint)
    assert len(lead_office.leads(1)) == 4
    with lead_office.office.workspace.read() as tables:
        assert [generation.number for generation in tables[rows.Generation].select()] == [1, 2], (
            "that they were there stays provable"
        )
    assert findings(lead_office) == []

    lead_office.rebuild()
    assert {lead["source_ip"] for lead in lead_office.leads()} == {f"198.51.100.{7 + host}" for host in range(4)}
    lead_office.purge(first)
    store = Path(lead_office.office.workspace.segments.where)
    assert not list(store.rglob("leads-*.parquet"))
    lead_office.rebuild()
    out, begun = tmp_path / "k.tar", datetime.now(UTC)
    with create_backup(lead_office.office.workspace, out, "c", begun, lambda *_: None, recipients=()) as archive:
        archive.publish()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-20])


def scramble(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:4] + bytes(len(data) - 12) + data[-8:])


@pytest.mark.parametrize("harm", [Path.unlink, cut, scramble])
@pytest.mark.parametrize("name", ["leads-000000.parquet", "places.parquet", "indicators.parquet"])
def test_damage_is_named_and_mended_by_a_rebuild(
    kept_session: LeadOffice, harm: Callable[[Path], None], name: str
) -> None:
    lead_office = kept_session
    made = lead_office.rebuild()
    whole = lead_office.leads()
    harm(next(path for path in lead_office.files(made) if path.name == name))
    with pytest.raises(DamagedInput) as damaged:
        lead_office.leads()
    assert name in str(damaged.value)
    mended = lead_office.rebuild()
    assert not mended.was_there
    assert lead_office.leads() == whole
    assert lead_office.rebuild().was_there


@pytest.fixture(scope="module")
def kept_session(tmp_path_factory: pytest.TempPathFactory) -> LeadOffice:
    """One office for all kinds of damage: each test leaves it whole."""
    lead_office = new_lead_office(tmp_path_factory.mktemp("kept"))
    lead_office.scan(lead_office.log("a.log", VISITS), lead_office.flags())
    return lead_office


def test_a_rebuild_that_a_purge_overtakes_keeps_nothing(
    lead_office: LeadOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sightline.errors import Interrupted
    from sightline.services.leads import generation_writer
    from sightline.services.leads import rebuild as spine

    exhibit = lead_office.scan(lead_office.log("a.log", VISITS), lead_office.flags())
    make = generation_writer.write_generation

    def purged_meanwhile(*words: object, **more: object) -> object:
        account = make(*words, **more)  # type: ignore[arg-type]
        lead_office.purge(exhibit)
        return account

    monkeypatch.setattr(spine, "write_generation", purged_meanwhile)
    with pytest.raises(Interrupted, match="purged"):
        lead_office.rebuild()
    assert not list(Path(lead_office.office.workspace.segments.where).rglob("leads-*"))
