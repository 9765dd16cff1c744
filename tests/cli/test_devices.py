"""`sightline devices`: manifests and browser databases of a seized device, matched; hostile files stop no other."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.evidence import verify_sightline
from sightline.stages.devices import history
from tests.cli.test_leads_report import CASE
from tests.cli.unit import DAS, IYER, MENON, RAO, Unit, unit

__all__ = ["unit"]

FILE = b"an invented file"
DIGESTS = {name: hashlib.new(name, FILE).hexdigest() for name in ("md5", "sha1", "sha256")}
OTHER = hashlib.sha256(b"another").hexdigest()
LIST = (
    "kind,value,category,valid_from,valid_until,listed_on,opinion,reference\n"
    "domain,board.example,test,,,,,\n" + "".join(f"file-digest,{digest},test,,,,,\n" for digest in DIGESTS.values())
)
TITLE = "a title that nothing may keep"
AT_1601_US = 13_425_134_400_000_000
"""5 June 2026, 12:00 UTC."""
MADE_AT = ("--made-at", "2026-07-31T12:30:00+05:30")
UNDER = ("--source", "phone", "--authority", "SM-4")


@pytest.fixture
def seizure(unit: Unit) -> Unit:
    unit.begin("--exercise")
    unit.enrol(MENON, RAO, DAS, IYER)
    flags = unit.folder / "flags.csv"
    flags.write_text(LIST)
    assert unit.run("lists", "create-key", "--issuer", "AGENCY", "--out", unit.folder).code == 0
    sign = (
        "lists",
        "sign",
        flags,
        "--key",
        unit.folder / "AGENCY.key",
        "--valid-until",
        "2099-01-01",
        "--use",
        "leads",
    )
    assert unit.run(*sign).code == 0
    unit.done(RAO, "issuers", "add", unit.folder / "AGENCY.pub", "--why", "as the agency gave it")
    unit.approve(MENON)
    paper = unit.folder / "memo.pdf"
    paper.write_bytes(b"memo")
    unit.done(RAO, *CASE)
    words = "authorities add --case FIR-12 --kind seizure --number SM-4 --issued-by CJM --issued-on 2026-06-05".split()
    unit.done(RAO, *words, "--document", paper)
    unit.done(RAO, "sources", "add", "--kind", "seized-device", "--name", "phone", "--use", "leads")
    return unit


def chrome(path: Path, *visits: tuple[object, object, object]) -> Path:
    """A database of Chrome: url, time and transition of each visit, and a title."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE urls(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR)")
        made.execute("CREATE TABLE visits(id INTEGER PRIMARY KEY, url INTEGER, visit_time INTEGER, transition INTEGER)")
        for number, (url, time, kind) in enumerate(visits, 1):
            made.execute("INSERT INTO urls VALUES (?, ?, ?)", (number, url, TITLE))
            made.execute("INSERT INTO visits VALUES (?, ?, ?, ?)", (number, number, time, kind))
    return path


VISITS = (
    ('https://board.example/rooms/1?"q"\nx', AT_1601_US, 0x30000001),
    ("https://shop.example/private", AT_1601_US + 1_000_000, 0),
    (b"\xff\xfe", AT_1601_US, 0),
    (None, AT_1601_US, 0),
    ("https://board.example/", "yesterday", 0),
    ("https://board.example/", -5, 0),
)


def imported(unit: Unit, *words: object) -> dict[str, Any]:
    result = unit.sightline(RAO, "devices", "import", *words, *UNDER, "--json", "--max-rejects", "100")
    assert result.rows, result.err
    return {"code": result.code, **result.rows[0]}


def findings(unit: Unit) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = unit.done(DAS, "devices", "list", "--json").rows
    return [row for row in rows for row in unit.done(DAS, "devices", "show", row["exhibit"], "--json").rows]


