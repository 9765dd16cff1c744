"""Every sample: what its format reads of it, and that no other format is taken for it."""

import json
from functools import cache
from pathlib import Path

import pytest

from sightline.errors import UnknownFormat
from sightline.services.match.engine import choose_engine, detect_format
from sightline.stages.formats.format_detection import Detection
from sightline.stages.formats.loader import Origin, load_builtin_formats
from sightline.stages.formats.program import Frames
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader
from sightline.stages.scan.reference.record_json import to_json_object

from .oracle_reader import OPTIONS, SAMPLES, content, driver_counts, driver_rejects, logs, read, without

LOGS = logs()
AMBIGUOUS = "specification.log"
"""Holds `2001:db8::7:5103`, which is an address too: only the IPv4 clients around it tell that a port stands."""
ALIKE = {
    "azure-firewall": {"azure-firewall-messages"},
    "bind-denied": {"bind", "infoblox"},
    "cisco-asa-cgn": {"cisco-asa"},
    "combined": {"apache-error", "nginx-error"},
    "combined-host": {"combined"},
    "combined-host-last": {"combined"},
    "combined-host-user": {"combined"},
    "common": {"apache-error", "nginx-error"},
    "common-host": {"combined", "common"},
    "common-host-user": {"combined", "common"},
    "dnsmasq": {"dnsmasq-dhcp"},
    "huawei-policy": {"huawei-seclog"},
    "huawei-seclog": {"huawei-policy"},
    "infoblox": {"bind"},
    "forwarded-combined": {"vhost-combined"},
    "forwarded-common": {"vhost-combined", "vhost-common"},
}
"""Formats that read some lines of these samples too: those in which the site, or the chain, is `-` or a bare word; of
Cisco, connections among port blocks; of BIND and of Infoblox, which is BIND, a question of the query log; messages of
an error log and of DHCP in the same stream; of Azure Firewall, an entry of the older kind; of Huawei,
messages with the other time.
"""
UNDECIDED = {"combined-host-last", "combined-host-user", "common-host-user"}
"""Combined or common reads its lines as well, without their site: only `--format` can say which it is."""
EXPECTED = sorted(SAMPLES.glob("*/*.expected.jsonl"))


