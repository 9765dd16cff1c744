"""Uploaded tips: a dry run with an account of every row, and the import in the background."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import UploadFile
from pydantic import BaseModel, Field

from sightline.casework.input_checks import require_zone
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.model.progress import Progress, ignore_progress
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.tip_import.import_tips import ImportedTip, TipImport, import_tips
from sightline.services.tip_import.request import TipImportRequest, load_context
from sightline.services.tips.transcribe import read_message
from sightline.stages.tips.archive import is_tip_name
from sightline.stages.tips.transcription import write_sheet
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.uploads import name_in_errors, write_upload

JOB = "tips"
UPLOAD = "/upload/"
"""The folder of uploaded files in the record of what is held: they were at no path of this server."""
MOST = 200
"""Maximum number of files of one upload."""
MAX_FILES = 100
"""Files that an account lists; the others are counted."""


class TipForm(BaseModel):
    """Uploaded tips, the referral under which they are held, and what they do not state themselves."""

    file: Annotated[list[UploadFile], Field(max_length=MOST)] = []
    under: Annotated[str, Field(max_length=200)] = ""
    timezone: Annotated[str, Field(max_length=100)] = ""
    date_order: Literal["", "dmy", "mdy", "ymd"] = ""
    year: Annotated[str, Field(max_length=4)] = ""
    columns: Annotated[str, Field(max_length=2000)] = ""
    sheet: Annotated[str, Field(max_length=200)] = ""
    adds: bool = False
    original: UploadFile | None = None

    def request(self, context: RequestContext, files: UploadedTips, *, dry_run: bool) -> TipImportRequest:
        """Return the request of the form. Raises UsageError."""
        authority, _, source = self.under.partition(":")
        if not source:
            raise UsageError(context.says("under_missing"), hint=context.says("under_missing_next"))
        if self.year and not (self.year.isascii() and self.year.isdigit()):
            raise UsageError(context.says("no_year", text=self.year))
        if self.columns.strip().startswith("@"):  # a file of this server
            raise UsageError(context.says("no_columns"))
        return TipImportRequest(
            tuple(files.paths),
            source,
            authority,
            columns=self.columns.strip() or None,
            sheet=self.sheet.strip() or None,
            timezone=require_zone(self.timezone.strip() or None, context.says("timezone")),
            year=int(self.year) if self.year else None,
            date_order=self.date_order or None,
            adds=self.adds,
            dry_run=dry_run,
            names=files.names,
            original=files.original,
        )


@dataclass(slots=True)
class UploadedTips:
    """Uploaded files in a private folder, and those that were left out because no tip has such a name."""

    paths: list[Path] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    ignored: Counter[str] = field(default_factory=Counter)
    original: Path | None = None


def write_tips(
    context: RequestContext, folder: Path, files: Sequence[UploadFile], original: UploadFile | None
) -> UploadedTips:
    """Write the files of an upload. What is no tip by its name, such as a picture, is never written.

    `original`: the message of which a sheet is the transcription, which may have any name.

    Raises UsageError if no tip is left.
    """
    uploaded_tips = UploadedTips()
    for number, upload_file in enumerate(file for file in files if file.filename):
        if not is_tip_name(upload_file.filename or ""):
            uploaded_tips.ignored[Path(upload_file.filename or "").suffix.lower()[:20] or "?"] += 1
            continue
        path = write_upload(folder / str(number), upload_file)
        uploaded_tips.paths.append(path)
        uploaded_tips.names[str(path)] = f"{UPLOAD}{path.name}"
    if not uploaded_tips.paths:
        raise UsageError(context.says("no_tip"), hint=context.says("add.hint"))
    if original is not None and original.filename:
        uploaded_tips.original = write_upload(folder / "original", original)
        uploaded_tips.names[str(uploaded_tips.original)] = f"{UPLOAD}{uploaded_tips.original.name}"
    return uploaded_tips


def transcribe_upload(context: RequestContext, message: UploadFile) -> tuple[str, bytes]:
    """Return the name and the bytes of the sheet of an uploaded message. Nothing is stored. Raises UsageError."""
    with context.officer_session.workspace.open_scratch() as folder:
        path = write_upload(folder / "message", message)
        with name_in_errors(path):
            read = read_message(path)
    return f"{path.stem}.csv", write_sheet(read.findings, read.sha256)


def check_tips(context: RequestContext, form: TipForm) -> dict[str, Any]:
    """Read the uploaded tips without storing anything, and return the account of every row."""
    with context.officer_session.workspace.open_scratch() as folder:
        files = write_tips(context, folder, form.file, form.original)
        request = form.request(context, files, dry_run=True)
        tip_import = import_tips(context.officer_session, request, ignore_progress)
    return build_import_account(tip_import, files)


def begin_import(context: RequestContext, form: TipForm) -> None:
    """Begin to import the uploaded tips, and to rebuild the leads if the officer may. Raises UsageError, NotAllowed."""
    officer_session, makes_leads = context.officer_session, context.may(Action.LEADS_REBUILD)
    with ExitStack() as stack:
        folder = stack.enter_context(officer_session.workspace.open_scratch())
        request = form.request(context, write_tips(context, folder, form.file, form.original), dry_run=False)
        load_context(officer_session, request)
        scratch_files = stack.pop_all()
    with _close_on_error(scratch_files):
        get_job(context.request, JOB).begin(
            officer_session.clock(), lambda watch: _import(officer_session, request, scratch_files, watch, makes_leads)
        )


@contextmanager
def _close_on_error(scratch_files: ExitStack) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # Whatever ends the block: nobody else closes what it holds.
        scratch_files.close()
        raise


def _import(
    officer_session: OfficerSession, request: TipImportRequest, stack: ExitStack, watch: Progress, makes_leads: bool
) -> None:
    with stack:
        tip_import = import_tips(officer_session, request, watch)
    if makes_leads and tip_import.read:
        rebuild_leads(officer_session, watch)


def build_import_account(tip_import: TipImport, files: UploadedTips) -> dict[str, Any]:
    """Return the account of a dry run: each file with its rows, and what was left out and why."""
    read = [_build_file_facts(imported_tip, files) for imported_tip in tip_import.read]
    totals = Counter[str]()
    for one in read:
        totals.update(
            {name: one[name] for name in ("frames", "connections", "others", "newer", "comments", "rejected")}
        )
    return {
        "files": read[:MAX_FILES],
        "more": len(read) - len(read[:MAX_FILES]),
        "read": len(read),
        "totals": {name: totals[name] for name in ("connections", "others", "newer", "comments", "rejected", "frames")},
        "failed": [
            (_find_file_name(failed_file.path, files), _without_paths(failed_file.what, files))
            for failed_file in tip_import.failed
        ],
        "replaced": tip_import.replaced[:MAX_FILES],
        "known": [_find_file_name(file, files) for file in tip_import.known],
        "copies": [(_find_file_name(one, files), _find_file_name(other, files)) for one, other in tip_import.copies],
        "ignored": sorted(files.ignored.items()),
        "source": tip_import.context.source.name,
        "authority": tip_import.context.scan.authority.number,
    }


def _build_file_facts(imported_tip: ImportedTip, files: UploadedTips) -> dict[str, Any]:
    counts, others = imported_tip.account, sum(imported_tip.others.values())
    notes = [
        (name, getattr(imported_tip, name))
        for name in ("low_ports", "zoneless", "long_events")
        if getattr(imported_tip, name)
    ]
    return {
        "name": _find_file_name(counts.path, files),
        "kinds": sorted({kind.kind for kind in counts.kinds}),
        "frames": counts.frames,
        "connections": imported_tip.rows,
        "others": others,
        "flags": list(imported_tip.flags.items()),
        "parties": [(party.value, count) for party, count in sorted(imported_tip.others.items())],
        "newer": counts.records - imported_tip.rows - others,
        "comments": counts.comments,
        "rejected": counts.reject_count,
        "rejects": [
            (code, count, [_format_place(place) for place in counts.places[code]])
            for code, count in counts.rejects.items()
        ],
        "is_damaged": counts.is_damaged,
        "notes": notes,
    }


def _format_place(place: Any) -> tuple[str | None, str | None, int | None, int | None]:  # noqa: ANN401
    """Return member, sheet, row and byte of a reject."""
    return place.member, place.sheet, place.row_number, None if place.row_number else place.byte_offset


def _find_file_name(path: str, files: UploadedTips) -> str:
    return files.names.get(path, path).rpartition("/")[2]


def _without_paths(text: str, files: UploadedTips) -> str:
    """Return a message with the names of files in place of the paths of this server."""
    for path, name in files.names.items():
        text = text.removeprefix(f"{path}: ").replace(path, name.removeprefix(UPLOAD))
    return text.replace("--columns ", "")  # the form has a field for them
