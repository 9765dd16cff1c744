"""Routes of a page folder, each with the action it needs, and the conversion of answers to responses."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from fastapi.routing import APIRoute

from sightline.casework.permissions.access import Action
from sightline.ledger.verbs import JournalVerb
from sightline.translation.messages import get_messages
from sightline.web.context import FLASH, SAVED, YEAR_S, RequestContext, RouteSpec, load_context, require_own_form
from sightline.web.layout.page_layout import build_layout_variables
from sightline.web.responses import Answer, Events, File, Json, Page, PlainText, Redirect
from sightline.web.templates import render_template

Handler = TypeVar("Handler", bound=Callable[..., Answer])
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, and so need no token of a form."""


class PageRouter:
    """The handlers of a folder of `web/pages`, and what each needs. `routes` is the source of the permission matrix."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.router = APIRouter(default_response_class=HTMLResponse)
        self.routes: list[RouteSpec] = []

    def show(
        self, path: str, action: Action, seen: JournalVerb | None, thing: str | None = None
    ) -> Callable[[Handler], Handler]:
        """Declare a handler that shows something. The journal records it first, under `thing` (`lead:{lead_id}`)."""
        return self._add(RouteSpec("GET", path, action, seen, thing or f"{self.name}:all"))

    def act(self, path: str, action: Action, thing: str | None = None) -> Callable[[Handler], Handler]:
        """Declare a handler that changes something, for a form of this page."""
        return self._add(RouteSpec("POST", path, action, None, thing or f"{self.name}:all"))

    def serve(self, method: str, path: str, action: Action, thing: str | None = None) -> Callable[[Handler], Handler]:
        """Declare a handler of a protocol that the page's own script speaks, with the token of a form in a header."""
        return self._add(RouteSpec(method, path, action, None, thing or f"{self.name}:all"))

    def _add(self, route: RouteSpec) -> Callable[[Handler], Handler]:
        def add_handler(handler: Handler) -> Handler:
            """Register the route with its checks, and return the handler as it is."""
            self.routes.append(route)
            forms = [] if route.method in SAFE_METHODS else [Depends(require_own_form)]
            self.router.add_api_route(
                route.path,
                self._wrap_handler(route, handler),
                methods=[route.method],
                dependencies=forms,
                response_model=None,
                route_class_override=self._build_route_class(route) if route.method == "GET" else None,
            )
            return handler

        return add_handler

    def _wrap_handler(self, route: RouteSpec, handler: Callable[..., Answer]) -> Callable[..., Response]:
        """Return the handler as FastAPI calls it: with a context, and its answer converted to a response."""

        @functools.wraps(handler)
        def answering(**given: Any) -> Response:  # noqa: ANN401  - what the handler's own signature says
            context = given.pop("context")
            if route.method != "GET":
                return to_response(context, handler(context=context, **given))
            with context.app.state.config.workspace.hold_moment():
                context = self._build_context(context, route)
                return to_response(context, handler(context=context, **given))

        def context_of(request: Request) -> RequestContext:
            return self._build_context(request, route)

        # A view makes its context itself: as a dependency it would wait for a second thread.
        context_type = Request if route.method == "GET" else Annotated[RequestContext, Depends(context_of)]
        own = inspect.signature(handler, eval_str=True).parameters.values()
        made = [
            parameter.replace(
                kind=inspect.Parameter.KEYWORD_ONLY,
                annotation=context_type if parameter.name == "context" else parameter.annotation,
            )
            for parameter in own
        ]
        answering.__signature__ = inspect.Signature(made, return_annotation=Response)  # type: ignore[attr-defined]
        return answering

    def _build_context(self, request: Request, route: RouteSpec) -> RequestContext:
        return load_context(request, self.name, route)

    def _build_route_class(self, route: RouteSpec) -> type[APIRoute]:
        """Return a class of routes that refuses an officer without permission before it says what is wrong."""
        router = self

        class ViewRoute(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
                """Return the handler of a request."""
                handle = super().get_route_handler()

                async def handle_permitted(request: Request) -> Response:
                    try:
                        return await handle(request)
                    except RequestValidationError:
                        await run_in_threadpool(router._build_context, request, route)
                        raise

                return handle_permitted

        return ViewRoute


def to_response(context: RequestContext, answer: Answer) -> Response:
    """Return the HTTP response of an answer."""
    if isinstance(answer, Page):
        return _render_page(context, answer)
    if isinstance(answer, Redirect):
        return to_redirect(context, answer)
    if isinstance(answer, File):
        named = f"attachment; filename*=UTF-8''{quote(answer.name, safe='')}"
        saved = Response(answer.content, media_type=answer.media_type, headers={"Content-Disposition": named})
        if context.request.method == "POST":
            saved.set_cookie(SAVED, "1", max_age=60, path="/", samesite="strict")
        return saved
    if isinstance(answer, Json):
        return Response(status_code=204) if answer.value is None else JSONResponse(answer.value)
    if isinstance(answer, PlainText):
        return PlainTextResponse(answer.text, answer.status, dict(answer.headers))
    return StreamingResponse(
        _format_events(answer), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
    )


def _render_page(context: RequestContext, page: Page) -> Response:
    block = page.block if context.is_part else None
    facts = build_layout_variables(context) | dict(page.facts)
    made = HTMLResponse(render_template(f"{context.folder}/{page.template}", facts, block), status_code=page.status)
    if block is None and FLASH in context.request.cookies:
        made.delete_cookie(FLASH, path="/")
    return made


def to_redirect(context: RequestContext, answer: Redirect) -> Response:
    """Return a redirect. htmx gets a header instead, because it would follow a redirect without showing it."""
    if context.request.headers.get("hx-request") == "true":
        made = Response(status_code=204, headers={"HX-Redirect": answer.to})
    else:
        made = RedirectResponse(answer.to, status_code=303)
    if answer.message_key is not None:
        text = get_messages(context.folder, context.language)(answer.message_key, **answer.facts)
        value = quote(json.dumps({"text": text, "undo": answer.undo}, ensure_ascii=False), safe="")
        made.set_cookie(FLASH, value, max_age=60, path="/", httponly=True, samesite="strict")
    if answer.cookie is not None:
        name, chosen = answer.cookie
        made.set_cookie(name, quote(chosen), max_age=YEAR_S, path="/", httponly=True, samesite="strict")
    return made


async def _format_events(answer: Events) -> AsyncIterator[str]:
    async for name, html in answer.events:
        data = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
        named = f"event: {name}\n" if name else ""
        yield f"{named}{data}\n"
