"""`sightline resolve` without a verb: resolve, and tell sessions or subscribers."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from sightline.cli.address_options import add_open, check_given_reason
from sightline.cli.subcommands import add_json
from sightline.message_text import count_noun
from sightline.model import ResolutionVerdict
from sightline.model.short_ids import format_lead_number
from sightline.stages.report.printable import mask_lines

if TYPE_CHECKING:
    import polars as pl

    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.artifacts.resolutions import Resolutions
    from sightline.services.resolution.resolve import ResolveResult

LIMIT = 50


def add_made(here: argparse.ArgumentParser) -> None:
    """The options of resolving."""
    add_json(here)
    here.add_argument("--subscribers", action="store_true", help="list subscribers instead of sessions")
    here.add_argument("--limit", type=int, metavar="N", help=f"the maximum number (on a terminal, default {LIMIT})")
    here.add_argument("--quiet", action="store_true", help="no progress, no table")
    add_open(here)


def run(arguments: argparse.Namespace) -> int:
    """Resolve what stands now, and tell it."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.resolutions import require_newest_resolution  # noqa: PLC0415
    from sightline.services.resolution.resolve import resolve_leads  # noqa: PLC0415

    why = check_given_reason(arguments)
    officer_session = start_session(arguments)
    with progress.show_counter(enabled=not (arguments.quiet or arguments.json)) as watch:
        resolved = resolve_leads(officer_session, watch)
    with officer_session.read(Action.RESOLUTION_VIEW, "resolving:all", JournalVerb.VIEW_RESOLUTIONS):
        resolutions = require_newest_resolution(officer_session.workspace)
    if arguments.json:
        if arguments.subscribers:
            lines = (
                f"{json.dumps(row, ensure_ascii=False)}\n" for row in resolutions.subscribers.iter_rows(named=True)
            )
            sys.stdout.writelines(islice(lines, arguments.limit))
        else:
            _write_sessions(
                officer_session,
                resolutions,
                resolutions.sessions if arguments.limit is None else resolutions.sessions.head(arguments.limit),
                why,
            )
    elif not arguments.quiet:
        sys.stdout.write("".join(f"{line}\n" for line in _format_account(resolved)))
        _print_table(resolutions, arguments.limit or LIMIT, of_subscribers=arguments.subscribers)
    return 0


def _write_sessions(
    officer_session: OfficerSession, resolutions: Resolutions, sessions: pl.DataFrame, why: str | None
) -> None:
    """Write sessions as JSON: masked, or whole for a reason, those of several leads by two officers."""
    from sightline.casework.identities.disclosures import UnmaskedExport, record_export, require_export  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    if why is not None:
        ids = sessions["lead_id"].unique(maintain_order=True).to_list()
        export = UnmaskedExport("resolving:all", "leads", ids, "", f"resolving {resolutions.resolution.number}")
        by = require_export(officer_session, JournalVerb.VIEW_ADDRESS, export, why)
        digest = hashlib.sha256("".join(_to_json(resolutions, sessions, is_open=True)).encode()).hexdigest()
        record_export(officer_session, JournalVerb.VIEW_ADDRESS, export, why, digest, by)
    sys.stdout.writelines(_to_json(resolutions, sessions, is_open=why is not None))


def _to_json(resolutions: Resolutions, sessions: pl.DataFrame, *, is_open: bool) -> Iterator[str]:
    from sightline.services.leads.masked_leads import mask_session  # noqa: PLC0415

    for session_json in resolutions.to_json(sessions):
        yield (
            json.dumps(
                session_json | {"is_masked": False} if is_open else mask_session(session_json), ensure_ascii=False
            )
            + "\n"
        )


def _format_account(resolved: ResolveResult) -> list[str]:
    resolution, account = resolved.resolution, resolved.account
    again = ", there already: nothing that it rests on has changed" if resolved.was_there else ""
    lines = [f"resolution {resolution.number}  {resolution.resolving_id[:12]}{again}"]
    lines.append(
        f"  {count_noun(account['sessions'], 'session')} asked for, "
        f"{count_noun(account['subscribers'], 'subscriber')} named"
    )
    kinds = [
        *(resolution_verdict.value for resolution_verdict in ResolutionVerdict),
        "corroborated",
        "consistent",
        "named",
        "purged",
        "recalled",
    ]
    return lines + [f"  {account[kind]:>9,} {kind}" for kind in kinds if account.get(kind)]


def _print_table(resolutions: Resolutions, limit: int, *, of_subscribers: bool) -> None:
    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    frame = resolutions.subscribers if of_subscribers else resolutions.sort_sessions()
    rows: list[tuple[str, ...]] = [SUBSCRIBERS if of_subscribers else SESSIONS]
    if of_subscribers:
        rows += [_build_subscriber_row(resolutions, row) for row in frame.head(limit).iter_rows(named=True)]
    else:
        rows += [_build_session_row(session_json) for session_json in resolutions.to_json(frame.head(limit))]
    sys.stdout.write("".join(f"{line}\n" for line in format_columns(rows)))
    if len(frame) > limit:
        sys.stderr.write(f"{len(frame) - limit:,} more: --limit N, or --json\n")


SESSIONS = ("SESSION", "LEAD", "FROM", "SEEN (UTC)", "VERDICT", "SUBSCRIBER", "WHY")
SUBSCRIBERS = ("SUBSCRIBER", "NUMBER", "LICENSEE", "STATUS", "SESSIONS", "NOTICES", "WHY")


def _build_session_row(session_json: dict[str, Any]) -> tuple[str, ...]:
    subscriber_texts = [format_subscriber(subscriber) for subscriber in session_json["subscribers"]]
    return (
        session_json["session_id"][:12],
        format_lead_number(session_json["lead_id"]),
        mask_lines(session_json["source_ip"]),
        session_json["first_seen"][:16].replace("T", " "),
        session_json["verdict"],
        ", ".join(subscriber_texts[:2])
        + (f" and {len(subscriber_texts) - 2} more" if len(subscriber_texts) > 2 else ""),
        ", ".join(reason["code"] for reason in session_json["reasons"]),
    )


def format_subscriber(one: dict[str, Any]) -> str:
    """A subscriber in few letters: the number where it is open, else its id; and how well it stands."""
    return " ".join(filter(None, (one["number"] or one["subscriber"][:12], one["standing"])))


def _build_subscriber_row(resolutions: Resolutions, one: dict[str, Any]) -> tuple[str, ...]:
    subscriber = resolutions.describe_subscriber(one["subscriber"], one["licensee_id"])
    return (
        one["subscriber"][:12],
        subscriber["number"] or (f"sealed ({one['number_kind']})" if one["number_kind"] else "purged"),
        subscriber["licensee"] or "",
        one["standing"],
        str(len(one["sessions"])),
        str(one["notices"]),
        ", ".join(one["why"]),
    )
