"""Long work of the web app does not delay its end, is complete or undone, and says so afterwards."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from sightline.errors import UsageError
from sightline.model import IntentState, Role
from sightline.services.leads import generation_writer, rebuild
from sightline.storage import rows
from sightline.web.app import AppConfig, create_app
from sightline.web.background_job import BackgroundJob, find_job
from tests.office import now
from tests.services.leads.office import LeadOffice, Visit
from tests.services.test_notices import lead_office
from tests.waits import HUNG_S, delay, wait_until

__all__ = ["lead_office"]

FOREVER = """
import sys, threading
from datetime import UTC, datetime
from pathlib import Path
from sightline.web.background_job import BackgroundJob
BackgroundJob(Path(sys.argv[1])).begin(datetime.now(UTC), lambda told: threading.Event().wait())
print("begun", flush=True)
"""


def endless(tell: Callable[..., None]) -> None:
    """Work that ends only where it is stopped."""
    while True:
        tell(1, 2, 0)
        delay(0.01)


def test_an_officer_stops_a_job_that_another_process_runs(tmp_path: Path) -> None:
    job = BackgroundJob(tmp_path / ".job-intake")
    job.begin(now(), endless)
    elsewhere = find_job(job.mark)
    assert elsewhere.is_elsewhere and elsewhere.cancel()
    job.join(HUNG_S)
    assert (job.is_running, job.is_cancelled, job.is_cut, job.failed) == (False, True, False, None)
    assert not list(tmp_path.iterdir()), "neither the mark nor the wish to stop is left"
    assert not find_job(job.mark).cancel(), "nothing runs"
    (tmp_path / ".job-intake.stop").touch()
    job.begin(now(), lambda tell: tell(1, 2))
    job.join(HUNG_S)
    assert not job.is_cancelled and job.failed is None and job.done == 1, "a wish of before stops no later job"


def test_a_stopped_job_ends_and_the_next_server_says_so(tmp_path: Path) -> None:
    job = BackgroundJob(tmp_path / ".job-leads")
    job.begin(at := now(), endless)
    elsewhere = find_job(job.mark)
    assert (elsewhere.is_cut, elsewhere.is_running, elsewhere.begun) == (False, True, at), "it is being done"
    with pytest.raises(UsageError, match="by another server"):
        BackgroundJob(job.mark).begin(at, endless)
    job.stop()
    job.join(HUNG_S)
    assert not job.is_running and job.is_cut
    after = find_job(job.mark)
    assert after.is_cut and after.begun == at
    after.begin(now(), lambda _told: None)
    after.join(HUNG_S)
    assert (after.is_cut, after.failed, job.mark.exists()) == (False, None, False)
    assert not find_job(job.mark).is_cut


def test_no_work_keeps_a_process_that_ends_alive(tmp_path: Path) -> None:
    mark = tmp_path / ".job-backup"
    done = subprocess.run(
        [sys.executable, "-c", FOREVER, mark], capture_output=True, text=True, timeout=HUNG_S, check=False
    )
    assert (done.returncode, done.stdout) == (0, "begun\n")
    assert find_job(mark).is_cut


def test_a_server_that_stops_during_a_rebuild_leaves_no_half_made_leads(
    lead_office: LeadOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    lead_office.scan(lead_office.log("http.log", [Visit(at * 60) for at in range(8)]), lead_office.flags())
    workspace, io = lead_office.office.workspace, lead_office.office[Role.INVESTIGATING_OFFICER]
    make, event, left = generation_writer.write_generation, threading.Event(), threading.Event()

    def lasting(*given: Any) -> Any:
        event.set()
        try:
            endless(given[3])
        finally:
            left.set()

    monkeypatch.setattr(rebuild, "write_generation", lasting)
    app = create_app(AppConfig(workspace, clock=io.clock))
    with TestClient(app, base_url="http://127.0.0.1") as client:
        client.cookies.set("sightline", app.state.live_sessions.begin(io, "test"))
        token = re.search(r'name="form-token" content="([^"]+)"', client.get("/leads/all/rebuild").text)
        assert token
        client.post("/leads/all/rebuild", data={"form_token": token[1]}, follow_redirects=False)
        wait_until(event.is_set, "the rebuild begins")
    assert left.is_set(), "the server stopped the work that would never have ended"
    with workspace.read() as tables:
        assert tables[rows.Generation].select() == []
        assert IntentState.OPEN not in {intent.state for intent in tables[rows.Intent].select()}
    monkeypatch.setattr(rebuild, "write_generation", make)
    after = create_app(AppConfig(workspace, clock=io.clock))
    with TestClient(after, base_url="http://127.0.0.1") as client:
        client.cookies.set("sightline", after.state.live_sessions.begin(io, "test"))
        page = client.get("/leads/all/rebuild").text
        assert "The web app was stopped before this was done" in page
        token = re.search(r'name="form-token" content="([^"]+)"', page)
        assert token
        client.post("/leads/all/rebuild", data={"form_token": token[1]}, follow_redirects=False)
        after.state.jobs["leads"].join(HUNG_S)
        assert "The web app was stopped" not in client.get("/leads/all/rebuild").text
    with workspace.read() as tables:
        assert len(tables[rows.Generation].select()) == 1
