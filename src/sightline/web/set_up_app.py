"""The pages of the set-up: they ask for the code, then for the unit and its first officer, and show the result once."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Form, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException

from sightline.casework.input_checks import require_words
from sightline.casework.people.officers import NewOfficer
from sightline.casework.people.set_up import FirstOfficer, set_up_workspace
from sightline.casework.permissions.access import POLICY, Action
from sightline.errors import SightlineError, UsageError, describe_fault
from sightline.model import Role, Stamp
from sightline.web.auth import draw_qr_code, set_appearance
from sightline.web.context import choose_language, find_client_place, require_own_form
from sightline.web.error_pages import render_early_refusal, render_failure
from sightline.web.error_text import ErrorText, translate_error
from sightline.web.layout.page_layout import build_page_variables
from sightline.web.middleware import MOST_BYTES_SIGNED_OUT, SecurityMiddleware
from sightline.web.set_up import SetUp, SetUpSession, SetUpState
from sightline.web.templates import STATIC, render_template

HERE, MAKE = "/set-up", "/set-up/workspace"
COOKIE, SECURE_COOKIE = "sightline-set-up", "__Host-sightline-set-up"
ROLES = sorted(POLICY[Action.OFFICER_ENROL])
"""The roles that the first officer can have: those who can enrol the second."""
router = APIRouter(default_response_class=HTMLResponse)
Text = Annotated[str, Form(max_length=1024)]


@dataclass(frozen=True, slots=True)
class SetUpConfig:
    """Settings of the server that a workspace is set up with, as `AppConfig` has them."""

    set_up: SetUp
    is_tls: bool
    hosts: frozenset[str] | None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)


class _NobodySignedIn:
    """The sessions of a server without a workspace."""

    def find(self, _token: str | None) -> None:
        """Return None: nobody can sign in yet."""


def create_set_up_app(config: SetUpConfig) -> FastAPI:
    """Return the pages of a set-up as an ASGI application."""
    app = FastAPI(
        title="Sightline",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        max_body_size=MOST_BYTES_SIGNED_OUT,
        redirect_slashes=False,
        telemetry={"exclude": lambda _scope: True, "auto_configure": False},
    )
    app.state.config, app.state.live_sessions = config, _NobodySignedIn()
    app.include_router(router)
    app.post("/look", dependencies=[Depends(require_own_form)], response_model=None)(set_appearance)
    app.mount("/static", StaticFiles(directory=STATIC, check_dir=False), name="static")
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(RequestValidationError, _show_wrong_form)
    app.add_exception_handler(Exception, _show_fault)
    app.add_middleware(
        SecurityMiddleware,
        is_tls=config.is_tls,
        hosts=config.hosts,
        session_of=lambda _scope: None,
        refuse=render_early_refusal,
    )
    return app


@router.get(HERE)
def show_set_up(request: Request) -> Response:
    """Show the form to the browser that gave the code, and the question for the code to any other."""
    config: SetUpConfig = request.app.state.config
    if config.set_up.state is SetUpState.DONE:
        return _ask_to_wait(request)
    session = _find_session(request)
    return _ask_code(request) if session is None else _ask_officer(request, session, {})


@router.post(HERE, dependencies=[Depends(require_own_form)])
def give_code(request: Request, code: Text) -> Response:
    """Let in the browser that gives the code. Every failure gets the same answer."""
    config: SetUpConfig = request.app.state.config
    session = config.set_up.open(code, find_client_place(request))
    if session is None:
        return _ask_code(request, is_wrong=True)
    answer = RedirectResponse(HERE, status_code=303)
    answer.set_cookie(
        SECURE_COOKIE if config.is_tls else COOKIE,
        session.token,
        path="/",
        httponly=True,
        samesite="strict",
        secure=config.is_tls,
    )
    return answer


@router.post(MAKE, dependencies=[Depends(require_own_form)])
def make_first_workspace(
    request: Request,
    unit: Text,
    officer: Text,
    role: Text,
    name: Text,
    password: Text,
    again: Text,
    form_token: Text,
    designation: Text = "",
    stamp: Text = Stamp.CASEWORK.value,
) -> Response:
    """Make the workspace. The secret of the authenticator is shown once."""
    config: SetUpConfig = request.app.state.config
    session = _find_session(request)
    if session is None or not hmac.compare_digest(form_token.encode(), session.form_token.encode()):
        return _ask_code(request, is_wrong=True)
    entered = {
        "unit": unit,
        "officer": officer,
        "role": role,
        "designation": designation,
        "name": name,
        "stamp": stamp,
    }
    try:
        first = _read_first_officer(request, entered, password, again)
        result = config.set_up.make_once(
            session, lambda: set_up_workspace(config.set_up.folder, first, config.clock(), Stamp(stamp))
        )
    except SightlineError as error:
        return _ask_officer(request, session, entered, translate_error(error, choose_language(request)))
    if result is None:
        return _ask_code(request, is_wrong=True)
    facts = {
        "made": result.enrolment,
        "qr": draw_qr_code(result.enrolment.uri),
        "person": result.officer,
        "key_id": result.key_id,
        "workspace_id": result.workspace.workspace_id,
    }
    return _render(request, "set_up_done.html", facts, background=BackgroundTask(config.set_up.end))


def _read_first_officer(request: Request, entered: dict[str, str], password: str, again: str) -> FirstOfficer:
    """Return the first officer that the form names. Raises UsageError."""
    t = build_page_variables("all", request)["t"]
    if entered["role"] not in ROLES:
        raise UsageError(f"{entered['role']!r} is not a role", hint="choose one of the list")
    if entered["stamp"] not in set(Stamp):
        raise UsageError("this is not what a workspace can be for", hint="choose one of the list")
    if password != again:
        raise UsageError("the two passwords differ", hint="type the same password twice")
    person = NewOfficer(
        require_words(entered["officer"], t("set_up.officer")),
        Role(entered["role"]),
        require_words(entered["designation"], t("set_up.designation"), needed=False),
        require_words(entered["unit"], t("set_up.unit")),
    )
    return FirstOfficer(person, entered["name"].strip().lower(), password)


def _find_session(request: Request) -> SetUpSession | None:
    """Return the session of the browser that gave the code, if it is this one."""
    config: SetUpConfig = request.app.state.config
    return config.set_up.find(request.cookies.get(SECURE_COOKIE if config.is_tls else COOKIE))


def _ask_to_wait(request: Request) -> Response:
    """Return the page that loads itself again, until the web app answers at the same address."""
    answer = render_early_refusal(request, HTTPStatus.SERVICE_UNAVAILABLE)
    answer.headers.update({"Retry-After": "1", "Refresh": "1"})
    return answer


def _ask_code(request: Request, *, is_wrong: bool = False) -> Response:
    return _render(request, "set_up_code.html", {"is_wrong": is_wrong}, status=403 if is_wrong else 200)


def _ask_officer(
    request: Request, session: SetUpSession, entered: dict[str, str], failure: ErrorText | None = None
) -> Response:
    facts: dict[str, object] = {
        "form_token": session.form_token,
        "entered": entered,
        "roles": ROLES,
        "stamps": [Stamp.CASEWORK.value, Stamp.EXERCISE.value],
        "failure": failure,
    }
    return _render(request, "set_up.html", facts, status=422 if failure else 200)


def _render(
    request: Request,
    template: str,
    facts: dict[str, object],
    status: int = 200,
    background: BackgroundTask | None = None,
) -> Response:
    page = render_template(template, build_page_variables("all", request) | facts)
    return HTMLResponse(page, status_code=status, background=background)


def _show_http_error(request: Request, error: Exception) -> Response:
    """Lead every other address to the set-up, and refuse forms of other places."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.FORBIDDEN:
        return render_failure(request, error.status_code, ErrorText(_translate(request, "foreign_form")), HERE)
    if request.method in {"GET", "HEAD"} and not request.url.path.startswith("/static/"):
        config: SetUpConfig = request.app.state.config
        if config.set_up.state is SetUpState.DONE:
            return _ask_to_wait(request)
        return RedirectResponse(HERE, status_code=303)
    return render_failure(request, error.status_code, ErrorText(_translate(request, "not_there")), HERE)


def _show_wrong_form(request: Request, _error: Exception) -> Response:
    return render_failure(request, 400, ErrorText(_translate(request, "set_up.incomplete")), HERE)


def _show_fault(request: Request, error: Exception) -> Response:
    """Say that there is a bug; what it was goes to the terminal without any value of the form."""
    config: SetUpConfig = request.app.state.config
    config.set_up.tell(f"the set-up met a fault: {describe_fault(error)}")
    return render_failure(request, 500, ErrorText(_translate(request, "set_up.fault")), HERE)


def _translate(request: Request, key: str) -> str:
    text: str = build_page_variables("all", request)["t"](key)
    return text
