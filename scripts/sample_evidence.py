"""Write a folder of invented evidence for the tutorial: tips, a browser history, a manifest, lists and networks.

`python3 scripts/sample_evidence.py FOLDER` needs Python alone. Everybody is invented, and the addresses are those of
documentation. The same program always writes the same reports.
"""

from __future__ import annotations

import hashlib
import json
import random
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

REPORTS, SEED = 100, 20
BEGINS = datetime(2026, 6, 1, 6, 0, tzinfo=UTC)
NETWORKS = """cidr,asn,isp,line,circle
203.0.113.0/25,AS64500,Example Fibre,fixed,KL
203.0.113.128/26,AS64501,Example Office,business,KL
203.0.113.192/26,AS64502,Example Hosting,hosting,KL
198.51.100.0/24,AS64503,Example Mobile,mobile,KL
"""
FLAGGED_SITE = "board.example"
FLAGGED_FILE = hashlib.sha256(b"an invented file").hexdigest()
_1970 = datetime(1970, 1, 1, tzinfo=UTC)


def write_folder(folder: Path) -> None:
    """Write everything into a new folder. Raises FileExistsError if it is there."""
    dice = random.Random(SEED)  # noqa: S311  - invented evidence, no secret
    tips = folder / "tips"
    tips.mkdir(parents=True)
    for number in range(REPORTS):
        report_id = 190002000 + number
        path = tips / str(report_id) / "report.json"
        path.parent.mkdir()
        path.write_text(json.dumps(make_report(report_id, number, dice), indent=1), encoding="utf-8")
    (tips / "referral.csv").write_text(make_sheet(dice), encoding="utf-8")
    (folder / "networks.csv").write_text(NETWORKS, encoding="utf-8")
    device = folder / "device"
    device.mkdir()
    write_history(device / "places.sqlite", dice)
    sums = [(hashlib.sha256(b"%d" % number).hexdigest(), f"card/{number:03}.jpg") for number in range(200)]
    sums[120] = (FLAGGED_FILE, "card/120.jpg")
    (device / "sha256sums.txt").write_text("".join(f"{digest}  {name}\n" for digest, name in sums), encoding="utf-8")
    flags = f"kind,value,category\ndomain,{FLAGGED_SITE},csam\nfile-digest,{FLAGGED_FILE},csam\n"
    (folder / "flagged.csv").write_text(flags, encoding="utf-8")


def make_report(report_id: int, number: int, dice: random.Random) -> dict[str, Any]:
    """Return a CyberTipline report. One in ten names an upload; the first ones share an account or a file."""
    is_grave = number % 10 == 0
    begins = BEGINS + timedelta(hours=5 * number, minutes=dice.randrange(60))
    address = make_address(dice, is_line=is_grave)
    events = ["LOGIN", "UPLOAD"] if is_grave else ["LOGIN"]
    captures = [
        {
            "captureType": "IP Address",
            "value": address,
            "dateTime": f"{begins + timedelta(minutes=3 * at):%Y-%m-%dT%H:%M:%SZ}",
            "eventName": event,
        }
        | ({"port": dice.randrange(20_000, 60_000)} if is_grave or dice.random() < 0.6 else {})
        | ({"possibleProxy": True} if not is_grave and dice.random() < 0.1 else {})
        for at, event in enumerate(events)
    ]
    account = "invented_heron" if number in {0, 30, 37} else f"invented_{number:03}"
    person = {"screenName": {"value": account}, "sourceInformation": {"sourceCaptures": captures}}
    inside = {
        "reportingEsp": {"espName": "Example Social"},
        "reportedPeople": {"reportedPersons": [person]},
        "additionalInformation": "An invented narrative, which no workspace keeps.",
    }
    return {"reportId": report_id, "reportedInformation": inside}


def make_address(dice: random.Random, *, is_line: bool) -> str:
    """Return an address of a household's line, or of any network."""
    if is_line:
        return f"203.0.113.{dice.randrange(1, 127)}"
    return dice.choice([f"203.0.113.{dice.randrange(1, 254)}", f"198.51.100.{dice.randrange(1, 254)}"])


def make_sheet(dice: random.Random) -> str:
    """Return a referral sheet of another force: twelve rows, two of them of an account in the reports."""
    rows = ["Report ID,IP Address,Port,Date/Time (UTC),Event,ESP,Screen name"]
    for number in range(12):
        at = BEGINS + timedelta(days=2 * number, seconds=dice.randrange(3_600))
        account = "invented_heron" if number in {4, 5} else f"invented_mail_{number}"
        service = "Example Social" if number in {4, 5} else "Example Mail"
        port = dice.randrange(20_000, 60_000)
        address = make_address(dice, is_line=True)
        rows.append(f"INT-{number:03},{address},{port},{at:%Y-%m-%d %H:%M:%S},login,{service},{account}")
    return "\n".join(rows) + "\n"


def write_history(path: Path, dice: random.Random) -> None:
    """Write the history of a Firefox: three hundred visits, four of them to the flagged site."""
    with closing(sqlite3.connect(path)) as made, made:
        made.execute("CREATE TABLE moz_places(id INTEGER PRIMARY KEY, url LONGVARCHAR, title LONGVARCHAR)")
        made.execute(
            "CREATE TABLE moz_historyvisits(id INTEGER PRIMARY KEY, from_visit INTEGER, place_id INTEGER,"
            " visit_date INTEGER, visit_type INTEGER, session INTEGER)"
        )
        for number in range(1, 301):
            site = FLAGGED_SITE if number in {40, 41, 180, 181} else f"shop-{dice.randrange(30)}.example"
            at = BEGINS + timedelta(minutes=37 * number)
            made.execute(
                "INSERT INTO moz_places VALUES (?, ?, ?)", (number, f"https://{site}/page/{number}", "a title")
            )
            visit = (number, 0, number, (at - _1970) // timedelta(microseconds=1), 2 if number == 40 else 1, 0)
            made.execute("INSERT INTO moz_historyvisits VALUES (?, ?, ?, ?, ?, ?)", visit)


def main() -> int:
    """Write the folder that the command names."""
    if len(sys.argv) != 2:
        sys.stderr.write("usage: sample_evidence.py FOLDER (a new one)\n")
        return 2
    folder = Path(sys.argv[1])
    try:
        write_folder(folder)
    except FileExistsError:
        sys.stderr.write(f"{folder} exists already: name a new folder\n")
        return 2
    sys.stdout.write(f"{folder}: {REPORTS} reports, a sheet, a browser history, a manifest, a flag list, networks\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
