"""Check every database row against its last ledger entry."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from sightline.casework.exhibits.tip_runs import is_tip
from sightline.ledger.append import KINDS, encode_canonical, name_row_thing
from sightline.ledger.entry import Entry, compute_commitment
from sightline.ledger.two_officers import WHOLE_LOG
from sightline.model import LIVE_KINDS, AuthorityKind, SourceKind
from sightline.services.verification.batch_digests import verify_referred, verify_steps
from sightline.services.verification.identity_keys import verify_identity_keys
from sightline.services.verification.ledger_checks import LedgerState
from sightline.services.verification.report import VerificationReport, VerifiedPart
from sightline.storage.rows import Authority, Opening, Run, RunList, Segment, Source
from sightline.storage.schema import TABLES
from sightline.storage.table import Tables, read_committed_columns, read_legacy_committed_columns


def verify_things(tables: Tables, reader: LedgerState, going_on: Callable[[], None]) -> None:
    """Recompute the commitment of each row, and check that none is missing or was added without an entry."""
    report, unseen = reader.report, dict(reader.states)
    kinds: list[type[Any]] = list(TABLES.values())
    for row_type in kinds:
        if row_type.__name__ not in KINDS:
            continue
        for row in tables[row_type].read_each(damaged=partial(_report_damaged, row_type, unseen, report)):
            going_on()
            _check_row(tables, row, unseen, report)
    for thing, (seq, _) in unseen.items():
        report.add_finding(VerifiedPart.THING, thing, f"is not there, though entry {seq} tells of it")
    for run in tables[Run].read_each(damaged=lambda _key, _what: None):
        going_on()
        entry = reader.runs.get(run.run_id)
        _run(tables, run, entry, report)
        if entry is not None:
            _check_whole_log(run, entry, reader)
            _check_referral(tables, run, entry, report)
            _check_live_run(tables, run, report)
    verify_steps(tables, report, going_on)
    verify_identity_keys(tables, report, going_on)
    verify_referred(tables, report, going_on)


def _report_damaged(
    row_type: type[Any], unseen: dict[str, tuple[int, str]], report: VerificationReport, key: str, what: str
) -> None:
    """Note a row that cannot be read as what it is."""
    thing = f"{KINDS[row_type.__name__]}:{key}"
    unseen.pop(thing, None)
    report.add_finding(VerifiedPart.THING, thing, f"is damaged: {what}")


def _check_row(
    tables: Tables,
    row: Any,  # noqa: ANN401
    unseen: dict[str, tuple[int, str]],
    report: VerificationReport,
) -> None:
    thing = name_row_thing(row)
    entry_row = unseen.pop(thing, None)
    report.counts[VerifiedPart.THING] += 1
    if entry_row is None:
        report.add_finding(VerifiedPart.THING, thing, "no entry of the ledger tells of it")
        return
    opening = tables[Opening].get(entry_row[0], "state")
    if opening is None:
        # Noted with the ledger.
        return
    # An entry of an older version commits to no digest of a secret.
    forms = {encode_canonical(read_committed_columns(row)), encode_canonical(read_legacy_committed_columns(row))}
    salt = opening.salt
    if salt is None or len(salt) != 16 or entry_row[1] not in {compute_commitment(form, salt) for form in forms}:
        report.add_finding(VerifiedPart.THING, thing, f"is not as entry {entry_row[0]} tells")


def _run(tables: Tables, run: Run, entry: Entry | None, report: VerificationReport) -> None:
    """Hold a run's lists, segments and manifest against its entry."""
    where = f"run {run.run_id}"
    if entry is None:
        report.add_finding(VerifiedPart.THING, where, "no entry registers it")
        return
    lists = tables[RunList].select(run_id=run.run_id)
    segments = sorted(tables[Segment].select(run_id=run.run_id), key=lambda segment: segment.number)
    stated = {
        "lists": ",".join(run_list.list_id for run_list in lists),
        "segments": ",".join(segment.segment_id for segment in segments),
        "segment_rows": ",".join(str(segment.rows) for segment in segments),
        "exhibit": run.exhibit_id,
        "hits": run.hits,
    }
    # What entries of older versions may leave out.
    more = {
        "format": run.format_id,
        "use": run.use.value,
        "source": run.source_id,
        "authority": run.authority_id,
    }
    stated |= {name: value for name, value in more.items() if name in entry.facts}
    for what, places in (
        ("lists", [run_list.position for run_list in lists]),
        ("segments", [segment.number for segment in segments]),
    ):
        if places != list(range(len(places))):
            report.add_finding(VerifiedPart.THING, where, f"its {what} are not numbered from 0")
    for name, value in stated.items():
        if entry.facts.get(name) != value:
            report.add_finding(VerifiedPart.THING, where, f"its {name} are not those of entry {entry.seq}")
    if run.row_key is not None and hashlib.sha256(run.row_key).hexdigest() != run.row_key_sha256:
        report.add_finding(VerifiedPart.THING, where, "its row key is not the one that it was sealed with")
    if not run.manifest_json:
        return
    if hashlib.sha256(run.manifest_json.encode()).hexdigest() != entry.facts.get("manifest"):
        report.add_finding(VerifiedPart.THING, where, f"its manifest is not that of entry {entry.seq}")
        return
    try:
        _check_manifest(json.loads(run.manifest_json), lists, segments, where, report)
    except (ValueError, KeyError, TypeError, AttributeError):
        report.add_finding(
            VerifiedPart.THING, where, f"its manifest cannot be read, though it is that of entry {entry.seq}"
        )
    _check_segments(tables, segments, entry, report)


