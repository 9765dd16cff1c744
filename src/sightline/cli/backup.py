"""`sightline backup`: the whole workspace in one file, while others go on working."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_why
from sightline.errors import UsageError
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.casework.permissions.officer_session import OfficerSession

DESCRIPTION = """\
Write the whole workspace into one tar file, as it is at one moment, while scans and changes go on. The file has every
table, segment and list, exported checkpoints, and the key that signs checkpoints. It is encrypted to age recipients:
those of the workspace (sightline backup list-recipients), or those that you name with --recipient. The ledger records
the digest of the file.
"""

EXAMPLES = """\
  age-keygen -o safe.age
      # an identity, to be kept apart from backups and workspace; it prints its recipient, age1...
  sightline backup add-recipient age1... --name "safe of the SP"
      # takes two officers: another one approves it with sightline approve
  sightline backup --out /media/vault/cyber-ps-2026-06-08.tar.age
  sightline restore /media/vault/cyber-ps-2026-06-08.tar.age --check --identity safe.age
      # reads it back, and says whether every byte is as it was made
"""

RECIPIENTS = {
    "list-recipients": "  sightline backup list-recipients\n",
    "add-recipient": """\
  sightline backup add-recipient age1... --name "safe of the SP"
      # a recipient once another officer approved; at once only in a unit with one officer
""",
    "remove-recipient": '  sightline backup remove-recipient age1... --why "the safe was given up"\n',
}


def add(commands: Parsers) -> None:
    """Add the command's parser."""
    here = add_command(
        commands, "backup", "write the whole workspace into one file, while it is in use", EXAMPLES, DESCRIPTION
    )
    here.add_argument("--out", type=Path, metavar="FILE.tar.age", help="the file to write, mode 0600")
    here.add_argument(
        "--recipient", action="append", default=[], metavar="AGE1", help="encrypt it to this age recipient, not others"
    )
    here.add_argument(
        "--unencrypted",
        action="store_true",
        help="leave it open: anyone who has the file has the log key, and every identity and address",
    )
    here.add_argument("--overwrite", action="store_true", help="replace a file that exists already")
    here.add_argument(
        "--incomplete",
        action="store_true",
        help="back up although registered files are missing or altered; the backup names them",
    )
    add_json(here)
    here.add_argument("--quiet", action="store_true", help="no progress bar")
    add_officer_options(here)
    verbs = here.add_subparsers(dest="verb", metavar="VERB", title="recipients of backups")
    added = add_command(
        verbs, "add-recipient", "ask to add a recipient of backups; takes two officers", RECIPIENTS["add-recipient"]
    )
    listed = add_command(verbs, "list-recipients", "list the recipients of backups", RECIPIENTS["list-recipients"])
    removed = add_command(verbs, "remove-recipient", "remove a recipient of backups", RECIPIENTS["remove-recipient"])
    for parser in (added, removed):
        parser.add_argument("age_recipient", metavar="AGE1", help="an age recipient: age1...")
    added.add_argument("--name", required=True, metavar="WHO", help="who holds the identity that opens it, and where")
    add_why(removed)
    for parser in (added, listed, removed):
        add_json(parser)
        add_officer_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write the backup, and say its digest; or look after its recipients."""
    if arguments.verb is not None:
        return _list_recipients(arguments)
    if arguments.out is None:
        raise UsageError("no place for the backup was named", hint="--out FILE.tar.age, on another disk")
    return _back_up_workspace(arguments)


def _list_recipients(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight import backups  # noqa: PLC0415
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns, format_minute  # noqa: PLC0415
    from sightline.ledger.instants import to_microseconds  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    officer_session = start_session(arguments)
    if arguments.verb == "add-recipient":
        _add_recipient(officer_session, arguments)
    elif arguments.verb == "remove-recipient":
        backups.remove_recipient(officer_session, arguments.age_recipient, arguments.why)
    with officer_session.read(Action.BACKUP, "workspace:all", JournalVerb.VIEW_OFFICERS) as tables:
        backup_recipients = backups.list_recipients(tables)
        asked = backups.list_asked_recipients(tables, to_microseconds(officer_session.clock()))
    if arguments.json:
        print("".join(f"{as_json(recipient)}\n" for recipient in backup_recipients), end="")
    else:
        rows = [("RECIPIENT", "NAME", "SINCE")] if backup_recipients else []
        rows += [
            (recipient.recipient, recipient.name, format_minute(recipient.added_at_us) or "")
            for recipient in backup_recipients
        ]
        print(
            "".join(f"{line}\n" for line in format_columns(rows)),
            end="",
        )
    if not backup_recipients:
        sys.stderr.write("nobody yet: a backup needs a recipient, or --unencrypted\n")
    for approval in asked:
        sys.stderr.write(f"waits for another officer: sightline approve {approval.approval_id} --why TEXT\n")
    return 0


def _add_recipient(officer_session: OfficerSession, arguments: argparse.Namespace) -> None:
    from sightline.casework.oversight import backups  # noqa: PLC0415
    from sightline.storage.rows import BackupRecipient  # noqa: PLC0415

    result = backups.add_recipient(officer_session, arguments.age_recipient, arguments.name)
    if isinstance(result, BackupRecipient):
        sys.stderr.write("added by one officer, as the unit has no other; the ledger says so\n")
    else:
        sys.stderr.write("asked for: no backup is encrypted to it before another officer approves\n")


def _back_up_workspace(arguments: argparse.Namespace) -> int:
    from sightline.casework.oversight.backups import make_backup  # noqa: PLC0415
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.terminal_text import escape_text  # noqa: PLC0415

    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="files") as watch:
        made = make_backup(
            officer_session,
            arguments.out,
            watch,
            to=arguments.recipient,
            unencrypted=arguments.unencrypted,
            overwrite=arguments.overwrite,
            incomplete=arguments.incomplete,
        )
    manifest = made.manifest
    if arguments.json:
        facts = {"out": str(made.out), "backup": manifest.digest, "size_bytes": made.size_bytes}
        more = {"entries": manifest.size, "files": len(manifest.members), "incomplete": list(manifest.incomplete)}
        more["recipients"] = list(made.recipients)
        print(json.dumps(facts | more, ensure_ascii=False))
        return 0
    print(f"{manifest.digest}  {escape_text(str(made.out))}")
    sys.stderr.write(
        f"{count_noun(len(manifest.members), 'file')}, {count_noun(made.size_bytes, 'byte')},"
        f" {count_noun(manifest.size, 'entry', 'entries')}\n"
    )
    for name in manifest.incomplete:
        sys.stderr.write(f"not as it was registered: {escape_text(name)}\n")
    if made.recipients:
        sys.stderr.write(f"encrypted to {', '.join(made.recipients)}: without its identity nobody opens it again\n")
    else:
        sys.stderr.write(
            "NOT ENCRYPTED: anyone who has the file has the key that signs the ledger, and every identity\n"
        )
    return 0
