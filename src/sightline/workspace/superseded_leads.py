"""List the generations of leads to keep, and remove the files of the others.

A live feed makes thousands of generations. Which ones stay follows from the workspace alone, so that `verify`,
`doctor`, backups and every process agree, and a removal that was interrupted goes on later.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

from sightline.ledger.entry import Entry
from sightline.ledger.instants import format_day_in_india, to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.storage import generations
from sightline.storage.generations import GenerationFile
from sightline.storage.rows import Generation, LedgerRow, Notice, Referral, Resolving, StoredJournalRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

KEPT_NEWEST = 16
"""How many of the newest generations are kept, however old they are."""
KEPT_US = 2 * 86_400_000_000
"""A generation is kept while it is at most this much older than the newest one."""
GRACE_US = 86_400_000_000
"""Files are removed only this much later, so that a process that opened them in time can read them to the end."""
REPORTS = (Verb.CASE_REPORTED, Verb.OPERATION_REPORTED)
"""Reports that name the generation of their leads."""
REPORT_US = 600_000_000
"""Ten minutes, longer than it takes to make a report: its generation was current at some instant of that time."""
_ORIGIN = re.compile(r"\bgeneration (\d+)\b")


def list_kept_generations(tables: Tables, grace_us: int = 0) -> set[int]:
    """Return the numbers of the generations that are kept, with purged ones among them.

    They are the newest ones, the last one of each day in India, and those that a notice, a referral, a resolution, a
    report or an export names. `grace_us`: how much longer than `KEPT_US`.
    """
    rows = tables[Generation]
    numbers = rows.list_values("number")
    if not numbers:
        return set()
    made_us = dict(zip(numbers, rows.list_values("made_at_us"), strict=True))
    since_us = made_us[numbers[-1]] - KEPT_US - grace_us
    kept_numbers = set(numbers[-KEPT_NEWEST:]) | {number for number in numbers if made_us[number] >= since_us}
    if len(kept_numbers) == len(numbers):
        return kept_numbers
    kept_numbers |= set({format_day_in_india(made_us[number]): number for number in numbers}.values())
    return kept_numbers | _list_named_generations(tables)


def is_kept(tables: Tables, generation: Generation) -> bool:
    """Return whether a generation is kept. Of a new one, that is known at once."""
    rows = tables[Generation]
    newer_us = rows.list_values("made_at_us", rows.get_column("number") > generation.number)
    is_new = len(newer_us) < KEPT_NEWEST or newer_us[-1] - generation.made_at_us <= KEPT_US
    return is_new or generation.number in list_kept_generations(tables)


def _list_named_generations(tables: Tables) -> set[int]:
    """Return the numbers of the generations that other things of the workspace name."""
    named = {*tables[Notice].list_values("generation"), *tables[Referral].list_values("generation")}
    resolved = {str(json.loads(text)["generation"]) for text in tables[Resolving].list_values("inputs_json")}
    ids = tables[Generation]
    numbers = zip(ids.list_values("number"), ids.list_values("generation_id"), strict=True)
    named |= {number for number, generation_id in numbers if generation_id in resolved}
    named |= _list_reported_generations(tables)
    is_export = tables[StoredJournalRow].get_column("verb") == JournalVerb.EXPORT_LEADS.value
    for text in tables[StoredJournalRow].list_values("text", is_export):
        named |= set(map(int, _ORIGIN.findall(text or "")))
    return named


def _list_reported_generations(tables: Tables) -> set[int]:
    """Return the numbers of the generations that were current while a report was made that was given out."""
    entries, rows = tables[LedgerRow], tables[Generation]
    texts = entries.list_values("entry_json", entries.get_column("verb").in_([verb.value for verb in REPORTS]))
    reported_us = [to_microseconds(Entry.read(text.encode()).at) for text in texts]
    numbers, made_us = rows.list_values("number"), rows.list_values("made_at_us")
    spans = ((bisect_right(made_us, at_us - REPORT_US), bisect_right(made_us, at_us)) for at_us in reported_us)
    return {number for first, until in spans for number in numbers[max(0, first - 1) : until]}


def list_kept_files(tables: Tables) -> Iterator[GenerationFile]:
    """Yield the files of the kept generations that depend on nothing purged. All of them must be there."""
    kept_numbers = list_kept_generations(tables)
    for number, file in generations.list_numbered_files(tables):
        if number in kept_numbers:
            yield file


def remove_superseded_files(workspace: Workspace) -> int:
    """Remove the files of generations that are not kept any more, and return their number."""
    with workspace.read() as tables:
        kept_numbers = list_kept_generations(tables, GRACE_US)
        superseded = {
            file.file for number, file in generations.list_numbered_files(tables) if number not in kept_numbers
        }
    there = [stored.name for stored in workspace.segments.names() if stored.name in superseded] if superseded else []
    for name in there:
        workspace.segments.delete(name)
    return len(there)
