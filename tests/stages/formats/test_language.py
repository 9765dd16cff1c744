"""The TOML language: what it means, and that whatever is wrong is named with what is allowed."""

import json
from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.model import IndicatorKind
from sightline.model.hits import FLAGGABLE
from sightline.stages.formats.loader import load_builtin_formats, load_format, read_format
from sightline.stages.formats.pattern import split_pattern
from sightline.stages.scan.options import ReadOptions
from sightline.stages.scan.reference.read import read_frame
from sightline.stages.scan.reference.record import Record

WHOLE = """
name = "mine"
title = "A log of mine"
specification = "none"
origin = "specification"
by = "dissect"
record_kind = "http-request"
prefixes = ["none", "syslog-iso"]

[[line]]
pattern = '%{client:word} %{:word} [%{time}] "%{request:quoted}" 100%% %{>}%{rest:3}'

[[line]]
pattern = '# %{}'
comment = true

[fields]
timestamp = { from = "time", layouts = "%Y-%m-%d %H:%M:%S", zone = "utc" }
source = "client"
request = "request"
"""

DELIMITED = """
name = "table"
title = "A table"
specification = "none"
origin = "specification"
by = "delimited"
record_kind = "flow"
separator = ","
quote = '"'
header = "first-line"
needs = ["when"]

[fields]
timestamp = [{ from = ["day", "hour"], layouts = "%D %H:%M", zone = "declared" }, { from = "when", layouts = "%s" }]
source_ip = "from"
"""


def test_a_dissect_file_compiles_to_the_program_of_adr_3() -> None:
    program = json.loads(read_format(WHOLE).program.to_json())

    assert program["slots"] == ["time", "client", "request"]
    assert program["prefixes"][0] == []
    assert program["prefixes"][1][0] == {"take": "word", "slot": None}
    assert program["required"] == ["timestamp"]
    assert program["split"]["lines"][0] == {
        "comment": False,
        "set": {"record_kind": "http-request"},
        "tokens": [
            {"take": "word", "slot": 1},
            {"text": " "},
            {"take": "word", "slot": None},
            {"text": " ["},
            {"take": "until", "slot": 0},
            {"text": '] "'},
            {"take": "quoted", "slot": 2},
            {"text": '" 100% '},
            {"take": "spaces"},
            {"take": "fixed", "slot": None, "bytes": 3},
        ],
    }
    assert program["split"]["lines"][1]["set"] == {}
    assert program["fields"][1] == {
        "field": "source",
        "choices": [
            {
                **{"as": "endpoint", "slots": [1], "join": "", "decode": None},
                **{"port_separator": ":", "port_last": False, "names": False},
            }
        ],
    }


def test_last_compiles_to_the_token_of_adr_3() -> None:
    first = "%{client:word} %{:word} ["
    program = json.loads(read_format(WHOLE.replace(first, '%{client:word} %{:last2:] "} [')).program.to_json())
    assert program["split"]["lines"][0]["tokens"][2] == {"take": "last", "slot": None, "count": 2, "before": '] "'}
    program = json.loads(read_format(WHOLE.replace(first, "%{client:word} %{:last} [")).program.to_json())
    assert program["split"]["lines"][0]["tokens"][2] == {"take": "last", "slot": None, "count": 1, "before": None}


def test_a_delimited_file_compiles_to_the_program_of_adr_3() -> None:
    program = json.loads(read_format(DELIMITED).program.to_json())

    assert program["split"] == {
        **{"by": "delimited", "separator": ",", "repeat": False, "quote": '"', "quote_escape": "double"},
        **{"columns": None, "header": {"first_line": True}, "needs": ["when"], "more": False},
        **{"map": {"day": 0, "hour": 1, "when": 2, "from": 3}, "set": {"record_kind": "flow"}},
    }
    assert program["fields"][0]["choices"][0]["join"] == " "
    assert program["fields"][0]["choices"][1]["zone"] == "record"


def test_the_id_is_that_of_the_program_and_not_of_the_files_words() -> None:
    reworded = WHOLE.replace("A log of mine", "Another title")
    changed = WHOLE.replace("100%%", "99%%")

    assert read_format(WHOLE).program.id == read_format(reworded).program.id
    assert read_format(WHOLE).program.id != read_format(changed).program.id


