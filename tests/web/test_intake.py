"""Log files that enter by the browser: uploads in pieces, the seizure memo, the dry run and the scan."""

from __future__ import annotations

import base64
import hashlib
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi import FastAPI
from httpx2 import Response

from sightline.model import IntentState, RejectCode, Role
from sightline.services.intake.intake_store import IntakeStore
from sightline.services.scan.plan import ScanJob
from sightline.services.scan.scan import RunningScan
from sightline.storage import rows
from sightline.translation.messages import load_catalogue
from sightline.web.background_job import BackgroundJob
from tests.office import Office, signed_list
from tests.services.leads.office import LeadOffice, Visit
from tests.web.conftest import Browser, SignIn

PIECE = 512


@dataclass
class Uploader:
    """Speaks tus as the script of the page does, with a browser's cookie and token."""

    browser: Browser
    at: str

    def __post_init__(self) -> None:
        self.headers = {"Tus-Resumable": "1.0.0", "X-Form-Token": self.browser.token()}

    def begin(self, name: str, size: int, **headers: str) -> Response:
        text = f"filename {base64.b64encode(name.encode()).decode()},modified {base64.b64encode(b'7').decode()}"
        more = {"Upload-Length": str(size), "Upload-Metadata": text} | headers
        answer: Response = self.browser.client.post(f"{self.at}/files", headers=self.headers | more)
        return answer

    def send(self, place: str, offset: int, some: bytes, **headers: str) -> Response:
        more = {"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)} | headers
        answer: Response = self.browser.client.patch(place, content=some, headers=self.headers | more)
        return answer

    def offset(self, place: str) -> int:
        return int(self.browser.client.head(place, headers=self.headers).headers["upload-offset"])

    def whole(self, name: str, content: bytes) -> Response:
        """Send a file in pieces, and return the last answer."""
        answer = self.begin(name, len(content))
        assert answer.status_code == 201, answer.text
        place = answer.headers["location"]
        for at in range(0, len(content), PIECE):
            answer = self.send(place, at, content[at : at + PIECE])
        return answer


LANGUAGES = ("en", "hi", "ml")


@dataclass
class AnalystOffice:
    """An analyst with a source of logs, a log that has visits, and the lists of the workspace in force."""

    office: Office
    browser: Browser
    under: str
    log: bytes
    app: FastAPI
    leads: LeadOffice

    def begin(self, memo: str = "") -> Uploader:
        answer = self.browser.post("/intake", under=self.under, memo=memo)
        assert answer.status_code == 303, answer.text
        return Uploader(self.browser, answer.headers["location"])

    def run(self, uploader: Uploader, act: str, **fields: str | list[str]) -> str:
        """Begin a trial or a scan, wait until it has ended, and return the page."""
        answer = self.browser.post(f"{uploader.at}/{act}", **fields)
        assert answer.status_code == 303, answer.text
        self.app.state.jobs[f"intake-{uploader.at.rpartition('/')[2]}"].join(120)
        return str(self.browser.get(uploader.at).text)


@pytest.fixture
def analyst_office(office: Office, app: FastAPI, signed_in: SignIn, tmp_path: Path) -> AnalystOffice:
    leads = LeadOffice(office, tmp_path)
    visits = [Visit(at, "198.51.100.7", port=40_000 + at) for at in range(0, 3_600, 60)]
    first = leads.log("first.log", visits[:1])
    leads.scan(first, leads.flags())
    content = leads.log("second.log", visits[1:]).read_bytes() + b"this is no line of a log\n"
    with office.workspace.read() as tables:
        run = tables[rows.Run].select()[0]
        held = tables[rows.Holding].select(exhibit_id=run.exhibit_id)[0]
    under = f"{held.authority_id}:{held.source_id}"
    return AnalystOffice(office, signed_in(Role.ANALYST), under, content, app, leads)


def runs(office: Office) -> int:
    with office.workspace.read() as tables:
        return len(tables[rows.Run].select())


def test_every_reason_of_a_rejected_line_says_what_to_do_in_each_language() -> None:
    texts = [
        {load_catalogue(language).get(f"all.reject_advice.{code}") for code in RejectCode} for language in LANGUAGES
    ]
    assert all(None not in text and len(text) == len(RejectCode) for text in texts)
    assert len(set().union(*texts)) == len(LANGUAGES) * len(RejectCode)


def test_a_file_arrives_in_pieces_is_tried_scanned_and_then_gone(analyst_office: AnalystOffice) -> None:
    before, digest = runs(analyst_office.office), hashlib.sha256(analyst_office.log).hexdigest()
    uploader = analyst_office.begin(f"{digest.upper()} *second.log\n")
    place = uploader.begin("logs/second.log", len(analyst_office.log)).headers["location"]
    assert uploader.send(place, 0, analyst_office.log[:PIECE]).headers["upload-offset"] == str(PIECE)
    assert uploader.send(place, 0, analyst_office.log[:PIECE]).status_code == 409, "the same bytes again"
    assert uploader.offset(place) == PIECE
    assert "not complete" in analyst_office.browser.get(uploader.at).text
    assert analyst_office.browser.post(f"{uploader.at}/check").status_code == 303
    analyst_office.app.state.intakes.digests.__init__()  # a server that was restarted
    assert uploader.send(place, PIECE, analyst_office.log[PIECE:]).status_code == 204
    page = analyst_office.browser.get(uploader.at).text
    assert digest in page and "As in the memo" in page

    page = analyst_office.run(uploader, "check")
    assert "every log line is accounted for; nothing was stored" in page and runs(analyst_office.office) == before
    figures = re.findall(r"<b>([\d,]+)</b> ([a-z ,]+)</span>", page)
    sums = [("59", "visits to listed sites"), ("1", "comment or heading"), ("1", "rejected, with a reason")]
    assert figures == [*sums, ("61", "log lines read")]
    assert load_catalogue("en")["all.reject_advice.column-count"][0] in page
    page = analyst_office.run(uploader, "scan")
    assert f'href="/exhibits/{digest}"' in page and "Go to the leads of this source" in page
    assert runs(analyst_office.office) == before + 1
    folder = analyst_office.app.state.intakes.root
    assert [path.name for path in folder.rglob("*") if path.is_file()] == ["intake.json"], "the log is gone"
    assert b"no line of a log" not in b"".join(path.read_bytes() for path in folder.rglob("intake.json"))
    with analyst_office.office.workspace.read() as tables:
        holdings = tables[rows.Holding].select(exhibit_id=digest)
    assert [holding.path for holding in holdings] == ["/upload/logs/second.log"]
    assert analyst_office.browser.get(f"/exhibits/{digest}").status_code == 200
    assert uploader.begin("more.log", 1).status_code == 400, "it is finished"


def test_a_file_that_is_not_the_one_of_the_memo_is_refused_and_removed(analyst_office: AnalystOffice) -> None:
    uploader = analyst_office.begin(f"{'0' * 64}\n")
    answer = uploader.whole("second.log", analyst_office.log)
    assert answer.status_code == 403
    assert f"its SHA-256 is {hashlib.sha256(analyst_office.log).hexdigest()}" in answer.text
    store: IntakeStore = analyst_office.app.state.intakes
    assert store.count_used_bytes() == 0 and not list(store.root.rglob("*.log"))
    assert "The seizure memo has another SHA-256" in analyst_office.browser.get(uploader.at).text
    analyst_office.run(uploader, "check")
    assert runs(analyst_office.office) == 1
    with analyst_office.office.workspace.read() as tables:
        assert "refused:file" in {
            stored_journal_row.verb for stored_journal_row in tables[rows.StoredJournalRow].select()
        }
    assert "is no SHA-256" in analyst_office.browser.post("/intake", under=analyst_office.under, memo="abc").text


def test_missing_declarations_are_named_and_can_be_made(analyst_office: AnalystOffice) -> None:
    uploader = analyst_office.begin()
    uploader.whole("notes.txt", b"only words, and no log at all\nand some more of them\n" * 20)
    page = analyst_office.run(uploader, "check")
    assert "The files could not be read" in page and "notes.txt" in page
    assert str(analyst_office.office.workspace.folder) not in page
    line = "Mar  1 12:00:{:02} gateway dnsmasq[7]: query[A] board.example from 198.51.100.9\n"
    uploader.whole("dns.log", "".join(map(line.format, range(30))).encode())
    page = analyst_office.run(uploader, "check")
    assert "times without a" in page and "dns.log" in page
    assert analyst_office.browser.post(f"{uploader.at}/check", timezone="Asia/Kolkata").status_code == 400, (
        "on no basis"
    )
    fields = {"timezone": "Asia/Kolkata", "timezone_basis": "letter of 3 March", "year": "2026"}
    page = analyst_office.run(uploader, "check", **fields)
    assert "1 file is not read" in page and "30</b> visits" in page and 'value="letter of 3 March"' in page


def test_a_proxy_that_nobody_declared_is_named_before_the_scan(analyst_office: AnalystOffice) -> None:
    line = '192.0.2.10 - - [10/Oct/2026:13:55:{0:02} +0000] "GET /{0} HTTP/1.1" 200 5 "-" "a" "198.51.100.{0}"\n'
    uploader = analyst_office.begin()
    for number in range(7):
        uploader.whole(f"proxied-{number}.log", "".join(map(line.format, range(30 + number))).encode())

    page = analyst_office.run(uploader, "check")

    assert page.count("most of its first frames name other clients") == 1 and "came from 192.0.2.x. " in page
    assert "<b>proxied-0.log, proxied-1.log, proxied-2.log, proxied-3.log, proxied-4.log</b>" in page


REFUSED: dict[str, tuple[Callable[[Uploader], Response], int]] = {
    "above": (lambda one: one.begin("../x.log", 5), 400),
    "no name": (lambda one: one.begin("", 5), 400),
    "control": (lambda one: one.begin("a\nb", 5), 400),
    "no size": (lambda one: one.begin("x.log", 5, **{"Upload-Length": "many"}), 400),
    "too large": (lambda one: one.begin("x.log", 1 << 45), 403),
    "no protocol": (lambda one: one.begin("x.log", 5, **{"Tus-Resumable": "0.2.2"}), 412),
    "no token": (lambda one: one.begin("x.log", 5, **{"X-Form-Token": "x"}), 403),
    "other site": (lambda one: one.begin("x.log", 5, **{"Sec-Fetch-Site": "cross-site"}), 403),
    "longer": (lambda one: one.send(one.begin("x.log", 5).headers["location"], 0, b"123456"), 400),
    "huge piece": (lambda one: one.send(one.begin("x.log", 1 << 26).headers["location"], 0, bytes(17 << 20)), 413),
    "twice": (lambda one: (one.begin("x.log", 5), one.begin("x.log", 5))[1], 400),
    "file as folder": (lambda one: (one.begin("x.log", 5), one.begin("x.log/y", 5))[1], 400),
    "other upload": (lambda one: one.send(f"{one.at}/files/{'0' * 26}", 0, b"1"), 404),
    "other intake": (lambda one: Uploader(one.browser, f"/intake/{'0' * 26}").begin("x.log", 5), 404),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_forbidden_upload_is_refused(analyst_office: AnalystOffice, case: str) -> None:
    do, status = REFUSED[case]
    uploader = analyst_office.begin()
    assert do(uploader).status_code == status
    assert (
        sum(
            path.stat().st_size
            for path in analyst_office.app.state.intakes.locate_files(uploader.at[8:]).rglob("*.log")
        )
        == 0
    )


def test_uploads_are_the_officers_own_and_bounded_and_can_be_removed(
    analyst_office: AnalystOffice, signed_in: SignIn
) -> None:
    store: IntakeStore = analyst_office.app.state.intakes
    uploader = analyst_office.begin()
    store.limit_bytes = 2_000
    place = uploader.begin("a.log", 1_500).headers["location"]
    answer = uploader.begin("b.log", 501)
    assert answer.status_code == 403 and "500 bytes are left" in answer.text
    other = signed_in(Role.CUSTODIAN)
    assert other.get(uploader.at).status_code == 404
    stranger = Uploader(other, uploader.at)
    assert stranger.begin("c.log", 1).status_code == 404 and stranger.send(place, 0, b"1").status_code == 404
    assert analyst_office.browser.client.delete(place, headers=uploader.headers).status_code == 204
    assert store.count_used_bytes() == 0 and uploader.begin("b.log", 2_000).status_code == 201
    page = other.get("/intake").text
    assert "1.95 KiB of 1.95 KiB in use" in page and f'action="{uploader.at}/remove"' in page
    assert other.post(f"{uploader.at}/remove").status_code == 303
    assert store.count_used_bytes() == 0 and analyst_office.browser.get(uploader.at).status_code == 404
    own_intake = analyst_office.begin()
    own_intake.begin("d.log", 10)
    intake = store.get(own_intake.at.rpartition("/")[2])
    assert store.remove_idle(intake.begun_at_us + 7 * 86_400_000_000) == 0
    assert store.remove_idle(intake.begun_at_us + 8 * 86_400_000_000) == 1 and store.list_all() == []


def test_an_unknown_log_is_described_approved_by_another_and_then_read(analyst_office: AnalystOffice) -> None:
    line = "[2026-06-05 12:00:{:02}] from 198.51.100.{} to 203.0.113.9 asked board.example /room/{} -> 200\n"
    uploader = analyst_office.begin()
    uploader.whole("panel.log", "".join(line.format(at, at, at) for at in range(30)).encode())
    page = analyst_office.run(uploader, "check")
    where = re.search(rf'href="({uploader.at}/format/\w+)"', page)
    assert where and "The files could not be read" in page
    page = analyst_office.browser.get(where[1]).text
    assert "999.99.999.9" in page and "board.example" not in page and "198.51.100" not in page
    pieces = re.findall(r'aria-label="What (\w+) is"', page)
    meaning = {"address1": "source_ip", "address2": "destination_ip", "host1": "host", "word1": "url"}
    answers: dict[str, str | list[str]] = {"specification": "manual of the panel", "record_kind": "http-request"}
    answers |= {"zone": "utc", "fields": [meaning.get(piece, "") for piece in pieces]}
    page = analyst_office.browser.post(f"{where[1]}/try", **answers).text
    assert "30 of 30 lines read" in page and "2026-06-05T12:00:00" in page and "xxxxx.xxxxxxx" in page
    assert "board.example" not in page and "198.51.100" not in page
    assert analyst_office.browser.post(f"{where[1]}/try", **(answers | {"specification": ""})).status_code == 400
    assert analyst_office.browser.post(f"{where[1]}/ask", **answers, why="manual of the panel").status_code == 303
    assert "waits for the approval" in analyst_office.browser.get(uploader.at).text
    assert "The files could not be read" in analyst_office.run(uploader, "check"), "nobody has approved it yet"
    assert analyst_office.office.approve() == 1
    page = analyst_office.run(uploader, "check")
    assert "30</b> visits" in page and ">panel<" in page
    analyst_office.run(uploader, "scan")
    with analyst_office.office.workspace.read() as tables:
        assert "panel" in {run.format for run in tables[rows.Run].select()}
    assert "manual of the panel" in analyst_office.browser.get("/intake").text
    assert (
        analyst_office.browser.post("/intake/formats/panel/end", why="the manual is of another version").status_code
        == 303
    )
    assert analyst_office.office.approve() == 1
    assert "manual of the panel" not in analyst_office.browser.get("/intake").text


def test_the_line_of_a_servers_configuration_answers_all(analyst_office: AnalystOffice) -> None:
    uploader = analyst_office.begin()
    log = "".join(f'198.51.100.{at} <05/Jun/2026:12:00:00 +0000> "GET / HTTP/1.1" board.example\n' for at in range(30))
    uploader.whole("access.txt", log.encode())
    where = re.search(rf'href="({uploader.at}/format/\w+)"', analyst_office.run(uploader, "check"))
    assert where
    declared = {"server": "nginx", "line": '$remote_addr <$time_local> "$request" $host'}
    page = analyst_office.browser.post(f"{where[1]}/try", **declared).text
    assert "30 of 30 lines read" in page and "2026-06-05T12:00:00" in page


def test_the_second_officer_sees_how_the_format_reads_the_sample(
    analyst_office: AnalystOffice, signed_in: SignIn
) -> None:
    line = "[2026-06-05 12:00:{:02} +0530] from 198.51.100.{} asked board.example -> 200\n"
    uploader = analyst_office.begin()
    uploader.whole("panel.log", "".join(line.format(at, at) for at in range(30)).encode() + b"no such line\n")
    where = re.search(rf'href="({uploader.at}/format/\w+)"', analyst_office.run(uploader, "check"))
    assert where
    pieces = re.findall(r'aria-label="What (\w+) is"', analyst_office.browser.get(where[1]).text)
    meaning = {"address1": "source_ip", "host1": "host"}
    answers: dict[str, str | list[str]] = {"specification": "manual", "record_kind": "http-request"}
    answers |= {"fields": [meaning.get(piece, "") for piece in pieces]}
    assert analyst_office.browser.post(f"{where[1]}/ask", **answers, why="manual of the panel").status_code == 303
    second = signed_in(Role.SUPERVISOR)
    page = second.get("/approvals").text
    rows_at, text_at = page.index('class="dense samples"'), page.index("The format as a file")
    assert rows_at < text_at and "30 of 31 lines read" in page
    assert ">5 Jun 2026, 12:00:00 IST<" in page and "2026-06-05 12:00:00 +0530" in page, (
        "the time in IST, and as it is written"
    )
    assert "xxxxx.xxxxxxx" in page and "1 line is not read" in page and "xx xxxx xxxx" in page
    assert "board.example" not in page and "198.51.100." not in page
    upload = where[1].rpartition("/")[2]
    assert analyst_office.browser.post(f"{uploader.at}/files/{upload}/remove").status_code == 303
    page = second.get("/approvals").text
    assert "The sample is no longer on this server" in page and 'class="dense samples"' not in page


@pytest.mark.parametrize(
    ("written", "layouts", "is_chosen"),
    [
        ("05.06.2026 14.05.{0:02}", ["DD.MM.YYYY hh.mm.ss", "MM.DD.YYYY hh.mm.ss"], True),
        ("05.06.2026 14.05.{0:02}", ["DD.MM.YYYY hh.mm.ss", "MM.DD.YYYY hh.mm.ss"], False),
        ("14:05:{0:02}.000 05-06-2026", ["hh:mm:ss.fff DD-MM-YYYY", "hh:mm:ss.fff MM-DD-YYYY"], True),
    ],
    ids=["chosen", "described", "clock-first"],
)
def test_a_time_that_is_not_recognised_is_chosen_or_described(
    analyst_office: AnalystOffice, written: str, layouts: list[str], is_chosen: bool
) -> None:
    line = f"198.51.100.{{0}} {written} asked board.example 2{{0:02}}\n"
    uploader = analyst_office.begin()
    uploader.whole("dots.log", "".join(line.format(at) for at in range(30)).encode())
    where = re.search(rf'href="({uploader.at}/format/\w+)"', analyst_office.run(uploader, "check"))
    assert where
    page = analyst_office.browser.get(where[1]).text
    assert "No time was recognised for certain" in page
    offered = re.findall(r'<option value="(\d)"[^>]*>([A-Za-z.: -]+) \(word1 word2\)<', page)
    assert [one for _, one in offered] == layouts, "the officer decides which"
    assert len(re.findall(r"<(?:select|input) id=\"(?:specification|record_kind|time|zone)\"", page)) == 4
    pieces = re.findall(r'aria-label="What (\w+) is"', page)
    meaning = {"address1": "source_ip", "host1": "host"}
    answers: dict[str, str | list[str]] = {"specification": "manual", "record_kind": "proxy-request", "zone": "utc"}
    answers |= {"fields": [meaning.get(piece, "") for piece in pieces]}
    if is_chosen:
        answers |= {"time": "0"}
    else:
        answers |= {"time": "-1", "time_piece": "word1", "time_layout": "DD.MM.YYYY hh:mm:ss"}
        refused = analyst_office.browser.post(f"{where[1]}/try", **answers)
        assert refused.status_code == 400 and "the time is not written so" in refused.text
        answers |= {"time_layout": "DD.MM.YYYY hh.mm.ss"}
    page = analyst_office.browser.post(f"{where[1]}/try", **answers).text
    assert "30 of 30 lines read" in page and ">5 Jun 2026, 19:35:00 IST<" in page
    assert analyst_office.browser.post(f"{where[1]}/ask", **answers, why="manual of the panel").status_code == 303
    assert analyst_office.office.approve() == 1
    assert "30</b> visits" in analyst_office.run(uploader, "check")


def test_files_come_by_a_plain_form_with_the_same_checks(analyst_office: AnalystOffice) -> None:
    uploader = analyst_office.begin(
        f"{hashlib.sha256(analyst_office.log).hexdigest()}  second.log\n{'0' * 64}  third.log\n"
    )

    def send(*named: tuple[str, bytes], **headers: str) -> Response:
        files = [("files", one) for one in named]
        token = {"X-Form-Token": analyst_office.browser.token()} | headers
        answer: Response = analyst_office.browser.client.post(
            f"{uploader.at}/upload", files=files, headers=token, follow_redirects=False
        )
        return answer

    assert send(("second.log", analyst_office.log), ("logs/other.log", b"x\n")).status_code == 303
    page = analyst_office.browser.get(uploader.at).text
    assert "As in the memo" in page and "Not in the memo" in page and "2 files have arrived" in page
    answer = send(("third.log", analyst_office.log))
    assert answer.status_code == 403 and "is not the file of the seizure memo" in answer.text
    assert send(("../x.log", b"x")).status_code == 400 and send(("second.log", b"x")).status_code == 400
    assert send(("y.log", b"x"), **{"X-Form-Token": "x"}).status_code == 403
    assert send(("z.log", b"0" * (65 << 20))).status_code == 413


def test_a_scan_is_stopped_and_goes_on_later(analyst_office: AnalystOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    uploader, before = analyst_office.begin(), runs(analyst_office.office)
    uploader.whole("a.log", analyst_office.log)
    uploader.whole("b.log", analyst_office.log + analyst_office.log[-26:])
    analyst_office.run(uploader, "check")
    reached, go_on = threading.Event(), threading.Event()
    registered = RunningScan.scan_group

    def one_by_one(self: RunningScan, group: Sequence[ScanJob], *more: object) -> None:
        for number, one in enumerate(group):
            if number:
                reached.set()
                assert go_on.wait(60)
                self.progress(0, None, 0)
            registered(self, [one])

    monkeypatch.setattr(RunningScan, "scan_group", one_by_one)
    assert analyst_office.browser.post(f"{uploader.at}/scan").status_code == 303
    assert reached.wait(60)
    page = analyst_office.browser.get(uploader.at).text
    assert f'action="{uploader.at}/stop"' in page and "Stop now" in page
    job = analyst_office.app.state.jobs[f"intake-{uploader.at.rpartition('/')[2]}"]
    monkeypatch.setattr(BackgroundJob, "join", lambda _job, _seconds: go_on.set())
    assert analyst_office.browser.post(f"{uploader.at}/stop").status_code == 303
    monkeypatch.undo()
    job.join(60)
    page = analyst_office.browser.get(uploader.at).text
    assert "It was stopped" in page and "Go on with the scan" in page and runs(analyst_office.office) == before + 1
    with analyst_office.office.workspace.read() as tables:
        assert "scan:stopped" in {
            stored_journal_row.verb for stored_journal_row in tables[rows.StoredJournalRow].select()
        }
        assert {intent.state for intent in tables[rows.Intent].select()} == {IntentState.REGISTERED}, (
            "nothing is half written"
        )
    page = analyst_office.run(uploader, "scan")
    assert runs(analyst_office.office) == before + 2 and "Go to the leads of this source" in page


def test_a_scan_uses_the_lists_that_were_chosen(analyst_office: AnalystOffice, tmp_path: Path) -> None:
    other = signed_list(tmp_path, "kind,value\nhost,else.example\n", version="2", category="other")
    analyst_office.leads.scan(analyst_office.leads.log("third.log", [Visit(9_000, "198.51.100.9")]), other)
    uploader = analyst_office.begin()
    uploader.whole("second.log", analyst_office.log)
    page = analyst_office.browser.get(uploader.at).text
    ids = re.findall(r'name="lists" value="(\w+)" checked', page)
    assert len(ids) == 2
    assert analyst_office.browser.post(f"{uploader.at}/check").status_code == 400, "no list at all"
    counts = {id_: analyst_office.run(uploader, "check", lists=id_) for id_ in ids}
    assert sorted(re.findall(r"<b>(\d+)</b> visits", page)[0] for page in counts.values()) == ["0", "59"]
    analyst_office.run(uploader, "check", lists=ids)
    analyst_office.run(uploader, "scan")
    with analyst_office.office.workspace.read() as tables:
        newest = max(tables[rows.Run].select(), key=lambda one: one.registered_at_us)
        assert len(tables[rows.RunList].select(run_id=newest.run_id)) == 2
