"""What a page says where nothing comes of a form: why, in the page's words, and what the officer had written."""

import re
from html import unescape

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from sightline.errors import Refused
from sightline.model import Role
from sightline.storage import rows
from sightline.translation.messages import LANGUAGES, get_messages, translate_word
from sightline.web.app import AppConfig, create_app
from sightline.web.context import WRITTEN
from sightline.web.templates import HERE
from tests.office import Office
from tests.web.conftest import SignIn

WHY = "the caretaker's register\r\nsays <who> lived there"
SHOWN = "the caretaker&#39;s register\nsays &lt;who&gt; lived there</textarea>"
IO = Role.INVESTIGATING_OFFICER


def begin(client: TestClient, token: str, on: str = "2026-03-01", **headers: str) -> tuple[int, str]:
    fields = {"form_token": token, "name": "P-Hunt 9", "begun_on": on, "why": WHY, "password": "four secret words"}
    answer = client.post("/operations", data=fields, headers=headers, follow_redirects=False)
    return answer.status_code, answer.text


def operations(office: Office) -> int:
    with office.workspace.read() as tables:
        return len(tables[rows.Operation].select())


def test_typed_text_remains_on_the_page_after_the_session_expires(
    app: FastAPI, signed_in: SignIn, office: Office
) -> None:
    browser = signed_in(IO)
    token = browser.token()
    app.state.live_sessions.leave(browser.live_session())
    before = {"referer": "http://127.0.0.1/operations"}
    status, page = begin(browser.client, token, **before)
    assert status == 403 and operations(office) == 0
    assert SHOWN in page and "nothing was sent" in page and "secret" not in page and token not in page
    assert 'href="/sign-in?next=%2Foperations&amp;over=1" target="_blank"' in page
    pressed = browser.client.post("/operations/X/close", data={"form_token": token}, headers=before)
    assert "Your session has expired, and nothing was done" in pressed.text


def test_typed_text_remains_after_any_refusal_except_from_another_site(signed_in: SignIn, office: Office) -> None:
    browser = signed_in(IO)
    for token, on, expected in ((browser.token(), "tomorrow", 400), ("of a session before", "2026-03-01", 403)):
        status, page = begin(browser.client, token, on)
        assert status == expected and SHOWN in page and "secret" not in page
    status, page = begin(browser.client, browser.token(), origin="http://elsewhere.example")
    assert status == 403 and "register" not in page and operations(office) == 0


