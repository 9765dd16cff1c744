"""The account of a match, for people: whose lists, what was read, what was found, what could not be read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun
from sightline.model import DAMAGE, Likeness, RejectCode, SkipReason
from sightline.services.match.copies import CopiedLog, PossibleCopy
from sightline.services.match.folders import SkippedFile
from sightline.services.match.reject_advice import advise_on_reject
from sightline.services.match.summary import ExhibitAccount, ListAccount, MatchSummary

WEAK_PERCENT = 90
MANY = 20
"""With more exhibits, those without problems are summed up in one line."""


def print_summary(summary: MatchSummary, out: TextIO) -> None:
    """Write the account."""
    if summary.engine != "kernel":
        out.write("without the kernel: read by the plain Python oracle, for small inputs only (make build says why)\n")
    for list_account in summary.lists:
        out.write(list_line(list_account))
    out.write("".join(format_all_exhibit_lines(summary)))
    out.write(format_unnamed_site_warning(summary.lists, summary.exhibits))
    out.write(format_not_matched_line(summary.exhibits))
    out.write("".join(format_beside_lines(summary.copies, summary.alike, summary.left_out)))
    out.write("trial: no authority recorded; no workspace imports this\n")


def list_line(list_account: ListAccount) -> str:
    """A list, and whose it is; for a transcribed one, what it was transcribed from."""
    never = list_account.untestable - list_account.by_request
    untestable = f", {never:,} that these logs cannot show" if never else ""
    if list_account.by_request:
        untestable += f", {list_account.by_request:,} that these logs show only where a request itself names its host"
    rejects = f", {count_noun(list_account.rejects, 'row')} not read" if list_account.rejects else ""
    lines = (
        f"list     {escape_text(list_account.path)}: {count_noun(list_account.indicators, 'indicator')},"
        f" {list_account.origin}{untestable}{rejects}\n"
    )
    if list_account.original_sha256 is not None:
        lines += f"         the agency's original: SHA-256 {list_account.original_sha256}\n"
    return lines


def format_all_exhibit_lines(summary: MatchSummary) -> list[str]:
    """The lines of all exhibits; where there are many, those without hits, rejects and notes are one."""
    quiet = [
        account
        for account in summary.exhibits
        if not (account.hits or account.outside_window or account.rejects or account.notes)
    ]
    folded = quiet if len(summary.exhibits) > MANY and len(quiet) > 1 else []
    hidden = set(map(id, folded))
    lines = [
        line for account in summary.exhibits if id(account) not in hidden for line in format_exhibit_lines(account)
    ]
    if folded:
        frames, records = sum(account.frames for account in folded), sum(account.records for account in folded)
        lines.append(
            f"exhibits {len(folded):,} more, without hits or rejects: "
            f"{count_noun(sum(account.size_bytes for account in folded), 'byte')}\n"
            f"         {count_noun(frames, 'frame')} = {count_noun(records, 'record')}"
            f" + {count_noun(frames - records, 'comment')}"
            f" + 0 rejects; --summary names each\n"
        )
    if len(summary.exhibits) > MANY:
        hits, rejects = (
            sum(account.hits for account in summary.exhibits),
            sum(account.reject_count for account in summary.exhibits),
        )
        lines.append(
            f"in all   {count_noun(len(summary.exhibits), 'exhibit')}, "
            f"{count_noun(hits, 'hit')}, {count_noun(rejects, 'reject')}\n"
        )
    return lines


def format_unnamed_site_warning(lists: Sequence[ListAccount], exhibits: Sequence[ExhibitAccount]) -> str:
    """Warn that 0 hits prove nothing where no log names the site that was visited; empty where one does."""
    is_without_hits = not any(account.hits or account.outside_window for account in exhibits)
    if not (is_without_hits and any(account.records for account in exhibits)):
        return ""
    if not any(list_account.by_request for list_account in lists):
        return ""
    return (
        "WARNING  0 hits prove nothing here: these logs do not name the site that was visited.\n"
        "         Get a log with the host of each request (such as format combined-host).\n"
        "         If this is the own log of a flagged server, use --all-hits-of INDICATOR.\n"
    )


def format_not_matched_line(exhibits: Sequence[ExhibitAccount]) -> str:
    """Say that nothing was looked for in a field that may name a flagged site; empty where no exhibit has one."""
    count = sum("referrer" in account.not_matched for account in exhibits)
    if not count:
        return ""
    where = count_noun(count, "exhibit has", "exhibits have")
    return f"no hits  by the Referer field, which {where}: visits that came from a flagged site are not matched\n"


def format_beside_lines(
    copies: Sequence[CopiedLog], alikes: Sequence[PossibleCopy], left_out: Sequence[SkippedFile]
) -> list[str]:
    """Say which other files were in the folder: copies that were not read again, alike beginnings, files left out."""
    lines = [line for copy in copies[:MANY] for line in copy_lines(copy)]
    if len(copies) > MANY:
        lines.append(f"copy     {len(copies) - MANY:,} more, not read again; --summary names each\n")
    for alike in alikes:
        what = "is the beginning of" if alike.likeness is Likeness.BEGINNING else "is an archive that begins as"
        lines.append(
            f"note     {escape_text(alike.path)} {what} {escape_text(alike.other)}: what both hold counts twice\n"
        )
    unknown = [left for left in left_out if left.why is SkipReason.UNKNOWN_FORMAT]
    others = [left for left in left_out if left.why is not SkipReason.UNKNOWN_FORMAT]
    lines += [f"left out {escape_text(left.path)}: {escape_text(left.what)}\n" for left in (*others[:MANY], *unknown)]
    if len(others) > MANY:
        lines.append(f"left out {len(others) - MANY:,} more that are no logs by what they are; --summary names each\n")
    if left_out:
        lines.append(f"left out {len(left_out):,} in all, {len(unknown):,} of them in no known format\n")
    return lines


def copy_lines(copy: CopiedLog) -> list[str]:
    """A copy, and of what it is one."""
    what = "the same bytes as" if copy.likeness is Likeness.SAME_BYTES else "unpacked the same as"
    original = "itself, named twice" if copy.path == copy.copy_of else escape_text(copy.copy_of)
    return [
        f"copy     {escape_text(copy.path)}  SHA-256 {copy.sha256}\n",
        f"         {count_noun(copy.size_bytes, 'byte')}, {what} {original}: not read again\n",
    ]


def format_exhibit_lines(exhibit: ExhibitAccount) -> list[str]:
    """The lines of one exhibit."""
    rate = exhibit.size_bytes / exhibit.seconds / 1e6 if exhibit.seconds > 0 else 0.0
    lines = [
        f"exhibit  {escape_text(exhibit.path)}  SHA-256 {exhibit.sha256}\n",
        f"         {count_noun(exhibit.size_bytes, 'byte')} in {exhibit.seconds:.2f} s ({rate:,.0f} MB/s);"
        f" {exhibit.format_reason}\n",
        f"         {count_noun(exhibit.frames, 'frame')} = "
        f"{count_noun(exhibit.records, 'record')} + {count_noun(exhibit.comments, 'comment')}"
        f" + {count_noun(exhibit.reject_count, 'reject')}\n",
        f"         {count_noun(exhibit.records, 'record')} = {exhibit.hit_records:,} with hits"
        f" + {exhibit.unmatched:,} unmatched (dropped)\n",
        f"         {count_noun(exhibit.hits, 'hit')}" + describe_outside(exhibit) + "\n",
    ]
    lines += [f"         note: {note}\n" for note in exhibit.notes]
    lines += reject_lines(exhibit)
    return lines


def describe_outside(exhibit: ExhibitAccount) -> str:
    """Return the text on matches at a time for which nobody vouches."""
    return (
        f"; {count_noun(exhibit.outside_window, 'match', 'matches')} outside the time vouched for"
        if exhibit.outside_window
        else ""
    )


def reject_lines(exhibit: ExhibitAccount) -> list[str]:
    """Rejects by code with what to change and masked examples; a format that reads too little is said."""
    lines = []
    damage = sum(exhibit.rejects.get(code, 0) for code in DAMAGE)
    frames = exhibit.frames - exhibit.comments - damage
    if frames and (exhibit.records * 100) < WEAK_PERCENT * frames:
        lines.append(
            f"         {exhibit.format} reads only {exhibit.records * 100 // frames} % of these frames;"
            f" is it the right format? try: sightline formats detect {escape_text(exhibit.path)}\n"
        )
    for code, count in exhibit.rejects.items():
        lines.append(f"         reject {code}: {count:,}: {advise_on_reject(RejectCode(code), exhibit.format)}\n")
        lines += [f"             like {example}\n" for example in exhibit.examples.get(code, ())]
    return lines
