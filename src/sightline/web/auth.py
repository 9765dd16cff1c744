"""Sign-in, sign-out, account recovery, language and theme: the only routes that need no permission."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from sightline.casework.people import accounts, code_keys, recovery
from sightline.casework.people.first_sign_in import open_first_account
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, UsageError
from sightline.translation.messages import LANGUAGES
from sightline.web.context import (
    COOKIE,
    LANGUAGE,
    PANEL,
    SECURE_COOKIE,
    SHORTCUTS,
    THEME,
    THEMES,
    TOURED,
    YEAR_S,
    choose_language,
    find_client_place,
    find_live_session,
    list_dismissed_tours,
    require_own_form,
)
from sightline.web.error_text import ErrorText, translate_error
from sightline.web.layout.page_layout import build_page_variables
from sightline.web.layout.tours import dismiss_tour
from sightline.web.templates import render_template

router = APIRouter(default_response_class=HTMLResponse)
Text = Annotated[str, Form(max_length=1024)]


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/", over: bool = False) -> Response:
    """Show the sign-in form. An officer who is signed in is redirected to `next`."""
    if find_live_session(request) is not None:
        return RedirectResponse(_check_own_path(next), status_code=303)
    return _sign_in_form(request, {"next": _check_own_path(next), "why": "over" if over else None, "name": ""})


@router.post("/sign-in", dependencies=[Depends(require_own_form)])
def sign_in(request: Request, name: Text, password: Text, code: Text, next: Text = "/") -> Response:
    """Begin a session if name, password and code are right. Every failure gets the same answer."""
    config = request.app.state.config
    try:
        officer_session = accounts.sign_in(
            config.workspace, name, password, code, config.clock(), find_client_place(request)
        )
    except NotAllowed:
        return _sign_in_form(request, {"next": _check_own_path(next), "why": "wrong", "name": name}, status=403)
    return _begin_session(request, officer_session, _check_own_path(next))


@router.get("/sign-in/link/{token}")
def sign_in_by_link(request: Request, token: str) -> Response:
    """Begin a session from a one-time link that `serve` printed in an exercise."""
    config = request.app.state.config
    officer_session = config.links.pop(token, None)
    if officer_session is None:
        return _sign_in_form(request, {"next": "/", "why": "link", "name": ""}, status=403)
    return _begin_session(request, officer_session, "/")


@router.post("/sign-out", dependencies=[Depends(require_own_form)])
def sign_out(request: Request) -> Response:
    """End the session and forget its key."""
    live_session = find_live_session(request)
    if live_session is not None:
        request.app.state.live_sessions.leave(live_session)
    redirect_response = RedirectResponse("/sign-in", status_code=303)
    redirect_response.delete_cookie(_choose_cookie_name(request), path="/")
    return redirect_response


@router.get("/recover")
def recover_page(request: Request) -> Response:
    """Show a new key with its recovery code, and the form for an officer whose account two others restored."""
    facts = {"why": None, "made": None, "qr": None, "new": code_keys.make_code_key()}
    return HTMLResponse(render_template("recover.html", build_page_variables("all", request) | facts))


@router.post("/recover", dependencies=[Depends(require_own_form)])
def recover_account(request: Request, name: Text, code: Text, password: Text) -> Response:
    """Set a new password, key and TOTP secret. The secret is shown once."""
    config = request.app.state.config
    enrolment, why = None, None
    try:
        enrolment = recovery.recover(config.workspace, name, code, password, config.clock(), find_client_place(request))
        request.app.state.live_sessions.end_of(enrolment.account.officer_id, "the account was recovered")
    except (NotAllowed, UsageError) as refused:
        why = str(refused)
    facts = {"why": why, "made": enrolment, "qr": draw_qr_code(enrolment.uri) if enrolment else None, "new": None}
    return HTMLResponse(
        render_template("recover.html", build_page_variables("all", request) | facts), status_code=403 if why else 200
    )


@router.get("/join")
def join_page(request: Request) -> Response:
    """Show a new officer's key with its code, and the form for an officer whose key others enrolled."""
    return _join_form(request, {"new": code_keys.make_code_key()})


@router.post("/join", dependencies=[Depends(require_own_form)])
def open_account(request: Request, name: Text, code: Text, password: Text, again: Text) -> Response:
    """Make the account of a new officer. Its TOTP secret is shown once."""
    config = request.app.state.config
    if password != again:
        t = build_page_variables("all", request)["t"]
        return _join_form(request, {"failure": ErrorText(t("join.unlike")), "name": name}, status=422)
    try:
        enrolment = open_first_account(
            config.workspace, code, name, password, config.clock(), find_client_place(request)
        )
    except (NotAllowed, UsageError) as refused:
        failure = translate_error(refused, choose_language(request))
        return _join_form(
            request, {"failure": failure, "name": name}, status=403 if isinstance(refused, NotAllowed) else 422
        )
    return _join_form(request, {"made": enrolment, "qr": draw_qr_code(enrolment.uri)})


@router.post("/look", dependencies=[Depends(require_own_form)])
def set_appearance(
    request: Request,
    language: Text = "",
    theme: Text = "",
    shortcuts: Text = "",
    toured: Text = "",
    panel: Text = "",
    back: Text = "/",
) -> Response:
    """Store a choice of language, theme, keys or charts in a cookie, or that an introduction was read."""
    redirect_response = RedirectResponse(_check_own_path(back), status_code=303)
    read = dismiss_tour(list_dismissed_tours(request), toured) if toured else None
    chosen = (
        (LANGUAGE, language, language in LANGUAGES),
        (THEME, theme, theme in THEMES),
        (SHORTCUTS, shortcuts, shortcuts in {"on", "off"}),
        (TOURED, read or "", read is not None),
        (PANEL, panel, panel in {"on", "off"}),
    )
    for name, value, is_known in chosen:
        if is_known:
            redirect_response.set_cookie(name, value, max_age=YEAR_S, path="/", httponly=True, samesite="strict")
    return redirect_response


def draw_qr_code(uri: str) -> str:
    """Return a QR code as an SVG data URI."""
    return segno.make(uri, error="m").svg_data_uri(scale=5, border=2)


def _begin_session(request: Request, officer_session: OfficerSession, to: str) -> Response:
    """Begin a new session in a new cookie. A session that the browser had before ends."""
    config = request.app.state.config
    if (before := find_live_session(request)) is not None:
        request.app.state.live_sessions.leave(before)
    token = request.app.state.live_sessions.begin(officer_session, request.headers.get("user-agent", ""))
    redirect_response = RedirectResponse(to, status_code=303)
    redirect_response.set_cookie(
        _choose_cookie_name(request), token, path="/", httponly=True, samesite="strict", secure=config.is_tls
    )
    return redirect_response


def _sign_in_form(request: Request, facts: dict[str, object], status: int = 200) -> Response:
    return HTMLResponse(
        render_template("sign_in.html", build_page_variables("all", request) | facts), status_code=status
    )


def _join_form(request: Request, facts: dict[str, object], status: int = 200) -> Response:
    facts = {"made": None, "new": None, "failure": None, "name": ""} | facts | build_page_variables("all", request)
    return HTMLResponse(render_template("join.html", facts), status_code=status)


def _choose_cookie_name(request: Request) -> str:
    return SECURE_COOKIE if request.app.state.config.is_tls else COOKIE


def _check_own_path(path: str) -> str:
    """Return `path` if it is a path of this web app, else "/"."""
    is_own = path.startswith("/") and not path.startswith("//") and path.isprintable() and "\\" not in path
    return path if is_own else "/"
