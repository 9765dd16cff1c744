"""Time a watch beside programs that units have: `python -m bench.live_peers --lines 2000000`.

Each reads one log that is there already, from its start, and writes the lines whose site is one of 100,000 names.
`rsyslog` follows the file (imfile) and looks each host up in a lookup table. `grep` gets the lines from `tail -f` and
looks for the names as they stand, anywhere in a line. Neither hashes what it reads, knows a name's subdomains, or
registers anything: `openssl dgst` hashes beside them. A program that is not installed is left out and named.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.office import FLAGGED, combined_log
from tests.services.live.unit import UntilIdle

from bench.live import make_office
from sightline.services.live.watch import watch

PATHS = "/usr/sbin:/usr/bin:/sbin:/bin"
HITS_EVERY = 1000
MOST_S = 600.0
RSYSLOG = """\
global(workDirectory="{folder}")
module(load="imfile")
lookup_table(name="flags" file="{folder}/flags.json")
template(name="line" type="string" string="%msg%\\n")
ruleset(name="feed" queue.type="FixedArray" queue.size="100000" queue.dequeueBatchSize="4096") {{
  set $.flag = lookup("flags", field($msg, 47, 5));
  if $.flag != "" then action(type="omfile" file="{folder}/hits" template="line" asyncWriting="off")
}}
input(type="imfile" File="{log}" Tag="feed" ruleset="feed")
"""


def write_log(log: Path, lines: int) -> int:
    """Write so many lines, of which the names are different in each block. Return how many are hits."""
    block = combined_log(10_000, start=1, hits_every=HITS_EVERY)
    with log.open("w") as stream:
        for number in range(lines // 10_000):
            stream.write(block.replace("Browser/", f"Browser/{number}-"))
    return lines // 10_000 * sum(FLAGGED in line for line in block.splitlines())


def names_of(indicators: int) -> list[str]:
    """Return the names that `make_office` has in its list."""
    return [FLAGGED, *(f"site{number}.example" for number in range(indicators - 1))]


@contextmanager
def running(*commands: list[str], into: Path | None = None) -> Iterator[None]:
    """Run commands, each with the output of the one before, until the block ends."""
    with ExitStack() as stack:
        out = stack.enter_context(into.open("wb")) if into else subprocess.DEVNULL
        processes: list[subprocess.Popen[bytes]] = []
        for number, command in enumerate(commands):
            given = processes[-1].stdout if processes else subprocess.DEVNULL
            target = out if number + 1 == len(commands) else subprocess.PIPE
            one = subprocess.Popen(command, stdin=given, stdout=target, stderr=subprocess.DEVNULL)
            processes.append(stack.enter_context(one))
        try:
            yield
        finally:
            for one in processes:
                one.kill()


def wait_for(hits: Path, count: int) -> None:
    """Wait until a file has so many lines. Raises TimeoutError."""
    until_s = time.monotonic() + MOST_S
    while not hits.exists() or hits.read_bytes().count(b"\n") < count:
        if time.monotonic() > until_s:
            raise TimeoutError(f"{hits} does not have {count} lines")
        time.sleep(0.02)


def time_rsyslog(log: Path, folder: Path, names: list[str], hits: int) -> float:
    """Return how many seconds rsyslog takes, with the loading of its table."""
    table = [{"index": name, "value": "1"} for name in names]
    (folder / "flags.json").write_text(json.dumps({"version": 1, "nomatch": "", "type": "string", "table": table}))
    (folder / "conf").write_text(RSYSLOG.format(folder=folder, log=log))
    program = str(shutil.which("rsyslogd", path=PATHS))
    begun_s = time.monotonic()
    with hashing(log), running([program, "-n", "-f", str(folder / "conf"), "-i", str(folder / "pid")]):
        wait_for(folder / "hits", hits)
    return time.monotonic() - begun_s


def time_grep(log: Path, folder: Path, names: list[str], hits: int) -> float:
    """Return how many seconds `tail -f` and grep take."""
    (folder / "names").write_text("".join(f"{name}\n" for name in names))
    grep = ["grep", "--fixed-strings", "--line-buffered", "--file", str(folder / "names")]
    begun_s = time.monotonic()
    with hashing(log), running(["tail", "-n", "+1", "-f", str(log)], grep, into=folder / "hits"):
        wait_for(folder / "hits", hits)
    return time.monotonic() - begun_s


@contextmanager
def hashing(log: Path) -> Iterator[None]:
    """Hash the log beside the block, and wait for that too."""
    with subprocess.Popen(["openssl", "dgst", "-sha256", str(log)], stdout=subprocess.DEVNULL):
        yield


def time_watch(log: Path, folder: Path, names: list[str], hits: int) -> float:
    """Return how many seconds a watch takes to read, hash, match and register all."""
    live = make_office(folder, len(names))
    live.log.hardlink_to(log)
    begun_s = time.monotonic()
    totals = watch(live.office.io, live.request, lambda _totals: None, UntilIdle())
    took_s = time.monotonic() - begun_s
    assert totals.hits == hits, (totals.hits, hits)
    return took_s


PEERS: dict[str, tuple[str, Callable[[Path, Path, list[str], int], float]]] = {
    "watch": ("", time_watch),
    "rsyslog": ("rsyslogd", time_rsyslog),
    "grep": ("grep", time_grep),
}


def main() -> int:
    """Time each in turn, several times, and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000_000)
    parser.add_argument("--indicators", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    names = names_of(arguments.indicators)
    here = {name: one for name, (program, one) in PEERS.items() if not program or shutil.which(program, path=PATHS)}
    took_s: dict[str, list[float]] = {name: [] for name in here}
    with tempfile.TemporaryDirectory(prefix="sightline-peers-") as root:
        hits = write_log(log := Path(root) / "feed.log", arguments.lines)
        for number in range(arguments.rounds):
            for name, measure in here.items():
                (folder := Path(root) / f"{name}-{number}").mkdir()
                took_s[name].append(measure(log, folder, names, hits))
    medians = {name: statistics.median(some) for name, some in took_s.items()}
    found = {
        "lines": arguments.lines,
        "hits": hits,
        "load": os.getloadavg()[0],
        "not_installed": sorted(set(PEERS) - set(here)),
        "seconds": took_s,
        "lines_per_s": {name: arguments.lines / one for name, one in medians.items()},
        "beside_watch": {name: one / medians["watch"] for name, one in medians.items()},
    }
    json.dump(found, sys.stdout, indent=1)
    sys.stdout.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
