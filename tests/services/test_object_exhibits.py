"""Exhibits in an S3 store: read as files are, pinned to one version, by whoever has the credentials."""

from __future__ import annotations

import gzip
import zipfile
from collections.abc import Iterator
from pathlib import Path

import obstore
import pytest
from obstore.store import S3Store

import sightline
from sightline.errors import DamagedInput, NotAllowed, StoreUnreachable, UsageError
from sightline.services.cluster.exhibit_places import describe_place, find_exhibit
from sightline.services.match.inputs import check_file
from sightline.services.scan.scan import scan_logs
from sightline.services.verification.report import VerificationReport
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage import object_path, rows
from sightline.storage.bucket_address import parse_bucket_address
from sightline.storage.bucket_client import open_client
from sightline.storage.bucket_errors import Patience
from sightline.storage.exhibit_path import parse_exhibit_path
from tests.office import combined_log, found_office, issuer_key, signed_list
from tests.servers.fixtures import Bucket
from tests.servers.s3 import BUCKET, READER, UNIT
from tests.services.cluster.unit import FLAGS, QUIET, contents, local_cluster, make_request, require_whole

ODD = "host 7/access%41 #1?.log"
"""A key with all that a URL reads in another way."""


@pytest.fixture(autouse=True)
def small_ranges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many ranges for small objects, and nothing at hand of another test."""
    monkeypatch.setattr(object_path, "FIRST_BYTES", 20_000)
    monkeypatch.setattr(object_path, "PIECE_BYTES", 70_000)
    monkeypatch.setattr(object_path, "_first_pieces", object_path.FirstPieces())


@pytest.fixture
def store(s3: Bucket) -> S3Store:
    """The bucket, for an officer who may write."""
    return S3Store(
        BUCKET,
        prefix=s3.prefix,
        endpoint=s3.server.endpoint,
        access_key_id=UNIT.id,
        secret_access_key=UNIT.secret,
        client_options={"allow_http": True},
    )


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder of logs of several kinds, with a flag list and its signature."""
    folder = tmp_path / "logs"
    (folder / "host 7").mkdir(parents=True)
    for number in range(5):
        (folder / f"access.log.{number}").write_text(combined_log(200 + number, start=number * 1000))
    (folder / ODD).write_text(combined_log(90, start=70_000))
    (folder / "packed.log.gz").write_bytes(gzip.compress(combined_log(30_000, start=90_000).encode(), 1))
    with zipfile.ZipFile(folder / "logs.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(3):
            archive.writestr(f"host-{number}.log", combined_log(9_000, start=200_000 + number * 10_000))
    (folder / "empty.log").touch()
    signed_list(folder, FLAGS)
    return folder


@pytest.fixture
def stored(logs: Path, store: S3Store, s3: Bucket) -> Iterator[str]:
    """The same folder in the bucket: its URL. The large ones came in parts."""
    for path in logs.rglob("*"):
        if path.is_file():
            store.put(f"nginx/{path.relative_to(logs)}", path.read_bytes())
    with (logs / "packed.log.gz").open("rb") as stream:
        obstore.put(store, "nginx/packed.log.gz", stream, use_multipart=True, chunk_size=5 << 20)
    yield f"s3://{BUCKET}/{s3.prefix}/nginx?endpoint={s3.server.endpoint}"


def test_a_prefix_gives_what_the_same_folder_gives(logs: Path, stored: str, tmp_path: Path) -> None:
    alone, office = found_office(tmp_path / "alone"), found_office(tmp_path / "workspace")
    of_files = scan_logs(alone.io, make_request(alone, logs, tmp_path), QUIET)
    of_objects = scan_logs(office.io, make_request(office, parse_exhibit_path(stored), tmp_path), QUIET)
    assert contents(office.workspace) == contents(alone.workspace) and len(contents(alone.workspace)) == 9
    folder, prefix = f"{logs}/", f"{stored.partition('?')[0]}/"
    names = [job.chosen.scan.name.removeprefix(prefix) for job in of_objects.work]
    assert [object_path.quote_key(job.chosen.scan.name.removeprefix(folder)) for job in of_files.work] == names
    left = [(file.path.removeprefix(prefix), file.why) for file in of_objects.ready.left_out]
    assert left == [(file.path.removeprefix(folder), file.why) for file in of_files.ready.left_out] and len(left) == 2
    require_whole(office)
    again = scan_logs(office.io, make_request(office, parse_exhibit_path(stored), tmp_path), QUIET)
    assert all(registered.was_there for _, registered, _ in again.done)


def test_the_record_names_the_object_and_holds_no_credential(stored: str, tmp_path: Path) -> None:
    office = found_office(tmp_path / "workspace")
    url = stored.replace("nginx?", f"nginx/{object_path.quote_key(ODD)}?")
    scan_logs(office.io, make_request(office, parse_exhibit_path(url), tmp_path), QUIET)
    with office.workspace.read() as tables:
        (held,) = tables[rows.Holding].select()
    assert held.path == url.partition("?")[0] and held.path.endswith("/host 7/access%2541 %231%3F.log")
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or UNIT.secret.encode() not in path.read_bytes(), path


def test_verify_hashes_objects_where_an_endpoint_is_set(
    stored: str, store: S3Store, s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = found_office(tmp_path / "workspace")
    scan_logs(office.io, make_request(office, parse_exhibit_path(stored), tmp_path), QUIET)

    def verify() -> VerificationReport:
        return verify_workspace(office.workspace, VerifyRequest(), QUIET)

    assert len(verify().absent) == 9
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.server.endpoint)
    assert (verify().absent, verify().findings) == ([], [])
    store.put("nginx/access.log.4", b"another\n")
    (finding,) = verify().findings
    assert "nginx/access.log.4" in str(finding)
    store.delete("nginx/access.log.4")
    assert len(verify().absent) == 1


@pytest.mark.parametrize("name", ["packed.log.gz", "logs.zip", "access.log.1"])
def test_an_object_that_is_replaced_while_it_is_read_is_refused(
    name: str, stored: str, store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = found_office(tmp_path / "workspace")
    url = stored.replace("nginx?", f"nginx/{name}?")
    get_range = object_path._get_range
    answered: list[int] = []

    async def replace_after_the_first(client: S3Store, path: object_path.ObjectPath, start: int, end: int) -> bytes:
        if answered:
            await store.put_async(f"nginx/{name}", bytes(path.pin.size_bytes))
        answered.append(start)
        return await get_range(client, path, start, end)

    monkeypatch.setattr(object_path, "_get_range", replace_after_the_first)
    with pytest.raises(DamagedInput, match=rf"{name} was changed while it was read"):
        scan_logs(office.io, make_request(office, parse_exhibit_path(url), tmp_path), QUIET)
    assert contents(office.workspace) == {}
    require_whole(office)


def test_a_store_that_heeds_no_condition_is_found_out(
    stored: str, store: S3Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its answers say of which version they are."""
    path = parse_exhibit_path(stored.replace("nginx?", "nginx/access.log.2?"))
    assert isinstance(path, object_path.ObjectPath)
    where, reader = path.where, path.open_reader()
    store.put("nginx/access.log.2", bytes(path.pin.size_bytes))

    class Careless:
        async def get_async(self, key: str, options: dict[str, object]) -> object:
            options.pop("if_match")
            return await object_path._get_client(where).get_async(key, options=options)  # type: ignore[arg-type]

    monkeypatch.setattr(object_path, "_run_request", lambda _where, act: __import__("asyncio").run(act(Careless())))
    with pytest.raises(DamagedInput, match="was changed while it was read"):
        reader.read(0)


def test_workers_read_objects_with_credentials_of_their_own(logs: Path, stored: str, tmp_path: Path) -> None:
    alone, office = found_office(tmp_path / "alone"), found_office(tmp_path / "workspace")
    scan_logs(alone.io, make_request(alone, logs, tmp_path), QUIET)
    with local_cluster(stored, tmp_path, workers=2) as running:  # type: ignore[arg-type]
        request = make_request(office, parse_exhibit_path(stored), tmp_path, cluster=running.address)
        scan_logs(office.io, request, QUIET)
        commands = [Path(f"/proc/{worker.pid}/cmdline").read_bytes() for worker in running.workers]
    assert contents(office.workspace) == contents(alone.workspace)
    assert not any(UNIT.secret.encode() in command for command in commands)
    require_whole(office)


def test_a_worker_reads_only_its_own_buckets_and_the_version_that_was_planned(stored: str, store: S3Store) -> None:
    planned = parse_exhibit_path(stored.replace("nginx?", "nginx/access.log.3?"))
    task = describe_place(planned)
    exhibit = find_exhibit(task, (parse_exhibit_path("/srv/logs"), parse_exhibit_path(stored)))
    assert exhibit == planned and str(exhibit) == str(planned)
    store.put("nginx/access.log.3", b"another\n")
    with pytest.raises(DamagedInput, match="was changed"):
        exhibit.open().read()
    elsewhere = [
        stored.replace("/nginx?", "/ngin?"),
        stored.replace("s3://", "s3://other-"),
        stored.replace("endpoint=http://127.0.0.1", "endpoint=https://store.example"),
    ]
    for place in elsewhere:
        with pytest.raises(NotAllowed, match="it may not read s3://"):
            find_exhibit(task, (parse_exhibit_path("/"), parse_exhibit_path(place)))


def test_python_matches_objects_too(logs: Path, stored: str, tmp_path: Path) -> None:
    (tmp_path / "AGENCY.pub").write_text(issuer_key().derive_public().to_text())
    flags = logs / "list-1-leads.csv"
    of_files = sightline.match(logs / "logs.zip", lists=flags, trust=tmp_path / "AGENCY.pub")
    of_object = sightline.match(
        stored.replace("nginx?", "nginx/logs.zip?"), lists=flags, trust=str(tmp_path / "AGENCY.pub")
    )
    assert of_object.hits.equals(of_files.hits) and len(of_files.hits) == 9_000


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://KEY:secret@evidence/a.log", "holds credentials"),
        ("s3://evidence/a.log?endpoint=http://store.example", "unencrypted"),
        ("s3://evidence/a.log?secret_access_key=x", "not known"),
        ("s3://evidence/../a.log", "names no object"),
        ("s3://evidence//a.log", "names no object"),
        ("s3:///a.log", "names no bucket"),
    ],
)
def test_a_wrong_url_is_refused_and_no_secret_is_repeated(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as refusal:
        parse_exhibit_path(url)
    assert "secret@" not in str(refusal.value)


def test_an_endpoint_may_come_from_the_environment() -> None:
    found = object_path.parse_object_path("s3://evidence/a.log", {"AWS_ENDPOINT_URL": "https://store.example"})
    assert found.where.endpoint == "https://store.example" and str(found) == "s3://evidence/a.log"


def test_a_missing_or_forbidden_object_is_reported(
    stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=r"missing\.log: there is no such object"):
        check_file(parse_exhibit_path(stored.replace("nginx?", "nginx/missing.log?")), "a log")
    office = found_office(tmp_path / "workspace")
    with pytest.raises(UsageError, match="there is no log in this folder"):
        scan_logs(
            office.io, make_request(office, parse_exhibit_path(stored.replace("/nginx?", "/none/?")), tmp_path), QUIET
        )
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    object_path._get_client.cache_clear()
    with pytest.raises(StoreUnreachable, match="refuses this user: 403") as refusal:
        scan_logs(office.io, make_request(office, parse_exhibit_path(stored), tmp_path), QUIET)
    assert UNIT.secret not in str(refusal.value)
    monkeypatch.setattr("os.environ", {**READER.environment, "HOME": str(tmp_path)})
    object_path._get_client.cache_clear()
    assert parse_exhibit_path(stored).is_dir()


def test_a_server_that_goes_away_is_an_error_and_leaves_nothing(
    stored: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = found_office(tmp_path / "workspace")
    path = parse_exhibit_path(stored.replace("nginx?", "nginx/packed.log.gz?"))
    get_range = object_path._get_range
    answered: list[int] = []

    async def fail_after_the_first(client: S3Store, path: object_path.ObjectPath, start: int, end: int) -> bytes:
        answered.append(start)
        if len(answered) > 1:
            client = open_client(parse_bucket_address(f"s3://{BUCKET}?endpoint=http://127.0.0.1:9"), 1)
        return await get_range(client, path, start, end)

    monkeypatch.setattr(object_path, "_get_range", fail_after_the_first)
    monkeypatch.setattr(object_path, "PATIENCE", Patience(tries=2, first_s=0.01, total_s=2))
    monkeypatch.setattr("sightline.storage.bucket_client.RETRIES", {"max_retries": 0})
    with pytest.raises(StoreUnreachable, match="does not answer"):
        scan_logs(office.io, make_request(office, path, tmp_path), QUIET)
    assert contents(office.workspace) == {}
    require_whole(office)
