"""Uploaded files of a seized device: a dry run that names each, and the import in the background."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import UploadFile
from pydantic import BaseModel, Field

from sightline.casework.input_checks import require_zone
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.model.progress import Progress, ignore_progress
from sightline.services.device_import.import_devices import DeviceImport, import_devices
from sightline.services.scan.request import ScanRequest
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.uploads import write_upload

JOB = "devices"
UPLOAD = "/upload/"
"""The folder of uploaded files in the record of what is held: they were at no path of this server."""
MOST = 200
"""Maximum number of files of one upload."""


class DeviceForm(BaseModel):
    """Uploaded files of one device, the seizure under which they are held, and what they do not state themselves."""

    file: Annotated[list[UploadFile], Field(max_length=MOST)] = []
    under: Annotated[str, Field(max_length=200)] = ""
    made_at: Annotated[str, Field(max_length=40)] = ""
    timezone: Annotated[str, Field(max_length=100)] = ""

    def request(self, context: RequestContext, *, dry_run: bool) -> ScanRequest:
        """Return the request of the form, without its files. Raises UsageError."""
        authority, _, source = self.under.partition(":")
        if not source:
            raise UsageError(context.says("under_missing"), hint=context.says("no_seizure_why"))
        return ScanRequest(
            logs=(),
            source=source,
            authority=authority,
            lists=(),
            timezone=require_zone(self.timezone.strip() or None, context.says("timezone")),
            made_at=_parse_instant(context, self.made_at.strip()),
            dry_run=dry_run,
        )


def _parse_instant(context: RequestContext, text: str) -> datetime | None:
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise UsageError(context.says("made_at_bad", text=text))
    return time


def _write(
    context: RequestContext, folder: Path, form: DeviceForm, request: ScanRequest
) -> tuple[list[Path], ScanRequest]:
    """Write the uploaded files, and return them with the request that names them as they were uploaded."""
    paths = [
        write_upload(folder / str(number), upload_file)
        for number, upload_file in enumerate(form.file)
        if upload_file.filename
    ]
    if not paths:
        raise UsageError(context.says("no_file"), hint=context.says("add.hint"))
    return paths, replace(request, names={str(path): f"{UPLOAD}{path.name}" for path in paths})


def check_device(context: RequestContext, form: DeviceForm) -> dict[str, Any]:
    """Read the uploaded files without storing anything, and return what each is."""
    with context.officer_session.workspace.open_scratch() as folder:
        paths, request = _write(context, folder, form, form.request(context, dry_run=True))
        device_import = import_devices(context.officer_session, paths, request, ignore_progress, lambda _: False)
    return _build_account(device_import, request)


def begin_import(context: RequestContext, form: DeviceForm) -> None:
    """Begin to import the uploaded files. Raises UsageError, NotAllowed."""
    officer_session = context.officer_session
    with ExitStack() as stack:
        folder = stack.enter_context(officer_session.workspace.open_scratch())
        paths, request = _write(context, folder, form, form.request(context, dry_run=False))
        job = get_job(context.request, JOB)
        scratch_files = stack.pop_all()
    try:
        job.begin(officer_session.clock(), lambda watch: _import(officer_session, paths, request, scratch_files, watch))
    except BaseException:
        # The job did not begin, so it closes nothing.
        scratch_files.close()
        raise


def _import(
    officer_session: OfficerSession, paths: list[Path], request: ScanRequest, stack: ExitStack, watch: Progress
) -> None:
    with stack:
        device_import = import_devices(officer_session, paths, request, watch, lambda _: True)
    if device_import.failed and not device_import.scans:
        raise UsageError(
            "; ".join(f"{name}: {what}" for name, what in _build_account(device_import, request)["failed"])
        )


def _build_account(device_import: DeviceImport, request: ScanRequest) -> dict[str, Any]:
    """Return what each file is, and what was not read and why."""
    files = [
        {"name": _find_file_name(exhibit.scan.name, request), "format": exhibit.format.name}
        for outcome in device_import.scans
        for exhibit in outcome.ready.exhibits
    ]
    return {
        "files": sorted(files, key=lambda one: one["name"]),
        "wal": [
            (Path(path).name, extract.wal_bytes)
            for path, extract in device_import.extracted.items()
            if extract.wal_bytes
        ],
        "failed": [
            (_find_file_name(failed_file.path, request), _without_paths(failed_file.what, request))
            for failed_file in device_import.failed
        ],
    }


def _find_file_name(path: str, request: ScanRequest) -> str:
    return request.names.get(path, path).rpartition("/")[2]


def _without_paths(text: str, request: ScanRequest) -> str:
    """Return a message with the names of files in place of the paths of this server."""
    for path, name in request.names.items():
        text = text.removeprefix(f"{path}: ").replace(path, name.removeprefix(UPLOAD))
    return text
