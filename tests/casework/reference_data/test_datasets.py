"""Data sets in the record: known by their bytes, told to the ledger, refused where the rules say so; and verified."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset, list_current_datasets
from sightline.errors import NotAllowed, Refused, UntrustedList, UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import DatasetKind, Role
from sightline.services.verification.report import VerifiedPart
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.storage import rows
from tests.casework.conftest import Staff
from tests.office import issuer_key

TABLE = "cidr,asn,isp,line\n192.0.2.0/24,64500,Alpha,fixed\n198.51.100.0/33,64501,Beta,fixed\n"
DAY = date(2026, 6, 1)


def request(folder: Path, text: str = TABLE, kind: str = "network", day: date = DAY, **more: object) -> DatasetRequest:
    path = folder / f"isp-ranges-{day}.csv"
    path.write_text(text)
    return DatasetRequest(path, DatasetKind(kind), day, **more)  # type: ignore[arg-type]


def test_a_dataset_import_is_recorded_once_and_verified(staff: Staff, tmp_path: Path) -> None:
    officer_session, workspace = staff[Role.ANALYST], staff.office.workspace
    dataset = import_dataset(officer_session, request(tmp_path, licence="CC0-1.0"))
    assert (dataset.name, dataset.kind, dataset.rows, dataset.speaks_for_days) == (
        "isp-ranges",
        DatasetKind.NETWORK,
        1,
        92,
    )
    assert dataset.rejects_json == '{"bad-address":1}'
    assert dataset.dated_us == int(datetime(2026, 6, 1, tzinfo=UTC).timestamp()) * 1_000_000
    assert import_dataset(officer_session, request(tmp_path)) == dataset, "the same file again is a no-op"
    with workspace.read() as tables:
        assert list_current_datasets(tables) == [dataset]
        ledger_entries = [
            ledger_row for ledger_row in tables[rows.LedgerRow].select() if ledger_row.verb == Verb.DATASET_IMPORTED
        ]
    assert [ledger_entry.thing for ledger_entry in ledger_entries] == [f"dataset:{dataset.dataset_id}"]
    whole = verify_workspace(workspace, VerifyRequest(), lambda *_: None)
    assert whole.is_intact and whole.counts[VerifiedPart.DATASET] == 1, whole.findings
    path = Path(workspace.segments.where) / dataset.file
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    harmed = verify_workspace(workspace, VerifyRequest(), lambda *_: None)
    assert [(finding.part, dataset.dataset_id in finding.where) for finding in harmed.findings] == [
        (VerifiedPart.DATASET, True)
    ]


def test_several_dates_and_kinds_stand_side_by_side(shared_staff: Staff, tmp_path: Path) -> None:
    officer_session = shared_staff[Role.ANALYST]
    both = "cidr,country,state,asn\n192.0.2.0/24,IN,KL,64500\n"
    import_dataset(officer_session, request(tmp_path, both, "network", name="both"))
    import_dataset(officer_session, request(tmp_path, both, "city", name="both"))
    import_dataset(
        officer_session, request(tmp_path, f"{both}192.0.3.0/24,IN,KL,64500\n", "city", date(2026, 5, 1), name="both")
    )
    with shared_staff.office.workspace.read() as tables:
        found = [
            (current_dataset.kind.value, current_dataset.dated_us)
            for current_dataset in list_current_datasets(tables)
            if current_dataset.name == "both"
        ]
    assert [kind for kind, _ in found] == ["city", "city", "network"]
    assert found[0][1] < found[1][1]
    with pytest.raises(Refused, match="imported with another date"):
        import_dataset(officer_session, request(tmp_path, both, "city", date(2026, 4, 1), name="both"))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("dbip-city-lite-2026-06.csv", "dbip-city-lite"),
        ("20260601_places.csv", "places"),
        ("GeoLite2-City.csv", "GeoLite2-City"),
        ("2026-06-01.csv", "2026-06-01"),
        ("as64500-ranges.csv", "as64500-ranges"),
    ],
)
def test_a_name_is_the_files_without_its_day(shared_staff: Staff, tmp_path: Path, file: str, name: str) -> None:
    (tmp_path / file).write_text(f"cidr,asn,isp\n192.0.2.0/24,64500,{file}\n")
    dataset = import_dataset(shared_staff[Role.ANALYST], DatasetRequest(tmp_path / file, DatasetKind.NETWORK, DAY))
    assert dataset.name == name


def test_a_date_to_come_and_days_that_are_none_are_wrong_use(shared_staff: Staff, tmp_path: Path) -> None:
    tomorrow = (shared_staff.clock() + timedelta(days=1)).date()
    with pytest.raises(UsageError, match="is in the future"):
        import_dataset(shared_staff[Role.ANALYST], request(tmp_path, day=tomorrow))
    with pytest.raises(UsageError, match="--valid-for 0"):
        import_dataset(shared_staff[Role.ANALYST], request(tmp_path, speaks_for_days=0))


def test_an_officer_without_permission_is_refused_before_anything_is_read(shared_staff: Staff, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed):
        import_dataset(shared_staff[Role.PROSECUTOR], request(tmp_path, "rubbish"))


def test_an_agencys_own_addresses_come_signed_by_an_enrolled_issuer(shared_staff: Staff, tmp_path: Path) -> None:
    officer_session = shared_staff[Role.INVESTIGATING_OFFICER]
    own = request(tmp_path, "kind,value\ncidr,192.0.2.64/28\n", "agent", name="own")
    sign(own.path, issuer_key())
    dataset = import_dataset(officer_session, own)
    with shared_staff.office.workspace.segments.open_local(dataset.file) as path:
        import polars as pl

        assert pl.read_parquet(path)["agency"].to_list() == ["AGENCY"]
    altered = request(tmp_path, "kind,value\ncidr,192.0.2.0/24\n", "agent", name="own")
    before = len(shared_staff.journal())
    with pytest.raises(UntrustedList, match="not what was signed"):
        import_dataset(officer_session, altered)
    assert [row.verb for row in shared_staff.journal()[before:]] == [JournalVerb.REFUSED_LIST]
    sign(altered.path, signature.create_key("STRANGER"))
    with pytest.raises(UntrustedList, match="not trusted"):
        import_dataset(officer_session, altered)


def sign(path: Path, key: signature.SecretKey) -> None:
    comment = ListComment(key.issuer, "1", "2099-01-01", None, "leads", None, None).to_text()
    with path.open("rb") as stream:
        Path(f"{path}.minisig").write_text(signature.sign_digest(signature.hash_stream(stream), key, comment))


def test_a_folder_of_exit_lists_is_known_by_its_files(shared_staff: Staff, tmp_path: Path) -> None:
    folder = tmp_path / "exit-lists-2026-06"
    folder.mkdir()
    for hour in (10, 11):
        text = f"@type tordnsel 1.0\nExitNode {hour:040X}\nPublished 2026-06-04 0{hour - 10}:00:00\n"
        (folder / f"2026-06-04-{hour}-02-00").write_text(
            f"{text}ExitAddress 192.0.2.66 2026-06-04 0{hour - 10}:00:00\n"
        )
    officer_session = shared_staff[Role.ANALYST]
    dataset = import_dataset(officer_session, DatasetRequest(folder, DatasetKind.RELAY, date(2026, 6, 4)))
    assert (dataset.name, dataset.source_format) == ("tor-exits", "tordnsel-1.0")
    (folder / "2026-06-04-10-02-00").rename(folder / "2026-06-04-10-02-00.txt")
    assert import_dataset(officer_session, DatasetRequest(folder, DatasetKind.RELAY, date(2026, 6, 4))) == dataset
