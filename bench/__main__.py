"""`make bench`: Sightline beside its peers and beside what the bytes alone cost, alternating, medians; ratios against the bars.

`SIZE=full` for files of 8 GB and more. A row counts only if the peer finds as many hits. `--write` puts the table into the docs.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench import inputs
from bench.inputs import SIGHTLINE, WORK, Names
from bench.peers import PEERS

SIZES = {"small": (2_000_000, 3, (1_000, 100_000)), "full": (56_000_000, 5, (1_000, 100_000, 1_000_000, 10_000_000))}
PEER_BARS = {"ClickHouse": 1.7, "DuckDB": 2.5, "Polars": 3.0, "ripgrep": 9.0}
DOCS = (Path("docs/speed.md"), Path("README.md"))
Row = tuple[str, str, str, str]


def seconds(command: Sequence[object]) -> tuple[float, str]:
    """Wall seconds of a command and what it printed; its failure is ours."""
    since = time.perf_counter()
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{command[:4]} ended with {done.returncode}: {done.stderr[-400:]}")
    return time.perf_counter() - since, done.stdout


def alternating(runs: int, commands: dict[str, Sequence[object]]) -> dict[str, float]:
    """The median seconds of each command, all in turn."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            taken[name].append(seconds(command)[0])
    return {name: statistics.median(each) for name, each in taken.items()}


def match(log: Path, names: Names, *more: object) -> list[object]:
    """The scan of a log as the bars mean it: hits as Parquet."""
    out = WORK / "hits.parquet"
    trust = ("--list", names.compiled, "--trust", names.pub, "--format", "squid")
    return [*SIGHTLINE, "match", log, *trust, "--out", out, "--overwrite", "--quiet", *more]


def verdict(ratio: float, bar: float, *, at_most: bool) -> str:
    """Whether a bar is reached, else by how much it is missed."""
    reached = ratio <= bar if at_most else ratio >= bar
    return "reached" if reached else f"missed by {abs(ratio / bar - 1):.0%}"


def row(what: str, measured: str, ratio: float, bar: float, *, at_most: bool) -> Row:
    """One row of the table."""
    return what, measured, f"{'at most' if at_most else 'at least'} {bar:g}", verdict(ratio, bar, at_most=at_most)


def beside_peers(log: Path, hits: int, names: Names, runs: int) -> list[Row]:
    """Bar 1: beside the hash alone and beside the peers."""
    commands: dict[str, Sequence[object]] = {
        "Sightline": match(log, names),
        "SHA-256": ["openssl", "dgst", "-sha256", log],
    }
    for peer in PEERS:
        if peer == "ripgrep" and not shutil.which("rg"):
            continue
        commands[peer] = [sys.executable, "-m", "bench.peers", peer, log, names.text, WORK / f"{peer}.out"]
        found = int(seconds(commands[peer])[1])
        if found != hits and peer != "ripgrep":
            raise SystemExit(f"{peer} finds {found} hits of {hits}: no comparison")
    _, account = seconds([*match(log, names), "--summary", WORK / "account.json"])
    del account
    import polars  # noqa: PLC0415

    ours = polars.scan_parquet(WORK / "hits.parquet").select(polars.len()).collect().item()
    if ours != hits:
        raise SystemExit(f"Sightline finds {ours} hits of {hits}: no comparison")
    took = alternating(runs, commands)
    mine = took["Sightline"]
    gigabytes = log.stat().st_size / 1e9
    rows = [
        row(
            f"plain log, {gigabytes:.1f} GB, {names.count:,} names, beside SHA-256 alone",
            f"{mine:.2f} s beside {took['SHA-256']:.2f} s: {mine / took['SHA-256']:.2f} times",
            mine / took["SHA-256"],
            1.3,
            at_most=True,
        )
    ]
    for peer, bar in PEER_BARS.items():
        if peer in took:
            ratio = took[peer] / mine
            rows.append(
                row(
                    f"the same, beside {peer}",
                    f"{took[peer]:.2f} s: {ratio:.2f} times faster",
                    ratio,
                    bar,
                    at_most=False,
                )
            )
    return rows