def test_visits_and_files_of_a_device_become_findings_and_the_rest_is_not_stored(seizure: Unit) -> None:
    folder = seizure.folder / "evidence"
    chrome(folder / "History", *VISITS)
    (folder / "History-wal").write_bytes(b"x" * 33)
    (folder / "sums.txt").write_text(f"{DIGESTS['sha256']} *a b.jpg\n{OTHER}  other.jpg\n")
    (folder / "deep.txt").write_text(
        f"%%%% HASHDEEP-1.0\n%%%% size,md5,sha256,filename\n9,{'0' * 32},{OTHER},x,{DIGESTS['md5']}.jpg\n"
        f"9,{DIGESTS['md5']},{'1' * 64},y\n"
    )
    (folder / "suite.csv").write_text(f'Name,SHA1 Hash\n"x, y",{DIGESTS["sha1"]}\n')
    (folder / "photo.jpg").write_bytes(b"\xff\xd8 no text")
    first = seizure.sightline(RAO, "devices", "import", folder, *UNDER, "--list", "flags.csv")
    assert (first.code, "--made-at" in first.err) == (3, True)
    assert seizure.done(RAO, "exhibits", "list", "--json").rows == []
    done = imported(seizure, folder, "--list", "flags.csv", *MADE_AT)
    assert done["code"] == 0, done
    assert done["failed"] == []
    assert [Path(one).name for one in done["left_out"]] == ["photo.jpg"]
    assert [(database["visits"], database["wal_bytes"]) for database in done["databases"]] == [(6, 33)]
    (visits,) = (run for scan in done["scans"] for run in scan["runs"] if run["format"] == "browser-history")
    account = visits["exhibit"]
    assert visits["path"] == f"{folder / 'History'}!visits.csv"
    assert account["frames"] == account["records"] + account["comments"] + sum(account["rejects"].values())
    assert account["rejects"] == {"missing-field": 3}
    found = findings(seizure)
    assert sorted((one["kind"], one["visit_type"], one["indicator_kind"]) for one in found) == [
        ("file", None, "file-digest"),
        ("file", None, "file-digest"),
        ("file", None, "file-digest"),
        ("visit", "typed", "domain"),
    ]
    assert {one["ceiling"] for one in found} == {"device"}
    assert [one["time"] for one in found if one["kind"] == "visit"] == ["2026-06-05T12:00:00Z"]
    stored_bytes = b"".join(path.read_bytes() for path in (seizure.folder / "cyber-ps").rglob("*") if path.is_file())
    rows = pl.concat(pl.read_parquet(path) for path in (seizure.folder / "cyber-ps").rglob("*.parquet"))
    texts = stored_bytes + "".join(map(str, rows.to_dicts())).encode()
    assert b"board.example/rooms/1" in texts
    assert TITLE.encode() not in texts
    assert b"shop.example" not in texts
    listing = seizure.done(DAS, "devices", "list")
    assert "who used the device then is not shown" in listing.err
    seizure.done(RAO, "leads", "rebuild")
    assert seizure.done(DAS, "leads", "list", "--json").rows == []
    assert seizure.done(IYER, "verify", "--rows").code == 0


def test_the_same_again_and_a_dry_run_change_nothing_and_the_extract_can_be_made_again(seizure: Unit) -> None:
    database = chrome(seizure.folder / "evidence" / "History", *VISITS)
    dry = seizure.done(RAO, "devices", "import", database, *UNDER, "--list", "flags.csv", "--dry-run")
    assert "6 visits" in dry.err
    assert seizure.done(RAO, "exhibits", "list", "--json").rows == []
    imported(seizure, database, "--list", "flags.csv")
    entries = len(seizure.done(MENON, "ledger", "show", "--json").rows)
    again = imported(seizure, database, "--list", "flags.csv")
    assert [run["was_there"] for scan in again["scans"] for run in scan["runs"]] == [True]
    acts = [row["verb"] for row in seizure.done(MENON, "ledger", "show", "--json").rows[entries:]]
    assert set(acts) <= {"journal:sealed"}
    assert seizure.run("devices", "extract", database, "--out", "visits.csv").code == 0
    extract = (seizure.folder / "visits.csv").read_bytes()
    digest = hashlib.sha256(extract).hexdigest()
    held = {str(row["sha256"]) for row in seizure.done(RAO, "exhibits", "list", "--json").rows}
    assert held == {digest, hashlib.sha256(database.read_bytes()).hexdigest()}
    assert extract.startswith(
        b"# sightline visits 1 of chrome database " + hashlib.sha256(database.read_bytes()).hexdigest().encode()
    )
    assert TITLE.encode() not in extract


