"""Print a few hits as a table: one of each indicator, first met first. Usage: show_hits.py HITS.jsonl"""

import json
import sys
from pathlib import Path

COLUMNS = {"timestamp": 20, "source_ip": 16, "what": 30, "indicator": 30, "opinion": 9, "line": 5}


def row(cells: dict[str, str]) -> str:
    """One line of the table; a long cell is cut."""
    fitted = (
        cells[name] if len(cells[name]) <= width else cells[name][: width - 1] + "…" for name, width in COLUMNS.items()
    )
    return "  ".join(f"{cell:{width}}" for cell, width in zip(fitted, COLUMNS.values(), strict=True)).rstrip()


def main(path: Path) -> None:
    """Print the table."""
    hits = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    first: dict[str, dict[str, str]] = {}
    for hit in hits:
        cells = {
            "timestamp": hit["timestamp"][:19] + "Z",
            "source_ip": hit["source_ip"],
            "what": hit["url"] or hit["host"] or hit["destination_ip"],
            "indicator": hit["indicator"],
            "opinion": hit["opinion"],
            "line": str(hit["line_number"]),
        }
        first.setdefault(hit["indicator_id"], cells)
    print(f"{path}: {len(hits)} hits. The first of each indicator:")
    print(row({name: name for name in COLUMNS}))
    for cells in list(first.values())[:12]:
        print(row(cells))
    print(f"({len(first)} indicators were met)")


main(Path(sys.argv[1]))
