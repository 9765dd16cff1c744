"""`sightline resolve` without a verb: resolve, and tell sessions or subscribers."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from sightline.cli.verbs import add_json
from sightline.records import ResolutionVerdict
from sightline.stages.report.shown import masked

if TYPE_CHECKING:
    from sightline.engines.resolving.reading import Resolutions
    from sightline.engines.resolving.resolving import Resolved

LIMIT = 50


def add_made(here: argparse.ArgumentParser) -> None:
    """The options of resolving."""
    add_json(here)
    here.add_argument("--subscribers", action="store_true", help="tell subscribers in the place of sessions")
    here.add_argument("--limit", type=int, metavar="N", help=f"at most so many (on a terminal {LIMIT} unless said)")
    here.add_argument("--quiet", action="store_true", help="no progress, no table")


def run(arguments: argparse.Namespace) -> int:
    """Resolve what stands now, and tell it."""
    from sightline.casework.access import Action  # noqa: PLC0415
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.desk import desk_of  # noqa: PLC0415
    from sightline.engines.resolving.reading import newest  # noqa: PLC0415
    from sightline.engines.resolving.resolving import resolve  # noqa: PLC0415
    from sightline.record.ledger.verbs import Seen  # noqa: PLC0415

    desk = desk_of(arguments)
    with progress.counter(enabled=not (arguments.quiet or arguments.json)) as watch:
        resolved = resolve(desk, watch)
    with desk.read(Action.RESOLUTION_VIEW, "resolving:all", Seen.VIEW_RESOLUTIONS):
        read = newest(desk.workspace)
    if arguments.json:
        rows = read.subscribers.iter_rows(named=True) if arguments.subscribers else read.told(read.sessions)
        for at, told in enumerate(rows):
            if arguments.limit is None or at < arguments.limit:
                sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
    elif not arguments.quiet:
        sys.stdout.write("".join(f"{line}\n" for line in _account(resolved)))
        _table(read, arguments.limit or LIMIT, of_subscribers=arguments.subscribers)
    return 0


def _account(resolved: Resolved) -> list[str]:
    made, said = resolved.resolving, resolved.account
    again = ", there already: nothing that it rests on has changed" if resolved.was_there else ""
    lines = [f"resolving {made.number}  {made.resolving_id[:12]}{again}"]
    lines.append(f"  {said['sessions']:,} sessions asked for, {said['subscribers']:,} subscribers named")
    kinds = [*(one.value for one in ResolutionVerdict), "corroborated", "consistent", "named", "purged", "recalled"]
    return lines + [f"  {said[kind]:>9,} {kind}" for kind in kinds if said.get(kind)]


def _table(read: Resolutions, limit: int, *, of_subscribers: bool) -> None:
    from sightline.cli.tables import columns  # noqa: PLC0415

    frame = read.subscribers if of_subscribers else read.by_how_far_they_carry()
    rows: list[tuple[str, ...]] = [SUBSCRIBERS if of_subscribers else SESSIONS]
    if of_subscribers:
        rows += [_subscriber(read, one) for one in frame.head(limit).iter_rows(named=True)]
    else:
        rows += [_session(one) for one in read.told(frame.head(limit))]
    sys.stdout.write("".join(f"{line}\n" for line in columns(rows)))
    if len(frame) > limit:
        sys.stderr.write(f"{len(frame) - limit:,} more: --limit N, or --json\n")


SESSIONS = ("SESSION", "LEAD", "FROM", "SEEN (UTC)", "VERDICT", "WHOM", "WHY")
SUBSCRIBERS = ("SUBSCRIBER", "NUMBER", "LICENSEE", "STANDS", "SESSIONS", "NOTICES", "WHY")


def _session(told: dict[str, Any]) -> tuple[str, ...]:
    whom = [whom_of(one) for one in told["subscribers"]]
    return (
        told["session_id"][:12],
        told["lead_id"][:12],
        masked(told["source_ip"]),
        told["first_seen"][:16].replace("T", " "),
        told["verdict"],
        ", ".join(whom[:2]) + (f" and {len(whom) - 2} more" if len(whom) > 2 else ""),
        ", ".join(one["code"] for one in told["reasons"]),
    )


def whom_of(one: dict[str, Any]) -> str:
    """A subscriber in few letters: the number where it is open, else its id; and how well it stands."""
    return " ".join(filter(None, (one["number"] or one["subscriber"][:12], one["standing"])))


def _subscriber(read: Resolutions, one: dict[str, Any]) -> tuple[str, ...]:
    told = read.subscriber(one["subscriber"], one["licensee_id"])
    return (
        one["subscriber"][:12],
        told["number"] or (f"sealed ({one['number_kind']})" if one["number_kind"] else "purged"),
        told["licensee"] or "",
        one["standing"],
        str(len(one["sessions"])),
        str(one["notices"]),
        ", ".join(one["why"]),
    )