def test_a_text_of_a_megabyte_is_refused_and_not_sent_back(signed_in: SignIn, office: Office) -> None:
    browser = signed_in(IO)
    for length, is_there in ((1_000, True), (1_000_000, False)):
        answer = browser.post("/operations", name="P-Hunt 9", begun_on="2026-03-01", why="caretaker " * (length // 10))
        assert answer.status_code == 400 and ("caretaker" in answer.text) is is_there
    assert len(answer.text) < 20_000 and operations(office) == 0


def test_every_long_text_field_is_preserved_after_a_refusal() -> None:
    fields = {
        name
        for path in HERE.rglob("*.html")
        for tag in re.findall(r"<textarea[^>]*>", path.read_text(encoding="utf-8"))
        for name in re.findall(r' name="([^"]+)"', tag)
    }
    assert fields == set(WRITTEN)


def test_the_address_of_a_form_leads_to_its_page(app: FastAPI, signed_in: SignIn) -> None:
    browser = signed_in(IO)
    answer = browser.get("/notices/01ABC/sent")
    assert answer.status_code == 303 and answer.headers["location"] == "/notices/01ABC"
    assert browser.get("/sign-out").headers["location"] == "/"
    stranger = TestClient(app, base_url="http://127.0.0.1").get("/sign-out")
    assert stranger.status_code == 405 and "can only be reached by sending its form" in stranger.text


def test_an_invalid_field_is_explained_in_words(signed_in: SignIn) -> None:
    browser = signed_in(IO)
    text = unescape(browser.post("/operations", name="P" * 5_000, begun_on="", why="").text)
    assert "“started on” is empty. " in text and "“why” is empty." in text and "begun_on" not in text
    assert "“name” is too long: at most " in text
    browser.client.cookies.set("language", "hi")
    assert "“क्यों” खाली है।" in browser.post("/operations", name="P", begun_on="2026-03-01", why="").text


def test_an_empty_message_is_named_without_a_folder_of_the_server(signed_in: SignIn) -> None:
    browser = signed_in(IO)
    answer = browser.client.post(
        "/tips/transcribe", data={"form_token": browser.token()}, files={"message": ("mail.eml", b"")}
    )
    assert answer.status_code == 400 and "mail.eml" in answer.text
    assert "scratch" not in answer.text


def test_a_reload_of_a_refusal_leads_to_the_page_of_the_form(signed_in: SignIn) -> None:
    browser = signed_in(IO)
    assert 'data-reloads="/"' in browser.post("/operations", name="P-Hunt 9", begun_on="no day", why="x").text
    assert "data-reloads" not in browser.get("/notices/01ABC").text


def test_each_detail_of_an_error_is_displayed_escaped(app: FastAPI, signed_in: SignIn) -> None:
    @app.get("/falls")
    def falls() -> None:
        raise Refused("the referral was of 2026-03-09 and fell", details=["lead 0a1b: <b>cleared</b> on 2026-03-10"])

    browser = signed_in(IO)
    page = browser.get("/falls").text
    assert "of 9 Mar 2026 and fell" in page and "lead 0a1b: &lt;b&gt;cleared&lt;/b&gt; on 10 Mar 2026" in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_role_is_refused_in_the_words_of_the_page(signed_in: SignIn, language: str) -> None:
    browser = signed_in(Role.ANALYST)
    browser.client.cookies.set("language", language)
    status, page = begin(browser.client, browser.token())
    text = unescape(re.sub(r"<[^>]+>", " ", page.partition("<body")[2]))
    assert status == 403 and translate_word("role", Role.STATION_OFFICER, language) in text
    assert (
        translate_word("role", Role.ANALYST, language) in text
        and translate_word("purpose", "analyst", language) in text
    )
    for code in (*(role.value for role in Role if "-" in role), "operation:run"):
        assert code not in text, code


@pytest.mark.parametrize("path", ["/lists/add", "/ledger/verify", "/sign-out"])
def test_the_address_of_a_form_is_no_id_and_the_answer_names_the_method(
    app: FastAPI, signed_in: SignIn, path: str
) -> None:
    inside = signed_in(IO).get(path)
    assert (inside.status_code, inside.headers["location"]) == (303, path.rpartition("/")[0] or "/")
    outside = TestClient(app, base_url="http://127.0.0.1").get(path)
    assert (outside.status_code, outside.headers["allow"]) == (405, "POST")


def test_a_grade_without_its_world_leads_to_the_exercise(signed_in: SignIn) -> None:
    answer = signed_in(IO).get("/exercise/grade")
    assert (answer.status_code, answer.headers["location"]) == (303, "/exercise")


@pytest.mark.parametrize(
    ("status", "name"), [(421, "wrong_host"), (413, "too_large"), (429, "too_many")], ids=["host", "size", "rate"]
)
def test_a_request_that_no_page_saw_is_refused_on_a_page_in_the_officers_language(
    office: Office, status: int, name: str
) -> None:
    config = AppConfig(office.workspace, hosts=frozenset({"127.0.0.1"}), monotonic=lambda: 0.0)
    host = "elsewhere.example" if status == 421 else "127.0.0.1"
    client = TestClient(create_app(config), base_url=f"http://{host}", cookies={"language": "hi"})
    large = {"name": "x" * (70 << 10 if status == 413 else 1)}
    for _ in range(12 if status == 429 else 1):
        answer = client.post("/sign-in", data=large)
    assert answer.status_code == status and "elsewhere" not in answer.text
    assert unescape(answer.text).count(get_messages("all", "hi")(name)) == 1 and 'lang="hi"' in answer.text
    assert "app.css" in answer.text and ("retry-after" in answer.headers) == (status == 429)