WRONG = {
    "not TOML": ("name = ", "name", "is not TOML"),
    "an unknown key": ('by = "dissect"', 'by = "dissect"\nkolour = 1', "kolour: no such key here; allowed: absent, by"),
    "a way to split": ('by = "dissect"', 'by = "regex"', "allowed: dissect, delimited, json, keyvalue, dnstap"),
    "frames": ('by = "dissect"', 'by = "dissect"\nframes = "pages"', "allowed: lines, blocks, indented, frame-streams"),
    "frames of another way": (
        'by = "dissect"',
        'by = "dissect"\nframes = "frame-streams"',
        'frames: is "frame-streams" where by is "dnstap", and there alone',
    ),
    "an origin": ('origin = "specification"', 'origin = "hearsay"', "allowed: real-server, specification"),
    "a kind": ('"http-request"', '"visit"', "record_kind: 'visit' is not allowed; allowed: http-request"),
    "no kind": ('record_kind = "http-request"', "", "record_kind: every record needs one"),
    "a fragment": (
        '"syslog-iso"',
        '"sylog"',
        "'sylog' is neither a prefix of that name nor a pattern; names: none, syslog",
    ),
    "a piece": ("%{rest:3}", "%{rest:words}", "line[1].pattern: %{rest:words} takes 'words'; allowed: until, word"),
    "an open end": ("%{client:word} %{:word}", "%{client:word}%{:word}", "must be followed by literal text"),
    "an open last": ("%{client:word} %{:word}", "%{client:last}%{:word}", "must be followed by literal text"),
    "a last at the end": ("%{rest:3}", "%{rest:last}", "it looks for its last place"),
    "a stop that is not last's": ("%{client:word} ", "%{client:word:x} ", "takes 'word'; allowed: until, word"),
    "an unclosed quote": ('%{request:quoted}"', "%{request:quoted}", 'must be followed by the closing quote "'),
    "a stray percent sign": ("100%%", "100%", "and %% for a percent sign"),
    "a piece twice": ("%{rest:3}", "%{time:3}", "%{time} is twice in one pattern"),
    "a field": (
        "source = ",
        "sauce = ",
        'fields.sauce: no such key here; is it "source"?; allowed: bytes, destination',
    ),
    "a slot": (
        'source = "client"',
        'source = "klient"',
        "fields.source.from: 'klient' is not taken; is it \"client\"?; taken: syslog_time",
    ),
    "no time": ("timestamp = {", "# timestamp = {", "fields.timestamp: a format must say where the time is"),
    "a layout": ("%H:%M:%S", "%H:%M:%f", "%f is no directive; allowed: %Y %y %m"),
    "half a layout": ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "no one time of day; needed: %H"),
    "a count with a fraction": (
        "%Y-%m-%d %H:%M:%S",
        "%s%F",
        "%s, %Q and %G stand alone, apart from a fraction",
    ),
    "hours of 24 and of 12": ("%H:%M:%S", "%H:%M:%S %p", "no one time of day; needed: %H"),
    "a zone": (
        ', zone = "utc"',
        "",
        "zone: '%Y-%m-%d %H:%M:%S' reads no zone, so say one: \"declared\" (the scan says",
    ),
    "a zone not in the text": ('"utc"', '"record"', 'a layout has no %z, %s or %Q; allowed then: "declared"'),
    "a required field": (
        "prefixes =",
        'required = ["path"]\nprefixes =',
        "required: 'path' is not allowed; allowed: ti",
    ),
    "a key twice": (
        'by = "dissect"',
        'by = "dissect"\nby = "json"',
        "is not TOML: Cannot overwrite a value (at line 7",
    ),
    "a regular expression": (
        "%{rest:3}",
        "%{rest:[a-z]+}",
        "line[1].pattern: '%{rest:[a-z]+}' is no piece; allowed: %{name}",
    ),
    "an answer": (
        'title = "A log of mine"',
        'title = "FILL IN: what"',
        "title: still asks; answer it, or write origin = ",
    ),
    "a constant": ("comment = true", 'set = { host = "x" }', "'host' cannot be set; allowed: record_kind, dns_action"),
    "a type": ("comment = true", 'comment = "yes"', "line[2].comment: must be true or false, is a text"),
}


@pytest.mark.parametrize(("old", "new", "expected"), WRONG.values(), ids=WRONG)
def test_an_error_names_the_key_and_what_is_allowed(old: str, new: str, expected: str) -> None:
    assert old in WHOLE

    with pytest.raises(UsageError) as error:
        read_format(WHOLE.replace(old, new, 1))

    assert expected in str(error.value)


def test_a_prefix_cannot_end_in_a_piece_that_would_take_the_frame() -> None:
    with pytest.raises(ValueError, match="ends a prefix"):
        split_pattern("%{a} %{b}", prefix=True)


BLOCKS = """
name = "mine"
title = "Blocks of mine"
specification = "none"
origin = "specification"
by = "keyvalue"
frames = "blocks"
separator = "\\n"
strict = true
otherwise = "comment"
case = [{ when = "given", set = { record_kind = "assignment" } }]
fields = { timestamp = { from = "at", layouts = "%s" }, source_ip = "given" }
"""


