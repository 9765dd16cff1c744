"""A field world, graded by its own reader, and crossed with the exercise's oracle of replies."""

from __future__ import annotations

import argparse
import contextlib
import json
import resource
import sys
import tempfile
from pathlib import Path

from bench.attribution.crossed import crossed
from bench.field_world.__main__ import run


def main() -> int:
    """Run one world and print its report as one line of JSON."""
    parser = argparse.ArgumentParser(prog="bench.attribution.field", description=__doc__)
    parser.add_argument("--sessions", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--faulty", type=float, default=0.25)
    parser.add_argument("--folder", type=Path, help="keep world and workspace there")
    parser.add_argument("--json", action="store_true", help="has no effect: it is always JSON")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="field-world-")))
        found = run(arguments.seed, arguments.sessions, arguments.faulty, folder, judge=crossed)
    used = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(json.dumps(found | {"peak_bytes": used * 1024}, default=str))
    return 0


if __name__ == "__main__":
    sys.exit(main())
