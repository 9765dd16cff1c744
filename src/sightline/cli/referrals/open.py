"""`sightline referrals open`, `answer`, `read-recall`: at the force that a referral is for, without a workspace."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.message_text import count_noun
from sightline.model import OutcomeKind
from sightline.model.short_ids import names_lead
from sightline.stages.report.printable import mask_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sightline.services.referrals.package_reader import OpenedReferral

EXAMPLES = {
    "open": """\
  sightline referrals open ka-cyber-1.age --identity KA-CYBER.age --trust Cyber-PS.pub
  sightline referrals open ka-cyber-1.age --identity KA-CYBER.age --trust Cyber-PS.pub --out in \\
      --receipt receipt.json --sign KA-CYBER.key
""",
    "answer": """\
  sightline referrals answer in --lead 4cedfc69 --kind confirmed-by-forensics --on 2026-07-01 \\
      --sign KA-CYBER.key --out outcome.json
""",
    "read-recall": """\
  sightline referrals read-recall recall.json --trust Cyber-PS.pub --receipt receipt.json --sign KA-CYBER.key
""",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    open_ = add_command(verbs, "open", "open a sealed referral, check every byte of it, and show it", EXAMPLES["open"])
    open_.add_argument("file", type=Path, metavar="FILE.age", help="the package")
    open_.add_argument("--identity", type=Path, required=True, metavar="FILE", help="your age key")
    open_.add_argument("--out", type=Path, metavar="DIR", help="a new folder for what is in it")
    answer = add_command(verbs, "answer", "write the signed outcome of a referred lead", EXAMPLES["answer"])
    answer.add_argument("folder", type=Path, metavar="DIR", help="the folder that refer open --out wrote")
    answer.add_argument(
        "--lead", required=True, metavar="ID", help="the lead, by its number or id, or the beginning of the id"
    )
    answer.add_argument("--kind", required=True, choices=[kind.value for kind in OutcomeKind], help="what was found")
    answer.add_argument("--on", required=True, metavar="DATE", help="the day on which it was found")
    answer.add_argument("--sign", type=Path, required=True, metavar="FILE.key", help="your minisign key")
    answer.add_argument("--out", type=Path, required=True, metavar="FILE.json", help="where to write it")
    recalled = add_command(verbs, "read-recall", "read a recall, and write its receipt", EXAMPLES["read-recall"])
    recalled.add_argument("file", type=Path, metavar="FILE.json", help="the note")
    for parser in (open_, recalled):
        parser.add_argument(
            "--trust", type=Path, required=True, metavar="FILE.pub", help="the key of the unit that sent it"
        )
        parser.add_argument(
            "--receipt", type=Path, metavar="FILE.json", help="write the receipt for the sender; needs --sign"
        )
        parser.add_argument("--sign", type=Path, metavar="FILE.key", help="your minisign key, for the receipt")
        add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return {"open": _open_package, "answer": _write_answer, "read-recall": _open_recall}[arguments.verb](arguments)


def _open_package(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.services.referrals.force_keys import (  # noqa: PLC0415
        read_age_identities,
        read_public_key_file,
        read_secret_key_file,
    )
    from sightline.services.referrals.package_reader import open_package, sign_receipt  # noqa: PLC0415

    _check_receipt(arguments)
    identities, trusted = read_age_identities(arguments.identity), read_public_key_file(arguments.trust)
    key = read_secret_key_file(arguments.sign) if arguments.receipt else None
    opened_referral = open_package(arguments.file, identities, trusted, arguments.out, key)
    if arguments.json:
        facts = {
            "about": opened_referral.about,
            "content_sha256": opened_referral.content_sha256,
            "leads": list(opened_referral.leads),
        }
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    else:
        _print_referral(opened_referral)
    if key is not None:
        _write(arguments.receipt, sign_receipt(opened_referral, key, get_current_time()))
    return 0


def _check_receipt(arguments: argparse.Namespace) -> None:
    from sightline.errors import OutputExists, UsageError  # noqa: PLC0415

    if arguments.receipt is not None and arguments.receipt.exists():
        raise OutputExists(f"{arguments.receipt} exists already", hint="name a new file for the receipt")
    if (arguments.receipt is None) != (arguments.sign is None):
        raise UsageError("a receipt is written and signed", hint="--receipt FILE.json --sign FILE.key")


def _print_referral(opened_referral: OpenedReferral) -> None:
    from sightline.cli.table_output import format_columns, format_fields  # noqa: PLC0415

    about = opened_referral.about
    sender = about["from"]
    facts = [
        ("referral", about["number"]),
        ("from", f"{sender['unit']} ({sender['code']}, key {sender['key_id']})"),
        ("to", f"{about['to']['name']}: {', '.join(about['to']['states'])}"),
        ("their case", about["case"]["number"]),
        ("your case", about["request"] and about["request"]["case"]),
        ("why", about["why"]),
        ("made", about["made_at"]),
        ("content", f"SHA-256 {opened_referral.content_sha256}, {count_noun(opened_referral.files, 'file')}"),
        ("exercise", "invented records, of nobody" if about["is_exercise"] else None),
    ]
    print("\n".join(format_fields(facts)))
    heading = ("LEAD", "BAND", "CEILING", "SEEN (UTC)", "FROM", "PLACE", "VISITS", "KEPT AT LEAST UNTIL")
    print("\n" + "\n".join(format_columns([heading, *(_build_row(lead) for lead in opened_referral.leads)])))
    sys.stderr.write("".join(f"{escape_text(line)}\n" for line in opened_referral.proved))
    sys.stderr.write("whole: signature, every file, every row and its proof\n")


def _build_row(one: Mapping[str, Any]) -> tuple[str, ...]:
    place = one["place"]
    where = ", ".join(filter(None, (place["district"], place["state"])))
    seen = (str(one["first_seen"])[:16].replace("T", " "), mask_lines(one["source_ip"]))
    return (
        str(one["lead_id"])[:12],
        one["priority"],
        one["ceiling"],
        *seen,
        where,
        str(one["visits"]),
        one["keep_until"],
    )


def _write_answer(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_day  # noqa: PLC0415
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.errors import UsageError  # noqa: PLC0415
    from sightline.services.referrals import content  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_secret_key_file  # noqa: PLC0415
    from sightline.services.referrals.package_reader import sign_answer  # noqa: PLC0415

    try:
        about = json.loads((arguments.folder / content.ABOUT).read_bytes())
        leads = [json.loads(line)["lead_id"] for line in (arguments.folder / content.LEADS).read_bytes().splitlines()]
    except (OSError, ValueError, KeyError) as error:
        raise UsageError(
            f"{arguments.folder} contains no referral: {error}", hint="sightline referrals open --out DIR"
        ) from None
    result = [lead for lead in leads if names_lead(arguments.lead, lead)]
    if len(result) != 1:
        raise UsageError(f"{len(result)} leads of it have the id {arguments.lead}", hint="give more digits of the id")
    outcomes = [(result[0], OutcomeKind(arguments.kind), require_day(arguments.on, "--on"))]
    _write(arguments.out, sign_answer(about, read_secret_key_file(arguments.sign), get_current_time(), outcomes))
    return 0


def _open_recall(arguments: argparse.Namespace) -> int:
    from sightline.cli.officer_options import get_current_time  # noqa: PLC0415
    from sightline.cli.table_output import format_columns  # noqa: PLC0415
    from sightline.services.referrals import force_notes  # noqa: PLC0415
    from sightline.services.referrals.force_keys import read_public_key_file, read_secret_key_file  # noqa: PLC0415
    from sightline.services.referrals.package_reader import build_recall_receipt, read_recall  # noqa: PLC0415

    _check_receipt(arguments)
    note = force_notes.read_file(arguments.file).require_signed_by(read_public_key_file(arguments.trust))
    leads = read_recall(note)
    if arguments.json:
        print(json.dumps(dict(note.facts), ensure_ascii=False))
    else:
        print(
            f"{escape_text(note.facts['number'])}: {count_noun(len(leads), 'lead is', 'leads are')}"
            f" recalled: {escape_text(note.facts['why'])}"
        )
        print("\n".join(format_columns([("LEAD", "WHY"), *leads])))
    if arguments.receipt:
        _write(arguments.receipt, build_recall_receipt(note, read_secret_key_file(arguments.sign), get_current_time()))
    return 0


def _write(path: Path, data: bytes) -> None:
    from sightline.cli.lists.file_output import write_small  # noqa: PLC0415

    write_small(path, data.decode(), mode=0o600, overwrite=False)
    sys.stderr.write(f"written: {path}; send it to the unit that referred\n")
