"""Segment files in a folder and in a bucket: whole or not at all, and what refuses is named."""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sightline.errors import DamagedInput, OutputUnwritable, StoreUnreachable, UsageError
from sightline.storage import folder as folder_module
from sightline.storage.bucket import PIECE, S3Store
from sightline.storage.bucket_address import parse_bucket_address
from sightline.storage.bucket_errors import Patience
from sightline.storage.folder import FolderStore
from sightline.storage.segment_stores import build_segment_store
from sightline.storage.segments import SegmentStore
from sightline.waits import set_wait_reporter
from tests.servers.fixtures import Bucket
from tests.servers.proxy import Refusing
from tests.servers.s3 import READER, UNIT
from tests.servers.silent import silent
from tests.waits import HUNG_S, delay

NAME = "01ATTEMPT/000000.parquet"
LARGE = PIECE + 12_345
SHORT = Patience(tries=2, first_s=0.05, longest_s=0.05)


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> SegmentStore:
    if request.param == "folder":
        return build_segment_store(tmp_path / "segments")
    bucket: Bucket = request.getfixturevalue("s3")
    return build_segment_store(bucket.url, scratch=scratch(tmp_path))


def scratch(tmp_path: Path) -> Path:
    (tmp_path / "scratch").mkdir(exist_ok=True)
    return tmp_path / "scratch"


def source(tmp_path: Path, size: int = 1000, name: str = "made") -> Path:
    path = tmp_path / name
    path.write_bytes(os.urandom(size))
    return path


def names(store: SegmentStore, prefix: str = "") -> list[str]:
    return [stored.name for stored in store.names(prefix)]


