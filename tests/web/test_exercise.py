"""Exercise through real HTTP: what it teaches, what it grades, and that casework is never graded."""

import io
import os
import random
import re
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from fastapi.testclient import TestClient

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.exercise.grade import Grade
from sightline.exercise.world import create_world
from sightline.model import Role, Stamp
from sightline.services.exercise import status
from sightline.services.exercise.run import ExerciseRun, run_world
from sightline.web.app import AppConfig, create_app
from tests.office import found_office
from tests.web.conftest import Browser, SignIn


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> ExerciseRun:
    folder = tmp_path_factory.mktemp("exercise")
    create_world(folder / "world", 100, 3, {}, lambda *_: None)
    return run_world(folder / "world", folder / "workspace", lambda *_: None)


@pytest.fixture
def browser(ran: ExerciseRun) -> Browser:
    app = create_app(AppConfig(ran.officer_session.workspace, clock=ran.officer_session.clock))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.live_sessions.begin(ran.officer_session, "test"))
    return Browser(client)


def truth_of(ran: ExerciseRun, *, only: str = "") -> bytes:
    world, buffer = ran.officer_session.workspace.folder.parent / "world", io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for path in sorted(world.rglob("*")):
            name = path.relative_to(world).as_posix()
            if path.is_file() and (name == "world.toml" or name.startswith("answers/")) and only in name:
                packed.write(path, f"outer/{name}")
        packed.writestr("../../evil.json", "{}")
        packed.writestr("outer/answers/../../evil.json", "{}")
    return buffer.getvalue()


def test_an_exercise_names_its_world_its_tasks_and_hints(browser: Browser) -> None:
    page = browser.get("/exercise").text
    assert "/exercise/grade?world=world" in page and ">100<" in page
    assert page.count("<details>") >= 8 and 'aria-current="step"' in page


def test_it_is_graded_beside_the_truth_that_lies_beside_the_workspace(browser: Browser) -> None:
    page = browser.get("/exercise/grade?world=world")
    assert (
        page.status_code == 200
        and "Compared with a spreadsheet" in page.text
        and "Nothing has been resolved yet" in page.text
    )
    assert browser.get("/exercise/grade?world=../world").status_code == 400