def test_an_unreadable_file_is_named_and_does_not_stop_the_others(seizure: Unit) -> None:
    folder = seizure.folder / "evidence"
    whole = chrome(folder / "a.db", *VISITS * 2_000)
    (folder / "cut.db").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (folder / "empty").write_bytes(b"")
    (folder / "bookmarks.db").write_bytes(b"")
    with closing(sqlite3.connect(folder / "bookmarks.db")) as other, other:
        other.execute("CREATE TABLE bookmarks(x)")
    with closing(sqlite3.connect(folder / "view.db")) as view, view:
        view.execute("CREATE TABLE urls(id, url)")
        view.execute("CREATE VIEW visits AS SELECT 1 AS id, 1 AS url, 1 AS visit_time, 1 AS transition")
    with closing(sqlite3.connect(folder / "bomb.db")) as bomb, bomb:
        bomb.execute("CREATE TABLE urls(id INTEGER PRIMARY KEY, url)")
        bomb.execute("CREATE TABLE visits(id INTEGER PRIMARY KEY, url, visit_time, transition)")
        bomb.execute("INSERT INTO urls VALUES (1, ?)", ("https://board.example/" + "x" * 900_000,))
        bomb.executemany("INSERT INTO visits VALUES (?, 1, ?, 0)", ((one, AT_1601_US) for one in range(9_000)))
    with closing(sqlite3.connect(folder / "computed.db")) as computed, computed:
        computed.execute("CREATE TABLE urls(id INTEGER PRIMARY KEY, url AS (hex(zeroblob(100000))))")
        computed.execute("CREATE TABLE visits(id INTEGER PRIMARY KEY, url, visit_time, transition)")
        computed.execute("INSERT INTO visits VALUES (1, 1, 1, 0)")
    done = imported(seizure, folder, "--list", "flags.csv")
    failed = {Path(one["path"]).name: one["exit_code"] for one in done["failed"]}
    assert failed == {"bomb.db": 4, "bookmarks.db": 3, "computed.db": 3, "cut.db": 4, "view.db": 3}, done["failed"]
    assert done["code"] == 3
    assert [Path(one).name for one in done["left_out"]] == ["empty"]
    assert [run["path"] for scan in done["scans"] for run in scan["runs"]] == [f"{folder / 'a.db'}!visits.csv"]
    named = imported(seizure, folder / "empty", "--list", "flags.csv")
    assert (named["code"], [one["exit_code"] for one in named["failed"]]) == (3, [3])


def test_a_device_needs_a_source_of_its_own_kind_and_an_authority_that_covers_it(seizure: Unit) -> None:
    database = chrome(seizure.folder / "evidence" / "History", *VISITS)
    seizure.done(RAO, "sources", "add", "--kind", "seized-server", "--name", "server", "--use", "leads")
    other = ("--source", "server", "--authority", "SM-4", "--list", "flags.csv")
    refused = seizure.sightline(RAO, "devices", "import", database, *other)
    assert (refused.code, "seized-device" in refused.err) == (3, True)
    assert seizure.journal(verb="refused:authority")
    assert seizure.sightline(MENON, "devices", "import", database, *UNDER, "--list", "flags.csv").code == 3


def test_types_of_firefox_and_times_at_the_bounds(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url)")
        made.execute("CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, place_id, visit_date, visit_type)")
        made.execute("INSERT INTO moz_places VALUES (7, 'https://board.example/')")
        rows = [(1, 7, 1_780_660_800_000_000, 1), (2, 7, 1, 9), (3, 7, 0, 2), (4, 7, 1 << 62, 10), (5, 8, 1.5, -1)]
        made.executemany("INSERT INTO moz_historyvisits VALUES (?, ?, ?, ?)", rows)
    lines = b"".join(history.format_visit_lines(path, "00")).decode().splitlines()[2:]
    assert lines == [
        '"https://board.example/",2026-06-05T12:00:00.000000Z,link,1',
        '"https://board.example/",1970-01-01T00:00:00.000001Z,reload,2',
        '"https://board.example/",,typed,3',
        '"https://board.example/",,,4',
        '"",,,5',
    ]


