"""Bundles for court, defence or auditor: what may be asked for, and the agreement of two officers (ADR 13)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from sightline.casework.exhibits.exhibits import RunsContent, describe_runs_content, find_exhibit, load_exhibit_record
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action, allow
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import DamagedInput, UsageError
from sightline.evidence.bundle_file import DOCUMENT, BundleKind
from sightline.evidence.segment_file import EVERY, RowFilter
from sightline.ledger.append import encode_canonical
from sightline.ledger.canonical import format_time
from sightline.services.artifacts.resolutions import find_newest_resolution
from sightline.services.bundles.bundle_contents import GRAPH, Contents, write_contents
from sightline.services.documents.exhibit_graph import parse_visitor_address, require_kept
from sightline.services.documents.release import HandingOver, check_new, hand_over_file
from sightline.services.match import inputs
from sightline.services.resolution.line_records import LineRecords, count_lines_at, read_records_of_line

OWN = ("manifest", GRAPH)
"""Prefixes of document names that the bundle itself uses."""


@dataclass(frozen=True, slots=True)
class BundleRequest:
    """The choice of contents for a bundle.

    For the defence: one source address, the first and last port of a shared one, and the half-open times in which
    it was the accused's. Or one `line` of a `lead`: the visits that replies give to it, and no others. `documents`:
    papers to include, by name. `has_graph`: the CASE/UCO graph too.
    """

    kind: BundleKind
    out: Path
    why: str
    exhibit: str | None = None
    address: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    documents: Mapping[str, Path] = field(default_factory=dict)
    ports: tuple[int, int] | None = None
    has_graph: bool = True
    lead: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class BundleSummary:
    """The result of writing a bundle: the digest of its bundle.json, and the counts."""

    out: Path
    digest: str
    rows: int
    entries: int


def write_bundle(officer_session: OfficerSession, request: BundleRequest) -> BundleSummary:
    """Write a bundle after two officers agreed to exactly this. The ledger records its digest."""
    officer_session.require(Action.BUNDLE, name_thing("exhibit", request.exhibit or "all"))
    check_new(request.out)
    row_filter, papers = _select_rows(request), _read_papers(request.documents)
    exhibit_id, content = _find_exhibit(officer_session, request.exhibit) if request.exhibit else (None, None)
    line = _load_line(officer_session, request, exhibit_id)
    if line is not None:
        row_filter = RowFilter(records=line.records)
    contents = Contents(request.kind, exhibit_id, row_filter, papers, request.has_graph, line, content)
    agreed, facts, details = (
        _build_approval_request(contents),
        _build_facts(contents),
        _warn_of_several_lines(officer_session, row_filter),
    )
    handing = HandingOver(request.kind.value, contents.thing, request.why, request.out, agreed, facts, details)
    written, entries = hand_over_file(officer_session, handing, partial(write_contents, officer_session, contents))
    return BundleSummary(request.out, written.digest, written.rows, entries)


def _find_exhibit(officer_session: OfficerSession, digest: str) -> tuple[str, RunsContent]:
    """Return the id of an exhibit, and the runs whose rows are asked for. Raises UsageError, Refused."""
    with officer_session.workspace.read() as tables:
        exhibit_id = find_exhibit(tables, digest).exhibit_id
        record = load_exhibit_record(tables, exhibit_id)
        require_kept(record)
    return exhibit_id, describe_runs_content(record.runs)


def _select_rows(request: BundleRequest) -> RowFilter:
    """Return which rows are wanted. Raises UsageError for what does not fit the kind."""
    if request.kind is BundleKind.REFERRAL:
        raise UsageError("a bundle of a referral is part of its package", hint="sightline referrals draft")
    is_defence, is_of_line = request.kind is BundleKind.DEFENCE, (request.lead, request.line) != (None, None)
    if is_defence != (is_of_line or request.address is not None):
        raise UsageError(
            "a bundle for the defence is of one address or one line, and no other bundle is",
            hint="--address ADDRESS, or --lead LEAD --line LINE",
        )
    if is_of_line:
        _require_line_alone(request)
    if (request.exhibit is None) != (request.kind is BundleKind.LEDGER):
        raise UsageError("name one exhibit, or ask for the ledger", hint="sightline exhibits list")
    if not is_defence and (request.since, request.until, request.ports) != (None, None, None):
        raise UsageError(
            f"a bundle of kind {request.kind} is whole: times and ports narrow one for the defence",
            hint="leave out --since, --until and --port",
        )
    since, until = (None if at is None else at.astimezone(UTC) for at in (request.since, request.until))
    if since is not None and until is not None and until <= since:
        raise UsageError("--until is not after --since", hint="visits from --since on, and before --until")
    return RowFilter(parse_visitor_address(request.address), request.ports, since, until) if is_defence else EVERY


def _require_line_alone(request: BundleRequest) -> None:
    """Raise UsageError where a line is asked for by half, or together with a filter by address."""
    if request.lead is None or request.line is None:
        raise UsageError(
            "a line is one of a lead: name both",
            hint="--lead LEAD --line LINE; sightline resolve show LEAD names the lines of each visit",
        )
    if (request.address, request.since, request.until, request.ports) != (None, None, None, None):
        raise UsageError(
            "which visits a line made is what replies say: address, times and ports do not narrow it",
            hint="leave out --address, --since, --until and --port",
        )


def _load_line(officer_session: OfficerSession, request: BundleRequest, exhibit_id: str | None) -> LineRecords | None:
    """Return the records of the line that is asked for, if one is. Raises NotAllowed, UsageError."""
    if request.lead is None or request.line is None or exhibit_id is None:
        return None
    officer_session.require(Action.RESOLUTION_VIEW, name_thing("exhibit", exhibit_id))
    return read_records_of_line(officer_session.workspace, exhibit_id, request.lead, request.line)


def _warn_of_several_lines(officer_session: OfficerSession, row_filter: RowFilter) -> tuple[str, ...]:
    """Say that the rows of an address are of several lines, where replies name them and the officer may see it."""
    if row_filter.address is None or not allow(officer_session.find_actor(), Action.RESOLUTION_VIEW).allowed:
        return ()
    resolutions = find_newest_resolution(officer_session.workspace)
    try:
        count = 0 if resolutions is None else count_lines_at(resolutions, row_filter)
    except DamagedInput:
        # Only a note: `sightline verify` names the file, and the rows do not rest on it.
        return ()
    if count < 2:
        return ()
    return (
        f"replies name {count} lines for visits that it would hold: a bundle for the defence of one of them is of that"
        " line's own visits, --lead LEAD --line LINE",
    )


def _read_papers(documents: Mapping[str, Path]) -> dict[str, bytes]:
    """The documents to put in. Raises UsageError for names that a bundle cannot have, and for what is no file."""
    for name, path in documents.items():
        inputs.check_file(path, "a document")
        if not DOCUMENT.fullmatch(name) or name.startswith(OWN):
            raise UsageError(
                f"{name!r} is not a valid name for a document: up to 100 letters, digits, dots, underscores and dashes,"
                f" and none that begins with {' or '.join(OWN)}, as the bundle's own do",
                hint="give the file another name",
            )
    return {name: path.read_bytes() for name, path in documents.items()}


def _build_approval_request(contents: Contents) -> approvals.Request:
    """Return what two officers agree to: no row and no paper more."""
    row_filter = contents.row_filter
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.papers.items()}
    line: approvals.Request = {}
    if contents.line is not None:
        line = {"lead": contents.line.lead_id, "line": contents.line.subscriber, "records": len(contents.line.records)}
    return {
        "kind": contents.kind.value,
        "thing": contents.thing,
        "address": row_filter.address,
        "ports": None if row_filter.ports is None else f"{row_filter.ports[0]}-{row_filter.ports[1]}",
        "since": None if row_filter.since is None else format_time(row_filter.since),
        "until": None if row_filter.until is None else format_time(row_filter.until),
        "documents": encode_canonical(digests) if digests else None,
        "graph": None if contents.has_graph else "left out",
        **line,
        **({} if contents.content is None else contents.content.as_request()),
        **_compute_digest_of_line(contents),
    }


def _build_facts(contents: Contents) -> dict[str, str | int]:
    """Return what the entry of a bundle for one line says beside: which records it is of, and by which resolving."""
    return (
        {} if contents.line is None else _compute_digest_of_line(contents) | {"resolving": contents.line.resolving_id}
    )


def _compute_digest_of_line(contents: Contents) -> dict[str, str | int]:
    of_line = contents.line_file
    return {} if of_line is None else {"line_sha256": hashlib.sha256(of_line).hexdigest()}
