"""`sightline purge`: an exhibit's content destroyed by two officers; the proof that it was there stays."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_desk
from sightline.cli.subcommands import Parsers, add_json, command
from sightline.cli.terminal_text import safe_text
from sightline.counts import count_noun
from sightline.errors import UsageError
from sightline.model.lead_numbers import lead_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sightline.casework.purge import PurgeResult
    from sightline.casework.retention import RetentionTerm
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
    here = command(commands, "purge", "destroy an exhibit's content, by two officers", EXAMPLES, DESCRIPTION)
    here.add_argument("exhibit", nargs="?", metavar="SHA256", help="the exhibit, or the beginning of its digest")
    here.add_argument("--due", action="store_true", help="list the exhibits and identities whose keeping time is over")
    here.add_argument("--early", action="store_true", help="before its keeping time is over")
    here.add_argument("--why", metavar="TEXT", help="the reason, which the ledger keeps; name nobody in it")
    add_json(here)
    add_desk(here)


def run(arguments: argparse.Namespace) -> int:
    """List what is due, or purge one."""
    if arguments.due:
        if arguments.exhibit or arguments.early or arguments.why:
            raise UsageError("--due only lists", hint="name the exhibit without --due to purge it")
        return _list_due(arguments)
    if arguments.exhibit is None:
        raise UsageError("no exhibit was named", hint="sightline purge --due lists what is due")
    return _purge(arguments)


def _list_due(arguments: argparse.Namespace) -> int:
    from sightline.casework.retention import due  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.resolution.identity_retention import due_identities  # noqa: PLC0415

    officer_session = start_session(arguments)
    clocks, identities = due(officer_session), due_identities(officer_session)
    for one in clocks:
        _tell_clock(arguments, one)
    for each in identities:
        _tell_identity(arguments, each)
    if not clocks and not identities:
        sys.stderr.write("nothing is due\n")
    return 0


def _tell_clock(arguments: argparse.Namespace, one: RetentionTerm) -> None:
    from sightline.cli.table_output import as_json, minute  # noqa: PLC0415

    holds = [each.hold_id for each in one.holds]
    if arguments.json:
        more = {
            "authorities": list(one.authorities),
            "runs": one.content.runs,
            "hits": one.content.hits,
            "holds": holds,
        }
        print(as_json(one.exhibit, keep_until=minute(one.keep_until_us), **more))
        return
    held = f"  on hold: {', '.join(holds)}" if holds else ""
    under = safe_text(", ".join(one.authorities))
    print(
        f"{one.exhibit.exhibit_id}  until {minute(one.keep_until_us)}"
        f"  {count_noun(one.content.hits, 'hit')}, under {under}{held}"
    )


def _tell_identity(arguments: argparse.Namespace, one: IdentityClock) -> None:
    from sightline.cli.table_output import minute  # noqa: PLC0415

    holds = [each.hold_id for each in one.holds]
    if arguments.json:
        facts = {"subscriber": one.subscriber, "keep_until": minute(one.keep_until_us)}
        print(json.dumps(facts | {"authorities": list(one.authorities), "holds": holds}))
        return
    held = f"  on hold: {', '.join(holds)}" if holds else ""
    under = safe_text(", ".join(one.authorities))
    print(
        f"identity {one.subscriber[:12]}  until {minute(one.keep_until_us)}, under {under}{held}"
        f"; sightline resolve purge {one.subscriber[:12]}"
    )


def _purge(arguments: argparse.Namespace) -> int:
    from sightline.casework.access import Action  # noqa: PLC0415
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.purge import purge  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.services.resolution.purge_effects import digest_of_effects, effects_of_purge  # noqa: PLC0415

    if arguments.why is None:
        raise UsageError("--why is missing", hint="say the reason: the ledger keeps it")
    officer_session, why = start_session(arguments), require_reason(arguments.why, "--why")
    officer_session.require(Action.PURGE, "exhibit:purge")
    recalled = effects_of_purge(officer_session.workspace, arguments.exhibit)
    _tell_recalled(recalled)
    lost = sum(not one.is_named_after for one in recalled)
    effects: dict[str, str | int] = {
        "subscribers_recalled": lost,
        "subscribers_with_fewer_visits": len(recalled) - lost,
    }
    effects["effects_sha256"] = digest_of_effects(recalled)
    done = purge(officer_session, arguments.exhibit, why, early=arguments.early, effects=effects)
    if arguments.json:
        facts = {"exhibit": done.exhibit_id, **done.counts, "files": done.files, "is_clean": done.is_clean}
        print(json.dumps(facts))
        return 0
    _print_result(done)
    return 0


def _tell_recalled(recalled: Sequence[RecalledSubscriber]) -> None:
    """Say who is named by visits of this exhibit alone, before anything is destroyed."""
    if not recalled:
        sys.stderr.write("no subscriber is named by this exhibit alone\n")
    for one in recalled:
        after = f"{one.visits - one.visits_lost:,} stay" if one.is_named_after else "not named any more"
        leads = ", ".join(lead_number(lead) for lead in one.leads)
        sys.stderr.write(
            f"recalled: subscriber {one.subscriber[:12]}, {one.visits_lost:,} of {one.visits:,} visits"
            f" (lead {leads}); {after}\n"
        )


def _print_result(done: PurgeResult) -> None:
    counts = done.counts
    if not counts:
        print(f"{done.exhibit_id}  was purged before; removed {count_noun(done.files, 'file')} that had been left")
    else:
        print(
            f"{done.exhibit_id}  purged: {count_noun(counts['runs'], 'run')}, "
            f"{count_noun(counts['hits'], 'hit')}, {count_noun(done.files, 'file')},"
            f" {count_noun(counts['generations'], 'generation')} of leads,"
            f" {count_noun(counts['openings'], 'text')} of the ledger, {counts['journal']:,} of the journal"
        )
    for path in done.paths:
        sys.stderr.write(f"the exhibit itself is not touched: {safe_text(path)}\n")
    if not done.is_clean:
        sys.stderr.write(
            "another process reads the database: its log still holds old bytes; run this again when it has ended\n"
        )
    sys.stderr.write(
        "backups made before still hold it, and so may disks and PostgreSQL: see docs/how-to/retention_and_backup.md\n"
    )
