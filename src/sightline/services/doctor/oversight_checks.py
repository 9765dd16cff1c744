"""Checks of outside evidence (sealed journal, checkpoints, witnesses, backups) and of retention."""

from __future__ import annotations

from datetime import datetime, timedelta

from sightline.casework.exhibits.retention import list_retention_terms
from sightline.casework.leads.retention_period import find_lead_period
from sightline.ledger import journal_seals
from sightline.ledger.entry import Entry
from sightline.ledger.instants import to_instant, to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.message_text import count_noun
from sightline.services.doctor.check import Check, report_ok, report_problem, report_warning
from sightline.storage.rows import Countersignature, LedgerRow, StoredJournalRow, Witness
from sightline.storage.table import Tables

SEALED_WITHIN = timedelta(seconds=10)
EXPORTED_WITHIN = timedelta(days=30)
BACKED_UP_WITHIN = timedelta(days=7)
EXPORT = "sightline ledger export-checkpoint --out FILE; take it off this machine, and print it"


def check_journal(tables: Tables, now: datetime) -> Check:
    """Check that views and refusals are sealed."""
    first = journal_seals.find_sealed_end(tables)
    rest = tables[StoredJournalRow].get(first)
    if rest is None or now - to_instant(rest.at_us) <= SEALED_WITHIN:
        return report_ok("journal", f"{count_noun(first, 'row is', 'rows are')} sealed")
    count = tables[StoredJournalRow].count(tables[StoredJournalRow].get_column("seq") >= first)
    age = _format_age(now - to_instant(rest.at_us))
    what = f"{count_noun(count, 'row is', 'rows are')} not sealed, the oldest for {age}"
    return report_problem("journal", what, "any command that acts seals them: sightline whoami")


def check_checkpoints(tables: Tables, now: datetime) -> list[Check]:
    """Check that somebody outside could notice a rollback of the workspace."""
    last = tables[StoredJournalRow].find_last("at_us", verb=JournalVerb.EXPORT_CHECKPOINT.value)
    if last is None:
        what = "no checkpoint ever left this machine: its owner could roll the record back unseen"
        return [report_warning("checkpoints", what, EXPORT), *_check_witnesses(tables, now)]
    age = now - to_instant(last.at_us)
    summary = f"the last one left this machine {_format_age(age)} ago"
    late = (
        report_warning("checkpoints", summary, EXPORT) if age > EXPORTED_WITHIN else report_ok("checkpoints", summary)
    )
    return [late, *_check_witnesses(tables, now)]


def _check_witnesses(tables: Tables, now: datetime) -> list[Check]:
    if tables[Witness].count() == 0:
        advice = "let an auditor or a court countersign: sightline witnesses add"
        return [report_warning("witnesses", "nobody countersigns checkpoints", advice)]
    last = tables[Countersignature].find_last("at_us")
    if last is None:
        return [
            report_warning(
                "witnesses",
                "nothing was countersigned yet",
                f"{EXPORT}; sightline ledger import-checkpoint what comes back",
            )
        ]
    age = now - to_instant(last.at_us)
    summary = f"the last countersignature is of {_format_age(age)} ago, by {last.name}"
    return [report_warning("witnesses", summary, EXPORT) if age > EXPORTED_WITHIN else report_ok("witnesses", summary)]


def check_backups(tables: Tables, now: datetime) -> list[Check]:
    """Check the age of the last backup, and whether older ones still hold what was purged."""
    last = tables[LedgerRow].find_last("seq", verb=Verb.BACKUP_MADE.value)
    advice = "sightline backup --out FILE, on another disk, at another place"
    if last is None:
        return [report_warning("backups", "there is none", advice)]
    age = now - Entry.read(last.entry_json.encode()).at
    summary = f"the last one is of {_format_age(age)} ago, at {count_noun(last.seq, 'entry', 'entries')}"
    checks = [report_warning("backups", summary, advice) if age > BACKED_UP_WITHIN else report_ok("backups", summary)]
    purge = tables[LedgerRow].find_last("seq", verb=Verb.PURGE_DONE.value)
    if purge is not None and purge.seq > last.seq:
        what = "something was purged since: the backups before still hold it"
        checks.append(report_warning("backups", what, "make a new one, restore --check it, and destroy the older ones"))
    return checks


def check_retention(tables: Tables, now: datetime) -> Check:
    """Check for exhibits past the end of their retention."""
    due = [term for term in list_retention_terms(tables) if term.is_due(to_microseconds(now)) and not term.holds]
    if due:
        what = f"{count_noun(len(due), 'exhibit is', 'exhibits are')} kept longer than the authority allows"
        return report_warning("retention", what, "sightline purge --due lists them")
    return report_ok("retention", "nothing is kept longer than its day")


def check_lead_retention(tables: Tables) -> Check:
    """Show the retention period of what officers wrote about leads, if one is set."""
    period = find_lead_period(tables)
    if period is None:
        what = "no keeping time of what officers wrote about closed leads is set: sightline leads set-retention DAYS"
        return report_ok("leads", what)
    return report_ok("leads", f"what officers wrote about closed leads is kept for {count_noun(period.days, 'day')}")


def _format_age(age: timedelta) -> str:
    if age < timedelta(hours=2):
        return f"{max(0, int(age.total_seconds() // 60))} minutes"
    return f"{int(age.total_seconds() // 3600)} hours" if age < timedelta(days=2) else f"{age.days} days"
