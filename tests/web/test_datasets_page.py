"""Data sets in the browser: imported from a file, withdrawn with a reason; and what stays at the terminal."""

from __future__ import annotations

import re
import shlex
from datetime import date

import pytest
from fastapi import FastAPI

from sightline.cli import build_parser
from sightline.model import Role
from sightline.storage import rows
from sightline.web.background_job import BackgroundJob
from sightline.web.pages.administration.terminal import list_terminal_tasks
from tests.office import Office
from tests.waits import HUNG_S
from tests.web.conftest import Browser, SignIn

DATASETS = "/administration/datasets"
NETWORKS = b"cidr,asn,isp,line,circle\n198.51.100.0/26,AS64500,Alpha Broadband,fixed,KL\n"


def import_file(app: FastAPI, browser: Browser, content: bytes, **other: str) -> str:
    """Import a file, wait for the end, and return the page."""
    fields = {"form_token": browser.token(), "kind": "network", "dated": "2026-03-01"} | other
    answer = browser.client.post(
        DATASETS, data=fields, files={"file": ("networks.csv", content)}, follow_redirects=False
    )
    if answer.status_code != 303:
        return str(answer.text)
    job: BackgroundJob = app.state.jobs["dataset"]
    job.join(HUNG_S)
    return browser.get(DATASETS).text


def list_registered(office: Office) -> list[rows.Dataset]:
    with office.workspace.read() as tables:
        return tables[rows.Dataset].select()


def test_a_data_set_is_imported_from_a_file_and_withdrawn_with_a_reason(
    app: FastAPI, signed_in: SignIn, office: Office
) -> None:
    administrator, superintendent = signed_in(Role.ADMINISTRATOR), signed_in(Role.SUPERVISOR)
    page = import_file(app, administrator, NETWORKS, name="Alpha networks", licence="of the unit", days="30")
    assert "The data set is imported" in page and "Alpha networks" in page
    (made,) = list_registered(office)
    assert (made.kind.value, made.licence, made.speaks_for_days, made.rows) == ("network", "of the unit", 30, 1)
    assert not list(office.workspace.folder.rglob("networks.csv")), "the uploaded file is removed"

    assert "/administration/datasets/withdraw" not in administrator.get(DATASETS).text
    refused = administrator.post(f"{DATASETS}/withdraw", dataset=made.dataset_id, why="the list was wrong")
    assert refused.status_code == 403
    assert superintendent.post(f"{DATASETS}/withdraw", dataset=made.dataset_id, why="").status_code == 400
    done = superintendent.post(f"{DATASETS}/withdraw", dataset=made.dataset_id, why="corrected by their letter")
    assert done.status_code == 303
    with office.workspace.read() as tables:
        (gone,) = tables[rows.DatasetWithdrawal].select()
    assert (gone.dataset_id, gone.why) == (made.dataset_id, "corrected by their letter")
    assert "was withdrawn as a data set: corrected by their letter" in import_file(app, administrator, NETWORKS)


@pytest.mark.parametrize(
    ("content", "other", "says"),
    [
        (b"", {}, "the file is empty"),
        (b"nothing of this kind\n", {}, "networks.csv"),
        (NETWORKS, {"dated": "9999-01-01"}, "is in the future"),
        (NETWORKS, {"dated": "1 March"}, "is not a date"),
        (NETWORKS, {"days": "many"}, "no number"),
        (NETWORKS, {"days": "0"}, "from 1 to"),
    ],
)
def test_a_faulty_data_set_is_not_registered_and_the_page_says_why(
    app: FastAPI, signed_in: SignIn, office: Office, content: bytes, other: dict[str, str], says: str
) -> None:
    page = import_file(app, signed_in(Role.CUSTODIAN), content, **other)
    assert says in page and "/.scratch" not in page and str(office.workspace.folder) not in page
    assert list_registered(office) == []


def test_a_role_that_may_not_import_is_refused(app: FastAPI, signed_in: SignIn, office: Office) -> None:
    auditor = signed_in(Role.AUDITOR)
    assert 'enctype="multipart/form-data"' not in auditor.get(DATASETS).text
    assert "auditor" in import_file(app, auditor, NETWORKS) and list_registered(office) == []
    assert signed_in(Role.ANALYST).get("/administration/terminal").status_code == 403


def test_commands_for_the_terminal_are_commands_that_exist(signed_in: SignIn, office: Office) -> None:
    page = signed_in(Role.ADMINISTRATOR).get("/administration/terminal").text
    assert shlex.quote(str(office.workspace.folder)) in page and "has no backup yet" in page
    tasks = list_terminal_tasks("/srv/a folder", "ab" * 32)
    for command in (command for task in tasks for command in task.commands):
        program, *words = shlex.split(command)
        assert program == "sightline"
        build_parser(words[0]).parse_args(words)
    assert "--digest " + "ab" * 32 in tasks[0].commands[0] and "'/srv/a folder'" in tasks[1].commands[0]
    assert date.fromisoformat(re.findall(r"--date (\S+)", tasks[-1].commands[0])[0])
