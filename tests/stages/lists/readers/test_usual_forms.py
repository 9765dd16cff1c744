"""The kernel finds rows of the usual form: together with the readers it gives what they give alone, on any input."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator

import pytest

from sightline.errors import DamagedInput, UsageError
from sightline.stages.lists.model import Row
from sightline.stages.lists.readers import document, read_batches
from sightline.stages.lists.readers import lines as reader_lines
from sightline.stages.lists.readers.usual_forms import UsualForms
from sightline.stages.scan import kernel

USUAL = kernel.get_usual_forms()
pytestmark = pytest.mark.skipif(USUAL is None, reason="needs the kernel")

Found = tuple[list[tuple[Row, str]], list[tuple[str, str, str]], str]

HEADERS = (
    "phish_id,url,submission_time,verified",
    "# id,dateadded,url,url_status,threat",
    "uuid,event_id,type,value,to_ids,date",
    "uuid,event_id,type,value,to_ids,value",
    "domain_name,ip_address",
)
FIELDS = (
    *("http://a.example/x", "b.example", "X.ONION", "é.example", "192.0.2.7", "2001:db8::1", "a" * 32, "f" * 64),
    *("domain", "hostname", "url", "ip-dst", "md5", "sha256", "domain|ip", "yes", "YES", "no", "1", "0", "1780000000"),
    *("2026-01-02 03:04:05", "2026-01-02T03:04:05 UTC", "2026-01-02T03:04:05+00:00", "2026-1-2", "", " ", "\t", "a b"),
    *("#", "a\x7fb", "\u00a0a", "\u2028", "99999999999999", "-5"),
)


COLUMNS = {
    "value": ("http://a.example/x", "b.example", "X.ONION", "é.example", "192.0.2.7", "2001:db8::1", " a ", "a" * 32),
    "type": ("domain", "hostname", "url", "ip-dst", "md5", "domain|ip", " url"),
    "to_ids": ("1", "1", "1", "0", " 1", "yes"),
    "date": ("1780000000", "0", "", " 5", "x", "99999999999", "100000000000"),
    "verified": ("yes", "YES", "no"),
}


def csv_lines(chance: random.Random) -> Iterator[str]:
    for _ in range(60):
        header = chance.choice(HEADERS)
        width = header.count(",") + 1
        lines = [header]
        for _ in range(80):
            wide = width if chance.random() < 0.95 else chance.randint(1, 8)
            names = [*header.split(","), *"abcdefgh"][:wide]
            fields = [chance.choice(COLUMNS.get(name, FIELDS) if chance.random() < 0.9 else FIELDS) for name in names]
            quoted = chance.choice((0.0, 0.0, 1.0, 0.5))
            fields = [f'"{field}"' if chance.random() < quoted else field for field in fields]
            line = ",".join(fields)
            if chance.random() < 0.1:
                at = chance.randint(0, len(line))
                line = line[:at] + chance.choice(('"', '""', ", ", "\r", " ", "\\", "\x00")) + line[at:]
            lines.append(line)
        yield chance.choice(("\n", "\r\n")).join(lines) + chance.choice(("", "\n"))


def found(raw: bytes, usual: UsualForms | None) -> Found:
    """Rows and rejects with their places, or the error that ended the reading: then no part of the list is used."""
    rows: list[tuple[Row, str]] = []
    rejects: list[tuple[str, str, str]] = []
    undated = 0
    try:
        for batch in read_batches(io.BytesIO(raw), "x", usual):
            places = batch.places
            undated += batch.undated
            rows += [(row, "" if places is None else str(places[row[0]])) for row in batch.rows]
            rejects += [(reject.where, reject.code, reject.reason) for reject in batch.list_all_rejects([])]
    except (DamagedInput, UsageError) as why:
        return [], [], str(why)
    return rows, rejects, f"{undated} undated"


@pytest.mark.parametrize("seed", range(4))
def test_lines_of_exports_give_the_same_rows(seed: int) -> None:
    chance = random.Random(seed)
    for text in csv_lines(chance):
        raw = text.encode()
        if chance.random() < 0.2:
            raw += b"\xff,a\n"
        # Of the first block the header is read in Python: the second begins with these lines.
        raw = raw.split(b"\n", 1)[0] + b"\n" + b"#" * (1 << 16) * 16 + b"\n" + raw.split(b"\n", 1)[1]
        assert found(raw, USUAL) == found(raw, None)


LIST_HEADERS = (
    *(
        "value",
        "value,category",
        "kind,value,valid_from,reference",
        "value;kind;valid_until",
        "value\tcategory\tlisted_on",
    ),
    *("kind|value|opinion", "value,note", "value,value", 'value,"kind', "category,value,reference,valid_from"),
)
LIST_COLUMNS = {
    "value": (
        *("a.example", "a.example", "http://a.example/x", "a.example?b", "192.0.2.7", "192.0.2.7:80", "192.0.2.0/24"),
        *(
            "[2001:db8::1]:80",
            "2001:db8::/32",
            "2001:db8::1",
            "X.ONION",
            "b.i2p",
            "é.example",
            " a.example ",
            "[:1",
            "",
        ),
        *(
            "192.0.2.7 ",
            "1.2.3",
            "fe80::1%a",
            "a.example:٣",
            "192.0.2.0/٢٤",
            "http://a.example/24",
            "a,b",
            "a;b",
            "\ta",
        ),
    ),
    "kind": ("domain", "url", "ip", " domain", "", "no such", "é"),
    "reference": (
        *("", "report 7", "report of 2026-01-02", "2026-01-29", "2026-1-2", "1 Jan 2026", "é", " ", "12026-01-02"),
        *("x" * 498 + "2026-01-02", "2026-01-023", "1969-01-01", "2199-12-28", "2200-01-01", "2026-00-10 2026-01-01"),
    ),
    "valid_from": ("2026-01-01", "", " ", "é", "\u00a0"),
    "valid_until": ("2026-01-01", ""),
    "opinion": ("", "flagged", "cleared", "x"),
    "category": ("", "a", "b c", "#", "é", '""'),
}
RULES = {
    "hosts": (
        "0.0.0.0 a.example",
        "127.0.0.1 b.example c.example",
        "0.0.0.0 localhost",
        "192.0.2.7 x",
        "::1 d.example #",
    ),
    "dnsmasq": (
        "address=/a.example/#",
        "address=/b.onion/",
        "server=/c.example/",
        "address=/#/",
        "address=/d.example/::",
    ),
    "unbound": (
        *('local-zone: "a.example" static', 'local-data: "a.example A 0.0.0.0"', 'local-zone: "b" redirect'),
        *('local-data: "c.example A 0.0.0.0"', "server:", 'local-zone: "d.example" transparent'),
    ),
    "adblock": ("||a.example^", "@@||b.example^", "||c.example^$third-party", "! x", "||d.onion^", "e.example", "x##y"),
    "rpz": (
        *("a.example CNAME .", "*.a.example CNAME .", "B.Example 60 IN CNAME *.", "c.example CNAME rpz-passthru."),
        *(
            "32.7.2.0.192.rpz-ip CNAME .",
            "d.example.rpz.example. A 192.0.2.7",
            "e (\nCNAME . )",
            " CNAME .",
            "$ORIGIN x.",
        ),
    ),
    "plain": (
        "a.example",
        "192.0.2.7",
        "a.example/x",
        "a.example # why",
        "b.example c.example",
        "# x",
        " d.example",
        "é",
    ),
}
RULE_BEGINS = {
    "hosts": "0.0.0.0 first.example",
    "dnsmasq": "address=/first.example/#",
    "unbound": "server:",
    "adblock": "[Adblock Plus 2.0]",
    "rpz": "$ORIGIN rpz.example.\n@ SOA ns.example. x.example. 1 2 3 4 5",
    "plain": "first.example",
}


def make_list_lines(chance: random.Random) -> Iterator[str]:
    """Files of CSV lists, most of their lines usual."""
    for header in LIST_HEADERS * 6:
        delimiter = next((sign for sign in ",;\t|" if sign in header), ",")
        lines = [header]
        for _ in range(80):
            names = header.split(delimiter)
            width = len(names) if chance.random() < 0.97 else chance.randint(1, 5)
            columns = [LIST_COLUMNS.get(name, ("x", "")) for name in (*names, *names)[:width]]
            fields = [choices[0] if chance.random() < 0.7 else chance.choice(choices) for choices in columns]
            quoted = chance.choice((0.0, 0.0, 1.0, 0.5))
            fields = [f'"{field}"' if chance.random() < quoted else field for field in fields]
            line = delimiter.join(fields)
            if chance.random() < 0.05:
                at = chance.randint(0, len(line))
                line = line[:at] + chance.choice(('"', '""', "\r", " ", "\\", "\x00", "\t", "#")) + line[at:]
            lines.append(chance.choice(("", " ", "\t\t", "# x")) if chance.random() < 0.03 else line)
        yield chance.choice(("\n", "\r\n")).join(lines) + chance.choice(("", "\n"))


def make_rule_lines(chance: random.Random) -> Iterator[str]:
    for kind, begin in RULE_BEGINS.items():
        for _ in range(8):
            usual, *others = RULES[kind]
            lines = [usual if chance.random() < 0.8 else chance.choice((*others, "", "\x00", "é x")) for _ in range(80)]
            yield "\n".join([begin, *lines]) + chance.choice(("", "\n"))


@pytest.mark.parametrize("write", [make_list_lines, make_rule_lines])
@pytest.mark.parametrize("seed", range(4))
def test_lines_of_lists_give_the_same_rows(
    write: Callable[[random.Random], Iterator[str]], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    for text in write(chance):
        monkeypatch.setattr(reader_lines, "_BLOCK_BYTES", chance.choice((150, 600, 1 << 20)))
        raw = text.encode()
        if chance.random() < 0.1:
            raw = raw.replace(b"example", b"ex\xffmple", 1)
        assert found(raw, USUAL) == found(raw, None)


@pytest.mark.parametrize("usual", [None, USUAL])
@pytest.mark.parametrize("line", ["\t\t", "", "a.example\t\t\r"])
def test_a_line_of_blanks_is_no_row_and_two_carriage_returns_end_one_line(
    line: str, usual: UsualForms | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader_lines, "_BLOCK_BYTES", 60)
    lines = ["value\tcategory\tlisted_on", *["a.example\tx\t"] * 20, line, *["a.example\tx\t"] * 20]
    rows, rejects, _ = found("\r\n".join(lines).encode(), usual)
    assert (len(rows), rejects) == (41 if line.strip() else 40, [])


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        ("a.example,x\n", (",", 2, [None, 0, 1, None, None, None, None, None])),
        ('domain;"a;b";2026-01-02\n', (";", 3, [0, 1, None, None, None, None, None, 2])),
        ("a.example,seen\n", (",", 2, [None, 0, None, None, None, None, None, 1])),
    ],
)
def test_usual_lines_of_a_list_are_taken_many_at_once(text: str, columns: tuple[str, int, list[int | None]]) -> None:
    assert USUAL is not None
    result = USUAL.csv_rows(text.encode() * 100, 1, columns)
    assert result is not None
    assert (len(result[0]), result[1], result[2]) == (100, [], 100)


IDS = [f"indicator--{number:08x}-0000-4000-8000-000000000000" for number in range(60)]
PATTERNS = (
    *("[url:value = 'http://a.example/x']", "[domain-name:value='b.ONION.' OR url:value == 'http://b.example/']"),
    *("[ipv4-addr:value = '192.0.2.7'] OR [ipv6-addr:value = '2001:db8::1']", "[ipv4-addr:value = '192.0.2.0/24']"),
    *(
        "[ipv6-addr:value = '::ffff:192.0.2.1']",
        "[ipv4-addr:value = '192.0.2.07']",
        "[ipv4-addr:value = '2001:db8::1']",
    ),
    *(
        f"[file:hashes.'SHA-256' = '{'a' * 64}']",
        f"[file:hashes.MD5='{'A' * 32}']",
        f"[file:hashes.SHA-1 = '{'a' * 40}']",
    ),
    *("[url:value = 'a\\'b']", "[url:value LIKE 'x']", "([url:value = 'x'])", "[url:value = 'x'", "", "[a:b = 'c']"),
    *("[domain-name:value = 'é.example']", "[url:value = 'x']OR[url:value = 'y']", "[url:value IN ('x', 'y')]"),
    *(
        "(([url:value='x' OR (url:value = 'y')] OR [url:value IN('z')]))",
        "[url:value IN ('x','y')]]",
        "[url:value IN ()]",
    ),
    *("[ipv4-addr:value ISSUBSET '192.0.2.0/24']", "[ipv6-addr:value = '2001:db8::1/128']", "[url:value ISSUBSET 'x']"),
    *("[ipv4-addr:value = '192.0.2.1/']", "[ipv4-addr:value IN ('192.0.2.1', '2001:db8::1')]", "[url:value = 'x'] OR"),
    *(
        "(" * 40 + "[url:value = 'x']" + ")" * 40,
        "[url:value='x' ORurl:value='y']",
        "[url:valueIN('x')]",
        "[(url:value = 'x']",
    ),
)
REFERENCES = (
    "seen 2026-01-01",
    "CVE-2021-44228",
    "1 Jan 2026",
    "3rdMarch 2026",
    "2026/1",
    "é",
    "",
    "x" * 500 + "2026-01-01",
    "14.12.2025",
    "in march of 2026",
)
STIX_VALUES: dict[str, tuple[object, ...]] = {
    "type": ("indicator",) * 12 + ("report", "", None, 7),
    "spec_version": ("2.1",) * 6 + ("2.0", "", "3", None),
    "pattern_type": ("stix",) * 8 + ("yara", "", "si'gma", None),
    "pattern": PATTERNS,
    "valid_from": ("2026-01-02T03:04:05Z", " 2026-01-02 ", "x\x7f", "\u0000", "\ud83d", 3, None),
    "valid_until": ("2027-01-02T03:04:05Z", "", None),
    "created": ("2026-01-02T03:04:05.000Z", None, ["x"]),
    "labels": (["a", " b "], [], None, "a", ["benign"], [1], ["\u0905"], ['q"\\/']),
    "indicator_types": (["malicious-activity"], ["benign"], None),
    "revoked": (False, True, None, 0, "1", "yes"),
    "external_references": (
        *([], None, [{"source_name": "a", "description": "2026-01-01"}], [7], "x", [{"source_name": 7}]),
        *([{"external_id": reference, "url": None}, {"source_name": "2026-01-01"}] for reference in REFERENCES),
    ),
    "name": ("a", "\u0905\u0928", 1e3, {"a": [{"b": None}]}, "x" * 70_000, [[[[[[[[]]]]]]]]),
}
MISP_VALUES: dict[str, tuple[object, ...]] = {
    "type": (
        *("domain", "hostname", "url", "url", "ip-dst", "md5", "sha256", "domain|ip", "filename|md5", "", 3, None),
        *("ip-src", "ip-dst|port", "malware-sample", "MD5", "onion-address", "a'b", "x" * 61),
    ),
    "value": (*FIELDS, "a.example|192.0.2.7", "192.0.2.0/24", "192.0.2.7/32", "2001:db8::/32", "x.exe|" + "b" * 32),
    "to_ids": (True, True, True, False, "1", "0", 1, 0, None, "yes", 1.0),
    "deleted": (False, False, True, "0", None),
    "timestamp": ("1780000000", 1780000000, "0", 0, "", None, " 5", "x", 1.5, True, "99999999999", "100000000000"),
    "first_seen": (None, "", "2026-01-02T03:04:05+00:00"),
    "last_seen": (None, None, "", "2026-01-02T03:04:05+00:00"),
    "Galaxy": ([], [{"x": {"y": 1}}]),
}


VIC_VALUES: dict[str, tuple[object, ...]] = {
    "Category": (1, 1, 2, 3, 0, "1", "01", 4, None, 1.0, True, "x", 12345, -1),
    "MD5": ("A" * 32, "a" * 32, None, "", "a" * 31, 7, "é" * 32),
    "SHA1": ("b" * 40, None, " "),
    "SHA256": (None, "c" * 64),
    "MediaFiles": ([], [{"MD5": "x"}], "\u0905"),
}


def made(chance: random.Random, values: dict[str, tuple[object, ...]]) -> dict[str, object]:
    """Mostly the usual values; a few others, or none."""
    return {
        key: choices[0] if chance.random() < 0.7 and key != "pattern" else chance.choice(choices)
        for key, choices in values.items()
        if chance.random() < 0.95
    }


def stix(chance: random.Random) -> str:
    things = [made(chance, STIX_VALUES) | {"id": chance.choice(IDS)} for _ in range(40)]
    return '{"type": "bundle", "objects": [' + written(chance, things) + "]}"


def misp(chance: random.Random) -> str:
    things = [made(chance, MISP_VALUES) for _ in range(40)]
    return '{"Event": {"info": "a", "Attribute": [' + written(chance, things) + "]}}"


def misp_object(chance: random.Random) -> str:
    things = []
    for _ in range(15):
        attributes = [made(chance, MISP_VALUES) for _ in range(chance.randint(0, 3))]
        thing: dict[str, object] = {"Attribute": attributes, "deleted": chance.choice((False, False, None, "1", True))}
        thing |= chance.choice(({}, {}, {}, {"Attribute": None}, {"Attribute": "x"}, {"deleted": "x"}, {"name": [{}]}))
        things.append(dict(sorted(thing.items(), reverse=chance.random() < 0.5)))
    return '{"Event": {"Object": [' + written(chance, things) + "]}}"


def vic(chance: random.Random) -> str:
    media = [made(chance, VIC_VALUES) for _ in range(40)]
    model, before, after = chance.choice((("Media", "", ""), ("Cases", '{"Media": [', "]}")))
    context = f'"@odata.context": "x/ProjectVic/DataModels/1.3.xml/US/$metadata#{model}"'
    return "{" + context + f', "value": [{before}' + written(chance, media) + after + "]}"


def written(chance: random.Random, things: list[dict[str, object]]) -> str:
    """The elements as JSON, some with a fault."""
    texts = []
    for thing in things:
        text = json.dumps(thing, ensure_ascii=chance.random() < 0.5, indent=chance.choice((None, None, 1)))
        text = text.encode(errors="replace").decode()
        if chance.random() < 0.05:
            text = text[:-1] + chance.choice(
                (', "type": "indicator"}', ', "a": {"b": 1, "b": 2}}', ', "\\u0061": 1, "a": 2}')
            )
        texts.append(text.replace("/", "\\/") if chance.random() < 0.2 else text)
    whole = chance.choice((",", ",\n", " , ")).join(texts)
    if chance.random() < 0.3:
        at = chance.randint(0, len(whole))
        whole = whole[:at] + chance.choice(("", ",", "]", '"', "\\", "01", "\n", "\x01", "NaN")) + whole[at:]
    return whole


@pytest.mark.parametrize("write", [stix, misp, misp_object, vic])
@pytest.mark.parametrize("seed", range(3))
def test_objects_give_the_same_rows(
    write: Callable[[random.Random], str], seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    for _ in range(100):
        monkeypatch.setattr(document, "_PIECE_BYTES", chance.choice((300, 2_000, 1 << 20)))
        raw = write(chance).encode()
        if chance.random() < 0.1:
            raw = raw.replace(b"example", b"ex\xffmple", 1)
        assert found(raw, USUAL) == found(raw, None)


FIRST = {name: values[0] for name, values in MISP_VALUES.items()}
USUAL_OBJECTS: dict[str, dict[str, object]] = {
    "stix": {name: values[0] for name, values in STIX_VALUES.items()},
    "reference": {name: values[0] for name, values in STIX_VALUES.items()}
    | {"external_references": [{"source_name": "CVE-2021-44228"}]},
    "several": {name: values[0] for name, values in STIX_VALUES.items()}
    | {"pattern": "([url:value IN ('x', 'y')] OR [domain-name:value = 'a.example'])"},
    "misp": FIRST,
    "object": {"name": "file", "Attribute": [FIRST, FIRST | {"type": "ip-src"}]},
    "vic": {name: values[0] for name, values in VIC_VALUES.items()},
}


@pytest.mark.parametrize("kind", USUAL_OBJECTS)
def test_usual_objects_are_taken_many_at_once(kind: str) -> None:
    assert USUAL is not None
    text = ",".join(json.dumps(USUAL_OBJECTS[kind] | {"id": f"a{number}"}) for number in range(100)) + ","
    takes = {"misp": USUAL.misp_attributes, "object": USUAL.misp_objects, "vic": USUAL.vic_media}
    rows, count, end, _ = takes.get(kind, USUAL.StixObjects().take)(text, 0, 1)
    assert (rows.numbers(), count) == (99 * {"several": 3, "object": 2, "vic": 2}.get(kind, 1), 99)
    assert text[end:].startswith("{")
