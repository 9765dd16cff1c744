"""Data sets: what is imported, the import of a file that an officer chooses, and the withdrawal of a faulty one."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Annotated

from fastapi import Form, UploadFile
from pydantic import BaseModel, StringConstraints

from sightline.casework.input_checks import require_day, require_reason
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import datasets
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.model import DatasetKind
from sightline.model.progress import Progress
from sightline.stages.lists.trust import derive_signature_path
from sightline.storage.rows import Dataset
from sightline.web.background_job import get_job
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page, read_now_us
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect
from sightline.web.uploads import name_in_errors, read_upload, report_bad_upload, write_upload

DATASETS = "/administration/datasets"
SIGNATURE_BYTES = 1 << 14
Text = Annotated[str, StringConstraints(max_length=500)]


class DatasetForm(BaseModel):
    """A data set as the form sends it; `signature` belongs to a list that an agency signed."""

    file: UploadFile
    kind: DatasetKind
    dated: Text
    name: Text = ""
    licence: Text = ""
    days: Text = ""
    signature: UploadFile | None = None

    def to_request(self, context: RequestContext, path: Path) -> DatasetRequest:
        """Return the request for the file at `path`. Raises UsageError."""
        dated = require_day(self.dated, context.says("datasets.dated"))
        if self.days.strip() and not (self.days.strip().isascii() and self.days.strip().isdigit()):
            raise UsageError("the number of days is no number", hint="leave it empty for 92 days")
        days = int(self.days) if self.days.strip() else None
        names = (self.name.strip() or None, self.licence.strip() or None)
        return DatasetRequest(path, self.kind, date.fromisoformat(dated), *names, days)


@router.show(DATASETS, Action.DATASET_LIST, JournalVerb.VIEW_PAGE, "dataset:all")
def show_datasets(context: RequestContext) -> Page:
    """Show every data set with its date and the end of its use, and the forms to import and to withdraw one."""
    with context.read() as tables:
        dataset_states = datasets.list_dataset_states(tables, read_now_us(context))
    facts = {
        "sets": dataset_states,
        "over": sum(dataset_state.is_newest and dataset_state.is_over for dataset_state in dataset_states),
        "kinds": list(DatasetKind),
        "importing": get_job(context.request, "dataset"),
        "may_import": context.may(Action.DATASET_IMPORT),
        "may_withdraw": context.may(Action.DATASET_WITHDRAW),
        "may_rebuild": context.may(Action.LEADS_REBUILD),
    }
    return build_page(context, "datasets", facts)


@router.act(DATASETS, Action.DATASET_IMPORT, "dataset:new")
def begin_import(context: RequestContext, form: Annotated[DatasetForm, Form()]) -> Redirect:
    """Begin to import a data set from an uploaded file, which is removed afterwards."""
    officer_session = context.officer_session
    with ExitStack() as stack:
        folder = stack.enter_context(officer_session.workspace.open_scratch())
        path = write_upload(folder / "dataset", form.file)
        if not path.stat().st_size:
            raise UsageError("the file is empty", hint="choose the file of the data set")
        if form.signature is not None and form.signature.filename:
            derive_signature_path(path).write_bytes(read_upload(form.signature, SIGNATURE_BYTES))
        request = form.to_request(context, path)
        job = get_job(context.request, "dataset")
        upload_folder = stack.pop_all()
        try:
            job.begin(
                officer_session.clock(),
                lambda watch: _import_and_remove(officer_session, request, upload_folder, watch),
            )
        except BaseException:
            upload_folder.close()
            raise
    return Redirect(DATASETS)


def _import_and_remove(
    officer_session: OfficerSession, request: DatasetRequest, upload_folder: ExitStack, watch: Progress
) -> Dataset:
    """Import the uploaded file, and remove it in any case."""
    with upload_folder, report_bad_upload(officer_session, "dataset:new"), name_in_errors(request.path):
        return import_dataset(officer_session, request, watch)


@router.act(f"{DATASETS}/withdraw", Action.DATASET_WITHDRAW, "dataset:all")
def withdraw(
    context: RequestContext, dataset: Annotated[str, Form(max_length=64)], why: Annotated[str, Form(max_length=2000)]
) -> Redirect:
    """Stop using a data set in rebuilds, with a reason. Its file stays as proof."""
    datasets.withdraw_dataset(context.officer_session, dataset, require_reason(why, context.says("all.why")))
    return Redirect(DATASETS, "datasets.withdrawn")
