"""Instructions of the kernel for an input and for one of twice the length: `python -m bench.growth`.

A hostile line may not cost the square of its length. No clock says so: valgrind counts the instructions of the kernel's
tests whose names begin with `growth_`. Each reads hostile inputs of 4 KiB and of 8 KiB. Work in proportion doubles;
work that grows with the square becomes four times as much, and is an error.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from shutil import which

RUST = Path(__file__).parents[1] / "rust"
COUNTED = "*::growth::counted_work"
"""The function of `rust/src/growth.rs` whose calls valgrind counts, each by itself."""
MOST_GROWTH = 2.5
FIXED = 4096
"""Instructions that the longer input may cost beyond MOST_GROWTH: one for each byte of the shorter one. A copy that
only the longer input needs is no growth."""


@dataclass(frozen=True, slots=True)
class Growth:
    """The instructions for one input, and for one of twice its length."""

    label: str
    short: int
    long: int

    @property
    def is_linear(self) -> bool:
        """Tell whether the longer input costs about twice as much, or less."""
        return self.long <= MOST_GROWTH * self.short + FIXED

    @property
    def ratio(self) -> float:
        """How many times as much the longer input costs."""
        return self.long / max(self.short, 1)


def main() -> int:
    """Count, print; 1 where an input costs more than in proportion."""
    for tool in ("valgrind", "cargo"):
        if which(tool) is None:
            print(f"growth: {tool} is not here: the instructions of hostile inputs are not counted")
            return 0
    with tempfile.TemporaryDirectory() as folder:
        growths = count_growths(build_tests(), Path(folder) / "callgrind")
    steep = [growth for growth in growths if not growth.is_linear]
    for growth in steep:
        print(f"growth: {growth.short:,} instructions become {growth.long:,}: {growth.label}")
    worst = max(growths, key=lambda growth: growth.ratio)
    print(
        f"{len(growths):,} hostile inputs, {len(steep)} of them out of proportion; twice the bytes cost at most"
        f" {worst.ratio:.2f} times the instructions ({worst.label})"
    )
    return int(bool(steep))


def build_tests() -> Path:
    """Compile the kernel's tests as it is released. Return their program."""
    cargo = ["cargo", "test", "--release", "--locked", "--quiet", "--lib", "--no-run", "--message-format", "json"]
    asked = subprocess.run(cargo, cwd=RUST, check=True, stdout=subprocess.PIPE, text=True)
    built = [json.loads(line).get("executable") for line in asked.stdout.splitlines() if line.startswith("{")]
    return Path(next(path for path in built if path))


def count_growths(program: Path, out: Path) -> list[Growth]:
    """Run the tests under valgrind, which writes a part to `out` at the end of each counted call."""
    valgrind = ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={out}", "--combine-dumps=yes"]
    calls = [f"--toggle-collect={COUNTED}", f"--dump-after={COUNTED}"]
    tests = [str(program), "--ignored", "--nocapture", "--test-threads=1", "growth_"]
    done = subprocess.run([*valgrind, *calls, *tests], check=True, stdout=subprocess.PIPE, text=True, cwd=RUST)
    with out.open(encoding="utf-8", errors="replace") as parts:
        return list(pair_counts(done.stdout, parts))


def pair_counts(printed: str, parts: Iterator[str]) -> Iterator[Growth]:
    """Yield the growth of each printed label. The file has two totals for each, and one for the rest of the run."""
    labels = re.findall(r"\bgrowth of (.*)", printed)
    totals = [int(line.split()[1]) for line in parts if line.startswith("totals:")][: 2 * len(labels)]
    if not labels or len(totals) < 2 * len(labels):
        raise SystemExit(f"growth: {len(totals)} counts of {len(labels)} inputs: valgrind did not see every call")
    for label, short, long in zip(labels, totals[::2], totals[1::2], strict=True):
        yield Growth(label, short, long)


if __name__ == "__main__":
    sys.exit(main())
