"""Instructions a line, counted by valgrind, against the ceilings of `ceilings.toml`: `python -m bench.callgrind`.

Wall time says nothing on a busy machine; instructions are the same on every run. The scan of a log is counted less
the scan of a third of it, so that starting and opening count for nothing. SHA-256 is left out: valgrind hides the
processor's own instructions for it. `--record` writes what was counted, with a tenth of room, as the new ceilings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from pathlib import Path
from shutil import which

from sightline.stages.formats.loader import load_builtin_formats

HERE = Path(__file__).parents[1]
CEILINGS = Path(__file__).with_name("ceilings.toml")
LOGS = {
    "squid": "squid/real-squid-native.log",
    "combined": "combined/real-apache-combined.log",
    "suricata-eve": "suricata-eve/specification.log",
}
SHORT, LONG = 1_000, 3_000
ROOM = 1.1
SHA256 = re.compile(r"sha2::|0x")
"""In assembly it has no name, only an address."""
NAMES = "".join(f"counted-{number}.test\n" for number in range(1_000))
STAGES = {
    "list": "probe",
    "program": "split and fields",
    "canonical": "page and host",
    "frames": "cut, sketch, count",
    "scan": "cut, sketch, count",
}


def main() -> int:
    """Count, print; 1 where a ceiling is broken."""
    parser = argparse.ArgumentParser(prog="bench.callgrind", description="Instructions a line against their ceilings.")
    parser.add_argument("--record", action="store_true", help="write the new ceilings")
    parser.add_argument("--stages", action="store_true", help="show where the instructions go")
    arguments = parser.parse_args()
    for tool in ("valgrind", "cargo"):
        if which(tool) is None:
            print(f"callgrind: {tool} is not here: instructions a line are not counted")
            return 0
    program = built()
    found = {name: count_instructions(program, name) for name in LOGS}
    if arguments.record:
        CEILINGS.write_text("".join(f"{name} = {round(sum(each.values()) * ROOM)}\n" for name, each in found.items()))
    ceilings = tomllib.loads(CEILINGS.read_text())
    for name, each in found.items():
        total = sum(each.values())
        print(f"{name:14} {total:7,.0f} instructions a line, ceiling {ceilings[name]:,}")
        for stage, count in each.most_common() if arguments.stages else ():
            print(f"    {count:7,.0f} {stage}")
    return int(any(sum(each.values()) > ceilings[name] for name, each in found.items()))


def built() -> Path:
    """The example that scans once."""
    cargo = ["cargo", "build", "--release", "--locked", "--quiet", "--example", "scan_once"]
    asked = subprocess.run(
        [*cargo, "--message-format", "json"], cwd=HERE / "rust", check=True, stdout=subprocess.PIPE, text=True
    )
    found = re.findall(r'"executable":"([^"]+/scan_once)"', asked.stdout)
    return Path(found[-1])


def count_instructions(program: Path, name: str) -> Counter[str]:
    """Instructions a line by stage: of so many lines more, spread over them."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "program.json").write_text(load_builtin_formats()[name].program.to_json())
        (here / "names").write_text(NAMES)
        sample = (HERE / "tests/samples" / LOGS[name]).read_bytes().splitlines(keepends=True)
        short, long = (_counts(program, here, sample, lines) for lines in (SHORT, LONG))
    long.subtract(short)
    return Counter({stage: count / (LONG - SHORT) for stage, count in long.items()})


def _counts(program: Path, here: Path, sample: list[bytes], lines: int) -> Counter[str]:
    log, out = here / f"{lines}.log", here / f"{lines}.callgrind"
    log.write_bytes(b"".join(sample[number % len(sample)] for number in range(lines)))
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}"]
    done = subprocess.run(
        [*valgrind, program, here / "program.json", log, here / "names"], check=True, capture_output=True, text=True
    )
    frames, records, _ = map(int, done.stdout.split())
    assert frames == lines
    assert records
    annotated = subprocess.run(
        ["callgrind_annotate", "--threshold=100", "--auto=no", "--show-percs=no", out],
        check=True,
        capture_output=True,
        text=True,
    )
    counts: Counter[str] = Counter()
    for count, function in re.findall(r"^\s*([\d,]+)\s+\S*?:(.*)$", annotated.stdout, re.MULTILINE):
        if not SHA256.match(function):
            counts[_stage(function)] += int(count.replace(",", ""))
    return counts


def _stage(function: str) -> str:
    found = re.search(r"sightline_kernel::(\w+)::", function)
    return STAGES.get(found[1], found[1]) if found else "libraries (memchr, copies)"


if __name__ == "__main__":
    sys.exit(main())
