"""Every disagreement that was found between kernel and oracle, at its smallest: both say now what the ADRs say."""

import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from sightline.stages.formats.loader import load_builtin_formats, read_format
from sightline.stages.scan.first_day import find_first_day
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.read import read_frame
from sightline.stages.scan.reference.record import Record
from sightline.stages.scan.reference.record_json import to_json_object
from tests.differential.logs import ALL_DECLARED, FORMATS, ROWS, sample_lines
from tests.differential.sides import Case, assert_sides_agree
from tests.stages.scan.test_containers import zipped

OPEN = tuple(row + ",,,,,," for row in ROWS)
LONG = 120
LINES = {
    "a first frame that is too long only with its BOM": (
        "common",
        b'\xef\xbb\xbf192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] "GET /'.ljust(LONG - 16, b"a") + b' HTTP/1.1" 200 11',
        "frame-too-long",
    ),
    "a port in brackets' own form where it stands behind another sign": (
        "bind",
        (
            b"31-Jul-2026 12:34:56.789 client @0x7f [::1]:80 (flagged.example): query: flagged.example IN A + "
            b"(203.0.113.53)"
        ),
        "bad-address",
    ),
}


@pytest.mark.parametrize("name", LINES)
def test_sides_agree_on_what_they_disagreed_on(name: str, tmp_path: Path) -> None:
    format_name, line, code = LINES[name]
    options = ReadOptions(((0, 0),), 2026, "dmy", max_frame_bytes=LONG)
    case = Case((line,), FORMATS[format_name].program, (OPEN,), options, all_hits_of="flagged.example")
    result = assert_sides_agree(case, tmp_path)
    assert result.accounts[0]["rejects"] == ({code: 1} if code else {})


@pytest.mark.parametrize("name", ["vhost-combined", "combined", "squid", "traefik-json", "iis-w3c", "isc-leases"])
def test_nul_bytes_before_a_line_hide_nothing_of_it(name: str, tmp_path: Path) -> None:
    """As in a log that was copied and emptied while its program wrote on (copytruncate)."""
    lines = sample_lines(name)
    program, options = FORMATS[name].program, replace(ALL_DECLARED, year=2026)
    sound, holed = (
        assert_sides_agree(Case((b"".join(log),), program, (OPEN,), options, all_hits_of="flagged.example"), tmp_path)
        for log in (lines, [b"\0" * 5000 + lines[0], *lines[1:-1], b"\0" + lines[-1]])
    )

    assert sound.accounts[0]["records"]
    same = {"sha256": "", "size_bytes": 0}
    assert holed.accounts[0] | same == sound.accounts[0] | same
    assert [_without_place(hit) for hit in holed.hits] == [_without_place(hit) for hit in sound.hits]


def test_a_frame_of_nul_bytes_alone_is_a_reject(tmp_path: Path) -> None:
    log = b"\0" * 64 + b"\n" + sample_lines("combined")[0]
    case = Case((log,), FORMATS["combined"].program, (OPEN,), all_hits_of="flagged.example")
    rejects = cast("dict[str, int]", assert_sides_agree(case, tmp_path).accounts[0]["rejects"])
    assert sum(rejects.values()) == 1


def _without_place(hit: object) -> dict[str, object]:
    """Return what a hit says, without where its line stands."""
    assert isinstance(hit, bytes)
    placed = {"exhibit", "exhibit_sha256", "byte_offset", "length", "raw", "hit_id"}
    return {name: value for name, value in json.loads(hit).items() if name not in placed}


@pytest.mark.parametrize("by", [-60_000, -1, 1, 1 << 20])
def test_a_zip_member_of_a_false_length_loses_no_byte(by: int, tmp_path: Path) -> None:
    log = b"".join(sample_lines("combined"))
    content = bytearray(zipped(("a.log", log)))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (len(log) + by).to_bytes(4, "little")
    sound, result = (
        assert_sides_agree(Case((exhibit,), FORMATS["combined"].program, (OPEN,)), tmp_path)
        for exhibit in (zipped(("a.log", log)), bytes(content))
    )
    assert result.accounts[0]["records"] == sound.accounts[0]["records"]
    assert "broken-stream" in str(result.rejects[-1])


NEW_YEAR = (
    "Dec 31 23:59:58 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
    "Dec  2 23:59:58 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
    "Jan  1 00:00:01 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
    "Nov 28 00:00:01 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7",
)


