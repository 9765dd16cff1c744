"""`sightline referrals deconflict`: whether any other force has the same lines, through an exchange."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.referrals.pseudonyms import WHAT, print_matches, read_sealed, start_signed_session
from sightline.cli.subcommands import Parsers, add_command, add_json, add_why

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.referrals.deconfliction import PeriodKey
    from sightline.stages.lists.signature import SecretKey

EXAMPLES = {
    "create-key": """\
  sightline referrals deconflict create-key --period 2026-12 --to KA-CYBER --to TN-CYBER --own-recipient age1... \\
      --out keys  # a sealed file for each force, and one for this unit
""",
    "export": """\
  sightline referrals deconflict export keys/KA-CYBER.age --identity KA-CYBER.age --what addresses \\
      --why "order 9/2026" --out ours.json
      # by two officers: run it again once it is approved; then send it to the exchange
""",
    "match": """\
  sightline referrals deconflict match keys/KA-CYBER.age answer.json --identity KA-CYBER.age
""",
}
ABOUT = """\
Learn whether any other force has the same lines, accounts or files. All forces have a key for a month. Each sends keyed
pseudonyms to an exchange, which has no key. The exchange answers with those of your own that another force sent too. It
does not say which force, and nothing of what only others have.
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parsers."""
    here = add_command(verbs, "deconflict", "which lines any other force has too", "".join(EXAMPLES.values()), ABOUT)
    acts = here.add_subparsers(dest="act", required=True, metavar="VERB", title="verbs")
    create = add_command(acts, "create-key", "make the key of a month for some forces", EXAMPLES["create-key"])
    create.add_argument("--period", required=True, metavar="YYYY-MM", help="the month")
    create.add_argument("--to", action="append", required=True, metavar="CODE", help="a force; may be repeated")
    create.add_argument("--own-recipient", required=True, metavar="age1...", help="the age recipient of this unit")
    create.add_argument("--out", type=Path, required=True, metavar="DIR", help="a new folder")
    write = add_command(acts, "export", "write own pseudonyms for the exchange; takes two officers", EXAMPLES["export"])
    write.add_argument("--what", required=True, choices=WHAT, help="what is compared")
    write.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")
    add_why(write)
    match = add_command(acts, "match", "show own lines that the exchange says another force has too", EXAMPLES["match"])
    for choice in (write, match):
        choice.add_argument("period_key", type=Path, metavar="KEY.age", help="the sealed key of the month")
        choice.add_argument("--identity", type=Path, required=True, metavar="FILE", help="your age key")
    match.add_argument("answer", type=Path, metavar="ANSWER.json", help="what the exchange answered")
    add_json(match)
    for choice in acts.choices.values():
        choice.add_argument("--sign", type=Path, metavar="FILE.key", help="the key by which forces know this unit")
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    officer_session, key = start_signed_session(arguments)
    return {"create-key": _create, "export": _export, "match": _match_answer}[arguments.act](
        arguments, officer_session, key
    )


def _create(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.errors import OutputExists, name_output_on_error  # noqa: PLC0415
    from sightline.services.referrals.deconfliction import create_period_key  # noqa: PLC0415

    if arguments.out.exists():
        raise OutputExists(f"{arguments.out} exists already", hint="name a new folder")
    sealed = create_period_key(officer_session, arguments.period, arguments.to, arguments.own_recipient, key)
    with name_output_on_error(arguments.out):
        arguments.out.mkdir(mode=0o700, parents=True)
        for code, content in sorted(sealed.items()):
            (arguments.out / f"{code}.age").write_bytes(content)
            print(f"{arguments.out / code}.age: for {code} alone")
    return 0


def _open_period_key(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> PeriodKey:
    from sightline.services.referrals.deconfliction import read_period_key  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_age_identities  # noqa: PLC0415

    sealed = read_sealed(arguments.period_key, "name the sealed key of the month")
    return read_period_key(officer_session, sealed, read_age_identities(arguments.identity), key)


def _export(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals.comparison import ComparedValue  # noqa: PLC0415
    from sightline.services.referrals.deconfliction import export_pseudonyms  # noqa: PLC0415

    check_one(arguments.out, (), overwrite=False)
    period_key, why = _open_period_key(arguments, officer_session, key), require_reason(arguments.why, "--why")
    note = export_pseudonyms(officer_session, period_key, ComparedValue(arguments.what), why, key)
    write_small(arguments.out, note.decode(), mode=0o600, overwrite=False)
    path = f"/api/v1/deconfliction/{period_key.period}/{arguments.what}"
    print(f"{arguments.out}: send it to the exchange, POST {path}; then ask it with GET {path}")
    return 0


def _match_answer(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.services.referrals.deconfliction import match_answer, read_answer_file  # noqa: PLC0415

    period_key = _open_period_key(arguments, officer_session, key)
    deconflicted = match_answer(officer_session, period_key, read_answer_file(arguments.answer))
    print_matches(deconflicted.matches, as_json=arguments.json, none_found="no other force has any of them")
    if deconflicted.not_ours:
        sys.stderr.write(f"{deconflicted.not_ours:,} of the answer are not this unit's any more\n")
    return 0