def test_a_grade_is_compared_again_only_after_a_change(
    browser: Browser, ran: ExerciseRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared: list[Path] = []
    compare = status.grade_current_leads

    def counting(officer_session: OfficerSession, world: Path) -> Grade:
        compared.append(world)
        return compare(officer_session, world)

    monkeypatch.setattr(status, "grade_current_leads", counting)
    truth = ran.officer_session.workspace.folder.parent / "world" / "answers" / "truth.parquet"
    was = truth.stat().st_mtime_ns
    # Another test may have looked at this grade.
    os.utime(truth, ns=(was, was + 1_000_000_000))
    first, again = (browser.get("/exercise/grade?world=world") for _ in range(2))
    assert first.status_code == again.status_code == 200 and len(compared) == 1
    os.utime(truth, ns=(was, was + 2_000_000_000))
    assert browser.get("/exercise/grade?world=world").status_code == 200 and len(compared) == 2


def test_the_same_grade_comes_of_the_truth_in_a_file_and_nothing_else_of_it_is_written(
    browser: Browser, ran: ExerciseRun
) -> None:
    fields = {"form_token": browser.token()}
    files = {"truth": ("truth.zip", truth_of(ran))}
    answer = browser.client.post("/exercise/grade", data=fields, files=files)
    assert answer.status_code == 200
    beside = browser.get("/exercise/grade?world=world").text
    mine, other = (re.findall(r"<table.*?</table>", text, re.DOTALL) for text in (answer.text, beside))
    assert len(mine) > 1
    assert mine == other
    assert not list(Path("/tmp").glob("evil.json"))


@pytest.mark.parametrize("packed", [b"no zip", b""])
def test_an_invalid_truth_file_is_refused_in_words(browser: Browser, packed: bytes) -> None:
    fields = {"form_token": browser.token()}
    answer = browser.client.post("/exercise/grade", data=fields, files={"truth": ("t.zip", packed)})
    assert answer.status_code == 400 and "not a ZIP file" in answer.text


def test_a_truth_without_answers_is_refused_in_words(browser: Browser, ran: ExerciseRun) -> None:
    fields = {"form_token": browser.token()}
    files = {"truth": ("t.zip", truth_of(ran, only="world.toml"))}
    assert browser.client.post("/exercise/grade", data=fields, files=files).status_code == 400


Packed = Callable[[dict[str, bytes]], bytes]


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as packed, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in files.items():
            packed.writestr(name.removesuffix("#2"), content)
    return buffer.getvalue()


def altered(packed: bytes, at: int, *, central: bool = False) -> bytes:
    """A ZIP file whose every header has other two bytes at that place of the local one (of the central one)."""
    found = bytearray(packed)
    for magic, place in ((b"PK\x03\x04", at), (b"PK\x01\x02", at + 2)):
        start = -1
        while (start := packed.find(magic, start + 1)) >= 0:
            if magic == b"PK\x01\x02" or not central:
                found[start + place] ^= 0x01
    return bytes(found)


def damaged(packed: bytes) -> bytes:
    """A ZIP file whose packed bytes are altered in the middle of each member."""
    found = bytearray(packed)
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        for member in archive.infolist():
            start = member.header_offset + 30 + len(member.filename)
            for place in range(start, start + min(60, member.compress_size)):
                found[place] ^= 0xFF
    return bytes(found)


def deep(depth: int) -> str:
    return "[" * depth + "]" * depth


def parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


def with_file(name: str, content: bytes) -> Packed:
    return lambda files: zipped(files | {name: content})


def with_world(old: str, new: str) -> Packed:
    def packed(files: dict[str, bytes]) -> bytes:
        text = files["world.toml"].decode()
        found = re.sub(old, lambda _: new, text, count=1, flags=re.MULTILINE)
        assert found != text
        return zipped(files | {"world.toml": found.encode()})

    return packed


def in_parquet(name: str, change: Callable[[bytes], bytes]) -> Packed:
    return lambda files: zipped(files | {name: change(files[name])})


ORACLE = "answers/oracle.parquet"
ODD: dict[str, Packed] = {
    "file and folder at once": lambda files: zipped(files | {f"{ORACLE}/more.json": b"{}"}),
    "folder, then file": lambda files: zipped({"answers/a.json/b.json": b"{}"} | files | {"answers/a.json": b"{}"}),
    "a name twice": lambda files: zipped(files | {f"{ORACLE}#2": b"other"}),
    "a long name": with_file(f"answers/{'n' * 300}.json", b"{}"),
    "a long name in few letters": with_file(f"answers/{chr(0x0D15) * 80}.json", b"{}"),
    "many folders": with_file("answers/" + "d/" * 3_000 + "x.json", b"{}"),
    "another checksum": lambda files: altered(zipped(files), 14),
    "an unknown way of packing": lambda files: altered(altered(zipped(files), 8), 9),
    "encrypted": lambda files: altered(zipped(files), 6),
    "damaged, deflated": lambda files: damaged(zipped(files)),
    "damaged, bzip2": lambda files: damaged(zipped(files, zipfile.ZIP_BZIP2)),
    "damaged, LZMA": lambda files: damaged(zipped(files, zipfile.ZIP_LZMA)),
    "damaged, stored": lambda files: damaged(zipped(files, zipfile.ZIP_STORED)),
    "cut": lambda files: zipped(files)[:-40],
    "cut inside": lambda files: zipped(files)[:300] + zipped(files)[-300:],
    "a folder for the world's file": lambda files: zipped(
        {name: content for name, content in files.items() if name != "world.toml"} | {"world.toml/": b""}
    ),
    "a world of no text": with_file("world.toml", b"\xff\xfe\x00"),
    "a world of no TOML": with_file("world.toml", b"[world"),
    "a deep world": with_file("world.toml", f"x = {deep(100_000)}".encode()),
    "a world without a head": with_file("world.toml", b"x = 1"),
    "a world that is a list": with_file("world.toml", b"world = [1]"),
    "sessions in words": with_world(r"^sessions = .*", 'sessions = "many"'),
    "sessions true": with_world(r"^sessions = .*", "sessions = true"),
    "sessions below none": with_world(r"^sessions = .*", "sessions = -1"),
    "sessions without end": with_world(r"^sessions = .*", "sessions = inf"),
    "more sessions than there are numbers": with_world(r"^sessions = .*", f"sessions = {10**30}"),
    "an issuer that is a number": with_world(r"^issuer_key = .*", "issuer_key = 7"),
    "a source that is no table": with_world(r"^\[world\]", "source = [1]\n[world]"),
    "a source of other fields": with_world(r"^\[\[source\]\]", '[[source]]\nother = "x"'),
    "a list of another type": with_world(r"^\[\[list\]\]", "[[list]]\nfile = 1\nuse = [2]\n[[list]]"),
    "a fault in words": with_world(r"^\[faults\]", '[faults]\nunheard = "often"'),
    "text for Parquet": with_file(ORACLE, b"no parquet"),
    "nothing for Parquet": with_file(ORACLE, b""),
    "magic alone": with_file(ORACLE, b"PAR1PAR1"),
    "a footer of any length": with_file(ORACLE, b"PAR1" + b"\xff" * 64 + b"\xff\xff\xff\x7fPAR1"),
    "Parquet cut": in_parquet(ORACLE, lambda raw: raw[: len(raw) // 2]),
    "Parquet altered": in_parquet(ORACLE, lambda raw: raw[:4] + bytes(255 - one for one in raw[4:900]) + raw[900:]),
    "a footer altered": in_parquet(
        ORACLE, lambda raw: raw[:-300] + bytes(255 - one for one in raw[-300:-8]) + raw[-8:]
    ),
    "other columns": with_file(ORACLE, parquet(pl.DataFrame({"x": [1]}))),
    "no columns": with_file(ORACLE, parquet(pl.DataFrame())),
    "other types": in_parquet(
        ORACLE, lambda raw: parquet(pl.read_parquet(raw).select(pl.all().cast(pl.String, strict=False)))
    ),
    "lists for numbers": in_parquet(
        ORACLE,
        lambda raw: parquet(
            pl.read_parquet(raw).select(
                pl.concat_list(pl.lit(1)).alias(one) for one in pl.read_parquet_schema(io.BytesIO(raw))
            )
        ),
    ),
    "more rows than a world has": with_file(ORACLE, parquet(pl.select(x=pl.repeat(1, 5_000_001)))),
    "another truth": with_file("answers/truth.parquet", parquet(pl.DataFrame({"ip": ["192.0.2.1"]}))),
    "no truth": lambda files: zipped({name: content for name, content in files.items() if "truth" not in name}),
    "no city data": lambda files: zipped({name: content for name, content in files.items() if "told" not in name}),
}


@pytest.fixture(scope="module")
def files(ran: ExerciseRun) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(truth_of(ran))) as packed:
        found = {one.removeprefix("outer/"): packed.read(one) for one in packed.namelist() if ".." not in one}
    assert "world.toml" in found and ORACLE in found
    return found


@pytest.mark.parametrize("odd", ODD)
def test_every_fault_of_a_truth_file_is_explained_in_words(browser: Browser, files: dict[str, bytes], odd: str) -> None:
    fields = {"form_token": browser.token()}
    sent = ODD[odd](files)
    answer = browser.client.post("/exercise/grade", data=fields, files={"truth": ("t.zip", sent)})
    assert answer.status_code in {400, 422}, answer.text[-2_000:]
    assert "sightline-truth-" not in answer.text


@pytest.mark.parametrize("seed", range(12))
def test_parquet_with_altered_bytes_never_ends_the_server(browser: Browser, files: dict[str, bytes], seed: int) -> None:
    chance = random.Random(seed)
    raw = bytearray(files[ORACLE])
    for _ in range(5):
        # The pages' headers and the footer, where lengths and counts stand.
        raw[chance.choice((chance.randrange(400), len(raw) - 1 - chance.randrange(2_000)))] = chance.randrange(256)
    fields = {"form_token": browser.token()}
    sent = {"truth": ("t.zip", zipped(files | {ORACLE: bytes(raw)}))}
    assert browser.client.post("/exercise/grade", data=fields, files=sent).status_code in {200, 400}


def test_the_files_that_the_odd_ones_are_made_of_are_graded(browser: Browser, files: dict[str, bytes]) -> None:
    for method in (zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, zipfile.ZIP_STORED):
        fields = {"form_token": browser.token()}
        sent = {"truth": ("t.zip", zipped(files, method))}
        assert browser.client.post("/exercise/grade", data=fields, files=sent).status_code == 200


def test_casework_is_taught_how_to_begin_one_and_is_never_graded(tmp_path: Path, ran: ExerciseRun) -> None:
    office = found_office(tmp_path / "casework", stamp=Stamp.CASEWORK)
    app = create_app(AppConfig(office.workspace))
    client = TestClient(app, base_url="http://127.0.0.1")
    client.cookies.set("sightline", app.state.live_sessions.begin(office[Role.ANALYST], "test"))
    browser = Browser(client)
    assert "sightline exercise create" in browser.get("/exercise").text
    fields = {"form_token": browser.token()}
    answer = client.post("/exercise/grade", data=fields, files={"truth": ("t.zip", truth_of(ran))})
    assert answer.status_code == 403


def test_an_officer_who_sees_no_lead_sees_no_grade(signed_in: SignIn) -> None:
    assert signed_in(Role.ADMINISTRATOR).get("/exercise").status_code == 403
