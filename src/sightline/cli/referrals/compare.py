"""`sightline referrals compare`: whether two forces seek the same lines, by pseudonyms."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.referrals.pseudonyms import WHAT, print_matches, read_sealed, start_signed_session
from sightline.cli.subcommands import Parsers, add_command, add_json, add_why

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.stages.lists.signature import SecretKey

EXAMPLES = {
    "create-secret": "  sightline referrals compare create-secret KA-CYBER --out secret.age  # sealed to both\n",
    "import-secret": """\
  sightline referrals compare import-secret secret.age --identity KA-CYBER.age --sign KA-CYBER.key
""",
    "export": """\
  sightline referrals compare export KA-CYBER --what addresses --why "order 9/2026" --out ours.json
      # by two officers: run it again once it is approved
""",
    "match": "  sightline referrals compare match theirs.json\n",
}
ABOUT = """\
Compare addresses or numbers with another force without showing them. A pseudonym is a keyed digest of an address and a
day, or of a number. Without the secret nobody can learn anything from it. The other force has the secret, and can test
whether lines that it guesses are among yours. Both sides see what both have, and nothing else.
"""


def add(verbs: Parsers) -> None:
    """Add the verb's parsers."""
    here = add_command(verbs, "compare", "which lines two forces are both after", "".join(EXAMPLES.values()), ABOUT)
    acts = here.add_subparsers(dest="act", required=True, metavar="VERB", title="verbs")
    create = add_command(acts, "create-secret", "make a secret for a force and this unit", EXAMPLES["create-secret"])
    take_in = add_command(acts, "import-secret", "take a secret that a force made", EXAMPLES["import-secret"])
    take_in.add_argument("file", type=Path, metavar="FILE.age", help="the sealed secret")
    take_in.add_argument("--identity", type=Path, required=True, metavar="FILE", help="your age key")
    write = add_command(acts, "export", "write own pseudonyms for a force; takes two officers", EXAMPLES["export"])
    write.add_argument("--what", required=True, choices=WHAT, help="what is compared")
    add_why(write)
    for choice in (create, write):
        choice.add_argument("code", metavar="CODE", help="the force")
        choice.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to write it")
    match = add_command(acts, "match", "compare own lines with a force's pseudonyms", EXAMPLES["match"])
    match.add_argument("file", type=Path, metavar="FILE.json", help="its note")
    add_json(match)
    for choice in acts.choices.values():
        choice.add_argument("--sign", type=Path, metavar="FILE.key", help="the key by which the force knows this unit")
        add_officer_options(choice)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    officer_session, key = start_signed_session(arguments)
    return {
        "create-secret": _create_secret,
        "import-secret": _import_secret,
        "export": _export,
        "match": _match_pseudonyms,
    }[arguments.act](arguments, officer_session, key)


def _create_secret(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.errors import name_output_on_error  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals.comparison import agree_on_secret  # noqa: PLC0415

    check_one(arguments.out, (), overwrite=False)
    sealed = agree_on_secret(officer_session, arguments.code, key)
    with name_output_on_error(arguments.out):
        arguments.out.write_bytes(sealed)
    print(f"{arguments.out}: for {arguments.code} alone")
    return 0


def _import_secret(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.services.referrals.comparison import take_secret  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_age_identities  # noqa: PLC0415

    sealed = read_sealed(arguments.file, "name the sealed secret")
    force_secret = take_secret(officer_session, sealed, read_age_identities(arguments.identity), key.issuer)
    print(f"secret {force_secret.secret_id[-6:]} is agreed")
    return 0


def _export(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415
    from sightline.services.match.outputs import check_one  # noqa: PLC0415
    from sightline.services.referrals.comparison import ComparedValue, sign_pseudonyms  # noqa: PLC0415

    check_one(arguments.out, (), overwrite=False)
    note = sign_pseudonyms(
        officer_session, arguments.code, ComparedValue(arguments.what), require_reason(arguments.why, "--why"), key
    )
    write_small(arguments.out, note.decode(), mode=0o600, overwrite=False)
    print(arguments.out)
    return 0


def _match_pseudonyms(arguments: argparse.Namespace, officer_session: OfficerSession, key: SecretKey) -> int:
    from sightline.services.referrals import force_notes  # noqa: PLC0415
    from sightline.services.referrals.comparison import compare_pseudonyms  # noqa: PLC0415

    matches = compare_pseudonyms(officer_session, force_notes.read_file(arguments.file), key.issuer)
    print_matches(matches, as_json=arguments.json, none_found="nothing is with both")
    return 0
