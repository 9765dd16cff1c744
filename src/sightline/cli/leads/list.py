"""`sightline leads list`: leads by band on a terminal; all of them as JSON, CSV or Parquet."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sightline.cli.address_options import add_open, check_given_reason, record_opening
from sightline.cli.leads.filters import add_filters, build_filter_expression, build_query
from sightline.cli.subcommands import Parsers, add_command, add_json
from sightline.cli.terminal_text import escape_text
from sightline.errors import UsageError
from sightline.message_text import count_noun
from sightline.model import LeadStatus
from sightline.model.short_ids import format_lead_number
from sightline.stages.report.address_masks import mask_text
from sightline.stages.report.printable import mask_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sightline.casework.permissions.officer_session import OfficerSession
    from sightline.services.artifacts.lead_files import Leads

EXAMPLES = """\
  sightline leads list  # the first fifty by band, those with less against them first; addresses masked
  sightline leads list --ceiling subscriber --state IN-KL --limit 20
  sightline leads list --order seriousness  # what was sent first; says why each lead has its place
  sightline leads list --json  # one lead a line, masked, in the same order
  sightline leads list --out leads.csv  # masked, too
  sightline leads list --out leads.csv --show-addresses --why "annexure to the referral"  # whole: by two officers
"""

Row = tuple[str, ...]
LeadRows = Any
"""A lazy frame of Polars, which only a command that reads leads loads."""
SUFFIXES = (".csv", ".parquet", ".jsonl")
ORDERS = ("band", "seriousness")


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "list", "list leads by priority and time", EXAMPLES)
    add_filters(here)
    here.add_argument(
        "--status", action="append", choices=[lead_status.value for lead_status in LeadStatus], help="may be repeated"
    )
    here.add_argument("--assigned-to", metavar="OFFICER", help="an officer on duty, by name or id")
    add_json(here)
    here.add_argument("--out", type=Path, metavar="FILE", help="write them to a file: .csv, .parquet or .jsonl")
    here.add_argument("--overwrite", action="store_true", help="replace a file that exists already")
    here.add_argument("--limit", type=int, metavar="N", help="the maximum number of leads (default on a terminal: 50)")
    here.add_argument(
        "--order",
        choices=ORDERS,
        default="band",
        help="by band, what is against them and time (default), or the most serious first",
    )
    here.add_argument("--generation", type=int, metavar="N", help="an older generation (default: the current one)")
    add_open(here)


def run(arguments: argparse.Namespace) -> int:
    """List leads."""
    from sightline.casework.permissions.access import Action  # noqa: PLC0415
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415
    from sightline.services.artifacts.lead_files import open_generation  # noqa: PLC0415

    condition, out, why = build_filter_expression(arguments), _check_out(arguments), check_given_reason(arguments)
    if arguments.limit is not None and arguments.limit < 1:
        raise UsageError(f"--limit {arguments.limit}: at least one lead", hint="leave it out for all leads")
    officer_session = start_session(arguments)
    with officer_session.read(Action.LEADS_VIEW, "leads:all", JournalVerb.VIEW_LEADS):
        pass
    with open_generation(officer_session.workspace, arguments.generation) as leads:
        chosen = _filter_worked_leads(officer_session, leads, leads.open_frame().filter(condition), arguments)
        lead_rows = _order_leads(officer_session, leads, chosen, arguments.order)
        if arguments.json or out is not None:
            _export(
                officer_session,
                leads,
                lead_rows if arguments.limit is None else lead_rows.head(arguments.limit),
                arguments,
                why,
            )
        else:
            _print_table(officer_session, leads, lead_rows, arguments)
        for mark in leads.list_lost_marks():
            sys.stderr.write(
                f"lead {format_lead_number(mark.lead_id)} was marked urgent, and is not there any more: "
                f"{mask_text(escape_text(mark.why))}\n"
            )
    return 0


def _export(
    officer_session: OfficerSession,
    leads: Leads,
    lead_rows: LeadRows,
    arguments: argparse.Namespace,
    why: str | None,
) -> None:
    """Write leads to a file or standard output: whole for a reason, several by two officers; else masked."""
    from sightline.casework.identities.disclosures import (  # noqa: PLC0415
        UnmaskedExport,
        record_export,
        record_masked_export,
        require_export,
    )
    from sightline.casework.input_checks import require_reason  # noqa: PLC0415
    from sightline.ledger.verbs import JournalVerb  # noqa: PLC0415

    ids = lead_rows.select("lead_id").collect()["lead_id"].to_list()
    export = UnmaskedExport("leads:all", "leads", ids, build_query(arguments), f"generation {leads.generation.number}")
    by = None
    if why is None:
        reason = None if arguments.why is None else require_reason(arguments.why, "--why")
    else:
        reason, by = why, require_export(officer_session, JournalVerb.VIEW_ADDRESS, export, why)

    def tell(sha256: str | None) -> None:
        if why is None:
            record_masked_export(officer_session, export, reason, sha256)
        else:
            record_export(officer_session, JournalVerb.VIEW_ADDRESS, export, why, sha256, by)

    if arguments.out is not None:
        _write(leads, lead_rows, arguments.out, tell, is_open=why is not None)
        sys.stderr.write(
            f"{count_noun(len(ids), 'lead')} in {arguments.out}{'' if why is not None else ', addresses masked'}\n"
        )
        return
    tell(None if why is None else hash_lines(_to_json(leads, lead_rows, is_open=True)))
    for line in _to_json(leads, lead_rows, is_open=why is not None):
        sys.stdout.write(line)


def hash_lines(lines: Iterator[str]) -> str:
    """SHA-256 of lines as UTF-8."""
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode())
    return digest.hexdigest()


def _to_json(leads: Leads, lead_rows: LeadRows, *, is_open: bool) -> Iterator[str]:
    from sightline.services.leads.masked_leads import mask_lead  # noqa: PLC0415

    for lead_json in leads.to_json(lead_rows):
        yield (
            json.dumps(lead_json | {"is_masked": False} if is_open else mask_lead(lead_json), ensure_ascii=False) + "\n"
        )


def _filter_worked_leads(
    officer_session: OfficerSession, leads: Leads, lead_rows: LeadRows, arguments: argparse.Namespace
) -> LeadRows:
    """The leads that have a status, or are assigned to an officer, where that was asked for."""
    if not arguments.status and arguments.assigned_to is None:
        return lead_rows
    import polars as pl  # noqa: PLC0415

    from sightline.casework.leads.lead_work import find_worker  # noqa: PLC0415
    from sightline.services.lead_status.status import STATUS, derive_statuses, with_status  # noqa: PLC0415

    beside = with_status(lead_rows, derive_statuses(officer_session.workspace, leads))
    if arguments.status:
        beside = beside.filter(pl.col("status").is_in(arguments.status))
    if arguments.assigned_to is not None:
        with officer_session.workspace.read() as tables:
            beside = beside.filter(pl.col("officer_id") == find_worker(tables, arguments.assigned_to).officer_id)
    return beside.drop([name for name in STATUS if name != "lead_id"])


def _order_leads(officer_session: OfficerSession, leads: Leads, lead_rows: LeadRows, order: str) -> LeadRows:
    """Leads in the one order of every output: open ones by band or by seriousness; then closed ones."""
    import polars as pl  # noqa: PLC0415

    from sightline.services.lead_status.status import derive_statuses  # noqa: PLC0415
    from sightline.stages.leads.triage import sort_by_band, sort_by_seriousness  # noqa: PLC0415

    rows = derive_statuses(officer_session.workspace, leads)
    closed = rows.filter(rows["status"] == LeadStatus.CLOSED.value)["lead_id"]
    is_closed = pl.col("lead_id").is_in(closed.implode())
    if order == "seriousness":
        return sort_by_seriousness(lead_rows, leads.answered).sort(is_closed, maintain_order=True)
    return sort_by_band(lead_rows).sort(is_closed, maintain_order=True)


def _check_out(arguments: argparse.Namespace) -> Path | None:
    path: Path | None = arguments.out
    if path is None:
        return None
    if path.suffix not in SUFFIXES:
        raise UsageError(f"--out {path}: the kind of file is unknown", hint=f"end it in {', '.join(SUFFIXES)}")
    from sightline.services.match.outputs import check_one  # noqa: PLC0415

    check_one(path, (), overwrite=arguments.overwrite)
    return path


def _count_leads(lead_rows: LeadRows) -> int:
    import polars as pl  # noqa: PLC0415

    return int(lead_rows.select(pl.len()).collect().item())


def _write(leads: Leads, lead_rows: LeadRows, path: Path, tell: Callable[[str], None], *, is_open: bool) -> None:
    """Write leads beside, tell of the file's digest, and rename."""
    from sightline.errors import name_output_on_error  # noqa: PLC0415
    from sightline.file_digests import compute_sha256  # noqa: PLC0415
    from sightline.services.artifacts.flat_leads import escape_for_spreadsheets, flatten_leads  # noqa: PLC0415
    from sightline.services.leads.masked_leads import mask_table  # noqa: PLC0415
    from sightline.storage.folder import write_whole  # noqa: PLC0415

    with name_output_on_error(path), write_whole(path) as beside:
        if path.suffix == ".jsonl":
            with beside.open("w", encoding="utf-8") as stream:
                stream.writelines(_to_json(leads, lead_rows, is_open=is_open))
        else:
            table = flatten_leads(leads, lead_rows).collect()
            table = table if is_open else mask_table(table)
            table.write_parquet(beside) if path.suffix == ".parquet" else escape_for_spreadsheets(table).write_csv(
                beside
            )
        tell(compute_sha256(beside))