def test_a_finding_is_proved_against_the_extract_and_the_database_has_no_paper_of_its_own(seizure: Unit) -> None:
    database = chrome(seizure.folder / "evidence" / "History", *VISITS)
    imported(seizure, database, "--list", "flags.csv")
    held = {str(row["name"]): str(row["sha256"]) for row in seizure.done(RAO, "exhibits", "list", "--json").rows}
    why = ("--why", "order of the court 7/2026")
    bundle = ("exhibits", "export-bundle", held["History!visits.csv"], "--for", "court", *why, "--out", "court.zip")
    assert seizure.sightline(RAO, *bundle).code == 3
    seizure.agree()
    seizure.done(RAO, *bundle)
    assert seizure.run("devices", "extract", database, "--out", "visits.csv").code == 0
    words = [sys.executable, verify_sightline.__file__, "court.zip", "--exhibit", "visits.csv"]
    proved = subprocess.run(words, cwd=seizure.folder, capture_output=True, text=True, check=False)
    assert (proved.returncode, "1 compared with the exhibit" in proved.stdout) == (0, True)
    of_database = held["History"]
    paper = ("exhibits", "export-certificate", of_database, "--language", "en", "--number", "P-1", "--out", "papers")
    refused = seizure.sightline(RAO, *paper)
    assert (refused.code, "no run read it" in refused.err) == (2, True)
    for act, *more in (
        ("export-graph", "--out", "graph.jsonld"),
        ("export-bundle", "--for", "court", "--out", "b.zip"),
    ):
        export = ("exhibits", act, of_database, *more, *why)
        assert seizure.sightline(RAO, *export).code == 3
        seizure.agree()
        done = seizure.sightline(RAO, *export)
        assert done.code == 0, done.err


def imported_files(unit: Unit, *files: Path) -> dict[str, tuple[int, dict[str, int]]]:
    """The records and rejects of each imported file, by what it is held as."""
    done = imported(unit, *files, "--list", "flags.csv", "--timezone", "UTC", *MADE_AT)
    runs = [run for scan in done["scans"] for run in scan["runs"]]
    return {Path(run["path"]).name: (run["exhibit"]["records"], run["exhibit"]["rejects"]) for run in runs}


def test_manifests_of_windows_are_read_in_its_encodings_and_layouts(seizure: Unit) -> None:
    folder = seizure.folder / "evidence"
    folder.mkdir()
    upper = {name: digest.upper() for name, digest in DIGESTS.items()}
    row = f"{'SHA256':<15} {upper['sha256']:<70} C:\\a b.jpg\r\n"
    rule = f"{'---------':<15} {'----':<70} ----\r\n"
    table = f"\r\n{'Algorithm':<15} {'Hash':<70} Path\r\n{rule}{row}"
    listed = f"\r\n\r\nAlgorithm : SHA1\r\nHash      : {upper['sha1']}\r\nPath      : D:\\\ud83d\r\n\r\n"
    (folder / "table.txt").write_bytes(b"\xff\xfe" + table.encode("utf-16-le"))
    (folder / "list.txt").write_bytes(b"\xfe\xff" + listed.encode("utf-16-be", "surrogatepass"))
    (folder / "plain.csv").write_text(f'#TYPE FileHashInfo\n"Algorithm","Hash","Path"\n"MD5","{upper["md5"]}","x"\n')
    (folder / "sums.txt").write_bytes(f"{DIGESTS['md5']} *a.jpg\r\n".encode("utf-16-le"))
    pairs = " ".join(DIGESTS["sha1"][at : at + 2] for at in range(0, 40, 2))
    (folder / "certutil.txt").write_bytes(
        b"SHA256 hash of C:\\a \x81.jpg:\r\n"
        + DIGESTS["sha256"].encode()
        + b"\r\nCertUtil: -hashfile command completed\r\n"
        b'SHA1-Hash von "b".jpg:\r\n' + pairs.encode() + b"\r\nCertUtil: fertig.\r\n"
        b"CertUtil: -hashfile command FAILED: 0x80070002 (WIN32: 2 ERROR_FILE_NOT_FOUND)\r\n"
        b"SHA512 hash of c:\r\n" + b"0" * 128 + b"\r\nMD5 hash of cut.jpg:\r\n" + b"0" * 31
    )
    (folder / "odd.txt").write_bytes(b"\xff\xfe" + f"{DIGESTS['md5']} *a".encode("utf-16-le") + b"\x00")
    done = imported_files(seizure, folder)
    assert done == {
        "table.txt!utf-8.txt": (1, {}),
        "list.txt!utf-8.txt": (1, {}),
        "plain.csv": (1, {}),
        "sums.txt!utf-8.txt": (1, {}),
        "certutil.txt!digests.csv": (2, {"missing-field": 3}),
    }
    assert len(findings(seizure)) == 6
    again = imported(seizure, folder / "odd.txt", "--list", "flags.csv", *MADE_AT)
    assert (again["code"], "UTF-16" in again["failed"][0]["what"]) == (4, True)
    assert seizure.run("devices", "extract", folder / "certutil.txt", "--out", "out.csv").code == 0
    assert b'\n1,"SHA256 hash of C:\\a \x81.jpg:",' in (seizure.folder / "out.csv").read_bytes()
    assert seizure.run("devices", "extract", folder / "plain.csv", "--out", "no.csv").code == 3
    assert seizure.done(IYER, "verify", "--rows").code == 0


