"""`sightline datasets`: what is known of addresses, each data set with its date."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.officer_options import add_officer_options
from sightline.cli.subcommands import Parsers, add_command, add_json, add_verbs, add_why
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.model import DatasetKind

if TYPE_CHECKING:
    from sightline.storage.rows import Dataset

EXAMPLES = {
    "list": "  sightline datasets list\n",
    "withdraw": '  sightline datasets withdraw 3f9c02d1 --why "corrected by Alpha Broadband\'s letter of 3.8.2026"\n',
    "import": """\
  sightline datasets import dbip-city-lite-2026-06.mmdb --kind city --date 2026-06-01 --licence CC-BY-4.0
  sightline datasets import exit-list-2026-06.tar.xz --kind relay --date 2026-06-30
  sightline datasets import statement.csv --kind nat --date 2026-06-10 --name "Alpha Broadband"
""",
}


def add(commands: Parsers) -> None:
    """Add the command's parsers."""
    summary = "data sets of places, networks, relays: list, import, withdraw"
    here = add_command(commands, "datasets", summary, "".join(EXAMPLES.values()))
    verbs = add_verbs(here)
    add_json(add_command(verbs, "list", "list the data sets", EXAMPLES["list"]))
    importing = add_command(verbs, "import", "import a data set from a file; nothing is downloaded", EXAMPLES["import"])
    importing.add_argument("file", type=Path, metavar="FILE", help="the file; of exit lists also a folder or archive")
    importing.add_argument(
        "--kind", required=True, choices=[dataset_kind.value for dataset_kind in DatasetKind], help="what it describes"
    )
    importing.add_argument(
        "--date", required=True, type=_parse_day, metavar="DATE", help="its date, for example 2026-06-01"
    )
    importing.add_argument("--name", metavar="NAME", help="the same name for each date of it (default: its own)")
    importing.add_argument("--licence", metavar="TEXT", help="the licence under which it may be used")
    importing.add_argument(
        "--valid-for", type=int, metavar="DAYS", help="for how long after its date it may be used (default 92)"
    )
    importing.add_argument("--quiet", action="store_true", help="no progress bar")
    add_json(importing)
    withdrawing = add_command(verbs, "withdraw", "stop using a data set", EXAMPLES["withdraw"])
    withdrawing.add_argument("dataset", metavar="ID", help="the data set, or 8 digits or more of its id")
    add_why(withdrawing)
    for choice in verbs.choices.values():
        add_officer_options(choice)


def _parse_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: write it as 2026-06-01") from None


def run(arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return VERBS[arguments.verb](arguments)


def _import(arguments: argparse.Namespace) -> int:
    from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset  # noqa: PLC0415
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json  # noqa: PLC0415

    if not arguments.file.exists():
        raise UsageError(f"{arguments.file}: there is no such file", hint="name the data set that you downloaded")
    request = DatasetRequest(
        arguments.file,
        DatasetKind(arguments.kind),
        arguments.date,
        arguments.name,
        arguments.licence,
        arguments.valid_for,
    )
    officer_session = start_session(arguments)
    with progress.show_bar(enabled=not (arguments.quiet or arguments.json), noun="ranges") as watch:
        dataset = import_dataset(officer_session, request, watch)
    sys.stdout.write(f"{as_json(dataset)}\n" if arguments.json else _format_dataset(dataset))
    return 0


def _format_dataset(dataset: Dataset) -> str:
    from sightline.cli.table_output import format_fields  # noqa: PLC0415

    rejects: dict[str, int] = json.loads(dataset.rejects_json)
    notes = json.loads(dataset.notes_json)
    facts = {
        "data set": dataset.dataset_id,
        "name": dataset.name,
        "kind": f"{dataset.kind} ({dataset.source_format})",
        "date": f"{_format_date(dataset.dated_us)}, valid for {count_noun(dataset.speaks_for_days, 'day')}",
        "rows": f"{dataset.rows:,}",
        "not read": ", ".join(f"{count:,} {code}" for code, count in rejects.items()) or "nothing",
        "snapshots": _describe_snapshots(notes),
        "mind": "it was built after the date that it was given" if notes.get("built_after_its_date") else None,
    }
    return "\n".join([*format_fields(facts.items()), ""])


def _describe_snapshots(notes: dict[str, int]) -> str | None:
    if "snapshots" not in notes:
        return None
    holes = f"{count_noun(notes['holes'], 'hole')} of over a day" if notes["holes"] else "no hole of over a day"
    if notes.get("damaged"):
        holes += f"; {notes['damaged']:,} damaged, which say no of nothing"
    return f"{notes['snapshots']:,} from {_format_date(notes['first_us'])} to {_format_date(notes['last_us'])}, {holes}"


def _format_date(at_us: int) -> str:
    from sightline.cli.table_output import format_minute  # noqa: PLC0415

    return str(format_minute(at_us)).split(" ")[0]


def _list_datasets(arguments: argparse.Namespace) -> int:
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.casework.reference_data.datasets import list_datasets, list_withdrawals  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.table_output import as_json, format_columns  # noqa: PLC0415

    officer_session = start_session(arguments)
    officer_session.require(Action.DATASET_LIST, "dataset:all")
    with officer_session.workspace.read() as tables:
        datasets, withdrawn = list_datasets(tables), list_withdrawals(tables)
    if arguments.json:
        whys = {one: withdrawal.why for one, withdrawal in withdrawn.items()}
        lines = (as_json(dataset, withdrawn=whys.get(dataset.dataset_id)) for dataset in datasets)
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        return 0
    rows = [("KIND", "NAME", "DATE", "DAYS", "ROWS", "FORMAT", "LICENCE", "ID", "")]
    rows += [
        (
            dataset.kind.value,
            dataset.name,
            _format_date(dataset.dated_us),
            str(dataset.speaks_for_days),
            f"{dataset.rows:,}",
            dataset.source_format,
            dataset.licence or "-",
            dataset.dataset_id[:12],
            f"withdrawn: {withdrawn[dataset.dataset_id].why}" if dataset.dataset_id in withdrawn else "",
        )
        for dataset in datasets
    ]
    sys.stdout.write("\n".join([*format_columns(rows), ""]))
    return 0


def _withdraw(arguments: argparse.Namespace) -> int:
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.casework.reference_data.datasets import withdraw_dataset  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.cli.pending_approval import THEN_REBUILD  # noqa: PLC0415

    why = require_reason(arguments.why, "--why")
    over = withdraw_dataset(start_session(arguments), arguments.dataset, why)
    print(f"{over.dataset_id}: withdrawn")
    sys.stderr.write(THEN_REBUILD)
    return 0


VERBS = {"list": _list_datasets, "import": _import, "withdraw": _withdraw}