def _print_table(
    officer_session: OfficerSession, leads: Leads, lead_rows: LeadRows, arguments: argparse.Namespace
) -> None:
    """The first leads, and how many there are in all."""
    import polars as pl  # noqa: PLC0415

    from sightline.cli.table_output import format_columns  # noqa: PLC0415

    total, limit = _count_leads(lead_rows), arguments.limit or 50
    ids = lead_rows.select("lead_id").head(limit).collect()["lead_id"]
    is_open = record_opening(officer_session, arguments, [f"lead:{id_}" for id_ in ids]) is not None
    by_id = {
        lead_json["lead_id"]: lead_json
        for lead_json in leads.to_json(lead_rows.filter(pl.col("lead_id").is_in(ids.implode())))
    }
    rows: list[Row] = [("LEAD", "BAND", "CEILING", "SEEN (UTC)", "FROM", "PLACE", "NETWORK", "RELAY", "VISITS")]
    rows += [_build_row(by_id[id_], is_open=is_open) for id_ in ids]
    if arguments.order == "seriousness":
        rows = _add_why(rows, lead_rows, ids)
    sys.stdout.write("".join(f"{line}\n" for line in format_columns(rows)))
    if total == 0:
        sys.stderr.write("no leads: none were chosen, or none of the hits so far may count\n")
    if total > len(ids):
        sys.stderr.write(f"{total - len(ids):,} more: --limit N, or --json, or --out FILE\n")