def test_manifests_in_other_forms_lose_no_digest_unseen(seizure: Unit) -> None:
    folder = seizure.folder / "evidence"
    folder.mkdir()
    md5, sha1, sha256 = DIGESTS["md5"], DIGESTS["sha1"], DIGESTS["sha256"]
    files = {
        "nul.txt": f"{OTHER}  a.jpg\0{sha256}  b\nc\\d.jpg\0{md5} *e\0",
        "tabs.tsv": f"Name\tMD5 Hash\tSHA-256 Hash\tSize\na\t{md5}\t{sha256.upper()}\t1\nfolder\t\t\t\n",
        "semicolons.csv": f'sep=;\r\nname;sha-1;note\r\n"a;b";{sha1};x\r\nc;not a digest;x\r\n',
        "iped.csv": f'"path","hash"\n"a, b","{md5}"\n',
        "openssl.txt": f"SHA2-256(a (1).jpg)= {sha256}\nError opening file c\nMD5(b)= {md5}\n",
        "bsd.txt": f"SHA256 (a) = {sha256.upper()}\n",
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
    (folder / "binary.bin").write_bytes(b"name,md5\n\0\0\1")
    assert imported_files(seizure, folder) == {
        "nul.txt!lines.txt": (3, {}),
        "tabs.tsv!digests.csv": (2, {"missing-field": 1}),
        "semicolons.csv!digests.csv": (1, {"missing-field": 1}),
        "iped.csv!digests.csv": (1, {}),
        "openssl.txt!lines.txt": (2, {"no-pattern": 1}),
        "bsd.txt": (1, {}),
    }
    assert len(findings(seizure)) == 2 + 2 + 1 + 1 + 2 + 1
    assert seizure.done(IYER, "verify", "--rows").code == 0


def test_histories_with_bare_times_have_one_clock_or_are_refused(seizure: Unit) -> None:
    folder = seizure.folder / "evidence"
    folder.mkdir()
    board = "https://board.example/"
    (folder / "chrome.csv").write_text(
        f'id,url,"visit_time",title,transition\n1,{board},{AT_1601_US},"{TITLE}\n",805306369\n2,{board},0,,8\n'
    )
    (folder / "firefox.csv").write_bytes(
        f"url,visit_date,visit_type\r\n{board},1780660800000000,2\r\n".encode("utf-16")
    )
    (folder / "seconds.csv").write_text(f"url,visit_time\n{board},1780660800.5\n{board},yesterday\n")
    (folder / "milliseconds.csv").write_text(f"url,visit_time\n{board},1780660800000\n")
    (folder / "text.csv").write_text(f"url,visit_time\n{board},2026-06-05 12:00:00 UTC\n")
    refused = {
        "safari.csv": (f"url,visit_time\n{board},802353600.25\n", "two readings"),
        "several.csv": (f"url,visit_time\n{board},{AT_1601_US}\n{board},1780660800000000\n", "several clocks"),
        "unknown.csv": (f"url,visit_time\n{board},12\n", "no known clock"),
        "numbers.csv": (f"id,url,visit_time\n1,77,{AT_1601_US}\n", "column url"),
    }
    for name, (text, _) in refused.items():
        (folder / name).write_text(text)
    done = imported(seizure, folder, "--list", "flags.csv", *MADE_AT)
    assert {Path(one["path"]).name: one["what"] for one in done["failed"]}.keys() == refused.keys()
    for one in done["failed"]:
        assert refused[Path(one["path"]).name][1] in one["what"]
    found = findings(seizure)
    assert sorted((one["time"], one["visit_type"] or "") for one in found) == [
        ("2026-06-05T12:00:00.500000Z", ""),
        ("2026-06-05T12:00:00Z", ""),
        ("2026-06-05T12:00:00Z", ""),
        ("2026-06-05T12:00:00Z", "typed"),
        ("2026-06-05T12:00:00Z", "typed"),
    ]
    assert TITLE.encode() not in b"".join(
        path.read_bytes() for path in (seizure.folder / "cyber-ps").rglob("*.parquet")
    )


def test_the_history_of_safari_is_read_and_says_which_visits_another_device_made(seizure: Unit) -> None:
    path = seizure.folder / "History.db"
    since_2001 = 802_353_600.25  # 5 June 2026, 12:00 UTC
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE history_items (id INTEGER PRIMARY KEY, url TEXT NOT NULL UNIQUE)")
        made.execute(
            "CREATE TABLE history_visits (id INTEGER PRIMARY KEY, history_item INTEGER NOT NULL, visit_time REAL NOT"
            " NULL, title TEXT, load_successful BOOLEAN NOT NULL DEFAULT 1, http_non_get BOOLEAN NOT NULL DEFAULT 0,"
            " redirect_source INTEGER, origin INTEGER NOT NULL DEFAULT 0)"
        )
        made.execute("INSERT INTO history_items VALUES (1, 'https://board.example/rooms/1')")
        for at, cells in enumerate(("1, 0, NULL, 0", "1, 0, NULL, 1", "0, 0, NULL, 0", "1, 0, 1, 0", "1, 1, NULL, 0")):
            made.execute(
                "INSERT INTO history_visits (history_item, visit_time, title, load_successful, http_non_get,"
                f" redirect_source, origin) VALUES (1, {since_2001 + at}, '{TITLE}', {cells})"
            )
        made.execute("INSERT INTO history_visits (history_item, visit_time) VALUES (1, 'noon')")
    done = imported(seizure, path, "--list", "flags.csv")
    assert (done["code"], done["failed"]) == (0, [])
    assert [(finding["visit_type"], finding["time"]) for finding in findings(seizure)] == [
        ("page", "2026-06-05T12:00:00.250000Z"),
        ("other-device", "2026-06-05T12:00:01.250000Z"),
        ("failed", "2026-06-05T12:00:02.250000Z"),
        ("redirect", "2026-06-05T12:00:03.250000Z"),
        ("form-submit", "2026-06-05T12:00:04.250000Z"),
    ]
    (run,) = (one for scan in done["scans"] for one in scan["runs"])
    assert run["exhibit"]["rejects"] == {"missing-field": 1}


def test_a_history_that_google_takeout_exported_is_of_an_account_and_no_device(seizure: Unit) -> None:
    at_us = 1_780_660_800_000_000
    visits = [
        {
            "title": TITLE,
            "url": "https://board.example/rooms/1",
            "time_usec": at_us,
            "page_transition": "AUTO_BOOKMARK",
        },
        {"title": TITLE, "url": "https://board.example/", "time_usec": str(at_us)},
        {"url": 7, "time_usec": at_us},
        "no visit",
        {"url": "https://shop.example/private", "time_usec": at_us, "client_id": "x"},
    ]
    export = seizure.folder / "BrowserHistory.json"
    export.write_text(json.dumps({"Typed Url": [], "Browser History": visits}, indent=1))
    twice = seizure.folder / "twice.json"
    visit = f'"time_usec": {at_us}, "url": "https://other.test/", "url": "https://board.example/"'
    twice.write_text(f'{{"Browser History": [{{{visit}}}]}}')
    deep = seizure.folder / "deep.json"
    deep.write_text('{"Browser History": ' + "[" * 200_000)
    done = imported(seizure, export, twice, deep, "--list", "flags.csv")
    assert [Path(one["path"]).name for one in done["failed"]] == ["deep.json"]
    rejects = [run["exhibit"]["rejects"] for scan in done["scans"] for run in scan["runs"]]
    assert rejects == [{"missing-field": 3}, {"missing-field": 1}]
    (found,) = findings(seizure)
    assert (found["ceiling"], found["visit_type"], found["time"]) == (
        "account",
        "auto-bookmark",
        "2026-06-05T12:00:00Z",
    )
    assert "which device, and who used it, is not shown" in seizure.done(DAS, "devices", "list").err


def known_database(path: Path, *rows: tuple[str, str, str], table: str = "FILE") -> Path:
    """A set of known files as NIST publishes it: version 3 of its Reference Data Set."""
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(
            f"CREATE TABLE {table} (sha256 VARCHAR NOT NULL, sha1 VARCHAR NOT NULL, md5 VARCHAR NOT NULL, crc32 "
            "VARCHAR,"
            " file_name VARCHAR NOT NULL, file_size INTEGER NOT NULL, package_id INTEGER NOT NULL)"
        )
        made.execute("CREATE TABLE VERSION (version VARCHAR UNIQUE NOT NULL, description VARCHAR NOT NULL)")
        made.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, '00000000', 'setup.exe', 9, 1)", rows)
    return path


