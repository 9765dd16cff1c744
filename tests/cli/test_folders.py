"""Folders of logs as their user gives them: in order, once each, and nothing left out in silence."""

import bz2
import gzip
import hashlib
import io
import json
import lzma
import os
import shutil
import socket
import subprocess
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

import sightline as package
from sightline.errors import DamagedInput, Refused, TimeUndeclared, UnknownFormat, UsageError
from sightline.services.match import copies
from sightline.stages.scan import kernel
from tests.cli.conftest import Sightline, SignedList
from tests.cli.test_match import line
from tests.cli.test_schema import schema

BIND = (
    b"05-Jun-2026 12:00:00.000 queries: info: client @0x7f1 192.0.2.1#999 (flagged.example): "
    b"query: flagged.example IN A +E(0)K (192.0.2.53)\n"
)


def log(number: int, lines: int = 80) -> bytes:
    """A log of more than 4 KiB with one hit, which no other number begins with."""
    rest = b"".join(line(f"http://harmless.example/{number}/{at}", at % 250) for at in range(lines))
    return line(f"http://flagged.example/{number}") + rest


def match(signed: SignedList, *logs: Path, skip_unknown: bool = False) -> package.MatchResult:
    return package.match(logs, lists=signed.path, trust=signed.pub, skip_unknown=skip_unknown, timezone="UTC")


def paths(result: package.MatchResult) -> list[str]:
    return [exhibit.path for exhibit in result.summary.exhibits]