def _add_why(rows: list[Row], lead_rows: LeadRows, ids: Any) -> list[Row]:  # noqa: ANN401  - a series
    """Add to each lead why it stands where it does, and write the order in a sentence."""
    import polars as pl  # noqa: PLC0415

    from sightline.stages.leads.triage import ORDER, describe_triage  # noqa: PLC0415

    sys.stderr.write(f"order: {ORDER}\n")
    by_id = {
        row["lead_id"]: row for row in lead_rows.filter(pl.col("lead_id").is_in(ids.implode())).collect().to_dicts()
    }
    why = [(row["of_address"] + describe_triage(row),) for row in (by_id[id_] for id_ in ids)]
    return [(*rows[0], "WHY HERE"), *((*row, *one) for row, one in zip(rows[1:], why, strict=True))]


def _build_row(lead_json: dict[str, Any], *, is_open: bool) -> Row:
    place, network, relay = lead_json["place"], lead_json["network"], lead_json["relay"]
    ceiling = f"shared, 1 of {lead_json['candidates']}" if lead_json["candidates"] else lead_json["ceiling"]
    return (
        format_lead_number(lead_json["lead_id"]),
        lead_json["priority"],
        ceiling,
        lead_json["first_seen"][:16].replace("T", " "),
        lead_json["source_ip"] if is_open else mask_lines(lead_json["source_ip"]),
        place["state"] or (f"{place['circle']} circle" if place["circle"] else "undetermined"),
        " ".join(filter(None, (network["isp"], network["line"]))) or "unknown",
        relay["kind"] if relay["verdict"] == "yes" else relay["verdict"],
        str(lead_json["visits"]),
    )