def test_times_without_a_year_roll_over_at_new_year(tmp_path: Path) -> None:
    program = load_builtin_formats()["dnsmasq"].program
    log = "".join(f"{line}\n" for line in NEW_YEAR).encode()
    options = ReadOptions(timezone=((0, 0),), year=2023)
    first = find_first_day(program, log, options)
    assert first == (12, 31)
    case = Case((log,), program, (("domain,flagged.example,,,,,,",),), options, first_day=(2023, *first))

    result = assert_sides_agree(case, tmp_path)

    assert [json.loads(line)["timestamp"][:10] for line in result.hits if isinstance(line, bytes)] == [
        "2023-12-31",
        "2023-12-02",
        "2024-01-01",
        "2024-11-28",
    ]


@pytest.mark.parametrize(
    ("piece", "token", "fits"),
    [
        ("www.example", "name", True),
        ("WWW.Example.:8080", "name", True),
        ("b\u00fccher.example", "name", True),
        ("203.0.113.7", "name", False),
        ("203.0.113.7:80", "name", False),
        ("2001:db8::7", "name", False),
        ("localhost", "name", False),
        ("a..example", "name", False),
        ("www.example:123456", "name", False),
        ("-", "label", False),
        ("localhost:80", "label", True),
        ("frank", "label", True),
        ("::1", "label", False),
        ("www.example", "label", False),
    ],
)
def test_a_piece_is_a_name_or_a_label_to_both_sides(piece: str, token: str, fits: bool, tmp_path: Path) -> None:
    program = read_format(
        'name = "x"\ntitle = "x"\nspecification = "x"\norigin = "specification"\nby = "dissect"\n'
        f"record_kind = \"flow\"\n[[line]]\npattern = '%{{time:word}} %{{host:{token}}} end'\n"
        '[fields]\ntimestamp = { from = "time", layouts = "%s" }\nhost = "host"\n'
    ).program

    result = assert_sides_agree(Case((f"1700000000 {piece} end".encode(),), program, ()), tmp_path)

    assert (result.accounts[0]["records"] == 1) == fits


@pytest.mark.parametrize(
    ("text", "host", "url"),
    [
        ("shop.example/a?b=1", "shop.example", "//shop.example/a?b=1"),
        ("https://shop.example:8443/a", "shop.example", "//shop.example:8443/a"),
        ("shop.example?b=1", "shop.example", "//shop.example/?b=1"),
        ("mail.example:443", "mail.example", None),
        ("shop.example/http://other.example/", "shop.example", "//shop.example/http://other.example/"),
        ("/a", None, "/a"),
        ("-", None, None),
    ],
)
def test_both_sides_take_host_and_path_of_a_url_without_a_scheme(
    text: str, host: str | None, url: str | None, tmp_path: Path
) -> None:
    fields = 'host = { from = "url", decode = "url-host" }\nurl = { from = "url", decode = "url-path" }\n'

    assert read_by_both_sides(text, "%s", "1700000000", fields, tmp_path) == (host, url, "2023-11-14T22:13:20.000000Z")


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("(3)www(7)example(0)", "www.example"),
        ("(3)ww)(7)example(0)", "ww).example"),
        ("www.example.", "www.example"),
        ("(9)www(7)example(0)", None),
        ("(3)www(7)example", None),
        ("(0)", None),
        ("(3)www(7)example(0)x", None),
        ("(+3)www(0)", None),
        ("(003)www(0)", None),
    ],
)
def test_both_sides_join_the_labels_of_a_name(text: str, host: str | None, tmp_path: Path) -> None:
    fields = 'host = { from = "url", decode = "labels" }\n'

    found = read_by_both_sides(text, "%s", "1700000000", fields, tmp_path)

    assert found == (host, None, "2023-11-14T22:13:20.000000Z")