def _check_manifest(
    manifest: dict[str, Any], lists: list[RunList], segments: list[Segment], where: str, report: VerificationReport
) -> None:
    """Hold a run's manifest against its lists and segments."""
    if [list_["issuer"] for list_ in manifest["lists"]] != [run_list.issuer for run_list in lists]:
        report.add_finding(VerifiedPart.THING, where, "the issuers of its lists are not what its manifest says")
    used = [hashlib.sha256(str(list_["minisig"]).encode()).hexdigest() for list_ in manifest["lists"]]
    if used != [run_list.signature_id for run_list in lists]:
        report.add_finding(VerifiedPart.THING, where, "the signatures of its lists are not those that its manifest has")
    if [(segment["segment_id"], segment["rows"]) for segment in manifest["segments"]] != [
        (segment.segment_id, segment.rows) for segment in segments
    ]:
        report.add_finding(VerifiedPart.THING, where, "its segments are not what its manifest says")


def _check_whole_log(run: Run, entry: Entry, reader: LedgerState) -> None:
    """See that two officers agreed to a log that was taken whole, by what its manifest says of it."""
    try:
        indicator = json.loads(run.manifest_json or "{}").get("options", {}).get("all_hits_of")
    except (ValueError, AttributeError):
        # A damaged manifest is noted with its digest.
        return
    if indicator is None and "approval" not in entry.facts:
        return
    wanted = {"indicator": indicator, "source": run.source_id, "authority": run.authority_id}
    for approval in reader.replay.approvals.values():
        is_named = entry.facts.get("approval", approval.approval_id) == approval.approval_id
        is_before = approval.used_seq is None or approval.used_seq > entry.seq
        if (
            approval.action == WHOLE_LOG
            and approval.holds
            and is_named
            and is_before
            and (approval.decided_seq or 0) < entry.seq
        ):
            request = json.loads(approval.request) if approval.request is not None else None
            if request is None or not run.manifest_json or (request | wanted == request and _is_of(run, request)):
                return
    where = f"run {run.run_id}"
    reader.report.add_finding(
        VerifiedPart.THING, where, f"takes a log whole, and no two officers agreed to that before {entry.seq}"
    )


def _check_referral(tables: Tables, run: Run, entry: Entry, report: VerificationReport) -> None:
    """See that a run without a list is a tip's, of a sender of tips, under a referral; and that no tip has a list."""
    if not is_tip(run) and entry.facts.get("lists"):
        return
    authority, source = tables[Authority].get(run.authority_id), tables[Source].get(run.source_id)
    is_referred = authority is not None and authority.kind is AuthorityKind.REFERRAL
    is_of_tips = source is not None and source.kind is SourceKind.TIP
    if not (is_tip(run) and not entry.facts.get("lists") and is_referred and is_of_tips):
        what = "rests on no list, and is not that of a tip under a referral"
        report.add_finding(VerifiedPart.THING, f"run {run.run_id}", what)


def _check_live_run(tables: Tables, run: Run, report: VerificationReport) -> None:
    """See that a run of a live feed rests on an authority that two officers recorded for live feeds."""
    authority, source = tables[Authority].get(run.authority_id), tables[Source].get(run.source_id)
    is_live = authority is not None and authority.kind in LIVE_KINDS
    if source is not None and source.kind is SourceKind.LIVE_FEED and not is_live:
        report.add_finding(
            VerifiedPart.THING, f"run {run.run_id}", "is of a live feed, and rests on no authority for one"
        )


def _is_of(run: Run, request: dict[str, Any]) -> bool:
    """Return whether a run is of a file that was approved; before approvals named files, of any."""
    return "files" not in request or run.exhibit_id in {file["sha256"] for file in request["files"]}


def _check_segments(tables: Tables, segments: list[Segment], entry: Entry, report: VerificationReport) -> None:
    """Hold the rows of a run's segments against what its entry commits to."""
    opening = tables[Opening].get(entry.seq, "segments")
    if opening is None or opening.text is None:
        # A missing opening is noted with the ledger; a purge empties it.
        return
    try:
        sealed_segments = {sealed["segment_id"]: sealed for sealed in json.loads(opening.text)}
    except (ValueError, TypeError, KeyError):
        # That it was altered is noted with the ledger.
        return
    for segment in segments:
        if read_committed_columns(segment) != sealed_segments.get(segment.segment_id):
            report.add_finding(
                VerifiedPart.SEGMENT, f"segment {segment.segment_id}", f"its row is not as entry {entry.seq} tells"
            )