def test_a_folder_is_its_logs_in_the_order_of_their_rotation(signed_list: SignedList, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    (folder / "old").mkdir(parents=True)
    names = {
        "old/access.log.12.gz": gzip.compress(log(12)),
        "access.log.10.bz2": bz2.compress(log(10)),
        "access.log.2.xz": lzma.compress(log(2)),
        "access.log.1": log(1),
        "access.log": log(0),
        "query.log.0": BIND,
        "query.log": b"",
    }
    for name in sorted(names, key=len):
        (folder / name).write_bytes(names[name])
    result = match(signed_list, folder)
    assert paths(result) == [f"{folder}/{name}" for name in names]
    assert result.hits["exhibit_sha256"].to_list() == [
        hashlib.sha256(content).hexdigest() for content in names.values() if content
    ]
    assert [exhibit.format for exhibit in result.summary.exhibits[-3:]] == ["combined", "bind", "common"]
    assert not (result.summary.copies or result.summary.alike or result.summary.left_out)


def test_hits_of_a_folder_are_those_of_its_files_named_one_by_one(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(12):
        (folder / (f"access.log.{number}" if number else "access.log")).write_bytes(log(number))
    one_by_one = [folder / f"access.log.{number}" for number in range(11, 0, -1)] + [folder / "access.log"]
    ran = sightline("match", "logs", *signed_list.words, cwd=tmp_path)
    assert ran.code == 0, ran.err
    assert (
        ran.out
        == sightline("match", *one_by_one, *signed_list.words).out
        == sightline("match", ".", *signed_list.words, cwd=folder).out
    )
    assert "exhibit  logs/access.log.11  SHA-256" in ran.err


def zipped(content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("access.log", content)
    return out.getvalue()


def tarred(*contents: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as made:
        for number, content in enumerate(contents):
            member = tarfile.TarInfo(f"{number}.log")
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return out.getvalue()


def zstd(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-q", "-c"], input=content, capture_output=True, check=True).stdout


NO_ZSTD = pytest.mark.skipif(not shutil.which("zstd"), reason="no zstd program")
PACKED: list[Callable[[bytes], bytes]] = [
    gzip.compress,
    lambda content: gzip.compress(content[:99]) + gzip.compress(content[99:]),
    bz2.compress,
    lzma.compress,
    zipped,
    pytest.param(zstd, marks=NO_ZSTD),  # type: ignore[list-item]
]


@pytest.mark.parametrize("pack", PACKED)
def test_a_log_and_its_packed_copy_count_once(
    signed_list: SignedList, tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    plain, packed = tmp_path / "access.log.1", tmp_path / "access.log.1.packed"
    plain.write_bytes(log(1))
    packed.write_bytes(pack(log(1)))
    result = match(signed_list, plain, packed)
    (copy,) = result.summary.copies
    assert len(result.hits) == 1
    assert (copy.path, copy.copy_of, copy.likeness) == (str(packed), str(plain), "same-content")
    assert copy.sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()
    # A copy of the copy is one of what was read.
    again = tmp_path / "again"
    again.write_bytes(packed.read_bytes())
    three = match(signed_list, plain, packed, again)
    assert len(three.hits) == 1
    assert [(copy.path, copy.copy_of) for copy in three.summary.copies] == [
        (str(path), str(plain)) for path in (packed, again)
    ]
    # Packed first, it is the packed one that is read; one more line makes another log.
    assert match(signed_list, packed, plain).summary.copies[0].path == str(plain)
    plain.write_bytes(log(1) + line("http://flagged.example/"))
    other = match(signed_list, plain, packed)
    assert (len(other.hits), other.summary.copies) == (3, ())
    assert [(copy.path, copy.likeness, copy.other) for copy in other.summary.alike] == [
        (str(packed), "beginning", str(plain))
    ]


def test_the_same_bytes_under_several_names_count_once(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    folder = tmp_path / "logs"
    (folder / "backup").mkdir(parents=True)
    for name in ("backup/access.log", "access.log"):
        (folder / name).write_bytes(log(0))
    os.link(folder / "access.log", folder / "linked")
    summary = tmp_path / "summary.json"
    ran = sightline("match", folder / "access.log", folder, *signed_list.words, "--summary", summary)
    assert (ran.code, len(ran.out.splitlines())) == (0, 1), ran.err
    counts = json.loads(summary.read_text())
    jsonschema.validate(counts, schema("summary"))
    assert [exhibit["path"] for exhibit in counts["exhibits"]] == [str(folder / "access.log")]
    assert [copy["path"] for copy in counts["copies"]] == [
        f"{folder}/{name}" for name in ("backup/access.log", "access.log", "linked")
    ]
    assert {copy["sha256"] for copy in counts["copies"]} == {hashlib.sha256(log(0)).hexdigest()}
    assert f"the same bytes as {folder}/access.log: not read again" in ran.err
    assert "itself, named twice" in ran.err


def test_logs_that_only_begin_alike_are_read(signed_list: SignedList, tmp_path: Path) -> None:
    first, second = tmp_path / "a.log", tmp_path / "b.log"
    shared = log(1, lines=100)
    first.write_bytes(shared + line("http://flagged.example/a", 1))
    second.write_bytes(shared + line("http://flagged.example/b", 1))
    assert first.stat().st_size == second.stat().st_size
    result = match(signed_list, first, second)
    assert (len(result.hits), result.summary.copies, result.summary.alike) == (4, (), ())


def test_a_damaged_copy_is_none(signed_list: SignedList, tmp_path: Path) -> None:
    plain, cut = tmp_path / "access.log.1", tmp_path / "access.log.1.gz"
    plain.write_bytes(log(1, lines=3000))
    cut.write_bytes(gzip.compress(plain.read_bytes())[:-7])
    result = match(signed_list, plain, cut)
    assert result.summary.copies == ()
    assert result.summary.exhibits[1].rejects == {"broken-stream": 1}
    assert [(copy.path, copy.likeness) for copy in result.summary.alike] == [(str(cut), "beginning")]


@pytest.mark.parametrize("pack", [tarred, lambda *two: gzip.compress(tarred(*two))], ids=["tar", "tar.gz"])
def test_an_archive_is_no_copy_of_its_first_member(
    signed_list: SignedList, tmp_path: Path, pack: Callable[..., bytes]
) -> None:
    plain, archive = tmp_path / "access.log", tmp_path / "all.packed"
    plain.write_bytes(log(1))
    archive.write_bytes(pack(log(1), log(2)))
    result = match(signed_list, plain, archive)
    assert (len(result.hits), result.summary.copies) == (3, ())
    assert [(copy.path, copy.likeness) for copy in result.summary.alike] == [(str(archive), "first-member")]


@pytest.mark.skipif(not shutil.which("zstd"), reason="no zstd program")
def test_an_archive_only_the_engine_unpacks_is_never_taken_for_its_first_member(
    signed_list: SignedList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, archive, packed = (tmp_path / name for name in ("access.log", "all.tar.zst", "access.log.zst"))
    plain.write_bytes(log(1))
    archive.write_bytes(zstd(tarred(log(1), log(2))))
    result = match(signed_list, plain, archive)
    assert (len(result.hits), result.summary.copies) == (3, ())
    packed.write_bytes(zstd(log(1)))
    monkeypatch.setattr("sightline.services.match.content_digest.HELD_BYTES", 5000)
    with pytest.raises(Refused, match="may hold the same"):
        match(signed_list, plain, packed)


def test_an_original_that_changes_meanwhile_stops_the_run(
    signed_list: SignedList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, packed = tmp_path / "access.log", tmp_path / "access.log.gz"
    plain.write_bytes(log(1))
    packed.write_bytes(gzip.compress(log(1)))
    find = copies.find_copies

    def find_and_write(*given: object) -> copies.DistinctExhibits:
        found = find(*given)  # type: ignore[arg-type]
        plain.write_bytes(log(2))
        return found

    monkeypatch.setattr("sightline.services.match.copies.find_copies", find_and_write)
    with pytest.raises(DamagedInput, match="changed while it was read"):
        match(signed_list, plain, packed)


def test_the_oracle_finds_the_same_in_a_folder(
    signed_list: SignedList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contents = [log(3), gzip.compress(log(3)), tarred(log(1), log(2)), log(1), zipped(log(1)), log(4)[:-9], log(4)]
    for number, content in enumerate(contents):
        (tmp_path / f"access.log.{number}").write_bytes(content)
    (tmp_path / "README").write_text("no log\n")
    monkeypatch.delenv("SIGHTLINE_REQUIRE_KERNEL", raising=False)
    results = []
    for has_kernel in (True, False):
        monkeypatch.setattr(kernel, "is_kernel_available", lambda has_kernel=has_kernel: has_kernel)
        results.append(match(signed_list, tmp_path, skip_unknown=True))
    one, other = results
    assert (one.summary.engine, other.summary.engine) == ("kernel", "oracle")
    assert one.hits.equals(other.hits)
    assert paths(one) == paths(other)
    for part in ("copies", "alike", "left_out"):
        assert getattr(one.summary, part) == getattr(other.summary, part) != ()


@pytest.fixture
def mixed(tmp_path: Path, signed_list: SignedList) -> Path:
    """A folder with logs, with what is none, and with the list, its signature and its key."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "access.log").write_bytes(log(0))
    (folder / "README").write_text("what lies here\n")
    (folder / "nginx.pid").write_text("4711\n")
    for path in (signed_list.path, Path(f"{signed_list.path}.minisig"), signed_list.pub):
        (folder / path.name).write_bytes(path.read_bytes())
    (folder / "link.log").symlink_to("access.log")
    os.mkfifo(folder / "fifo")
    with socket.socket(socket.AF_UNIX) as here:
        here.bind(str(folder / "socket"))
    return folder


def test_files_in_no_known_format_are_listed_all_at_once(
    sightline: Sightline, signed_list: SignedList, mixed: Path
) -> None:
    ran = sightline("match", mixed, *signed_list.words)
    assert (ran.code, ran.out) == (3, b"")
    first, *details, hint = ran.err.splitlines()
    assert "2 files are in no known format" in first
    assert [detail.split(": ")[0].strip() for detail in details] == [f"{mixed}/README", f"{mixed}/nginx.pid"]
    assert "--skip-unknown" in hint
    (mixed / "README").unlink()
    ran = sightline("match", mixed, *signed_list.words)
    assert ran.err.startswith(f"sightline: {mixed}/nginx.pid: none of the ")
    assert "--skip-unknown leaves it out" in ran.err


def test_every_file_left_out_is_named_with_its_reason(
    sightline: Sightline, signed_list: SignedList, mixed: Path
) -> None:
    outputs = {"--out": "hits.jsonl", "--summary": "summary.json", "--rejects": "rejects.jsonl"}
    words = [word for option, name in outputs.items() for word in (option, mixed / name)]
    assert sightline("match", mixed, *signed_list.words, "--skip-unknown", *words).code == 0
    ran = sightline("match", mixed, *signed_list.words, "--skip-unknown", *words, "--overwrite")
    assert ran.code == 0, ran.err
    counts = json.loads((mixed / "summary.json").read_text())
    jsonschema.validate(counts, schema("summary"))
    assert [exhibit["path"] for exhibit in counts["exhibits"]] == [f"{mixed}/access.log"]
    assert {Path(one["path"]).name: one["why"] for one in counts["left_out"]} == {
        "README": "unknown-format",
        "nginx.pid": "unknown-format",
        "flagged.csv": "flag-list",
        "flagged.csv.minisig": "key-or-signature",
        "AGENCY.pub": "key-or-signature",
        "link.log": "symbolic-link",
        "fifo": "not-a-file",
        "socket": "not-a-file",
        **dict.fromkeys(outputs.values(), "output"),
    }
    for one in counts["left_out"]:
        assert f"left out {one['path']}: {one['what']}\n" in ran.err
    assert "left out 11 in all, 2 of them in no known format" in ran.err


def test_a_file_named_by_the_user_is_never_left_out(signed_list: SignedList, mixed: Path, tmp_path: Path) -> None:
    with pytest.raises(UnknownFormat, match="README"):
        match(signed_list, mixed, mixed / "README", skip_unknown=True)
    (mixed / "access.log").unlink()
    with pytest.raises(UnknownFormat, match="no log is left"):
        match(signed_list, mixed, skip_unknown=True)
    (tmp_path / "empty" / "below").mkdir(parents=True)
    with pytest.raises(UsageError, match="no log in this folder"):
        match(signed_list, tmp_path / "empty")
    with pytest.raises(UsageError, match="is a directory"):
        package.match(mixed / "README", lists=mixed, trust=signed_list.pub)


def test_unreadable_logs_stop_the_run_before_anything_is_read(signed_list: SignedList, mixed: Path) -> None:
    (mixed / "query.log").write_bytes(BIND)
    (mixed / "query.log.1").write_bytes(BIND * 2)
    with pytest.raises(TimeUndeclared, match="2 logs do not say") as refused:
        package.match(mixed, lists=signed_list.path, trust=signed_list.pub, skip_unknown=True)
    assert [detail.split(":")[0] for detail in refused.value.details] == [
        f"{mixed}/query.log.1",
        f"{mixed}/query.log",
    ]
    assert "--timezone" in str(refused.value.hint)
    (mixed / "query.log").chmod(0)
    if os.geteuid():
        with pytest.raises(UsageError, match="Permission denied"):
            match(signed_list, mixed, skip_unknown=True)


def test_a_log_in_the_folder_is_no_output(sightline: Sightline, signed_list: SignedList, mixed: Path) -> None:
    victim = mixed / "other.csv"
    victim.write_bytes(log(7))
    ran = sightline("match", mixed, *signed_list.words, "--skip-unknown", "--out", victim, "--overwrite")
    assert (ran.code, victim.read_bytes()) == (2, log(7))
    assert "is an output" in ran.err


def test_a_log_that_was_signed_is_read(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    (tmp_path / "access.log").write_bytes(log(0))
    minisig = Path(f"{signed_list.path}.minisig").read_text().splitlines(keepends=True)
    minisig[2] = "trusted comment: timestamp:1780000000 file:access.log\n"
    (tmp_path / "access.log.minisig").write_text("".join(minisig))
    assert paths(match(signed_list, tmp_path)) == [f"{tmp_path}/access.log"]


def test_names_of_any_bytes_appear_on_one_line(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number, name in enumerate((b"a\xff\nb.log", b"a\xff\nb.log.1", b"copy\x1b[31m")):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_bytes(log(number % 2))
    summary = tmp_path / "summary.json"
    ran = sightline("match", folder, *signed_list.words, "--summary", summary, prefix=["env", "LC_ALL=C"])
    assert ran.code == 0, ran.err
    assert [line.split("  ")[1] for line in ran.err.splitlines() if line.startswith("exhibit")] == [
        f"{folder}/a\\xff\\nb.log.1",
        f"{folder}/a\\xff\\nb.log",
    ]
    assert "\x1b" not in ran.err
    assert json.loads(summary.read_text())["exhibits"][1]["path"] == f"{folder}/a\\xff\nb.log"


def test_many_logs_stay_readable_on_the_screen(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(40):
        content = b"".join(line(f"http://harmless.example/{number}/{at}", at) for at in range(80))
        (folder / f"access.log.{number}").write_bytes(content)
        (folder / f"access.log.{number}.gz").write_bytes(gzip.compress(content))
    (folder / "access.log.7").write_bytes(log(7))
    ran = sightline("match", folder, *signed_list.words, "--format", "combined", prefix=["prlimit", "--nofile=40"])
    assert ran.code == 0, ran.err
    assert "exhibits 40 more, without hits or rejects:" in ran.err
    assert f"exhibit  {folder}/access.log.7  SHA-256" in ran.err
    assert "in all   41 exhibits, 1 hit, 0 rejects" in ran.err
    assert "copy     19 more, not read again; --summary names each" in ran.err
    assert len(ran.err.splitlines()) < 60
