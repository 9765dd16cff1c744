"""Drafts: of logs that no format reads, what is taken without asking, what is asked, and what
an officer's answers give.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sightline.stages.formats.draft.text import (
    DraftAnswers,
    draft_format,
    format_answered_draft,
    format_described_time,
    open_questions,
)
from sightline.stages.formats.draft.time_detection import choose_zone, find_layouts
from sightline.stages.formats.loader import Format, Origin, load_builtin_formats, read_format
from sightline.stages.formats.program import Frames
from sightline.stages.formats.text_shape import mask_frame
from sightline.stages.scan.reference.frame import Frame
from sightline.stages.scan.reference.frames import split_frames
from sightline.stages.scan.reference.read import MemberReader, score_program
from sightline.stages.scan.reference.record_json import to_json_object

from .oracle_reader import OPTIONS, content, logs, read

FOREIGN = Path(__file__).parent / "foreign"

ANSWERED: dict[str, tuple[tuple[str, ...], int, dict[str, object]]] = {
    "adguard": (
        ('source_ip = "ip"',),
        3,
        {"source_ip": "192.0.2.7", "host": "www.example", "dns_type": "A", "timestamp": "2026-10-10T08:25:36.123456Z"},
    ),
    "blocky": (
        ('source_ip = "column2"',),
        3,
        {"source_ip": "192.0.2.7", "host": "www.shop.example", "dns_type": "A", "record_kind": "dns-query"},
    ),
    "bluecoat": (
        (),
        3,
        {"source_ip": "192.0.2.7", "url": "//shop.example:80/catalogue?page=2", "record_kind": "proxy-request"},
    ),
    "checkpoint": (
        ('record_kind = "proxy-request"', 'url = "resource"'),
        2,
        {"source_ip": "192.0.2.7", "source_port": 51034, "url": "https://shop.example/a?b=1", "user": "Asha (asha)"},
    ),
    "cloudflare": (
        (
            'timestamp = { from = "edgestarttimestamp", layouts = "%Y-%m-%d%t%H:%M:%S%F%z" }',
            'source_ip = "clientip"',
            'host = "clientrequesthost"',
            'method = "clientrequestmethod"',
            'url = "clientrequesturi"',
        ),
        2,
        {"source_ip": "192.0.2.7", "url": "//shop.example/a?b=1", "timestamp": "2026-10-10T13:55:36.000000Z"},
    ),
    "dhcpd": (
        (
            'record_kind = "assignment"',
            'source_ip = [{ from = "address1" }, { from = "line2_address1" }]',
            "s~%{word1:word} %{word2:word} %{address1:word}~DHCPACK on %{address1:word}",
            "s~%{:word} %{:word} %{line2_address1:word}~DHCPACK on %{line2_address1:word}",
        ),
        2,
        {"source_ip": "192.0.2.89", "timestamp_original": "Oct 10 13:55:37", "record_kind": "assignment"},
    ),
    "fortigate": (
        ('host = "hostname"',),
        3,
        {"source_ip": "192.0.2.7", "source_port": 52344, "url": "https://shop.example/catalogue?page=2"},
    ),
    "kong": (
        ('source_ip = "client_ip"', 'host = "headers_host"', 'timestamp = { from = "started_at", layouts = "%Q" }'),
        2,
        {"source_ip": "192.0.2.7", "url": "//shop.example:8000/a?b=1", "timestamp": "2026-10-10T08:25:36.971000Z"},
    ),
    "mikrotik": (
        (
            'source = [{ from = "endpoint1" }, { from = "line2_endpoint1" }, { from = "line3_endpoint1" }]',
            'destination = [{ from = "endpoint2" }, { from = "line2_endpoint2" }, { from = "line3_endpoint2" }]',
        ),
        4,
        {"source_ip": "192.0.2.30", "source_port": 50123, "destination_ip": "203.0.113.78", "destination_port": 443},
    ),
    "paloalto": (
        (
            'timestamp = { from = "column7", layouts = "%Y/%m/%d %H:%M:%S%F", zone = "declared" }',
            'source_ip = "column8"',
            'destination_ip = "column9"',
            'source_port = "column25"',
            'destination_port = "column26"',
        ),
        3,
        {"source_ip": "192.0.2.21", "source_port": 53012, "destination_ip": "203.0.113.104", "destination_port": 443},
    ),
    "pfsense": (
        (
            'source_ip = [{ from = "address1" }, { from = "line2_address1" }, { from = "line3_address1" }]',
            'destination_ip = [{ from = "address2" }, { from = "line2_address2" }, { from = "line3_address2" }]',
        ),
        4,
        {"source_ip": "198.51.100.100", "destination_ip": "203.0.113.231", "record_kind": "flow"},
    ),
    "routedns": (
        ('source_ip = "client"', 'record_kind = "dns-query"'),
        4,
        {"source_ip": "192.0.2.133", "host": "www.shop.example", "timestamp_original": "Oct 10 13:55:36 2026"},
    ),
    "smokescreen": (
        (
            'record_kind = "proxy-request"',
            'timestamp = { from = "start_time", layouts = "%s" }',
            'source_ip = "src_host"',
            'host = "host"',
        ),
        3,
        {"source_ip": "192.0.2.7", "source_port": 55395, "host": "shop.example", "destination_ip": "203.0.113.242"},
    ),
    "sophos": (
        ('host = "domain"',),
        3,
        {"source_ip": "192.0.2.23", "source_port": 51234, "url": "https://shop.example/a?b=1", "user": "asha"},
    ),
    "leef": (
        (),
        3,
        {"source_ip": "192.0.2.7", "timestamp": "2026-10-10T13:55:36.000000Z", "user": "asha@unit.example"},
    ),
    "threeproxy": (
        (
            'record_kind = "proxy-request"',
            "s~%{number4:number} %{word3:word}~%{number4:number} %{method:word}_%{url:last}_HTTP/1.1",
            's~[fields]~[[line]]\npattern = "%{time1:word} %{:word} %{:word} %{:word} %{client:word} %{:word} %{:word} '
            "%{:word}"
            ' %{:word} %{method2:word}_%{url2:word}"\n[fields]',
            'source = [{ from = "endpoint1" }, { from = "client" }]',
            'method = [{ from = "method" }, { from = "method2" }]',
            'url = [{ from = "url" }, { from = "url2" }]',
        ),
        3,
        {"source_ip": "192.0.2.7", "source_port": 51034, "method": "CONNECT", "host": "shop.example"},
    ),
    "vpcflow": (
        ('record_kind = "flow"', 'timestamp = { from = "start", layouts = "%s" }'),
        2,
        {"source_ip": "192.0.2.7", "source_port": 51034, "destination_ip": "203.0.113.10", "destination_port": 443},
    ),
    "webgateway": (
        ('source_ip = "address1"', 'user = "word1"', 'user_agent = "text3"'),
        3,
        {"source_ip": "192.0.2.7", "url": "http://shop.example/a?b=1", "user": "asha", "method": "GET"},
    ),
}
"""By log: what an officer answers besides title, specification and origin; how many records that gives; the first."""


def draft_log(log: Path) -> str:
    text = draft_format(content(log), log.stem)
    assert text is not None
    return text


def answered(draft: str, answers: Iterable[str]) -> str:
    """The draft as an officer leaves it: answers in place of the keys they answer, no FILL IN left."""
    lines = [re.sub(r" # FILL IN.*", "", line) for line in draft.splitlines() if not line.startswith("# FILL IN")]
    lines = [re.sub(r'"FILL IN:.*"', '"said"', line) for line in lines]
    for answer in answers:
        if answer.startswith("s~"):
            _, old, new = answer.split("~")
            assert any(old in line for line in lines), old
            lines = [line.replace(old, new) for line in lines]
            continue
        key = answer.split(" = ")[0]
        start = (
            0
            if key in ("record_kind", "required")
            else next(number for number, line in enumerate(lines) if line.endswith("[fields]"))
        )
        places = [number for number, line in enumerate(lines) if line.startswith(f"{key} = ") and number > start]
        lines = [line for number, line in enumerate(lines) if number not in places]
        lines.insert(places[0] if places else len(lines), answer)
    return "\n".join(lines).replace('origin = "draft"', 'origin = "specification"')


def read_with(item: Format, raw: bytes) -> list[dict[str, object]]:
    reader = MemberReader(item.program, replace(OPTIONS, trusted_hops=1))
    lines = [frame for frame in split_frames([raw], OPTIONS.max_frame_bytes) if isinstance(frame, Frame)]
    return [{"line": frame.line_number} | to_json_object(reader.read(frame)) for frame in lines]


def records(item: Format, raw: bytes) -> list[dict[str, object]]:
    return [one for one in read_with(item, raw) if "timestamp" in one]


@pytest.mark.parametrize(
    "log", [*sorted(FOREIGN.glob("*.log")), *logs()], ids=lambda log: f"{log.parent.name}/{log.name}"
)
def test_a_draft_asks_at_most_five_questions(log: Path) -> None:
    draft = draft_format(content(log), log.stem)
    assert draft is None or draft.count("FILL IN: ") <= 5


@pytest.mark.parametrize("name", ANSWERED)
def test_a_draft_with_its_questions_answered_reads_the_log(name: str) -> None:
    log = FOREIGN / f"{name}.log"
    answers, count, first = ANSWERED[name]

    read = records(read_format(answered(draft_log(log), answers)), log.read_bytes())

    assert len(read) == count
    assert read[0] | first == read[0]


@pytest.mark.parametrize("log", sorted(FOREIGN.glob("*.log")), ids=lambda log: log.stem)
def test_a_draft_loads_at_once_and_reads_nothing_that_counts(log: Path) -> None:
    item = read_format(draft_log(log))

    assert item.origin is Origin.DRAFT
    assert "source_ip" in item.program.required
    assert item.name == log.stem


def test_a_visitor_is_named_only_where_the_log_does() -> None:
    by_name = {
        log.stem
        for log in FOREIGN.glob("*.log")
        if any(rule.field in ("source", "source_ip") for rule in read_format(draft_log(log)).program.fields)
    }

    assert by_name == {"bluecoat", "checkpoint", "fortigate", "leef", "sophos", "vpcflow"}


def test_an_address_that_depends_on_trusted_proxies_is_asked() -> None:
    line = '{{"ts":1791620736.{0},"request":{{"client_ip":"192.0.2.{0}","method":"GET","uri":"/{0}"}},"status":200}}\n'
    draft = draft_format("".join(line.format(at) for at in range(10, 30)).encode(), "caddy")

    assert draft is not None
    assert '\n# source_ip = "client_ip"' in draft
    assert '\nsource_ip = "client_ip"' not in draft


@pytest.mark.parametrize("blanks", [" ", "  "])
def test_a_day_of_one_digit_behind_one_blank_or_two_is_a_time_of_syslog(blanks: str) -> None:
    days = [f"{blanks}{day}" if day < 10 else f" {day}" for day in range(1, 20)]
    lines = [f"Dec{day} 10:11:12 gateway agent[7]: src=192.0.2.7 dst=198.51.100.4 act=ok\n" for day in days]
    draft = draft_format("".join(lines).encode(), "agent")

    assert draft is not None
    assert 'prefixes = ["syslog-rfc3164", "none"]' in draft


@pytest.mark.parametrize("name", ["kong", "msdns", "paloalto", "smokescreen"])
def test_a_time_of_which_there_are_several_or_none_is_asked_and_reads_no_text(name: str) -> None:
    log = FOREIGN / f"{name}.log"
    text = answered(draft_log(log), ['required = ["timestamp"]'])

    assert "timestamp = { from = " in text
    assert records(read_format(text), log.read_bytes()) == []


def test_a_described_time_holds_in_lines_of_every_pattern(tmp_path: Path) -> None:
    asked = "IN 31.07.2026 12.34.{0} 192.0.2.{0} asked www.flagged.example\n"
    answered = "OUT <203.0.113.{0}> at 31.07.2026 12.35.{0} answered board.example {0}\n"
    raw = "".join(line.format(at) for at in range(10, 30) for line in (asked, answered)).encode()
    questions = open_questions(raw)
    assert questions is not None and not questions.is_time_known
    rule = format_described_time(raw, "word1", "DD.MM.YYYY hh.mm.ss")
    assert rule in [time.rule for time in questions.times], "what is offered is no less than what is described"
    fields = {"address1": "source_ip", "line2_address1": "destination_ip"}
    text = format_answered_draft(raw, "two", DraftAnswers("Two", "manual", "flow", rule, True, fields))
    assert text is not None
    file = tmp_path / "two.toml"
    file.write_text(text.replace('"timestamp", "source_ip"', '"timestamp"'))
    count = score_program(read_format(file).program, raw, OPTIONS)
    assert (count.frames, count.records) == (40, 40)


def test_a_draft_holds_shapes_and_no_values_of_the_log() -> None:
    log = FOREIGN / "fortigate.log"
    text = draft_log(log)

    for value in ("192.0.2.", "shop.example", "PRIYA", "123456", "Malicious"):
        assert value.encode() in log.read_bytes()
        assert value not in text
    assert mask_frame(b"shop.example") in text


LINES = [log for log in logs() if load_builtin_formats()[log.parent.name].program.frames is Frames.LINES]


@pytest.mark.parametrize("log", LINES, ids=lambda log: f"{log.parent.name}/{log.name}")
def test_a_draft_of_every_sample_loads(log: Path) -> None:
    text = draft_format(content(log), log.parent.name, load_builtin_formats())

    assert text is not None
    assert read_format(text).name == f"own-{log.parent.name}"


@pytest.mark.parametrize("name", ["common", "squid"])
def test_a_draft_says_of_a_line_what_the_format_of_sightlines_own_says(name: str) -> None:
    log = next(path for path in logs() if path.parent.name == name and path.name.startswith("real-"))
    item = read_format(answered(draft_log(log), ['source_ip = "address1"']))
    compared_fields = ("timestamp", "source_ip", "method", "url", "status")

    mine, own = (
        {
            str(field["line"]): {key: field.get(key) for key in compared_fields}
            for field in fields
            if "timestamp" in field
        }
        for fields in (read_with(item, content(log)), read(name, content(log)))
    )

    assert len(mine) >= 0.9 * len(own)
    assert all(
        own[line] | {k: v for k, v in fields.items() if v is not None} == own[line] for line, fields in mine.items()
    )


@pytest.mark.parametrize(
    ("text", "layout", "zone"),
    [
        ("2026-10-10T13:55:36.123Z", "%Y-%m-%d%t%H:%M:%S%F%z", None),
        ("10/Oct/2026:13:55:36 +0530", "%d/%b/%Y:%H:%M:%S%F %z", None),
        ("2026-10-10 13:55:36,123", "%Y-%m-%d %H:%M:%S%F", "declared"),
        ("2026-10-10 13:55:36 UTC", "%Y-%m-%d %H:%M:%S%F UTC", "utc"),
        ("03/04/2026 13:55:36", "%D %H:%M:%S%F", "declared"),
        ("Oct  1 13:55:36 2026", "%b %e %H:%M:%S%F %Y", "declared"),
        ("10/10/2026 01:55:36 PM", "%D %I:%M:%S %p", "declared"),
    ],
)
def test_the_layout_of_a_time_and_never_a_zone_that_it_does_not_say(text: str, layout: str, zone: str | None) -> None:
    assert find_layouts([text]) == (layout,)
    assert choose_zone([layout]) == zone


@pytest.mark.parametrize("text", ["33", "20261010", "1791620736", "13:55:36", "10/10/26 13:55:36", "2026-13"])
def test_an_ambiguous_text_is_no_time(text: str) -> None:
    assert find_layouts([text]) == ()


PIECES = st.sampled_from(
    ("\"  [  ]  (  ) { } < > %% = , ; | : \t \\ ' # -> %{ a Oct 13:55:36 2026-10-10 192.0.2.7 [2001:db8::7]:80 GET /a"
     " HTTP/1.1 200 key= {\"a\": é \x7f \x1b http://a.example/ A 1791620736 -").split(" ")
)  # fmt: skip


@given(st.lists(st.lists(PIECES, max_size=14).map("".join), max_size=12))
def test_a_draft_of_any_lines_loads(lines: list[str]) -> None:
    text = draft_format("\n".join(lines).encode(), "any log")

    assert text is None or read_format(text).origin is Origin.DRAFT


@given(st.binary(max_size=300))
def test_a_draft_of_any_bytes_loads(raw: bytes) -> None:
    text = draft_format(raw, "")

    assert text is None or json.dumps(read_format(text).name) == '"own"'


@pytest.mark.parametrize(
    ("line", "drafted"),
    [
        (
            '{"ms": 1785501296123, "from": "192.0.2.7", "via": "192.0.2.9, 192.0.2.10", "what": "/a/1"}',
            (
                '# timestamp = { from = "ms", layouts = "%Q" }',
                '# source_ip = "from"',
                '# forwarded = "via"',
                '# url = "what"',
            ),
        ),
        ("at=2026-07-31T12:34:56Z how=POST by=192.0.2.7 page='/a b'", ('method = "how"',)),
        ("2026-07-31T12:34:56Z|192.0.2.7|200|Mozilla/5.0 (X11)", ('user_agent = "column4"',)),
        (
            "2026-07-31T12:34:56.000+05:30 ns1 resolver: query from 192.0.2.7#51034 for www.example type A",
            ('timestamp = { from = "syslog_time", layouts = "%Y-%m-%d%t%H:%M:%S%F%z" }',),
        ),
    ],
    ids=["addresses", "method", "browser", "zone"],
)
def test_a_draft_proposes_what_the_values_show(line: str, drafted: tuple[str, ...]) -> None:
    text = draft_format(f"{line}\n".encode() * 12, "one")
    assert text is not None
    assert [part for part in drafted if f"\n{part}" not in text] == []
