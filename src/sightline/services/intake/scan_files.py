"""A trial of an intake's files, and their scan into the workspace, with the leads that come of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import Interrupted, SightlineError, UsageError
from sightline.model.progress import Progress
from sightline.services.intake.intake import Intake, IntakeFailure
from sightline.services.intake.intake_store import IntakeStore
from sightline.services.intake.line_account import ShortName, build_scan_account, build_trial_account
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.scan.summary import summarise_scan

HELD_AS = "/upload/"
"""The folder of uploaded files in the record of what is held: they were at no path of this server."""


def check_files(officer_session: OfficerSession, store: IntakeStore, intake_id: str, progress: Progress) -> Intake:
    """Read all files of an intake and account for every line. Nothing is stored but the account.

    Raises UsageError and the errors of a scan. A failure is kept in the intake.
    """
    intake = _require_ready(store, intake_id)
    with _keep_failure(store, intake):
        outcome = scan_logs(officer_session, build_request(store, intake, is_trial=True), progress)
    account = build_trial_account(outcome, _make_short_name(store, intake))
    intake = replace(intake, trial=account, failed=None, is_stopped=False)
    store.save(intake)
    return intake


def scan_files(
    officer_session: OfficerSession, store: IntakeStore, intake_id: str, progress: Progress, *, makes_leads: bool
) -> Intake:
    """Scan all files of an intake, remove them, and rebuild the leads if `makes_leads`.

    Raises UsageError and the errors of a scan. Then the files stay, to be scanned again. What was registered before
    it was stopped stays too, and the next scan does not read it again.
    """
    intake = _require_ready(store, intake_id)
    with _keep_failure(store, intake):
        outcome = scan_logs(officer_session, build_request(store, intake, is_trial=False), progress)
        summary = summarise_scan(officer_session.workspace, outcome)
    account = build_scan_account(summary, _make_short_name(store, intake))
    intake = replace(intake, result=account, failed=None, is_stopped=False)
    store.save(intake)
    store.clear(intake_id)
    if makes_leads:
        rebuild_leads(officer_session, progress)
    return intake


def build_request(store: IntakeStore, intake: Intake, *, is_trial: bool) -> ScanRequest:
    """Return the scan of an intake's files, with the current lists of the workspace."""
    folder, reading = store.locate_files(intake.intake_id), intake.reading
    return ScanRequest(
        logs=(folder,),
        source=intake.source,
        authority=intake.authority,
        signatures=intake.lists,
        skip_unknown=True,
        timezone=reading.get("timezone"),
        timezone_basis=reading.get("timezone_basis"),
        year=int(reading["year"]) if "year" in reading else None,
        date_order=cast(Literal["dmy", "mdy", "ymd"] | None, reading.get("date_order")),
        dry_run=is_trial,
        counts=is_trial,
        names={str(path): f"{HELD_AS}{path.relative_to(folder).as_posix()}" for path in _list_files(folder)},
    )


def _require_ready(store: IntakeStore, intake_id: str) -> Intake:
    """Return an intake whose files are all complete. Raises UsageError, NotThere."""
    intake, uploads = store.get(intake_id), store.list_uploads(intake_id)
    if intake.result is not None:
        raise UsageError("this intake is finished", hint="begin another for more files")
    if not any(upload.is_complete for upload in uploads):
        raise UsageError("no file has arrived yet", hint="choose files first")
    if any(upload.sha256 is None for upload in uploads):
        raise UsageError("not all files have arrived", hint="continue the others, or remove them")
    return intake


def _list_files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


@contextmanager
def _keep_failure(store: IntakeStore, intake: Intake) -> Iterator[None]:
    """Keep in the intake why its files could not be read, or that they were not read to the end."""
    try:
        yield
    except Interrupted:
        store.save(replace(intake, is_stopped=True))
        raise
    except SightlineError as error:
        short_name = _make_short_name(store, intake)
        texts = [short_name(text) if text else None for text in (str(error), error.hint)]
        failed = IntakeFailure(texts[0] or "", texts[1], tuple(map(short_name, error.details)))
        store.save(replace(intake, failed=failed, trial=None))
        raise


def _make_short_name(store: IntakeStore, intake: Intake) -> ShortName:
    """Return what takes the paths of this server out of a text."""
    folder = f"{store.locate_files(intake.intake_id)}/"
    return lambda text: text.replace(folder, "").removeprefix(HELD_AS)
