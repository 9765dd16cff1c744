"""`sightline match` as its user runs it: what it finds, what it refuses, and what it never lets out."""

import base64
import bz2
import csv
import gzip
import hashlib
import io
import json
import lzma
import os
import resource
import signal
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import polars
import pytest

from sightline.model import RejectCode
from sightline.services.match.reject_advice import REJECT_ADVICE
from tests.cli.conftest import ROOT, Sightline, SignedList, environment
from tests.waits import HUNG_S, wait_until

LINE = '198.51.100.{last} - - [05/Jun/2026:12:00:{second:02}+0000] "GET {target} HTTP/1.1" 200 5 "-" "agent"'


def line(target: str, last: int = 7, second: int = 0) -> bytes:
    stamp = LINE.replace("{second:02}", f"{second:02} ")
    return stamp.format(last=last, target=target).encode() + b"\n"


LOG = (
    line("http://www.flagged.example/a?b=1", 1)
    + line("http://harmless.example/", 2)
    + line("http://board.example/rooms/7", 3)
    + line("http://board.example/roomservice", 4)
    + line("http://192.0.2.80/", 5)
    + b"\n"
    + line("http://early.example/", 6)
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_bytes(LOG)
    return path


def rows(out: bytes) -> list[dict[str, object]]:
    return [json.loads(text) for text in out.splitlines()]


def summary_of(sightline: Sightline, *words: object) -> dict[str, object]:
    ran = sightline("match", *words, "--json")
    exhibit: dict[str, object] = json.loads(ran.err)["exhibits"][0]
    return exhibit


def test_hits_give_the_position_of_their_line(sightline: Sightline, signed_list: SignedList, log: Path) -> None:
    ran = sightline("match", log, *signed_list.words)
    assert ran.code == 0, ran.err
    found = rows(ran.out)
    assert [row["indicator"] for row in found] == [
        "flagged.example",
        "board.example/rooms",
        "192.0.2.80",
        "early.example",
    ]
    assert [row["line_number"] for row in found] == [1, 3, 5, 7]
    for row in found:
        start, raw = int(str(row["byte_offset"])), str(row["raw"]).encode()
        assert LOG[start : start + len(raw)] == raw
    assert found[0]["exhibit_sha256"] == hashlib.sha256(LOG).hexdigest()
    assert found[0]["url"] == "http://www.flagged.example/a?b=1"
    assert found[0]["timestamp"] == "2026-06-05T12:00:00.000000Z"


def test_every_frame_is_accounted_for(sightline: Sightline, signed_list: SignedList, log: Path, tmp_path: Path) -> None:
    log.write_bytes(LOG + b"no such line\n")
    rejects = tmp_path / "rejects.jsonl"
    exhibit = summary_of(
        sightline, log, *signed_list.words, "--rejects", rejects, "--max-rejects", "50", "--format", "combined"
    )
    assert exhibit["frames"] == 8
    assert (exhibit["records"], exhibit["comments"], exhibit["rejects"]) == (6, 1, {"no-pattern": 1})
    assert (exhibit["hit_records"], exhibit["unmatched"], exhibit["hits"]) == (4, 2, 4)
    reject = {"code": "no-pattern", "exhibit": exhibit["sha256"], "member": None, "byte_offset": len(LOG), "length": 12}
    assert rows(rejects.read_bytes()) == [reject]


def test_each_reason_of_rejects_says_what_to_change(sightline: Sightline, signed_list: SignedList, log: Path) -> None:
    log.write_bytes(LOG + b"no such line\n")
    ran = sightline("match", log, *signed_list.words, "--max-rejects", "50", "--format", "combined")
    assert "reject no-pattern: 1: lines of another kind" in ran.err
    assert "sightline formats test combined LOG shows" in ran.err
    assert set(REJECT_ADVICE) == set(RejectCode)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_the_same_rows_in_every_kind_of_file(
    sightline: Sightline, signed_list: SignedList, log: Path, tmp_path: Path, suffix: str
) -> None:
    log.write_bytes(LOG + line("http://flagged.example/\\xff", 8).replace(b"\\xff", b"\xff"))
    lines = rows(sightline("match", log, *signed_list.words).out)
    out = tmp_path / f"hits.{suffix}"
    assert sightline("match", log, *signed_list.words, "--out", out).code == 0
    if suffix == "jsonl":
        assert rows(out.read_bytes()) == lines
    elif suffix == "csv":
        table = list(csv.DictReader(io.StringIO(out.read_text(), newline="")))
        assert [row["raw"] for row in table] == [row["raw"] for row in lines]
        assert list(table[0]) == list(lines[0])
    else:
        frame = polars.read_parquet(out)
        assert frame.columns == list(lines[0])
        assert frame["byte_offset"].to_list() == [row["byte_offset"] for row in lines]
        last = frame["raw"].to_list()[-1]
        assert last == base64.b64decode(str(lines[-1]["raw"]))
        assert frame["encoding"].to_list()[-1] == "base64"


def archive_zip(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner.log", data)
    return out.getvalue()


def archive_tar(data: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        member = tarfile.TarInfo("inner.log")
        member.size = len(data)
        made.addfile(member, io.BytesIO(data))
    return out.getvalue()


@pytest.mark.parametrize(
    ("pack", "member"),
    [
        (gzip.compress, None),
        (lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:]), None),
        (bz2.compress, None),
        (lzma.compress, None),
        (archive_zip, "inner.log"),
        (archive_tar, "inner.log"),
    ],
    ids=["gzip", "gzip members", "bzip2", "xz", "zip", "tar.gz"],
)
def test_packed_logs_count_offsets_in_what_is_inside(
    sightline: Sightline, signed_list: SignedList, log: Path, pack: Callable[[bytes], bytes], member: str | None
) -> None:
    plain = rows(sightline("match", log, *signed_list.words).out)
    log.write_bytes(pack(LOG))
    found = rows(sightline("match", log, *signed_list.words).out)
    sha256 = hashlib.sha256(log.read_bytes()).hexdigest()
    assert found == [{**row, "exhibit_sha256": sha256, "member": member} for row in plain]


def test_standard_input_is_an_exhibit(sightline: Sightline, signed_list: SignedList, log: Path) -> None:
    from_file = sightline("match", log, *signed_list.words)
    assert sightline("match", "-", *signed_list.words, stdin=LOG).out == from_file.out
    packed = sightline("match", "-", *signed_list.words, stdin=gzip.compress(LOG))
    assert [row["byte_offset"] for row in rows(packed.out)] == [row["byte_offset"] for row in rows(from_file.out)]


def test_a_broken_archive_leaves_the_hits_before_the_break(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    whole = LOG * 3000
    log = tmp_path / "cut.log.gz"
    log.write_bytes(gzip.compress(whole)[:-200])
    ran = sightline("match", log, *signed_list.words, "--json", "--max-rejects", "100")
    exhibit = json.loads(ran.err)["exhibits"][0]
    assert ran.code == 4
    assert exhibit["rejects"] == {"broken-stream": 1}
    assert exhibit["frames"] == exhibit["records"] + exhibit["comments"] + 1
    assert exhibit["records"] > 6 * 2900
    assert len(rows(ran.out)) == exhibit["hits"]


def test_an_altered_stream_says_what_its_hits_are_worth(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "access.log.gz"
    packed = bytearray(gzip.compress(LOG))
    packed[-8] ^= 1  # the checksum: every line comes out, and one of them may be wrong
    log.write_bytes(packed)
    ran = sightline("match", log, *signed_list.words)
    assert (ran.code, len(rows(ran.out))) == (4, 4)
    assert "lines come out that nobody wrote" in ran.err


def test_logs_without_a_line_do_not_stop_the_others(
    sightline: Sightline, signed_list: SignedList, log: Path, tmp_path: Path
) -> None:
    empty, blank, packed, cut = (tmp_path / name for name in ("a.log", "b.log", "c.log.gz", "d.log.zst"))
    empty.touch()
    blank.write_bytes(b"\n \r\n")
    packed.write_bytes(gzip.compress(b""))
    found = sightline("match", log, *signed_list.words).out
    ran = sightline("match", empty, blank, packed, log, *signed_list.words)
    assert (ran.code, ran.out) == (0, found)
    cut.write_bytes(b"\x28\xb5\x2f\xfd\x04\x58\x95")
    ran = sightline("match", log, cut, *signed_list.words)
    assert (ran.code, ran.out) == (4, found)
    assert "broken-stream: 1" in ran.err


def test_a_zip_that_lost_its_end_gives_what_it_holds(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "cut.zip"
    log.write_bytes(archive_zip(LOG * 3000)[:-300])
    ran = sightline("match", log, *signed_list.words, "--json", "--max-rejects", "100")
    exhibit = json.loads(ran.err)["exhibits"][0]
    assert ran.code == 4
    # The member that is cut off, and the zip itself.
    assert exhibit["rejects"] == {"broken-stream": 2}
    assert exhibit["frames"] == exhibit["records"] + exhibit["comments"] + 2
    assert exhibit["records"] > 6 * 2000
    assert {row["member"] for row in rows(ran.out)} == {"inner.log"}
    assert len(rows(ran.out)) == exhibit["hits"]


def test_the_account_says_what_only_a_request_can_show(
    sightline: Sightline, signed_list: SignedList, log: Path
) -> None:
    error_text = sightline("match", log, *signed_list.words).err
    error_text = error_text if isinstance(error_text, str) else error_text.decode()
    assert "that these logs show only where a request itself names its host" in error_text
    assert "cannot show" not in error_text


def test_no_hits_in_a_log_that_does_not_name_its_site_are_a_warning(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_bytes(line("/rooms/7", 1) + line("/", 2))
    ran = sightline("match", log, *signed_list.words)
    error_text = ran.err if isinstance(ran.err, str) else ran.err.decode()
    assert "WARNING  0 hits prove nothing here: these logs do not name the site" in error_text
    assert "--all-hits-of" in error_text

    log.write_bytes(line("/rooms/7", 1) + line("http://board.example/rooms/7", 2))
    ran = sightline("match", log, *signed_list.words)
    assert "WARNING" not in (ran.err if isinstance(ran.err, str) else ran.err.decode())


def test_a_bomb_stops_at_its_limit(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "bomb.log.gz"
    log.write_bytes(gzip.compress(LOG + b"x" * (80 << 20)))
    ran = sightline("match", log, *signed_list.words, "--max-ratio", "2", "--json", "--max-rejects", "100")
    assert ran.code == 4
    assert json.loads(ran.err)["exhibits"][0]["rejects"] == {"decompression-limit": 1}
    account = sightline("match", log, *signed_list.words, "--max-ratio", "2", "--max-rejects", "100").err
    assert "raise the limit" in account
    assert "is it the right format?" not in account


def test_a_zip_that_lies_about_its_size_stops_at_the_ratio(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    """A member that declares 100 bytes and unpacks to 96 MiB of empty lines."""
    log, packed = tmp_path / "bomb.log.zip", io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.log", "w") as member:
        for _ in range(96):
            member.write(b"\n" * (1 << 20))
    lie = packed.getvalue().replace((96 << 20).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lie != packed.getvalue()
    log.write_bytes(lie)
    ran = sightline("match", log, *signed_list.words, "--format", "combined", "--json", "--max-ratio", "9")
    exhibit = json.loads(ran.err)["exhibits"][0]
    assert (ran.code, exhibit["rejects"]) == (4, {"decompression-limit": 1})
    assert exhibit["frames"] < (64 << 20) + 10 * len(lie)


def test_a_frame_of_any_length_is_one_reject(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "long.log"
    log.write_bytes(LOG + b"y" * (5 << 20) + b"\r\n" + LOG)
    rejects = tmp_path / "rejects.jsonl"
    exhibit = summary_of(sightline, log, *signed_list.words, "--rejects", rejects, "--max-rejects", "100")
    assert exhibit["rejects"] == {"frame-too-long": 1}
    assert exhibit["hits"] == 8
    assert rows(rejects.read_bytes())[0]["length"] == 5 << 20


def test_an_overlong_first_line_is_a_reject_and_hides_no_format(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "long.log"
    log.write_bytes(b"y" * (5 << 20) + b"\n" + LOG)
    exhibit = summary_of(sightline, log, *signed_list.words, "--max-rejects", "100")
    assert (exhibit["format"], exhibit["rejects"], exhibit["hits"]) == ("combined", {"frame-too-long": 1}, 4)


def test_threads_do_not_change_a_byte(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "big.log"
    log.write_bytes(LOG * 20_000)
    other = tmp_path / "big.log.gz"
    other.write_bytes(gzip.compress(line("http://flagged.example/", 9) + LOG * 20_000, 1))
    third = tmp_path / "bigger.log"
    third.write_bytes(line("http://flagged.example/", 8) + LOG * 20_000)
    outs = []
    for threads in (1, 2, 5):
        out = tmp_path / f"{threads}.parquet"
        ran = sightline("match", log, other, third, *signed_list.words, "--threads", threads, "--out", out, "--quiet")
        assert ran.code == 0, ran.err
        outs.append(hashlib.sha256(out.read_bytes()).hexdigest())
    assert len(set(outs)) == 1


def test_all_hits_of_a_seized_server(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "seized.log"
    log.write_bytes(line("/a", 1) + line("/b", 2) + line("http://other.example/", 3))
    found = rows(sightline("match", log, *signed_list.words, "--all-hits-of", "flagged.example").out)
    assert [(row["source_ip"], row["url"]) for row in found] == [("198.51.100.1", "/a"), ("198.51.100.2", "/b")]
    refused = sightline("match", log, *signed_list.words, "--all-hits-of", "unlisted.example")
    assert refused.code == 2


def test_all_hits_of_is_refused_where_a_proxy_names_several_services_and_no_site(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    visit = '192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 5 "-" "-" 1 "{}" "-" 5ms\n'
    (tmp_path / "one.log").write_text(visit.format("board@docker") * 2, encoding="utf-8")
    (tmp_path / "two.log").write_text(visit.format("board@docker") + visit.format("shop@docker"), encoding="utf-8")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.write(tmp_path / "one.log", "one.log")
        archive.write(tmp_path / "two.log", "two.log")
    ask = (*signed_list.words, "--all-hits-of", "flagged.example")

    assert len(rows(sightline("match", tmp_path / "one.log", *ask).out)) == 2
    for name in ("two.log", "two.zip"):
        refused = sightline("match", tmp_path / name, *ask)
        assert refused.code == 2
        assert "names no site, but services: board@docker, shop@docker" in refused.err
    assert len(rows(sightline("match", tmp_path / "two.log", *ask, "--format", "traefik").out)) == 2


def test_all_hits_of_is_refused_where_a_collector_brought_lines_from_several_machines(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    visit = '192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET / HTTP/1.1" 200 5 "-" "-"'
    collected = [json.dumps({"log": visit, "hostname": name}) + "\n" for name in ("web1", "web2")]
    (tmp_path / "one.log").write_text(collected[0] * 2, encoding="utf-8")
    (tmp_path / "two.log").write_text("".join(collected), encoding="utf-8")
    ask = (*signed_list.words, "--all-hits-of", "flagged.example")

    assert len(rows(sightline("match", tmp_path / "one.log", *ask).out)) == 2
    refused = sightline("match", tmp_path / "two.log", *ask)
    assert refused.code == 2
    assert "names no site, but services: web1, web2" in refused.err


def test_a_visitor_that_a_header_alone_names_is_read_only_where_the_proxies_are_declared(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    written = '[GIN] 2026/12/01 - 09:10:02 | 200 |      12.345ms |       192.0.2.7 | GET      "/rooms"\n'
    (tmp_path / "gin.log").write_text(written, encoding="utf-8")
    ask = ("match", tmp_path / "gin.log", *signed_list.words, "--all-hits-of", "flagged.example", "--timezone", "UTC")
    alone, declared = sightline(*ask), sightline(*ask, "--trusted-hops", "1")
    assert [row["source_ip"] for ran in (alone, declared) for row in rows(ran.out)] == [None, "192.0.2.7"]
    assert "note: its lines name no address that connected" in alone.err


@pytest.mark.parametrize("sample", ["ipdr/nat.log", "a10-cgn/specification.log", "hash-manifest/suite.log"])
def test_a_record_that_is_no_visit_is_never_taken_as_one(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, sample: str
) -> None:
    log = ROOT / "tests" / "samples" / sample
    declared = ("--timezone", "UTC", "--year", "2026", "--date-order", "dmy", "--made-at", "2026-07-31T12:34:56+05:30")
    words = (log, *signed_list.words, *declared, "--format", log.parent.name, "--all-hits-of", "flagged.example")
    ran = sightline("match", *words, "--out", tmp_path / "hits.jsonl")
    assert (ran.code, list(tmp_path.iterdir())) == (2, []), ran.err
    assert "--all-hits-of takes every record as a visit" in ran.err


def test_a_match_outside_its_window_is_counted_but_not_listed(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "window.log"
    log.write_bytes(line("http://early.example/").replace(b"05/Jun", b"07/Jun"))
    exhibit = summary_of(sightline, log, *signed_list.words)
    assert (exhibit["hits"], exhibit["outside_window"], exhibit["unmatched"]) == (0, 1, 1)


def bad_inputs(tmp_path: Path) -> dict[str, tuple[list[object], int, str]]:
    """Each bad input: what is given beside the list, the exit code, and what the first line must name."""
    (tmp_path / "utf16.log").write_bytes("a line\n".encode("utf-16"))
    (tmp_path / "prose.log").write_text("nothing that any server writes\n" * 20)
    (tmp_path / "bind.log").write_bytes(
        b"05-Jun-2026 12:00:00.000 queries: info: client @0x7f1 192.0.2.1#999 (a.example): "
        b"query: a.example IN A +E(0)K (192.0.2.53)\n"
    )
    (tmp_path / "dnsmasq.log").write_bytes(b"Jun  5 12:00:00 dnsmasq[7]: query[A] a.example from 192.0.2.1\n")
    (tmp_path / "there.jsonl").write_text("mine\n")
    (tmp_path / "log").write_bytes(LOG)
    (tmp_path / "half.log").write_bytes(LOG + b"prose of 19 words\n" * 5)
    (tmp_path / "docker.log").write_text('{"log":"a line\\n","stream":"stdout","time":"2026-06-05T12:00:00Z"}\n')
    (tmp_path / "ex.log").write_text("#Date: 2026-06-05\n#Fields: time c-ip cs-method\n12:00:00 192.0.2.1 GET\n")
    os.mkfifo(tmp_path / "fifo")
    log = tmp_path / "log"
    return {
        "absent": ([tmp_path / "absent.log"], 2, "absent.log"),
        "directory": (["--list", tmp_path, log], 2, "is a directory"),
        "fifo": ([tmp_path / "fifo"], 2, "pipe"),
        "/dev/zero": (["/dev/zero"], 2, "device"),
        "utf-16": ([tmp_path / "utf16.log"], 3, "UTF-16"),
        "prose": ([tmp_path / "prose.log"], 3, "prose.log: none of the"),
        "under 90 %": ([tmp_path / "half.log"], 3, "combined reads 6 of 11 frames"),
        "docker": ([tmp_path / "docker.log"], 3, "jq -j .log"),
        "no day": ([tmp_path / "ex.log"], 3, "a time but no date"),
        "no zone": ([tmp_path / "bind.log"], 3, "without a zone"),
        "no year": ([tmp_path / "dnsmasq.log", "--timezone", "UTC"], 3, "without a year"),
        "bad zone": ([log, "--timezone", "Mars/Olympus"], 2, "--timezone"),
        "output is there": ([log, "--out", tmp_path / "there.jsonl"], 2, "exists already"),
        "output is the log": ([log, "--out", log, "--overwrite"], 2, "must end in"),
        "output suffix": ([log, "--out", tmp_path / "hits.xlsx"], 2, "must end in"),
        "no folder": ([log, "--out", tmp_path / "no" / "hits.csv"], 2, "no folder"),
        "threads": ([log, "--threads", "0"], 2, "--threads"),
        "use before refusal": ([tmp_path / "prose.log", tmp_path / "absent.log"], 2, "absent.log"),
        "format": ([log, "--format", "nonesuch"], 2, "nonesuch"),
        "format is a device": ([log, "--format", "/dev/zero"], 2, "/dev/zero"),
        "key is a pipe": ([log, "--trust", tmp_path / "fifo"], 2, "fifo"),
        "digest key is a pipe": ([log, "--digest-key", tmp_path / "fifo"], 2, "fifo"),
        "ratio": ([log, "--max-ratio", "-1"], 2, "--max-ratio"),
        "unpacked": ([log, "--max-unpacked", "0"], 2, "--max-unpacked"),
        "a name with an escape": ([tmp_path / "absent\x1b[31m"], 2, "absent\\x1b"),
    }


BAD = (
    "absent,directory,fifo,/dev/zero,utf-16,prose,under 90 %,docker,no day,no zone,no year,bad zone,output is there,"
    "output is the log,"
    "output suffix,no folder,threads,use before refusal,format,format is a device,key is a pipe,digest key is a pipe,"
    "ratio,unpacked,a name with an escape"
).split(",")


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_reported_and_leaves_no_files(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, case: str
) -> None:
    words, code, what = bad_inputs(tmp_path)[case]
    before = sorted(path.name for path in tmp_path.iterdir())
    ran = sightline("match", *words, *signed_list.words)
    assert ran.code == code, ran.err
    assert what in ran.err.splitlines()[0]
    assert len(ran.err.splitlines()) >= 2, "an error says what to do next"
    assert ran.out == b""
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    assert (tmp_path / "there.jsonl").read_text() == "mine\n"


def test_bad_lists_are_refused(sightline: Sightline, signed_list: SignedList, log: Path, tmp_path: Path) -> None:
    unsigned = tmp_path / "unsigned.csv"
    unsigned.write_bytes(signed_list.path.read_bytes())
    assert sightline("match", log, "--list", unsigned, "--trust", signed_list.pub).code == 3
    altered = tmp_path / "altered.csv"
    altered.write_bytes(signed_list.path.read_bytes() + b"domain,slipped.example\n")
    minisig = Path(f"{signed_list.path}.minisig").read_bytes()
    Path(f"{altered}.minisig").write_bytes(minisig)
    assert sightline("match", log, "--list", altered, "--trust", signed_list.pub).code == 3
    assert sightline("lists", "create-key", "--issuer", "OTHER", "--out", tmp_path).code == 0
    ran = sightline("match", log, "--list", signed_list.path, "--trust", tmp_path / "OTHER.pub")
    assert (ran.code, ran.out) == (3, b"")


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_interrupting_leaves_no_output(signed_list: SignedList, tmp_path: Path, stop: signal.Signals) -> None:
    log = tmp_path / "big.log"
    with log.open("wb") as out:
        for _ in range(300):
            out.write(LOG * 2000)
    hits = tmp_path / "hits.parquet"
    # Whatever started the tests may ignore SIGHUP, as `nohup` does.
    prefix = ["env", "--default-signal=HUP"]
    words = [*prefix, sys.executable, "-m", "sightline", "match", str(log), *signed_list.words, "--out", str(hits)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, env=environment()) as running:
        wait_until(lambda: list(tmp_path.glob(".hits*")), "the command writes hits")
        running.send_signal(stop)
        _, err = running.communicate(timeout=HUNG_S)
    assert running.returncode == 130, err
    assert [path.name for path in tmp_path.iterdir()] == ["big.log"]


def test_a_full_disk_leaves_no_output(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "big.log"
    log.write_bytes(LOG * 5000)
    full = ["prlimit", "--fsize=100000"]
    for option, name, others in (
        ("--out", "hits.jsonl", ()),
        ("--out", "hits.csv", ()),
        ("--out", "hits.parquet", ()),
        ("--rejects", "rejects.jsonl", ("--format", "squid")),
    ):
        out = tmp_path / name
        ran = sightline("match", log, *signed_list.words, option, out, *others, prefix=full)
        assert ran.code == 4, ran.err
        assert f"{out} cannot be written: File too large" in ran.err
        assert f"nothing half written was left in {tmp_path}" in ran.err
        assert [path.name for path in tmp_path.iterdir()] == ["big.log"]
    ran = sightline("match", log, *signed_list.words, prefix=["sh", "-c", 'exec "$@" >/dev/full', "sh"])
    assert ran.code == 4
    assert "standard output cannot be written: No space left" in ran.err


def test_the_oracle_too_says_which_output_is_full(tmp_path: Path) -> None:
    from sightline.errors import OutputUnwritable
    from sightline.stages.scan.oracle import Output

    out = Output(tmp_path / "hits.jsonl")
    was = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, was[1]))
    try:
        with closing(out), pytest.raises(OutputUnwritable, match=r"hits\.jsonl cannot be written: File too large"):
            out.write(b"x" * 1000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, was)


def test_standard_files_that_are_closed(sightline: Sightline, signed_list: SignedList, log: Path) -> None:
    without_screen = sightline("match", log, *signed_list.words, prefix=["sh", "-c", 'exec "$@" 2>&-', "sh"])
    assert (without_screen.code, len(rows(without_screen.out))) == (0, 4)
    without_output = sightline("match", log, *signed_list.words, prefix=["sh", "-c", 'exec "$@" >&-', "sh"])
    assert without_output.code == 2
    assert "standard output is closed" in without_output.err


def test_a_reader_that_closes_the_output_early_is_reported(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "big.log"
    log.write_bytes(LOG * 5000)
    ran = sightline(
        "match", log, *signed_list.words, prefix=["bash", "-o", "pipefail", "-c", '"$@" | head -n 1', "bash"]
    )
    assert (ran.code, len(rows(ran.out))) == (4, 1)
    assert "standard output was closed before all was written" in ran.err


def test_inputs_of_the_match_are_never_overwritten(sightline: Sightline, signed_list: SignedList, log: Path) -> None:
    signature = Path(f"{signed_list.path}.minisig")
    before = signature.read_bytes()
    ran = sightline("match", log, *signed_list.words, "--rejects", signature, "--overwrite")
    assert (ran.code, signature.read_bytes()) == (2, before)
    link = log.with_name("hits.jsonl")
    link.symlink_to("nowhere")
    ran = sightline("match", log, *signed_list.words, "--out", link)
    assert (ran.code, link.is_symlink()) == (2, True)


def test_a_folder_that_may_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sightline.errors import UsageError
    from sightline.services.match.outputs import check_outputs
    from sightline.services.match.request import Outputs

    # Root may write anywhere but to what is mounted read-only, which tests cannot make.
    monkeypatch.setattr(os, "access", lambda path, mode: not (Path(path) == tmp_path and mode & os.W_OK))
    with pytest.raises(UsageError, match=f"the folder {tmp_path} may not be written to"):
        check_outputs(Outputs(rejects=tmp_path / "rejects.jsonl"), ())


CANARY = "c4n4ry-7f3a9d51-never-let-out"


def test_a_record_without_a_match_never_leaks(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "secret.log"
    secret = [
        line(f"http://harmless.example/{CANARY}"),
        line(f"http://{CANARY}.harmless.example/").replace(b'"agent"', f'"{CANARY}"'.encode()),
        f"{CANARY} is no line of this format\n".encode(),
        b'198.51.100.1 - - [99/Jun/2026:12:00:00 +0000] "GET /' + CANARY.encode() + b' HTTP/1.1" 200 5 "-" "agent"\n',
    ]
    log.write_bytes(LOG * 200 + b"".join(secret) + LOG * 200)
    results = tmp_path / "results"
    results.mkdir()
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    words = [
        *("match", log, *signed_list.words, "--out", results / "hits.jsonl", "--rejects", results / "rejects.jsonl"),
        *("--summary", results / "summary.json", "--max-rejects", "50"),
    ]
    ran = sightline(*words, prefix=["env", f"TMPDIR={temporary}"])
    assert ran.code == 0, ran.err
    assert "no-pattern" in ran.err, "the frames that cannot be read were seen"
    everything = ran.out + ran.err.encode()
    for path in sorted(tmp_path.rglob("*")):
        if path.is_file() and path != log:
            everything += path.read_bytes() + path.name.encode()
    assert CANARY.encode() not in everything
    assert CANARY.encode().hex().encode() not in everything
    assert base64.b64encode(CANARY.encode())[:-4] not in everything


def test_a_crash_dumps_no_core(signed_list: SignedList, log: Path, tmp_path: Path) -> None:
    code = (
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from sightline.cli import main\n"
        "main(['match', *sys.argv[1:], '--out', '-'])\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), Path('/proc/self/coredump_filter').read_text().strip())\n"
    )
    words = [sys.executable, "-c", code, str(log), *signed_list.words]
    done = subprocess.run(words, capture_output=True, env=environment(), check=True)
    assert done.stdout.splitlines()[-1] == b"(0, 0) 00000000"


def test_names_with_newlines_stay_on_their_line(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    log = tmp_path / "two\nlines \x1b[31m.log"
    log.write_bytes(LOG)
    ran = sightline("match", log, *signed_list.words, "--out", tmp_path / "hits.csv")
    assert ran.code == 0
    assert "\x1b" not in ran.err
    assert "two\\nlines" in ran.err


def test_a_name_that_is_not_utf8_is_written_as_escapes(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.log"))
    log.write_bytes(LOG)
    exhibit = summary_of(sightline, log, *signed_list.words, "--summary", tmp_path / "account.json")
    assert exhibit["path"] == f"{tmp_path}/bad\\xff.log"
    assert json.loads((tmp_path / "account.json").read_text())["exhibits"][0] == exhibit


def test_the_python_face_gives_the_same_hits(sightline: Sightline, signed_list: SignedList, log: Path) -> None:
    import sightline as package
    from sightline.errors import UntrustedList, UsageError

    result = package.match(log, lists=signed_list.path, trust=signed_list.pub)
    hits = rows(sightline("match", log, *signed_list.words).out)
    assert result.hits["byte_offset"].to_list() == [row["byte_offset"] for row in hits]
    assert result.hits["raw"].to_list() == [str(row["raw"]).encode() for row in hits]
    assert result.summary.exhibits[0].hits == 4
    with pytest.raises(UntrustedList, match="expired"):
        package.match(log, lists=signed_list.path, trust=signed_list.pub, now=datetime(2100, 1, 1, tzinfo=UTC))
    with pytest.raises(UsageError, match="it has no time zone"):
        package.match(log, lists=signed_list.path, trust=signed_list.pub, now=datetime(2026, 1, 1))


def test_hits_of_a_log_hold_no_formula(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    user = "=cmd|calc!A1"
    log = tmp_path / "access.log"
    log.write_text(
        f'203.0.113.9 - {user} [05/Jun/2026:12:00:00 +0000] "GET http://flagged.example/ HTTP/1.1" 200 5 "-" "+f()"\n'
    )
    ran = sightline("match", log, *signed_list.words, "--out", tmp_path / "hits.csv")
    assert ran.code == 0, ran.err
    (row,) = csv.DictReader(io.StringIO((tmp_path / "hits.csv").read_text(), newline=""))
    (lines,) = (json.loads(line) for line in sightline("match", log, *signed_list.words).out.splitlines())
    assert {name for name, cell in row.items() if cell == f"'{lines[name]}"} == {
        name for name, cell in lines.items() if isinstance(cell, str) and cell[:1] in set("=+-@")
    }
    assert row["user"] == f"'{user}"
    assert row["user_agent"] == "'+f()"


def test_a_referer_is_no_hit_and_the_account_says_so(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    log = tmp_path / "access.log"
    log.write_text(
        '198.51.100.7 - - [05/Jun/2026:10:00:00 +0000] "GET http://plain.example/ HTTP/1.1" 200 5'
        ' "http://flagged.example/room" "Browser/1"\n'
    )
    account = tmp_path / "account.json"
    ran = sightline("match", log, *signed_list.words, "--format", "combined", "--summary", account)
    assert ran.code == 0, ran.err
    (exhibit,) = json.loads(account.read_text())["exhibits"]
    assert (exhibit["hits"], exhibit["not_matched"]) == (0, ["referrer"])
    assert "no hits  by the Referer field, which 1 exhibit has: visits that came from" in ran.err
    common = tmp_path / "common.log"
    common.write_text('198.51.100.7 - - [05/Jun/2026:10:00:00 +0000] "GET http://plain.example/ HTTP/1.1" 200 5\n')
    plain = sightline("match", common, *signed_list.words, "--format", "common")
    assert plain.code == 0, plain.err
    assert "Referer" not in plain.err
