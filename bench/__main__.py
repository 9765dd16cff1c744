"""Measure, print, and with `--write` put it into `docs/explanation/performance.md` and the README."""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace

from bench import costs, leads, record, scans, server_log, tables
from bench.agree import Disagreement
from bench.bars import Report
from bench.inputs import SIZES, Inputs

PARTS = {
    "plain": scans.plain,
    "packed": scans.packed,
    "sealed": server_log.run_sealed,
    "lists": costs.lists,
    "starts": costs.starts,
    "memory": costs.memory,
    "record": record.record,
    "leads": leads.leads,
}


def main() -> int:
    """Run the parts asked for; 1 where results disagree."""
    parser = argparse.ArgumentParser(prog="bench", description="Sightline beside its peers and beside the bytes alone.")
    parser.add_argument("--size", choices=SIZES, default="small")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated (default: all)")
    parser.add_argument("--runs", type=int, help="medians of so many")
    parser.add_argument("--inputs", action="store_true", help="make the files only")
    parser.add_argument(
        "--write", action="store_true", help="write docs/explanation/performance.md and the README (all parts only)"
    )
    arguments = parser.parse_args()
    size = SIZES[arguments.size]
    inputs = Inputs(replace(size, runs=arguments.runs or size.runs))
    began = time.monotonic()
    inputs.make()
    print_text(f"inputs: {time.monotonic() - began:.0f} s")
    report = Report()
    for name in [] if arguments.inputs else arguments.only or PARTS:
        began = time.monotonic()
        try:
            report += PARTS[name](inputs)
        except Disagreement as why:
            print_text(f"bench: {why}")
            return 1
        print_text(f"{name}: {time.monotonic() - began:.0f} s")
    if report == Report():
        return 0
    print(tables.whole_page(report, inputs.size))
    if arguments.write and not arguments.only:
        tables.write(tables.HERE / "docs/explanation/performance.md", tables.whole_page(report, inputs.size))
        tables.write(tables.HERE / "README.md", tables.short(report))
    return 0


def print_text(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