@pytest.mark.parametrize(
    ("layout", "text", "instant"),
    [
        ("%G", "1791620738123456789", "2026-10-10T08:25:38.123456Z"),
        ("%G", "99999999999999999999999", None),
        ("%G", "1791620738.5", None),
        ("%Y-%m-%d_%k:%M:%S", "2026-10-10_9:05:07", "2026-10-10T09:05:07.000000Z"),
        ("%Y-%m-%d_%k:%M:%S", "2026-10-10_24:05:07", None),
        ("%Y-%m-%d_%l:%M:%S%p", "2026-10-10_1:05:07PM", "2026-10-10T13:05:07.000000Z"),
        ("%Y-%m-%d_%l:%M:%S%p", "2026-10-10_12:05:07AM", "2026-10-10T00:05:07.000000Z"),
        ("%Y-%m-%d_%l:%M:%S%p", "2026-10-10_0:05:07AM", None),
        ("%m/%d/%y_%H:%M:%S", "10/31/26_09:05:07", "2026-10-31T09:05:07.000000Z"),
        ("%m/%d/%y_%H:%M:%S", "10/31/2026_09:05:07", None),
        ("%m/%d/%y_%H:%M:%S", "02/29/26_09:05:07", None),
    ],
)
def test_both_sides_read_nanoseconds_short_hours_and_years_of_two_digits(
    layout: str, text: str, instant: str | None, tmp_path: Path
) -> None:
    fields = 'host = { from = "url", decode = "url-host" }\n'

    found = read_by_both_sides("shop.example", layout, text, fields, tmp_path)

    assert found == (("shop.example", None, instant) if instant else None)


LINE = (
    r"192.0.2.7 - - [10/Oct/2026:13:55:36 +0530] \"GET http://www.flagged.example/\u00e4 HTTP/1.1\" 200 5 \"-\" "
    r"\"a\\\\b\""
)
END = ',"stream":"stdout","time":"2026-10-10T08:25:36.123456789Z"}'
DOCKER = {
    "a line": (f'{{"log":"{LINE}\\n"{END}', 1),
    "a CR at its end, and blanks behind": (f'{{"log":"{LINE}\\r\\n"{END} \t', 1),
    "attributes": (f'{{"log":"{LINE}\\n","stream":"stderr","attrs":{{"tag":"a}}"}},"time":"2026-10-10T08:25:36Z"}}', 1),
    "a piece of a line": (f'{{"log":"{LINE}"{END}', 0),
    "half a surrogate pair": (f'{{"log":"{LINE} \\ud800\\n"{END}', 0),
    "an escape that JSON does not know": (f'{{"log":"{LINE} \\x41\\n"{END}', 0),
    "another stream": (f'{{"log":"{LINE}\\n","stream":"x","time":"2026-10-10T08:25:36Z"}}', 1),
    "a time with a quote": (f'{{"log":"{LINE}\\n","stream":"stdout","time":"2026-10-10T08\\"Z"}}', 1),
    "a key behind": (f'{{"log":"{LINE}\\n","stream":"stdout","time":"2026-10-10T08:25:36Z","x":1}}', 1),
}


@pytest.mark.parametrize("name", DOCKER)
def test_both_sides_read_the_line_that_docker_wrapped(name: str, tmp_path: Path) -> None:
    line, records = DOCKER[name]
    case = Case(((line + "\n").encode() * 2,), FORMATS["combined"].program, (OPEN,), ReadOptions())

    result = assert_sides_agree(case, tmp_path)

    assert result.accounts[0]["records"] == 2 * records == 2 - len(result.rejects)
    assert len(result.hits) == 2 * records
    if records:
        hit = json.loads(cast("bytes", result.hits[0]))
        assert (hit["byte_offset"], hit["raw"], hit["user_agent"]) == (0, line, "a\\b")


TIME = '"__REALTIME_TIMESTAMP":"1791617136000000"'
ENTRIES = {
    "an entry": (f'{{{TIME},"_HOSTNAME":"gw","SYSLOG_IDENTIFIER":"nginx","_PID":"7","MESSAGE":"{LINE}"}}', 1),
    "blanks, and a message first": (f'{{ "MESSAGE" : "{LINE}" , {TIME}, "X" : null, "Y" : [ "a", "b" ] }} \t', 1),
    "a message twice": (f'{{"MESSAGE":"x",{TIME},"MESSAGE":"{LINE}"}}', 1),
    "a host with a blank": (f'{{{TIME},"_HOSTNAME":"a b","MESSAGE":"{LINE}"}}', 1),
    "the later time is no number": (f'{{{TIME},"_SOURCE_REALTIME_TIMESTAMP":"x","MESSAGE":"{LINE}"}}', 1),
    "a message as bytes": (
        f'{{{TIME},"MESSAGE":[{",".join(str(one) for one in json.loads(f"[{chr(34)}{LINE}{chr(34)}]")[0].encode())}]}}',
        1,
    ),
    "a byte above 255": (f'{{{TIME},"MESSAGE":[49,256]}}', 0),
    "an array with nothing in it": (f'{{{TIME},"MESSAGE":"{LINE}","X":[]}}', 0),
    "an object in it": (f'{{{TIME},"MESSAGE":"{LINE}","X":{{}}}}', 0),
    "a key in small letters": (f'{{{TIME},"MESSAGE":"{LINE}","x":"y"}}', 0),
    "half a surrogate pair": (f'{{{TIME},"MESSAGE":"{LINE}","X":"\\ud800"}}', 0),
    "an escape that JSON does not know": (f'{{{TIME},"MESSAGE":"{LINE}","X":"\\x41"}}', 0),
    "a key with an escape": (f'{{{TIME},"\\u004dESSAGE":"{LINE}"}}', 0),
    "a time behind the year 9999": (f'{{"__REALTIME_TIMESTAMP":"253402300800000000","MESSAGE":"{LINE}"}}', 0),
    "the last microsecond of 9999": (f'{{"__REALTIME_TIMESTAMP":"253402300799999999","MESSAGE":"{LINE}"}}', 1),
    "no time": (f'{{"MESSAGE":"{LINE}"}}', 0),
    "no message": (f"{{{TIME}}}", 0),
    "something behind it": (f'{{{TIME},"MESSAGE":"{LINE}"}},', 0),
    "a comma too much": (f'{{{TIME},"MESSAGE":"{LINE}",}}', 0),
    "cut off": (f'{{{TIME},"MESSAGE":"{LINE}', 0),
}


