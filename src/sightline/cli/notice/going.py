"""`sightline notice sent` and `close`: that a notice went out, and that nothing more is awaited of it."""

from __future__ import annotations

import argparse

from sightline.cli.verbs import Parsers, add_why, command

ZONE = "Asia/Kolkata"
"""In which days are meant."""
SENT = """\
  sightline notice sent 7QX2 --how "by hand, receipt 41"
  sightline notice sent 7QX2 --how "e-mail to the nodal officer" --on 2026-03-05 --due 2026-03-12
"""
CLOSE = '  sightline notice close 7QX2 --why "answered in full"\n'


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    sent = command(verbs, "sent", "say that an approved notice went out, how, and by when an answer is due", SENT)
    close = command(verbs, "close", "say that nothing more is awaited of a notice", CLOSE)
    for here in (sent, close):
        here.add_argument("notice", metavar="ID", help="its id, the end of it, or its number")
    sent.add_argument("--how", required=True, metavar="TEXT", help="by what way, with its receipt")
    sent.add_argument("--on", metavar="TIME", help="when, as a day in India or an instant with its zone (default: now)")
    sent.add_argument("--due", metavar="DATE", help="the last day for an answer (default: the 15th from then)")
    add_why(close)


def run(arguments: argparse.Namespace) -> int:
    """Tell the record."""
    from sightline.casework import notices  # noqa: PLC0415
    from sightline.casework.declared import when, words  # noqa: PLC0415
    from sightline.cli.desk import desk_of  # noqa: PLC0415
    from sightline.engines.noticing.letters import due_day  # noqa: PLC0415

    if arguments.verb == "sent":
        how = words(arguments.how, "--how")
        on = None if arguments.on is None else when(arguments.on, "--on", ZONE)
        due = None if arguments.due is None else when(arguments.due, "--due", ZONE, is_end=True)
        desk = desk_of(arguments)
        done = notices.send(desk, arguments.notice, how, on, due)
        print(f"{done.notice_id}  {done.number}: sent, an answer is due by {due_day(done.due_at_us or 0)}")
        return 0
    why = words(arguments.why, "--why")
    desk = desk_of(arguments)
    done = notices.close(desk, arguments.notice, why)
    print(f"{done.notice_id}  {done.number}: closed")
    return 0