def test_known_files_say_which_flagged_files_are_published_software_and_are_on_no_device(seizure: Unit) -> None:
    """Both forms of NSRL's set give one line a file; what only the set holds is no finding of a device."""
    known = (DIGESTS["sha256"].upper(), DIGESTS["sha1"].upper(), "0" * 32)
    full = known_database(seizure.folder / "full.db", known, ("", "x", "1" * 32), table="METADATA")
    minimal = known_database(seizure.folder / "minimal.db", known, ("", "", ""))
    text = seizure.folder / "NSRLFile.txt"
    head = '"SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"'
    text.write_text(f'{head}\n"{known[1]}","{known[2]}","00","a ""b"".exe",9,1,"1",""\n"no","",,,,,,\n')
    view = seizure.folder / "view.db"
    with closing(sqlite3.connect(view)) as made, made:
        made.execute("CREATE TABLE other (a)")
        made.execute("CREATE VIEW FILE AS SELECT a AS sha256, a AS sha1, a AS md5 FROM other")
        made.execute("CREATE TABLE metadata (sha256, sha1 AS ('x'), md5)")
    both = known_database(chrome(seizure.folder / "both.db", *VISITS), known)
    sums = seizure.folder / "sums.txt"
    sums.write_text(f"{DIGESTS['sha256']}  a.jpg\n")
    deep = seizure.folder / "md5.txt"
    deep.write_text(f"{DIGESTS['md5']}  a.jpg\n")
    given = [full, minimal, text, view, both, sums, deep]
    done = imported(seizure, *given, "--list", "flags.csv", *MADE_AT)
    assert [(Path(one["path"]).name, one["exit_code"]) for one in done["failed"]] == [("view.db", 3), ("both.db", 3)]
    runs = {Path(run["path"]).name: run["exhibit"] for scan in done["scans"] for run in scan["runs"]}
    rejects = {name: one["rejects"] for name, one in runs.items() if "known-files" in name}
    assert rejects == {
        "full.db!known-files.csv": {},
        "minimal.db!known-files.csv": {"missing-field": 1},
        "NSRLFile.txt!known-files.csv": {"missing-field": 1},
    }
    found = findings(seizure)
    assert sorted((one["ceiling"], one["is_known_file"]) for one in found) == [
        ("device", False),
        ("device", True),
        *[("known-file", True)] * 5,
    ]
    assert "no device is shown to hold it" in seizure.done(DAS, "devices", "list").err