def require_line_is_read(line: str, records: int, tmp_path: Path) -> None:
    """Both sides read LINE out of what wraps it: `records` is 1, or 0 if they refuse it."""
    case = Case(((line + "\n").encode() * 2,), FORMATS["combined"].program, (OPEN,), ReadOptions())

    result = assert_sides_agree(case, tmp_path)

    assert result.accounts[0]["records"] == 2 * records == 2 - len(result.rejects)
    if records:
        hit = json.loads(cast("bytes", result.hits[0]))
        assert (hit["byte_offset"], hit["raw"], hit["user_agent"]) == (0, line, "a\\b")


@pytest.mark.parametrize("name", ENTRIES)
def test_both_sides_read_the_line_that_the_journal_wrapped(name: str, tmp_path: Path) -> None:
    require_line_is_read(*ENTRIES[name], tmp_path)


@pytest.mark.parametrize(
    ("at_us", "instant"),
    [
        (0, "1970-01-01T00:00:00.000000Z"),
        (951782400000001, "2000-02-29T00:00:00.000001Z"),
        (1709251199999999, "2024-02-29T23:59:59.999999Z"),
        (4107542400000000, "2100-03-01T00:00:00.000000Z"),
        (7258118399999999, "2199-12-31T23:59:59.999999Z"),
    ],
)
def test_both_sides_say_the_day_of_an_entry_as_the_calendar_does(at_us: int, instant: str, tmp_path: Path) -> None:
    message = "query[A] www.flagged.example from 192.0.2.7"
    entry = {"__REALTIME_TIMESTAMP": str(at_us), "SYSLOG_IDENTIFIER": "dnsmasq", "_PID": "7", "MESSAGE": message}
    case = Case((json.dumps(entry).encode(),), FORMATS["dnsmasq"].program, (OPEN,), ReadOptions())

    result = assert_sides_agree(case, tmp_path)

    assert [json.loads(cast("bytes", hit))["timestamp"] for hit in result.hits] == [instant]


def read_by_both_sides(text: str, layout: str, time: str, fields: str, folder: Path) -> tuple[str | None, ...] | None:
    """What a format with these fields reads of a line, to kernel and oracle alike; None if it cannot be read."""
    zone = "" if layout in {"%s", "%G"} else ', zone = "utc"'
    program = read_format(
        'name = "x"\ntitle = "x"\nspecification = "x"\norigin = "specification"\nby = "dissect"\n'
        "record_kind = \"flow\"\n[[line]]\npattern = '%{time:word} %{url:word} 203.0.113.9'\n"
        f'[fields]\ntimestamp = {{ from = "time", layouts = "{layout}"{zone} }}\n{fields}'
    ).program
    line = f"{time} {text} 203.0.113.9".encode()
    rows = ("domain,shop.example,,,,,,", "domain,mail.example,,,,,,", "domain,www.example,,,,,,")

    assert_sides_agree(Case((line,), program, (rows,)), folder)

    record = read_frame(program, ReadOptions(), None, line)
    if not isinstance(record, Record):
        return None
    as_json = to_json_object(record)
    return tuple(None if as_json.get(key) is None else str(as_json[key]) for key in ("host", "url", "timestamp"))
