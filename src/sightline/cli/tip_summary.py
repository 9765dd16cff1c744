"""Print what was read of tips: the account of each file, and the sessions under their ceilings."""

from __future__ import annotations

from typing import TYPE_CHECKING, TextIO

from sightline.cli.terminal_text import escape_name, escape_text
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.services.tips.summary import TipAccount, TipSummary
    from sightline.stages.tabular.table_rows import RowPlace


def print_summary(summary: TipSummary, out: TextIO) -> None:
    """Write the account."""
    for exhibit in summary.exhibits:
        out.write("".join(format_exhibit_lines(exhibit)))
    ceilings = ", ".join(f"{count:,} {name}" for name, count in summary.ceilings.items()) or "none"
    out.write(
        f"sessions {summary.sessions:,} under {escape_text(summary.source)}, "
        f"{escape_text(summary.authority)}: {ceilings}\n"
    )
    for party, count in summary.parties.items():
        if party != "reported":
            out.write(f"         {count:,} are of a {party}, as the tip says, not of the person that it reports\n")
    if summary.exercise:
        out.write("exercise: documentation addresses count as public\n")
    out.write("trial: source and authority are as declared; no workspace imports this\n")


def format_exhibit_lines(exhibit: TipAccount) -> list[str]:
    """The lines of one exhibit."""
    lines = [
        f"exhibit  {escape_text(exhibit.path)}  SHA-256 {exhibit.sha256}\n",
        f"         {count_noun(exhibit.frames, 'frame')} = "
        f"{count_noun(exhibit.records, 'record')} + {count_noun(exhibit.comments, 'comment')}"
        f" + {count_noun(exhibit.reject_count, 'reject')}\n",
    ]
    for chosen_kind in exhibit.kinds:
        member = f"{escape_name(chosen_kind.member)}: " if chosen_kind.member else ""
        lines.append(f"         {member}{chosen_kind.kind}: {chosen_kind.reason}\n")
    lines += [f"         note: {escape_text(note)}\n" for note in exhibit.notes]
    for code, count in exhibit.rejects.items():
        where = "; ".join(format_place_text(place) for place in exhibit.places[code])
        lines.append(
            f"         reject {code}: {count:,}, at {where}{' ...' if count > len(exhibit.places[code]) else ''}\n"
        )
    return lines


def format_place_text(place: RowPlace) -> str:
    """Say where a reject is in its file."""
    parts = [
        place.member and escape_name(place.member),
        place.sheet and escape_name(f"sheet {place.sheet!r}"),
        place.row_number and f"row {place.row_number:,}",
    ]
    if place.row_number is None and place.byte_offset is not None:
        parts.append(f"byte {place.byte_offset:,}")
    return " ".join(part for part in parts if part) or "the whole of it"