def test_a_file_comes_back_as_it_went(store: SegmentStore, tmp_path: Path) -> None:
    made = source(tmp_path)
    store.put(NAME, made)
    store.put("01ATTEMPT/empty", source(tmp_path, 0, "nothing"))
    store.get(NAME, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == made.read_bytes()
    with store.open_local(NAME) as path:
        assert path.read_bytes() == made.read_bytes()
    with store.open_local("01ATTEMPT/empty") as path:
        assert path.read_bytes() == b""
    assert list((tmp_path / "scratch").glob("*")) == []


def test_names_come_sorted_with_size(store: SegmentStore, tmp_path: Path) -> None:
    assert names(store) == []
    for name in ("b/2", "b/1", "b-c/1", "a", "b/c/1"):
        store.put(name, source(tmp_path, 10))
    assert names(store) == ["a", "b-c/1", "b/1", "b/2", "b/c/1"]
    assert names(store, "b/") == names(store, "b") == ["b/1", "b/2", "b/c/1"]
    assert next(store.names()).size_bytes == 10


def test_a_removed_segment_is_gone(store: SegmentStore, tmp_path: Path) -> None:
    for name in ("a/1", "a/2", "b/1"):
        store.put(name, source(tmp_path))
    store.delete("a/1")
    store.delete("a/1")
    assert (store.exists("a/1"), store.exists("a/2"), store.exists("a")) == (False, True, False)
    assert (store.clear("a"), store.clear("a")) == (1, 0)
    assert names(store) == ["b/1"]


def test_a_file_that_is_missing_is_named(store: SegmentStore, tmp_path: Path) -> None:
    with pytest.raises(DamagedInput, match=f"{NAME} is not in "), store.open_local(NAME):
        pass
    with pytest.raises(DamagedInput, match=NAME):
        store.get(NAME, tmp_path / "back")
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize(
    "name", ["", "/a", "a/", "../a", "a/../b", "a//b", ".a", "a/.b", "-a", "a b", "ä", "a\n", "a" * 900]
)
def test_names_that_lead_elsewhere_are_refused(store: SegmentStore, tmp_path: Path, name: str) -> None:
    made = source(tmp_path)
    with pytest.raises(UsageError, match="not a valid name of a segment file"):
        store.put(name, made)
    with pytest.raises(UsageError):
        store.exists(name)
    if name:
        with pytest.raises(UsageError):
            store.clear(f"{name}/")


def test_a_published_segment_stays(store: SegmentStore) -> None:
    with pytest.raises(ZeroDivisionError), store.open_staging("01ATTEMPT/") as staging:
        for number in (1, 0):
            (staging.folder / f"{number:06}.parquet").write_bytes(b"rows")
        assert [(stored_file.name, stored_file.size_bytes) for stored_file in staging.publish()] == [
            ("01ATTEMPT/000000.parquet", 4),
            ("01ATTEMPT/000001.parquet", 4),
        ]
        raise ZeroDivisionError
    assert names(store, "01ATTEMPT") == ["01ATTEMPT/000000.parquet", "01ATTEMPT/000001.parquet"]


@pytest.mark.parametrize("files", [3, 40])
def test_each_file_is_on_disk_once_published(tmp_path: Path, files: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few are synced one after the other, many at the same time."""
    store, synced = FolderStore(tmp_path / "segments"), list[str]()
    with store.open_staging("01ATTEMPT") as staging:
        for number in range(files):
            (staging.folder / f"{number:06}.parquet").write_bytes(b"rows")
        monkeypatch.setattr(folder_module, "sync_file", lambda path: synced.append(path.name))
        staging.publish()
    assert sorted(synced) == [f"{number:06}.parquet" for number in range(files)]


def test_an_unpublished_segment_is_removed(store: SegmentStore, tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), store.open_staging("01ATTEMPT") as staging:
        (staging.folder / "000000.parquet").write_bytes(b"rows")
        assert staging.folder.stat().st_mode & 0o077 == 0
        raise ZeroDivisionError
    assert not staging.folder.exists()
    assert names(store) == []


def test_files_of_a_folder_are_written_where_they_stay(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "segments")
    with store.open_staging("01ATTEMPT") as staging:
        assert staging.folder == tmp_path / "segments" / "01ATTEMPT"
        made = staging.folder / "000000.parquet"
        made.write_bytes(b"rows")
        st_ino = made.stat().st_ino
        store.put(NAME, made)
        staging.publish()
    assert made.stat().st_ino == st_ino
    with pytest.raises(UsageError, match="exists already"), store.open_staging("01ATTEMPT"):
        pass
    assert made.read_bytes() == b"rows"


def test_a_broken_off_copy_is_no_file_and_is_cleared(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "segments")
    store.put("a/1", source(tmp_path))
    (tmp_path / "segments" / "a" / ".x1.partial").write_bytes(b"half")
    assert names(store) == ["a/1"]
    assert store.clear("a") == 2


@contextmanager
def file_limit(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_file_that_does_not_fit_leaves_what_was_there(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "segments")
    store.put(NAME, source(tmp_path, 10))
    large = source(tmp_path, 100_000, "large")
    with file_limit(50_000), pytest.raises(OutputUnwritable, match=NAME) as raised:
        store.put(NAME, large)
    assert "raise the limit of file sizes" in str(raised.value.hint)
    assert [path.name for path in (tmp_path / "segments" / "01ATTEMPT").iterdir()] == ["000000.parquet"]
    assert next(store.names()).size_bytes == 10


def test_a_segment_that_does_not_fit_leaves_no_file(s3: Bucket, tmp_path: Path) -> None:
    store = build_segment_store(s3.url, scratch=scratch(tmp_path))
    store.put(NAME, source(tmp_path, 100_000))
    with file_limit(50_000):
        with pytest.raises(OutputUnwritable, match="back"):
            store.get(NAME, tmp_path / "back")
        with pytest.raises(OutputUnwritable, match="scratch"), store.open_local(NAME):
            pass
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["made", "scratch"]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 256 KiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", place], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_is_named_and_holds_nothing_half(full_disk: Path, tmp_path: Path) -> None:
    store = FolderStore(full_disk / "segments")
    store.put("a/1", source(tmp_path, 10_000))
    with pytest.raises(OutputUnwritable, match="a/2 cannot be written: No space") as raised:
        store.put("a/2", source(tmp_path, 500_000))
    assert "make room" in str(raised.value.hint)
    with pytest.raises(OSError, match="No space"), store.open_staging("b") as staging:
        (staging.folder / "1").write_bytes(bytes(500_000))
    assert names(store) == ["a/1"]
    assert sorted(path.name for path in full_disk.rglob("*")) == ["1", "a", "segments"]


READ_ONLY = """
import sys
from pathlib import Path
from sightline.errors import OutputUnwritable
from sightline.storage.segment_stores import build_segment_store
store = build_segment_store(Path(sys.argv[1]))
def stage():
    with store.open_staging("b"):
        pass
for act in (lambda: store.put("a/2", Path(sys.argv[2])), lambda: store.delete("a/1"), lambda: store.clear("a"), stage):
    try:
        act()
    except OutputUnwritable as why:
        print(why, why.hint, sep="; ")
"""


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "segments")
    made = source(tmp_path)
    store.put("a/1", made)
    for folder in (tmp_path / "segments" / "a", tmp_path / "segments"):
        folder.chmod(0o500)
    command = [sys.executable, "-c", READ_ONLY, str(tmp_path / "segments"), str(made)]
    if os.geteuid() == 0:
        # Root writes anywhere unless it gives up that right.
        command = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all", *command]
    lines = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.splitlines()
    assert len(lines) == 4
    assert all("cannot be written: Permission denied" in line and "get the right to write" in line for line in lines)
    assert names(store) == ["a/1"]


STAGES = """
import sys, threading
from pathlib import Path
from sightline.storage.segment_stores import build_segment_store
with build_segment_store(sys.argv[1], scratch=Path(sys.argv[2])).open_staging("01ATTEMPT") as staging:
    (staging.folder / "000000.parquet").write_bytes(b"rows")
    print(staging.folder, flush=True)
    threading.Event().wait()
"""


def test_files_of_a_killed_process_are_removed_and_those_of_a_living_one_stay(s3: Bucket, tmp_path: Path) -> None:
    command = [sys.executable, "-c", STAGES, s3.url, str(tmp_path / "scratch")]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as living,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed,
    ):
        assert living.stdout
        assert killed.stdout
        stays, goes = Path(living.stdout.readline().strip()), Path(killed.stdout.readline().strip())
        killed.kill()
        killed.wait()
        assert (goes / "000000.parquet").exists()
        assert names(build_segment_store(s3.url, scratch=tmp_path / "scratch")) == []
        assert (goes.exists(), (stays / "000000.parquet").read_bytes()) == (False, b"rows")
        living.kill()
    assert (tmp_path / "scratch").stat().st_mode & 0o077 == 0


REFUSALS: dict[str, dict[str, int | bool | None]] = {
    "slow down": {"status": 503},
    "too many": {"status": 429},
    "fault": {"status": 500},
    "cut": {"status": None},
    "cut midway": {"status": None, "midway": True},
}


def spoil(proxy: Refusing, **how: int | bool | None) -> None:
    for name, value in how.items():
        setattr(proxy, name, value)


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_server_that_refuses_every_third_request_gets_and_gives_all(
    s3: Bucket, s3_refusing: Refusing, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sightline.storage.bucket_client.RETRIES", {"backoff": {"init_backoff": timedelta(milliseconds=9)}}
    )
    spoil(s3_refusing, **REFUSALS[kind])
    store = build_segment_store(s3.url_at(s3_refusing.endpoint), scratch=scratch(tmp_path))
    made = source(tmp_path, LARGE)
    with store.open_staging("01ATTEMPT") as staging:
        for number in range(3):
            (staging.folder / f"{number:06}.parquet").write_bytes(made.read_bytes()[number:])
        staging.publish()
    for stored in store.names("01ATTEMPT"):
        with store.open_local(stored.name) as path:
            start = int(Path(stored.name).stem)
            assert hashlib.sha256(path.read_bytes()).digest() == hashlib.sha256(made.read_bytes()[start:]).digest()
    assert store.clear("01ATTEMPT") == 3
    assert names(store) == []
    assert s3_refusing.spoiled >= 8


@pytest.mark.parametrize(("kind", "says"), [("slow down", "keeps answering 503 SlowDown"), ("cut", "does not answer")])
def test_a_server_that_always_refuses_is_reported_and_nothing_is_stored(
    s3: Bucket, s3_refusing: Refusing, tmp_path: Path, kind: str, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(s3_refusing, every=1, **REFUSALS[kind])
    monkeypatch.setattr("sightline.storage.bucket_client.RETRIES", {"max_retries": 1})
    store = S3Store(parse_bucket_address(s3.url_at(s3_refusing.endpoint)), scratch(tmp_path), SHORT)
    with pytest.raises(StoreUnreachable, match=says) as raised, store.open_staging("01ATTEMPT") as staging:
        (staging.folder / "000000.parquet").write_bytes(b"rows")
        staging.publish()
    assert s3.prefix in str(raised.value)
    assert raised.value.hint
    assert len(s3_refusing.seen) >= 4
    assert names(build_segment_store(s3.url)) == []


def test_an_upload_that_breaks_off_is_no_file(
    s3: Bucket, s3_refusing: Refusing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_refusing.every, s3_refusing.spoils = 1, lambda _, path: "partNumber=2" in path
    monkeypatch.setattr("sightline.storage.bucket_client.RETRIES", {"max_retries": 1})
    store = S3Store(parse_bucket_address(s3.url_at(s3_refusing.endpoint)), scratch(tmp_path), SHORT)
    with pytest.raises(StoreUnreachable, match="503"):
        store.put(NAME, source(tmp_path, LARGE))
    assert s3_refusing.spoiled >= 2
    assert not store.exists(NAME)


def test_a_permanent_error_is_reported_without_retries(
    s3: Bucket, s3_refusing: Refusing, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3_refusing.every = 0
    made = source(tmp_path)
    build_segment_store(s3.url).put(NAME, made)
    nowhere = build_segment_store(s3.url_at(s3_refusing.endpoint, bucket="no-such-bucket"))
    for act in (lambda: nowhere.get(NAME, made), lambda: names(nowhere), lambda: nowhere.exists(NAME)):
        with pytest.raises(StoreUnreachable, match="there is no such bucket"):
            act()
    for name, value in READER.environment.items():
        monkeypatch.setenv(name, value)
    reader = build_segment_store(s3.url_at(s3_refusing.endpoint))
    assert reader.exists(NAME)
    for act in (lambda: reader.put(NAME, made), lambda: reader.delete(NAME)):
        with pytest.raises(StoreUnreachable, match="refuses this user: 403 AccessDenied"):
            act()
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a-wrong-secret")
    stranger = build_segment_store(s3.url_at(s3_refusing.endpoint))
    with pytest.raises(StoreUnreachable, match="403") as raised:
        stranger.exists(NAME)
    assert "a-wrong-secret" not in f"{raised.value}{raised.value.hint}"
    assert len(s3_refusing.seen) == 9


def test_an_unreachable_server_is_reported(tmp_path: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sightline.storage.bucket_client.RETRIES", {"max_retries": 1})
    store = S3Store(parse_bucket_address("s3://evidence/x?endpoint=http://127.0.0.1:9"), None, SHORT)
    with pytest.raises(StoreUnreachable, match="does not answer: Connection refused"):
        store.exists(NAME)


@pytest.fixture
def wait_messages() -> Iterator[list[str]]:
    """What is said about waiting."""
    heard: list[str] = []
    set_wait_reporter(heard.append)
    yield heard
    set_wait_reporter(lambda _: None)


IMPATIENT = Patience(first_s=0.05, longest_s=0.1, total_s=2.0, silent_s=0.8, tell_s=0.3)
ACTS: dict[str, Callable[[S3Store, Path], object]] = {
    "a small file": lambda store, folder: store.put(NAME, source(folder)),
    "a large file": lambda store, folder: store.put(NAME, source(folder, LARGE)),
    "fetching": lambda store, folder: store.get(NAME, folder / "back"),
    "looking": lambda store, _: store.exists(NAME),
    "listing": lambda store, _: names(store),
    "removing": lambda store, _: store.delete(NAME),
    "clearing": lambda store, _: store.clear("01ATTEMPT"),
}


def publish_three(store: S3Store, _folder: Path) -> None:
    with store.open_staging("01ATTEMPT") as staging:
        for number in range(3):
            (staging.folder / f"{number:06}.parquet").write_bytes(b"rows")
        staging.publish()


@pytest.mark.parametrize("reads", [True, False])
@pytest.mark.parametrize("act", [*ACTS.values(), publish_three], ids=[*ACTS, "publishing"])
def test_a_server_that_never_answers_is_waited_for_only_until_the_limit(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    wait_messages: list[str],
    act: Callable[[S3Store, Path], object],
    reads: bool,
) -> None:
    for name, value in UNIT.environment.items():
        monkeypatch.setenv(name, value)
    with silent(reads=reads) as server:
        url = f"s3://evidence/unit?endpoint={server.endpoint}&region=us-east-1"
        store = S3Store(parse_bucket_address(url), scratch(tmp_path), IMPATIENT)
        with pytest.raises(StoreUnreachable, match="does not answer: nothing got through for 2 s") as refused:
            act(store, tmp_path)
        assert len(server.taken) >= 2, "a connection that went silent is tried anew"
        assert len(server.taken) < IMPATIENT.tries, "the whole time ends the tries"
    assert "s3://evidence/unit" in str(refused.value)
    assert refused.value.hint == "check the network and the server, then run again"
    assert len(wait_messages) == 1
    assert wait_messages[0].startswith("waiting for s3://evidence/unit")
    assert wait_messages[0].endswith("no answer for 0.3 s; gives up after 2 s")


def test_a_server_that_goes_silent_midway_is_no_longer_waited_for_either(
    s3: Bucket, s3_refusing: Refusing, tmp_path: Path, wait_messages: list[str]
) -> None:
    over = threading.Event()
    s3_refusing.every, s3_refusing.spoils = 1, lambda _, path: "partNumber=2" in path and over.wait(HUNG_S)
    store = S3Store(parse_bucket_address(s3.url_at(s3_refusing.endpoint)), scratch(tmp_path), IMPATIENT)
    with pytest.raises(StoreUnreachable, match="does not answer"):
        store.put(NAME, source(tmp_path, LARGE))
    assert not over.is_set(), "the server was silent to the end"
    over.set()
    assert len(wait_messages) == 1, "it waited once"
    assert not build_segment_store(s3.url).exists(NAME)


SLOW_S = 0.2


class Slow(BaseHTTPRequestHandler):
    """Takes uploads in pieces, each after SLOW_S, one after the other, and keeps nothing."""

    protocol_version = "HTTP/1.1"
    one_at_a_time = threading.Lock()

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        with self.one_at_a_time:
            delay(SLOW_S)
        self.answer("")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        kind = "InitiateMultipartUploadResult" if self.path.endswith("uploads=") else "CompleteMultipartUploadResult"
        ids = "<Bucket>evidence</Bucket><Key>k</Key><UploadId>u</UploadId><ETag>e</ETag>"
        self.answer(f"<{kind}>{ids}</{kind}>")

    def answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("ETag", '"e"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.mark.parametrize("pieces", [1, 20])
def test_a_large_file_that_goes_slowly_is_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pieces: int, wait_messages: list[str]
) -> None:
    for name, value in UNIT.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sightline.storage.bucket.PIECE", 1 << 16)
    slow = Patience(tries=1, total_s=2.5, silent_s=2.5, tell_s=2.0)
    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        store = S3Store(
            parse_bucket_address(f"s3://evidence/x?endpoint=http://127.0.0.1:{server.server_port}"), None, slow
        )
        store.put(NAME, source(tmp_path, pieces << 16))
        server.shutdown()
    assert (pieces * SLOW_S > slow.total_s) == (pieces == 20), "twenty pieces last longer than one may be silent"
    assert wait_messages == []


def test_a_bucket_is_used_from_within_a_loop(s3: Bucket, tmp_path: Path) -> None:
    store = build_segment_store(s3.url, scratch=scratch(tmp_path))

    async def act() -> bool:
        store.put(NAME, source(tmp_path))
        return store.exists(NAME)

    assert asyncio.run(act())


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("s3://KEY:hush-hush@evidence/a", "holds credentials"),
        ("s3://evidence/a?endpoint=https://KEY:hush-hush@s3.example", "holds credentials"),
        ("s3://evidence/a?secret_access_key=hush-hush", "not known: secret_access_key"),
        ("s3://evidence/a?endpoint=http://s3.example", "unencrypted"),
        ("s3://evidence/a?endpoint=ftp://s3.example", "not an S3 endpoint"),
        ("s3://Evidence_/a", "names no bucket"),
        ("s3://evidence/a/../b", "names no bucket"),
        ("gs://evidence/a", "cannot be stored at gs://"),
    ],
)
def test_a_url_that_will_not_do_is_refused_without_its_secrets(url: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as raised:
        build_segment_store(url)
    assert "hush-hush" not in f"{raised.value}{raised.value.hint}"


def test_a_profile_gives_the_key(s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    profiles = tmp_path / "credentials"
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(profiles))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with pytest.raises(UsageError, match="no credentials for S3"):
        names(build_segment_store(s3.url))
    profiles.write_text(f"[unit]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    assert names(build_segment_store(f"{s3.url}&profile=unit")) == []
    profiles.write_text(f"[unit]\naws_access_key_id = {key}\n{secret}\n")
    with pytest.raises(UsageError, match="no whole profile unit") as raised:
        names(build_segment_store(f"{s3.url}&profile=unit"))
    assert secret not in f"{raised.value}{raised.value.hint}"
