"""`sightline purge`: an exhibit's content destroyed by two officers; the proof that it was there stays."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.model.short_ids import format_lead_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.casework.exhibits.purge import PurgeResult
    from sightline.casework.exhibits.retention import RetentionTerm
    from sightline.services.resolution.identity_retention import IdentityClock
    from sightline.services.resolution.purge_effects import RecalledSubscriber

DESCRIPTION = """\
Destroy everything that the workspace has of an exhibit: its hits, the keys that could prove them, paths, custody texts,
reasons and manifests. All leads that were made with it go too, until they are rebuilt without it. The ledger keeps that
it existed, under which authority, its size, and when it was purged. This takes two officers: the first run asks; once
it is approved, run it again. A legal hold prevents it. --due lists the exhibits that are due.
"""

EXAMPLES = """\
  sightline purge --due
  sightline purge 3f2a91 --why "keeping time over, order 7/2026"
  sightline purge 3f2a91 --early --why "order of the court of 1.9.2026: to be destroyed"
"""


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(commands, "purge", "destroy an exhibit's content, by two officers", EXAMPLES, DESCRIPTION)
    here.add_argument("exhibit", nargs="?", metavar="SHA256", help="the exhibit, or the beginning of its digest")
    here.add_argument("--due", action="store_true", help="list the exhibits and identities whose keeping time is over")
    here.add_argument("--early", action="store_true", help="before its keeping time is over")
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger keeps; name nobody in it")
    add_json(here)
    add_officer_options(here)


def run(arguments: argparse.Namespace) -> int:
    """List what is due, or purge one."""
    if arguments.due:
        if arguments.exhibit or arguments.early or arguments.why:
            raise UsageError("--due only lists", hint="name the exhibit without --due to purge it")
        return _list_due(arguments)
    if arguments.exhibit is None:
        raise UsageError("no exhibit was named", hint="sightline purge --due lists what is due")
    return _purge_exhibit(arguments)


def _list_due(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.retention import list_due_exhibits  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.resolution.identity_retention import list_due_identities  # noqa: PLC0415

    officer_session = start_session(arguments)
    clocks, identities = list_due_exhibits(officer_session), list_due_identities(officer_session)
    for term in clocks:
        _tell_clock(arguments, term)
    for identity in identities:
        _tell_identity(arguments, identity)
    if not clocks and not identities:
        sys.stderr.write("nothing is due\n")
    return 0


def _tell_clock(arguments: argparse.Namespace, term: RetentionTerm) -> None:
    from sightline.cli.table_output import as_json, format_minute  # noqa: PLC0415

    holds = [hold.hold_id for hold in term.holds]
    if arguments.json:
        more = {
            "authorities": list(term.authorities),
            "runs": term.content.runs,
            "hits": term.content.hits,
            "holds": holds,
        }
        print(as_json(term.exhibit, keep_until=format_minute(term.keep_until_us), **more))
        return
    hold_note = f"  on hold: {', '.join(holds)}" if holds else ""
    under = escape_text(", ".join(term.authorities))
    print(
        f"{term.exhibit.exhibit_id}  until {format_minute(term.keep_until_us)}"
        f"  {count_noun(term.content.hits, 'hit')}, under {under}{hold_note}"
    )


def _tell_identity(arguments: argparse.Namespace, clock: IdentityClock) -> None:
    from sightline.cli.table_output import format_minute  # noqa: PLC0415

    holds = [hold.hold_id for hold in clock.holds]
    if arguments.json:
        facts = {"subscriber": clock.subscriber, "keep_until": format_minute(clock.keep_until_us)}
        print(json.dumps(facts | {"authorities": list(clock.authorities), "holds": holds}))
        return
    hold_note = f"  on hold: {', '.join(holds)}" if holds else ""
    under = escape_text(", ".join(clock.authorities))
    print(
        f"identity {clock.subscriber[:12]}  until {format_minute(clock.keep_until_us)}, under {under}{hold_note}"
        f"; sightline resolve purge {clock.subscriber[:12]}"
    )


def _purge_exhibit(arguments: argparse.Namespace) -> int:
    from sightline.casework.exhibits.purge import purge_exhibit  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.resolution.purge_effects import (  # noqa: PLC0415
        compute_effects_digest,
        list_effects_of_purge,
    )

    if arguments.why is None:
        raise UsageError("--why is missing", hint="say the reason: the ledger keeps it")
    officer_session, why = start_session(arguments), require_reason(arguments.why, "--why")
    officer_session.require(Action.PURGE, "exhibit:purge")
    recalled = list_effects_of_purge(officer_session.workspace, arguments.exhibit)
    _tell_recalled(recalled)
    lost = sum(not subscriber.is_named_after for subscriber in recalled)
    effects: dict[str, str | int] = {
        "subscribers_recalled": lost,
        "subscribers_with_fewer_visits": len(recalled) - lost,
    }
    effects["effects_sha256"] = compute_effects_digest(recalled)
    purge_result = purge_exhibit(officer_session, arguments.exhibit, why, early=arguments.early, effects=effects)
    if arguments.json:
        facts = {
            "exhibit": purge_result.exhibit_id,
            **purge_result.counts,
            "files": purge_result.files,
            "is_clean": purge_result.is_clean,
        }
        print(json.dumps(facts))
        return 0
    _print_result(purge_result)
    return 0


def _tell_recalled(recalled: Sequence[RecalledSubscriber]) -> None:
    """Say who is named by visits of this exhibit alone, before anything is destroyed."""
    if not recalled:
        sys.stderr.write("no subscriber is named by this exhibit alone\n")
    for subscriber in recalled:
        after = (
            f"{subscriber.visits - subscriber.visits_lost:,} stay"
            if subscriber.is_named_after
            else "not named any more"
        )
        leads = ", ".join(format_lead_number(lead) for lead in subscriber.leads)
        sys.stderr.write(
            f"recalled: subscriber {subscriber.subscriber[:12]}, {subscriber.visits_lost:,} of {subscriber.visits:,}"
            f" visits (lead {leads}); {after}\n"
        )


def _print_result(purged: PurgeResult) -> None:
    counts = purged.counts
    if not counts:
        print(f"{purged.exhibit_id}  was purged before; removed {count_noun(purged.files, 'file')} that had been left")
    else:
        print(
            f"{purged.exhibit_id}  purged: {count_noun(counts['runs'], 'run')}, "
            f"{count_noun(counts['hits'], 'hit')}, {count_noun(purged.files, 'file')},"
            f" {count_noun(counts['generations'], 'generation')} of leads,"
            f" {count_noun(counts['openings'], 'text')} of the ledger, {counts['journal']:,} of the journal"
        )
    for path in purged.paths:
        sys.stderr.write(f"the exhibit itself is not touched: {escape_text(path)}\n")
    if not purged.is_clean:
        sys.stderr.write(
            "another process reads the database: its log still holds old bytes; run this again when it has ended\n"
        )
    sys.stderr.write(
        "backups made before still hold it, and so may disks and PostgreSQL: see docs/how-to/retention_and_backup.md\n"
    )