def test_a_file_of_blocks_compiles_to_the_program_of_adr_3() -> None:
    program = read_format(BLOCKS).program
    tree = json.loads(program.to_json())

    assert (tree["frames"], tree["slots"]) == ("blocks", ["at", "given"])
    assert tree["split"] == {
        "by": "keyvalue",
        "separator": "\n",
        "equals": "=",
        "quote": None,
        "spaced": False,
        "strict": True,
        "map": {"at": 0, "given": 1},
        "cases": [{"slot": 1, "equals": None, "set": {"record_kind": "assignment"}, "comment": False}],
        "otherwise": "comment",
        "set": {},
    }
    for old, new, message in (
        ("strict = true", "strict = true\nspaced = true", "strict: pairs are either spaced or strict"),
        ('by = "keyvalue"', 'by = "dnstap"', "no such key here"),
    ):
        with pytest.raises(UsageError, match=message):
            read_format(BLOCKS.replace(old, new))


def test_an_error_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("name = 3")

    with pytest.raises(UsageError, match=r"mine\.toml: name: must be a text, is a number"):
        read_format(path)


def test_indicator_kinds_that_a_format_cannot_test_are_listed() -> None:
    formats = load_builtin_formats()

    assert set(formats["zeek-conn"].untestable) == set(FLAGGABLE) - {IndicatorKind.IP, IndicatorKind.CIDR}
    assert formats["squid"].untestable == (IndicatorKind.FILE_DIGEST,)
    assert formats["combined"].untestable == FLAGGABLE
    assert formats["bind"].untestable == (IndicatorKind.URL, IndicatorKind.URL_PREFIX, IndicatorKind.FILE_DIGEST)


HOSTILE = {
    "no TOML at all": (b"a" * 1000, "is not TOML"),
    "a byte that is not UTF-8": (b'name = "x"\ntitle = "\xff"\n', "is no UTF-8 text (line 2)"),
    "UTF-16": ('name = "x"\n'.encode("utf-16"), "is no UTF-8 text (line 1)"),
    "a megabyte": (b"# " + b"a" * (1 << 20), "is larger than 256 KiB"),
    "arrays in arrays": (b"a = " + b"[" * 100_000, "is nested too deep"),
    "tables in tables": (b"a = " + b"{a = " * 40_000, "is nested too deep"),
    "a NUL": (b'name = "x"\x00', "is not TOML"),
    "nothing": (b"", "name: a text is needed"),
    "a name without end": (b'name = "' + b"A" * 200_000 + b'"', "name: 'AAAA"),
}


@pytest.mark.parametrize(("raw", "expected"), HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_file_is_an_error_of_one_line(raw: bytes, expected: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(raw)

    with pytest.raises(UsageError) as error:
        read_format(path)

    assert str(error.value).startswith(("mine.toml: ", f"{path}: "))
    assert expected in str(error.value)
    assert len(str(error.value)) < 1200
    assert error.value.hint


def test_a_missing_or_irregular_format_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no regular file"):
        read_format(tmp_path)
    with pytest.raises(UsageError, match=r"absent\.toml: cannot be read: No such file"):
        read_format(tmp_path / "absent.toml")


def test_a_byte_order_mark_of_an_editor_is_no_part_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf" + WHOLE.replace("\n", "\r\n").encode())

    assert read_format(path).program.id == read_format(WHOLE).program.id


def test_a_file_of_the_users_has_a_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(WHOLE.replace('name = "mine"', 'name = "combined"'))

    with pytest.raises(UsageError, match=r"mine\.toml: name: combined is a format of Sightline's own"):
        load_format(str(path))


MAPPING = """
name = "shop"
title = "The shop's log"
specification = "its nginx.conf"
origin = "specification"
extends = "nginx-json"
[paths]
host = "site"
"""


def test_a_file_that_extends_a_format_reads_another_key_as_the_site() -> None:
    program = read_format(MAPPING).program
    line = (
        b'{"msec":"1.5","remote_addr":"192.0.2.7","request":"GET / HTTP/1.1","site":"shop.example","host":"x.example"}'
    )

    record = read_frame(program, ReadOptions(), None, line)

    assert isinstance(record, Record)
    assert record.authority == b"shop.example"
    assert str(record.source_ip) == "192.0.2.7"


def test_a_file_can_extend_only_a_built_in_format() -> None:
    with pytest.raises(UsageError, match="extends: 'shop-json' is no built-in format"):
        read_format(MAPPING.replace("nginx-json", "shop-json"))


def test_a_prefix_that_could_never_be_used_is_refused() -> None:
    text = (
        'name = "x"\ntitle = "x"\nspecification = "x"\norigin = "specification"\nby = "json"\nrecord_kind = "flow"\n'
        'prefixes = ["none", "container"]\n[paths]\nt = "t"\n[fields]\ntimestamp = { from = "t", layouts = "%s" }\n'
    )
    with pytest.raises(UsageError, match='"none" must be the last'):
        read_format(text)
    assert read_format(text.replace('"none", "container"', '"container", "none"')).name == "x"
