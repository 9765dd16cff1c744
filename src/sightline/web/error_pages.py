"""Error pages: what went wrong, where, what to do next, and the id of the journal entry."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from sightline.errors import Conflict, NotAllowed, NotThere, Refused, SightlineError, UsageError, describe_fault
from sightline.ledger.verbs import JournalVerb
from sightline.translation.messages import translate_word
from sightline.web.context import (
    OLD_FORM,
    SignInFirst,
    choose_language,
    find_client_place,
    find_live_session,
    find_page_of_form,
)
from sightline.web.error_text import ErrorText, translate_error
from sightline.web.layout.page_layout import build_page_variables
from sightline.web.templates import render_template
from sightline.workspace.workspace import Workspace

STATUS = {
    NotThere: HTTPStatus.NOT_FOUND,
    NotAllowed: HTTPStatus.FORBIDDEN,
    Refused: HTTPStatus.FORBIDDEN,
    UsageError: HTTPStatus.BAD_REQUEST,
}

EARLY = {
    HTTPStatus.MISDIRECTED_REQUEST: ("wrong_host", "wrong_host_next"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "too_large_next"),
    HTTPStatus.TOO_MANY_REQUESTS: ("too_many", "too_many_next"),
    HTTPStatus.SERVICE_UNAVAILABLE: ("restarting", "restarting_next"),
}
"""Refusals of requests that no handler saw, and the keys of their messages."""
WRONG = {
    "missing": "empty",
    "string_too_long": "too_long",
    "enum": "choice",
    "literal_error": "choice",
    "int_parsing": "number",
    "int_parsing_size": "number",
    "int_from_float": "number",
}
"""What can be wrong with a field, by pydantic's name for it, and the end of its message's key."""


def add_error_handlers(app: FastAPI) -> None:
    """Register the handlers that turn exceptions into error pages."""
    app.add_exception_handler(SignInFirst, _redirect_to_sign_in)
    app.add_exception_handler(Conflict, _show_conflict)
    app.add_exception_handler(SightlineError, _show_error)
    app.add_exception_handler(RequestValidationError, _show_wrong_form)
    app.add_exception_handler(HTTPException, _show_http_error)
    app.add_exception_handler(Exception, _show_fault)


def render_error_page(request: Request, status: int, failure: ErrorText, before: str | None = None) -> Response:
    """Return the page of a failure. It repeats what the officer wrote, to be copied: the form itself is empty again.

    `before`: the page that it leads back to, or None for the one that had the form.
    """
    live_session = find_live_session(request)
    facts = build_page_variables("all", request) | {"failure": failure, "status": status}
    facts |= {
        "before": before or find_page_of_form(request),
        "form_token": live_session.form_token if live_session else None,
        "written": _list_form_texts(request),
        "sign_in_url": _sign_in_url(request),
        "is_of_form": request.method != "GET",
    }
    block = "body" if request.headers.get("hx-request") == "true" else None
    html_response = HTMLResponse(render_template("failed.html", facts, block), status_code=status)
    if block is not None:
        html_response.headers["HX-Retarget"], html_response.headers["HX-Reswap"] = "#notices", "innerHTML"
    return html_response


def render_early_refusal(request: Request, status: int) -> Response:
    """Return the page of a request that no handler saw: no session is looked up, and nothing that was sent is repeated.

    A server under another name leads nowhere, because no link of it would be answered.
    """
    (what, next_step), t = EARLY[HTTPStatus(status)], build_page_variables("all", request)["t"]
    before = None if status == HTTPStatus.MISDIRECTED_REQUEST else find_page_of_form(request)
    return render_failure(request, status, ErrorText(t(what), t(next_step)), before)


def render_failure(request: Request, status: int, failure: ErrorText, before: str | None) -> Response:
    """Return the page of a failure for somebody who is not signed in. `before`: the page that it leads back to."""
    facts = build_page_variables("all", request) | {
        "failure": failure,
        "status": status,
        "before": before,
        "form_token": None,
        "written": {},
        "sign_in_url": "",
        "is_of_form": False,
    }
    block = "body" if request.headers.get("hx-request") == "true" else None
    html_response = HTMLResponse(render_template("failed.html", facts, block), status_code=status)
    if block is not None:
        html_response.headers["HX-Retarget"], html_response.headers["HX-Reswap"] = "#notices", "innerHTML"
    return html_response


def _list_form_texts(request: Request) -> dict[str, str]:
    """Return the long text of a form that was sent, by field."""
    result: dict[str, str] = getattr(request.state, "written", {})
    return result


def _sign_in_url(request: Request) -> str:
    """Return the sign-in URL that leads back to the requested page, or to the page that contained the form."""
    is_form = request.method != "GET"
    back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = find_page_of_form(request) if is_form else back
    asked = {} if back in {"/", "/sign-in"} else {"next": back}
    return "/sign-in" + (f"?{urlencode(asked | ({'over': '1'} if is_form else {}))}" if asked or is_form else "")


def _redirect_to_sign_in(request: Request, _why: Exception) -> Response:
    """Redirect to sign-in. If the officer wrote text in a form, show it and say that it was not sent."""
    if _list_form_texts(request):
        return render_error_page(
            request, HTTPStatus.FORBIDDEN, ErrorText(build_page_variables("all", request)["t"]("over"))
        )
    if request.headers.get("hx-request") == "true":
        return Response(status_code=204, headers={"HX-Redirect": _sign_in_url(request)})
    return RedirectResponse(_sign_in_url(request), status_code=303)


def _show_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, SightlineError)
    kinds = [kind for kind in type(error).__mro__ if kind in STATUS]
    status = STATUS[kinds[0]] if kinds else HTTPStatus.SERVICE_UNAVAILABLE
    return render_error_page(request, status, translate_error(error, choose_language(request)))


def _show_conflict(request: Request, error: Exception) -> Response:
    """Show the current state beside the text that the officer wrote. Nothing was overwritten."""
    assert isinstance(error, Conflict)
    facts = build_page_variables("all", request) | {
        "yours": error.yours,
        "theirs": error.theirs,
        "again": find_page_of_form(request),
    }
    block = "body" if request.headers.get("hx-request") == "true" else None
    return HTMLResponse(render_template("conflict.html", facts, block), status_code=HTTPStatus.CONFLICT)


def _show_wrong_form(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    t, language = build_page_variables("all", request)["t"], choose_language(request)
    others, sentences = [], []
    for detail in error.errors():
        field = translate_word("field_name", str(detail["loc"][-1]), language).replace("_", " ")
        kind = WRONG.get(detail["type"])
        if kind is None:
            others.append(field)
        else:
            sentences.append(t(f"wrong_form.{kind}", field=field, n=detail.get("ctx", {}).get("max_length", 0)))
    if others:
        sentences.append(t("wrong_form", fields=", ".join(sorted(set(others)))))
    return render_error_page(request, HTTPStatus.BAD_REQUEST, ErrorText(" ".join(dict.fromkeys(sentences))))


def _show_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    t = build_page_variables("all", request)["t"]
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        if request.method == "GET" and find_live_session(request) is not None:
            # The address of a form, typed or reloaded after its refusal: the officer wants the page that has it.
            return RedirectResponse(_find_page_above(request), status_code=303)
        failure = ErrorText(t("form_only"), t("form_only_next"))
        answer = render_error_page(request, error.status_code, failure, _find_page_above(request))
        answer.headers.update(error.headers or {})
        return answer
    if error.status_code in set(EARLY):
        return render_early_refusal(request, error.status_code)
    keys = {404: "not_there", 403: "foreign_form"}
    if error.status_code not in keys:
        return render_error_page(request, error.status_code, ErrorText(str(error.detail), is_english=True))
    kept_as = None
    if error.status_code == HTTPStatus.FORBIDDEN:
        # Another site can make an officer's browser send any number of forms. They are no act of the officer.
        is_officers = error.detail == OLD_FORM
        cause = "a form of an older session" if is_officers else "a form of another place"
        kept_as = _write_to_journal(request, JournalVerb.REFUSED_RIGHT, cause, is_officers=is_officers)
    return render_error_page(request, error.status_code, ErrorText(t(keys[error.status_code]), kept_as=kept_as))


def _find_page_above(request: Request) -> str:
    """Return the nearest page above the address of a form: `/notices/N` for `/notices/N/sent`."""
    path = request.url.path
    while path := path.rpartition("/")[0]:
        scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
        if any(route.matches(scope)[0] is Match.FULL for route in request.app.routes):
            return path
    return "/"


def _show_fault(request: Request, error: Exception) -> Response:
    kept_as = _write_to_journal(request, JournalVerb.FAULT_MET, describe_fault(error))
    t = build_page_variables("all", request)["t"]
    return render_error_page(request, HTTPStatus.INTERNAL_SERVER_ERROR, ErrorText(t("fault"), kept_as=kept_as))


def _write_to_journal(request: Request, verb: JournalVerb, text: str, *, is_officers: bool = True) -> int | None:
    """Write to the journal. Returns None if the database itself failed, or if the entry is only counted.

    Requests without a session are counted, because anybody could create journal rows without end.
    """
    config, now = request.app.state.config, request.app.state.config.clock()
    workspace: Workspace = config.workspace
    try:
        live_session = find_live_session(request)
        if live_session is None or not is_officers:
            return workspace.count(verb, now, why=text, client=find_client_place(request))
        return workspace.append_to_journal(live_session.officer_session.officer.officer_id, verb, "room:all", text, now)
    except SightlineError:
        return None