def name_of(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"


@cache
def read_sample(path: Path) -> list[dict[str, object]]:
    return read(path.parent.name, content(path))


def detected(head: bytes) -> Detection:
    return detect_format(choose_engine()[1], OPTIONS, head)


@pytest.mark.parametrize("expected", EXPECTED, ids=name_of)
def test_a_sample_gives_its_expected_records(expected: Path) -> None:
    log = expected.with_name(expected.name.removesuffix(".expected.jsonl") + ".log")

    assert read_sample(log) == [json.loads(line) for line in expected.read_text().splitlines()]


@pytest.mark.parametrize(
    ("time", "read_as"),
    [
        ("Oct 10 2026 13:57:01 UTC", "13:57:01"),
        ("Oct 10 13:57:01 UTC", "13:57:01"),
        ("Oct 10 2026 13:57:01 IST", "08:27:01"),
    ],
)
def test_utc_that_a_firewall_names_is_not_the_declared_zone(time: str, read_as: str) -> None:
    options = ReadOptions(timezone=((0, 19_800),), year=2026)
    reader = MemberReader(load_builtin_formats()["cisco-asa"].program, options)
    line = f":{time}: %ASA-session-5-304001: 192.0.2.7 Accessed URL 203.0.113.10:http://www.flagged.example/a\n"
    (frame,) = split_frames([line.encode()], options.max_frame_bytes, Frames.LINES)
    assert isinstance(frame, Frame)
    assert to_json_object(reader.read(frame))["timestamp"] == f"2026-10-10T{read_as}.000000Z"


@pytest.mark.parametrize("end", [b" \n", b"\t\n", b"\r\n", b" \t\r\n"])
@pytest.mark.parametrize("log", [log for log in LOGS if log.name == "specification.log"], ids=name_of)
def test_blanks_at_the_end_of_a_line_change_no_record(log: Path, end: bytes) -> None:
    frames_of = load_builtin_formats()[log.parent.name].program.frames
    if frames_of is not Frames.LINES:
        return
    wanted = [frame for frame in read_sample(log) if "record_kind" in frame]
    got = read(log.parent.name, content(log).replace(b"\r\n", b"\n").replace(b"\n", end))
    by_line = {frame["line"]: frame for frame in got}
    assert [by_line[frame["line"]] for frame in wanted] == wanted


@pytest.mark.parametrize("log", [log for log in LOGS if driver_counts(log)], ids=name_of)
def test_a_real_servers_log_is_read_whole_and_as_its_driver_counted(log: Path) -> None:
    records = [frame for frame in read_sample(log) if "record_kind" in frame]
    hosts = [str(frame.get("host", "")) for frame in records]

    assert len([frame for frame in read_sample(log) if "reject" in frame]) == driver_rejects(log)
    assert (len(records), sum(f".{host}".endswith(".flagged.example") for host in hosts)) == driver_counts(log)


@pytest.mark.parametrize("log", LOGS, ids=name_of)
def test_no_other_format_reads_a_single_frame_of_a_sample(log: Path) -> None:
    allowed = {log.parent.name, *load_builtin_formats()[log.parent.name].narrows}
    if log.name == AMBIGUOUS:
        alike = load_builtin_formats()[log.parent.name.removesuffix("-port")]
        allowed |= {alike.name, *alike.narrows, *ALIKE.get(log.parent.name, ())}
    others = [item for name, item in load_builtin_formats().items() if name not in allowed]

    # A format that must be decided by a piece counts by the lines that only it can mean.
    programs = {item.name: item.decision.program if item.decision else item.program for item in others}
    count = choose_engine()[1].score_format
    assert not [name for name, program in programs.items() if count(program, OPTIONS, content(log)).records]


@pytest.mark.parametrize("log", [log for log in LOGS if driver_counts(log)], ids=name_of)
def test_a_real_servers_log_is_detected(log: Path) -> None:
    assert detected(content(log)).format.name == log.parent.name


@pytest.mark.parametrize("log", LOGS, ids=name_of)
def test_every_sample_is_detected_by_the_frames_that_its_format_reads(log: Path) -> None:
    refused_lines = {frame["line"] for frame in read_sample(log) if "reject" in frame}
    rest = without(log.parent.name, content(log), refused_lines)

    if log.parent.name in UNDECIDED:
        with pytest.raises(UnknownFormat, match="different visitors or sites"):
            detected(rest)
        return
    assert detected(rest).format.name == log.parent.name


def test_every_format_has_the_samples_that_it_claims() -> None:
    for name, item in load_builtin_formats().items():
        assert item.name == name, "a format lies in the file of its name"
        folder = SAMPLES / name
        assert (folder / "specification.expected.jsonl").exists(), name
        assert bool(list(folder.glob("real-*"))) == (item.origin is Origin.REAL_SERVER), name


def test_every_format_has_hostile_lines_which_it_refuses() -> None:
    for name in load_builtin_formats():
        expected = (SAMPLES / name / "specification.expected.jsonl").read_text(encoding="utf-8").splitlines()
        assert any("reject" in json.loads(line) for line in expected), f"{name}: no line that must be refused"


def test_the_visitor_of_envoy_s_log_is_not_who_a_header_with_quotes_says() -> None:
    reader = MemberReader(load_builtin_formats()["envoy"].program, ReadOptions(trusted_hops=1))
    raw = (SAMPLES / "envoy" / "specification.log").read_bytes()
    seen = [
        to_json_object(reader.read(frame)).get("source_ip")
        for frame in split_frames([raw], 1 << 20)
        if isinstance(frame, Frame)
    ]
    assert seen == ["192.0.2.7", "198.51.100.28", None, "2001:db8::5", *[None] * 6]