def beside_unpackers(log: Path, names: Names, runs: int) -> list[Row]:
    """Bar 2: beside the fastest decompressor alone."""
    rows = []
    for suffix, pack, unpack in (
        (".gz", ("gzip", "-6c"), ("igzip", "-dc")),
        (".zst", ("zstd", "-3qc"), ("zstd", "-dqc")),
    ):
        if not (shutil.which(pack[0]) and shutil.which(unpack[0])):
            continue
        file = inputs.packed(log, suffix, *pack)
        alone = ["sh", "-c", 'exec "$@" >/dev/null', "sh", *unpack, file]
        took = alternating(runs, {"Sightline": match(file, names), "alone": alone})
        ratio = took["Sightline"] / took["alone"]
        measured = f"{took['Sightline']:.2f} s beside {took['alone']:.2f} s: {ratio:.2f} times"
        rows.append(row(f"{suffix[1:]} log, beside {unpack[0]} alone", measured, ratio, 1.3, at_most=True))
    return rows


def by_list_size(log: Path, sizes: Sequence[int], runs: int) -> list[Row]:
    """Bar 3: the longest list beside the shortest, compiled."""
    short, long = inputs.names(sizes[0]), inputs.names(sizes[-1])
    took = alternating(runs, {"short": match(log, short), "long": match(log, long)})
    ratio = took["long"] / took["short"]
    measured = f"{took['long']:.2f} s beside {took['short']:.2f} s: {ratio:.2f} times"
    rows = [row(f"list of {long.count:,} beside {short.count:,}", measured, ratio, 1.5, at_most=True)]
    million = next((names for names in (inputs.names(size) for size in sizes) if names.count == 1_000_000), None)
    if million:
        again = WORK / "again.compiled"
        command = [*SIGHTLINE, "lists", "compile", million.text, "--out", again, "--overwrite"]
        took = alternating(runs, {"compile": command})
        rows.append(
            row("compile 1,000,000 names, seconds", f"{took['compile']:.2f} s", took["compile"], 2.0, at_most=True)
        )
    return rows


def start_up(names: Names) -> list[Row]:
    """Bar 7: starting, and a small log."""
    whole, _ = inputs.log(2_000_000)
    small = WORK / "small.log"
    with whole.open("rb") as stream:
        small.write_bytes(stream.read(1 << 20).rpartition(b"\n")[0] + b"\n")
    took = alternating(20, {"help": [*SIGHTLINE, "--help"], "small": [*match(small, names)]})
    return [
        row("sightline --help, ms", f"{took['help'] * 1000:.0f} ms", took["help"] * 1000, 150, at_most=True),
        row("match on a 1 MB log, ms", f"{took['small'] * 1000:.0f} ms", took["small"] * 1000, 400, at_most=True),
    ]


def memory(log: Path, names: Names) -> list[Row]:
    """Peak memory of a scan with the longest list."""
    command = [str(word) for word in match(log, names)]
    code = "import os,resource,subprocess,sys;subprocess.run(sys.argv[1:],check=True);print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    peak_mib = int(seconds([sys.executable, "-c", code, *command])[1]) / 1024
    return [row(f"peak memory, {names.count:,} names, MiB", f"{peak_mib:.0f} MiB", peak_mib, 1024, at_most=True)]


def table(rows: Sequence[Row], size: str) -> str:
    """The rows as a Markdown table, under the machine, the versions and the date."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "?",
    )
    head = f"{cpu}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, {datetime.now(UTC):%Y-%m-%d}, `make bench SIZE={size}`"
    lines = [
        head,
        "",
        "| what | measured | bar | |",
        "|---|---|---|---|",
        *(f"| {' | '.join(each)} |" for each in rows),
    ]
    return "\n".join(lines) + "\n"


def write(text: str) -> None:
    """Put the table between the markers of the docs."""
    for path in DOCS:
        page = path.read_text(encoding="utf-8")
        before, begin, rest = page.partition("<!-- speed:begin -->\n")
        _, end, after = rest.partition("<!-- speed:end -->")
        path.write_text(f"{before}{begin}{text}{end}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print, and write if asked."""
    asked = argparse.ArgumentParser(prog="make bench", description=__doc__)
    asked.add_argument("--size", choices=SIZES, default="small")
    asked.add_argument("--lines", type=int, help="another length of the log")
    asked.add_argument("--runs", type=int, help="another number of runs")
    asked.add_argument("--write", action="store_true", help="put the table into the docs")
    arguments = asked.parse_args()
    lines, runs, sizes = SIZES[arguments.size]
    lines, runs = arguments.lines or lines, arguments.runs or runs
    log, hits = inputs.log(lines)
    names = inputs.names(100_000)
    rows = beside_peers(log, hits, names, runs)
    rows += beside_unpackers(log, names, runs)
    rows += by_list_size(log, sizes, runs)
    rows += memory(log, inputs.names(sizes[-1]))
    rows += start_up(names)
    text = table(rows, arguments.size)
    print(text)
    if arguments.write:
        write(text)


if __name__ == "__main__":
    main()
