"""The content of the pages of intakes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sightline.casework.permissions.roster import list_names
from sightline.casework.reference_data import issuers, list_series
from sightline.errors import NotThere, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.model import SkipReason, SourceKind
from sightline.services.intake.intake import Intake, Upload
from sightline.services.intake.intake_store import IntakeStore
from sightline.storage.rows import Authority, Case, FlagListRow, ListSignature, Source
from sightline.web.authorities_in_force import CoveredSource, list_covered_sources
from sightline.web.background_job import BackgroundJob, get_job
from sightline.web.context import RequestContext

KINDS = tuple(kind for kind in SourceKind if kind not in {SourceKind.TIP, SourceKind.SEIZED_DEVICE})
"""Sources whose files are logs. Tips and devices have pages of their own."""
MOST = 200
"""Files, and intakes, on a page."""


@dataclass(frozen=True, slots=True)
class ListedIntake:
    """An intake in the list: whose it is, and what it holds now."""

    intake: Intake
    officer: str
    source: str
    is_own: bool
    files: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ListedUpload:
    """A file of an intake, and how many of its bytes are there."""

    upload: Upload
    offset: int


@dataclass(frozen=True, slots=True)
class ScanList:
    """A list of the workspace that is valid now. `is_covered`: the authority of the intake is for its category."""

    signed: ListSignature
    indicators: int
    is_covered: bool


def scan_lists(context: RequestContext, authority: Authority | None = None) -> list[ScanList]:
    """Return the lists that a scan uses now, by issuer."""
    now_us = to_microseconds(context.officer_session.clock())
    with context.read() as tables:
        trusted = {public_key.key_id for public_key in issuers.list_trusted_keys(tables)}
        current = list_series.select_signatures_in_force(tables[ListSignature].select(), trusted, now_us)
        counts = {flag_list_row.list_id: flag_list_row.indicators for flag_list_row in tables[FlagListRow].select()}
    bound = json.loads(authority.categories_json) if authority else None
    result = [
        ScanList(signature, counts[signature.list_id], bound is None or signature.category in bound)
        for signature in current
    ]
    return sorted(
        result,
        key=lambda scan_list: (scan_list.signed.issuer, scan_list.signed.series or "", scan_list.signed.signature_id),
    )


def store_of(context: RequestContext) -> IntakeStore:
    """Return the intakes of this server's workspace."""
    store: IntakeStore = context.request.app.state.intakes
    return store


def list_log_sources(context: RequestContext) -> list[CoveredSource]:
    """Return the sources of logs, with each authority in force that covers them."""
    return list_covered_sources(context, *KINDS)


def get_own_intake(context: RequestContext, intake_id: str) -> Intake:
    """Return an intake of this officer. Raises NotThere, also for one of another officer."""
    intake = store_of(context).get(intake_id)
    if intake.officer_id != context.officer_session.officer.officer_id:
        raise NotThere("there is no such intake")
    return intake


def get_job_of_intake(context: RequestContext, intake_id: str) -> BackgroundJob:
    """Return the job that reads the files of an intake."""
    return get_job(context.request, f"intake-{intake_id}")


def require_unread(context: RequestContext, intake_id: str) -> None:
    """Raise UsageError while the files of an intake are read."""
    if get_job_of_intake(context, intake_id).is_running:
        raise UsageError(context.says("busy"), hint=context.says("busy_next"))


def list_intakes(context: RequestContext) -> list[ListedIntake]:
    """Return the newest intakes, after those were removed that nobody continued."""
    store = store_of(context)
    store.remove_idle(to_microseconds(context.officer_session.clock()))
    with context.read() as tables:
        called, sources = list_names(tables), {source.source_id: source.name for source in tables[Source].select()}
    own = context.officer_session.officer.officer_id
    listed_intakes = []
    for intake in store.list_all()[:MOST]:
        uploads = store.list_uploads(intake.intake_id)
        size = sum(upload.size_bytes for upload in uploads)
        about = (called.get(intake.officer_id, intake.officer_id), sources.get(intake.source, intake.source))
        listed_intakes.append(ListedIntake(intake, *about, intake.officer_id == own, len(uploads), size))
    return listed_intakes


def list_uploads(context: RequestContext, intake: Intake) -> list[ListedUpload]:
    """Return the files of an intake: those that are not whole, then those that were refused, then the others."""
    store, listed_uploads = store_of(context), []
    for upload in store.list_uploads(intake.intake_id):
        try:
            listed_uploads.append(ListedUpload(*store.find_upload(intake.intake_id, upload.upload_id)))
        except NotThere:  # it was removed meanwhile
            continue
    return sorted(
        listed_uploads,
        key=lambda listed_upload: (
            listed_upload.upload.sha256 is not None,
            not listed_upload.upload.is_refused,
            listed_upload.upload.name,
        ),
    )


def list_unread_files(intake: Intake, files: Sequence[ListedUpload]) -> frozenset[str]:
    """Return the names of files that no format may read: those that a trial left out, or all if it failed."""
    if intake.failed is not None:
        return frozenset(listed_upload.upload.name for listed_upload in files if listed_upload.upload.is_complete)
    left = (intake.trial or {}).get("left", ())
    return frozenset(skipped["name"] for skipped in left if skipped["why"] == SkipReason.UNKNOWN_FORMAT)


def find_context_of_intake(
    context: RequestContext, intake: Intake
) -> tuple[Source | None, Authority | None, Case | None]:
    """Return source, authority and case of an intake."""
    with context.read() as tables:
        source, authority = tables[Source].get(intake.source), tables[Authority].get(intake.authority)
        return source, authority, tables[Case].get(authority.case_id) if authority else None
