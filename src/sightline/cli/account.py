"""The account of a match, for people: whose lists, what was read, what was found, what could not be read."""

from __future__ import annotations

from typing import TextIO

from sightline.cli import shown
from sightline.engines.summary import ExhibitAccount, ListAccount, MatchSummary

WEAK_PERCENT = 90


def tell(summary: MatchSummary, out: TextIO) -> None:
    """Write the account."""
    if summary.engine != "kernel":
        out.write("without the kernel: read by the plain Python oracle, for small inputs only (make build says why)\n")
    for one in summary.lists:
        out.write(list_line(one))
    for exhibit in summary.exhibits:
        out.write("".join(exhibit_lines(exhibit)))
    out.write("trial: no authority recorded; no workspace imports this\n")


def list_line(one: ListAccount) -> str:
    """A list, and whose it is; for a transcribed one, what it was transcribed from."""
    never = one.untestable - one.by_request
    untestable = f", {never:,} that these logs cannot show" if never else ""
    if one.by_request:
        untestable += f", {one.by_request:,} that these logs show only where a request itself names its host"
    rejects = f", {one.rejects:,} rows not read" if one.rejects else ""
    lines = f"list     {shown(one.path)}: {one.indicators:,} indicators, {one.origin}{untestable}{rejects}\n"
    if one.original_sha256 is not None:
        lines += f"         the agency's original: SHA-256 {one.original_sha256}\n"
    return lines


def exhibit_lines(exhibit: ExhibitAccount) -> list[str]:
    """The lines of one exhibit."""
    rate = exhibit.size_bytes / exhibit.seconds / 1e6 if exhibit.seconds > 0 else 0.0
    lines = [
        f"exhibit  {shown(exhibit.path)}  SHA-256 {exhibit.sha256}\n",
        f"         {exhibit.size_bytes:,} bytes in {exhibit.seconds:.2f} s ({rate:,.0f} MB/s);"
        f" {exhibit.format_reason}\n",
        f"         {exhibit.frames:,} frames = {exhibit.records:,} records + {exhibit.comments:,} comments"
        f" + {exhibit.reject_count:,} rejects\n",
        f"         {exhibit.records:,} records = {exhibit.hit_records:,} with hits"
        f" + {exhibit.unmatched:,} unmatched (dropped)\n",
        f"         {exhibit.hits:,} hits" + outside(exhibit) + "\n",
    ]
    lines += [f"         note: {note}\n" for note in exhibit.notes]
    lines += reject_lines(exhibit)
    return lines


def outside(exhibit: ExhibitAccount) -> str:
    """What matched at a time for which nobody vouches."""
    return f"; {exhibit.outside_window:,} matches outside the time vouched for" if exhibit.outside_window else ""


def reject_lines(exhibit: ExhibitAccount) -> list[str]:
    """Rejects by code with masked examples; a format that reads too little is said."""
    lines = []
    frames = exhibit.frames - exhibit.comments
    if frames and (exhibit.records * 100) < WEAK_PERCENT * frames:
        lines.append(
            f"         {exhibit.format} reads only {exhibit.records * 100 // frames} % of these frames;"
            f" is it the right format? try: sightline formats detect {shown(exhibit.path)}\n"
        )
    for code, count in exhibit.rejects.items():
        lines.append(f"         reject {code}: {count:,}\n")
        lines += [f"             like {example}\n" for example in exhibit.examples.get(code, ())]
    return lines
