"""Checks of the database and the segment store: complete, protected, and without unused files."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from ipaddress import ip_address
from pathlib import Path

from sqlalchemy import Connection, text

from sightline.ledger.instants import to_microseconds
from sightline.message_text import count_noun
from sightline.services.doctor.check import Check, report_ok, report_problem, report_warning
from sightline.storage import protection, registered_files
from sightline.storage.migrate import read_revision
from sightline.storage.rows import Dataset, FlagListRow, Run, Segment
from sightline.storage.segments import StoredFile
from sightline.storage.table import Tables
from sightline.workspace import leases, orphans, superseded_leads
from sightline.workspace.orphans import Orphan, OrphanReason
from sightline.workspace.workspace import Workspace

QUICK_BYTES = 4 << 30
"""Maximum size of a SQLite file that is checked page by page. `verify` reads larger ones."""
SWEEP = "sightline doctor --sweep removes them"
RESTORE = "restore the last backup into a new place: sightline restore; then compare with sightline verify"


def check_database(workspace: Workspace, tables: Tables) -> list[Check]:
    """Check the schema, triggers, and the engine's own integrity check."""
    connection = tables.connection
    checks = [report_ok("database", f"{connection.dialect.name}, schema {read_revision(connection)}")]
    changed = protection.compare_protection(connection)
    if changed:
        named = ", ".join(difference.name for difference in changed[:20])
        what = (
            f"missing, off or altered: {count_noun(len(changed), 'definition')} that should guard the ledger: {named}"
        )
        advice = "somebody changed them: sightline verify against a checkpoint kept elsewhere"
        checks.append(report_problem("triggers", what, advice))
    else:
        checks.append(report_ok("triggers", "the database itself refuses to change the ledger"))
    if connection.dialect.name == "sqlite":
        return checks + _check_sqlite(connection, Path(str(workspace.engine.url.database)))
    return checks + _check_postgresql(connection, workspace.engine.url.host)


def _check_sqlite(connection: Connection, path: Path) -> list[Check]:
    if path.stat().st_size > QUICK_BYTES:
        return []
    answers = [row[0] for row in connection.execute(text("PRAGMA quick_check(3)"))]
    broken = connection.execute(text("PRAGMA foreign_key_check")).fetchall()
    if answers != ["ok"]:
        return [report_problem("database", f"{path.name} is damaged: {answers[0].splitlines()[-1]}", RESTORE)]
    if broken:
        return [
            report_problem(
                "database", f"{count_noun(len(broken), 'row refers', 'rows refer')} to rows that are not there", RESTORE
            )
        ]
    return [report_ok("database", f"{path.name} is whole")]


def _check_postgresql(connection: Connection, host: str | None) -> list[Check]:
    wanted = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
    settings = {name: str(connection.execute(text(f"SHOW {name}")).scalar()) for name in wanted}
    checks = []
    for name, value in settings.items():
        if value == "off" or (name == "synchronous_commit" and value == "local"):
            what = f"PostgreSQL has {name} = {value}: what was confirmed as saved can be lost"
            checks.append(report_problem("postgresql", what, f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf()"))
    is_ssl = connection.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).scalar()
    if not is_ssl and not _is_local(host):
        advice = "add sslmode=verify-full to the URL in workspace.toml"
        checks.append(report_problem("postgresql", f"the connection to {host} is not encrypted", advice))
    if connection.execute(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")).scalar():
        advice = "let Sightline sign in as a user who owns this database and nothing else"
        checks.append(report_warning("postgresql", "it is used as a superuser, who can switch triggers off", advice))
    return checks or [report_ok("postgresql", "commits are on its disk, and the connection is safe")]


def _is_local(host: str | None) -> bool:
    if host is None or host.startswith("/") or host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def check_files(workspace: Workspace, tables: Tables, stored: list[StoredFile]) -> list[Check]:
    """Check for registered files that are missing or truncated, and files that nothing uses."""
    there = {stored_file.name: stored_file.size_bytes for stored_file in stored}
    live = {run.run_id for run in tables[Run].read_each(tables[Run].get_column("row_key").is_not(None))}
    wanted = {segment.file: segment.size_bytes for segment in tables[Segment].read_each() if segment.run_id in live}
    wanted |= {flag_list_row.file: flag_list_row.size_bytes for flag_list_row in tables[FlagListRow].read_each()}
    wanted |= {dataset.file: dataset.size_bytes for dataset in tables[Dataset].read_each()}
    wanted |= {file.file: file.size_bytes for file in superseded_leads.list_kept_files(tables)}
    wanted |= {
        file.file: file.size_bytes or there.get(file.file, 0) for file in registered_files.list_registered(tables)
    }
    # What was registered since the files were listed is there all the same.
    gone = sorted(name for name in wanted if name not in there and not workspace.segments.exists(name))
    cut = sorted(name for name, size in wanted.items() if there.get(name, size) != size)
    checks = [
        report_problem(
            "segments", f"{what}: {count_noun(len(names), 'registered file')}, the first {names[0]}", RESTORE_FILE
        )
        for names, what in ((gone, "missing"), (cut, "of another size"))
        if names
    ]
    checks = checks or [
        report_ok(
            "segments",
            f"{count_noun(len(wanted), 'registered file is', 'registered files are')} in {workspace.segments.where}",
        )
    ]
    return [*checks, *report_orphans(orphans.find_orphans(tables, stored)), *_check_half_written(workspace)]


RESTORE_FILE = (
    "get them from a backup (tar -x FILE segments/NAME); sightline verify --segments then says whether they are"
)


def report_orphans(orphan_files: list[Orphan]) -> Iterator[Check]:
    """Yield a check for each unused file in the segment store."""
    counts = Counter(orphan.reason for orphan in orphan_files)
    if count := counts[OrphanReason.PURGED]:
        yield report_problem("orphans", f"{count_noun(count, 'file is', 'files are')} left of purged exhibits", SWEEP)
    if count := counts[OrphanReason.SWEPT]:
        yield report_warning("orphans", f"{count_noun(count, 'file')} of scans that never ended", SWEEP)
    if count := counts[OrphanReason.UNKNOWN]:
        first = next(orphan.stored.name for orphan in orphan_files if orphan.reason is OrphanReason.UNKNOWN)
        advice = "find out who put them there; the sweep leaves them"
        yield report_warning(
            "orphans", f"{count_noun(count, 'file')} that the record does not know, the first {first}", advice
        )
    if not orphan_files:
        yield report_ok("orphans", "no file is there that should not be")


def _check_half_written(workspace: Workspace) -> Iterator[Check]:
    """Partial files of copies that died, where segments lie in a folder."""
    folder = Path(workspace.segments.where)
    count = (
        sum(1 for path in folder.rglob(".*.partial") if stat.S_ISREG(path.lstat().st_mode)) if folder.is_dir() else 0
    )
    if count:
        yield report_warning(
            "orphans",
            f"{count_noun(count, 'half-written file')}",
            f"when no scan runs: find {folder} -name '.*.partial' -delete",
        )


def check_scans(tables: Tables, now: datetime) -> Check:
    """Check for scans that died."""
    over = leases.list_expired(tables, to_microseconds(now))
    if over:
        return report_warning("scans", f"{count_noun(len(over), 'scan')} died before the end", SWEEP)
    return report_ok("scans", "none died on the way")