def test_media_of_a_case_of_project_vic_are_a_manifest_and_sets_of_known_media_are_lists(seizure: Unit) -> None:
    model = "http://models.example/ProjectVic/DataModels/2.0.xml/US/$metadata#"
    media = [
        {"MediaID": 1, "Category": 0, "MD5": DIGESTS["md5"].upper(), "SHA1": "", "MediaFiles": [{"FileName": "a.jpg"}]},
        {"MediaID": 2, "Category": 1, "MD5": "0" * 32, "SHA1": DIGESTS["sha1"]},
        {"MediaID": 3, "MediaSize": "7"},
    ]
    case = seizure.folder / "case.json"
    case.write_text(json.dumps({"@odata.context": f"{model}Cases", "value": [{"CaseID": "1", "Media": media}]}))
    known = seizure.folder / "set.json"
    known.write_text(json.dumps({"@odata.context": f"{model}Media", "value": media}))
    icse = seizure.folder / "icse.csv"
    icse.write_text(f"MD5;SHA1;Image ID;Victim identified;Baseline\n{DIGESTS['md5']};;1;N;Yes\n")
    done = imported(seizure, case, known, icse, "--list", "flags.csv", *MADE_AT)
    assert [(Path(one["path"]).name, one["exit_code"]) for one in done["failed"]] == [("set.json", 3), ("icse.csv", 3)]
    assert all("flag list" in one["what"] for one in done["failed"])
    (run,) = (one for scan in done["scans"] for one in scan["runs"])
    assert run["exhibit"]["rejects"] == {"missing-field": 1}
    assert sorted(finding["line"] for finding in findings(seizure)) == [3, 5]
