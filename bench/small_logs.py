"""Measure the processor time of small logs and of lists: `python -m bench.small_logs detect|files|lists`.

`detect`: processor time of `sightline formats detect` on a sample of each of ten formats. `files`: time of
`sightline match` on a folder of 2,500 small logs in four formats. `lists`: time of `sightline lists check` on a million
rows of each kind of list, by the clock and of processors. All of it is invented. It prints JSON, times in seconds.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "tests" / "samples"
SMALL = ("combined", "squid", "traefik-json", "aws-alb")
KINDS = (*SMALL, "haproxy", "dnsmasq", "bind", "zeek-json", "suricata-eve", "fortigate")
FILE_BYTES = 18_000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    files: int
    rows: int
    tries: int


def run(*words: str | Path) -> tuple[float, float]:
    """Run a command of Sightline, and return its wall and processor time."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "sightline", *words], capture_output=True, text=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def sample(kind: str) -> bytes:
    """Return the lines of a format's sample that can be read."""
    folder = SAMPLES / kind
    expected = (folder / "specification.expected.jsonl").read_text(encoding="utf-8").splitlines()
    refused = {line["line"] for line in map(json.loads, expected) if "reject" in line}
    lines = (folder / "specification.log").read_bytes().splitlines(keepends=True)
    return b"".join(line for number, line in enumerate(lines, 1) if number not in refused)


def detect(folder: Path, sizes: Sizes) -> dict[str, float]:
    """Return the least of the times for each format, the slowest of these, and their mean."""
    found = {}
    for kind in KINDS:
        log = folder / f"{kind}.log"
        log.write_bytes(sample(kind))
        found[kind] = min(run("formats", "detect", log)[1] for _ in range(sizes.tries))
    return found | {"slowest": max(found.values()), "mean": sum(found.values()) / len(found)}


def files(folder: Path, sizes: Sizes) -> dict[str, float]:
    """Return the time of a scan of many small logs."""
    logs = folder / "logs"
    logs.mkdir()
    contents = [sample(kind) for kind in SMALL]
    for number in range(sizes.files):
        text = contents[number % len(contents)]
        (logs / f"{number:04}.log").write_bytes(text * (FILE_BYTES // len(text) + 1))
    flagged = folder / "flagged.csv"
    flagged.write_text("kind,value\ndomain,flagged.example\n", encoding="utf-8")
    run("lists", "create-key", "--issuer", "BENCH", "--out", folder)
    run("lists", "sign", flagged, "--key", folder / "BENCH.key", "--use", "leads", "--valid-until", "2099-01-01")
    trust = ("--list", flagged, "--trust", folder / "BENCH.pub", "--out", folder / "hits.csv")
    wall, processor = run("match", logs, *trust)
    return {"wall": wall, "processor": processor}


def lists(folder: Path, sizes: Sizes) -> dict[str, dict[str, float]]:
    """Return wall and processor time for each kind of list, and the slowest wall time."""
    wall, processor = {}, {}
    for name, (head, row, end) in EXPORTS.items():
        path = folder / name
        items = sizes.rows // 2 if row is reference_row else sizes.rows
        with path.open("w", encoding="utf-8", buffering=1 << 20) as stream:
            stream.write(head)
            stream.writelines(row(number, site) for number, site in enumerate(sites(items)))
            stream.write(end)
        wall[name], processor[name] = min(run("lists", "check", path) for _ in range(sizes.tries))
        path.unlink()
    return {"wall": wall | {"slowest": max(wall.values())}, "processor": processor}


def sites(rows: int) -> Iterator[str]:
    """Yield addresses of pages, each on a site of its own."""
    dice = random.Random(7)
    for number in range(rows):
        yield f"http://site{number}.x{dice.randrange(999)}.example/{dice.randrange(1 << 30):x}/index.html"


def host_of(site: str) -> str:
    """Return the host of an address of a page."""
    return site.split("/")[2]


def stix_row(number: int, site: str) -> str:
    """Return an indicator, with a comma before it unless it is the first."""
    begin = {"type": "indicator", "spec_version": "2.1", "id": f"indicator--{number:08x}-0000-4000-8000-000000000000"}
    times = {"created": "2026-01-02T03:04:05.000Z", "modified": "2026-01-02T03:04:05.000Z"}
    what = {"pattern": f"[url:value = '{site}']", "pattern_type": "stix", "valid_from": "2026-01-02T03:04:05Z"}
    return (",\n" if number else "") + json.dumps(begin | times | what)


def reference_row(number: int, site: str) -> str:
    """Return an indicator with a reference and two values, which are two rows."""
    reference = '"external_references": [{"source_name": "feed", "external_id": "CVE-2021-44228"}]'
    text = stix_row(number, site).replace(f"url:value = '{site}'", f"url:value IN ('{site}', '{site}?')")
    return text[:-1] + f", {reference}}}"


def misp_row(number: int, site: str) -> str:
    """Return an attribute of a MISP event."""
    about = {"uuid": f"{number:08x}-0000-4000-8000-000000000000", "category": "Network activity", "comment": ""}
    what = {"type": "url", "to_ids": True, "deleted": False, "timestamp": "1780000000", "value": site}
    return (",\n" if number else "") + json.dumps(about | what)


def medium_row(number: int, site: str) -> str:
    """Return a medium of a Project VIC file."""
    digests = {"MD5": hashlib.md5(site.encode(), usedforsecurity=False).hexdigest().upper(), "SHA1": None}
    return (",\n" if number else "") + json.dumps({"MediaID": number, "Category": 1} | digests)


Row = Callable[[int, str], str]
EXPORTS: dict[str, tuple[str, Row, str]] = {
    "plain.txt": ("", lambda _, site: f"{site}\n", ""),
    "hosts.txt": ("# hosts\n", lambda _, site: f"0.0.0.0 {host_of(site)}\n", ""),
    "dnsmasq.conf": ("", lambda _, site: f"address=/{host_of(site)}/#\n", ""),
    "unbound.conf": ("server:\n", lambda _, site: f'local-zone: "{host_of(site)}" always_nxdomain\n', ""),
    "adblock.txt": ("[Adblock Plus]\n", lambda _, site: f"||{host_of(site)}^\n", ""),
    "columns.csv": ("kind,value,category\n", lambda _, site: f"url,{site},csam\n", ""),
    "quotes.csv": ("kind,value,category\n", lambda _, site: f'"url","{site}","csam"\n', ""),
    "phishtank.csv": (
        "phish_id,url,phish_detail_url,submission_time,verified,verification_time,online,target\n",
        lambda at, site: f"{at},{site},http://tank.example/{at},2026-01-02T03:04:05+00:00,yes,,yes,Other\n",
        "",
    ),
    "urlhaus.csv": (
        "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter\n",
        lambda at, site: (
            f'"{at}","2026-01-02 03:04:05","{site}","online","","malware","elf","http://h.example","x"\r\n'
        ),
        "",
    ),
    "misp.csv": (
        "uuid,event_id,category,type,value,comment,to_ids,date\n",
        lambda at, site: f'"{at:032x}",{at},"Network activity","url","{site}","",1,1780000000\n',
        "",
    ),
    "stix.json": ('{"type": "bundle", "id": "bundle--0", "objects": [', stix_row, "]}\n"),
    "stix-references.json": ('{"type": "bundle", "id": "bundle--0", "objects": [', reference_row, "]}\n"),
    "misp.json": ('{"Event": {"info": "", "Attribute": [', misp_row, "]}}\n"),
    "vic.json": (
        '{"@odata.context": "http://vic.example/ProjectVic/DataModels/1.3.xml/US/$metadata#Media", "value": [',
        medium_row,
        "]}\n",
    ),
    "rpz.zone": (
        "$ORIGIN rpz.example.\n@ IN SOA localhost. root.localhost. 1 3600 600 86400 300\n",
        lambda _, site: f"{host_of(site)}.rpz.example. 300 IN CNAME . ; listed\n",
        "",
    ),
}
"""The head of each file, its rows, and its end."""


def main() -> None:
    """Measure, and print the times."""
    parser = argparse.ArgumentParser(prog="bench.small_logs", description=__doc__)
    measures: dict[str, Callable[[Path, Sizes], Mapping[str, object]]] = {
        "detect": detect,
        "files": files,
        "lists": lists,
    }
    parser.add_argument("what", choices=measures)
    parser.add_argument("--files", type=int, default=2_500)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--tries", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(
            json.dumps(measures[arguments.what](Path(folder), Sizes(arguments.files, arguments.rows, arguments.tries)))
        )


if __name__ == "__main__":
    main()
