"""Routes of a page folder, each with the action it needs, and the conversion of answers to responses."""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response, StreamingResponse

from sightline.casework.access import Action
from sightline.ledger.verbs import Seen
from sightline.web.context import FLASH, RequestContext, RouteSpec, own_form, visiting
from sightline.web.layout.frame import frame_of
from sightline.web.messages import messages_for
from sightline.web.responses import Answer, Events, File, Json, Page, Redirect
from sightline.web.templates import rendered

Handler = TypeVar("Handler", bound=Callable[..., Answer])


class PageRouter:
    """The handlers of a folder of `web/pages`, and what each needs. `ways` is the source of the permission matrix."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.router = APIRouter(default_response_class=HTMLResponse)
        self.ways: list[RouteSpec] = []

    def page(
        self, path: str, action: Action, seen: Seen | None, thing: str | None = None
    ) -> Callable[[Handler], Handler]:
        """Declare a handler that shows something. The journal records it first, under `thing` (`lead:{lead_id}`)."""
        return self._add(RouteSpec("GET", path, action, seen, thing or f"{self.name}:all"))

    def act(self, path: str, action: Action, thing: str | None = None) -> Callable[[Handler], Handler]:
        """Declare a handler that changes something, for a form of this page."""
        return self._add(RouteSpec("POST", path, action, None, thing or f"{self.name}:all"))

    def _add(self, way: RouteSpec) -> Callable[[Handler], Handler]:
        def declare(handler: Handler) -> Handler:
            self.ways.append(way)
            forms = [Depends(own_form)] if way.method == "POST" else []
            self.router.add_api_route(
                way.path, self._answering(way, handler), methods=[way.method], dependencies=forms, response_model=None
            )
            return handler

        return declare

    def _answering(self, way: RouteSpec, handler: Callable[..., Answer]) -> Callable[..., Response]:
        """Return the handler as FastAPI calls it: with a context, and its answer converted to a response."""

        def visit_of(request: Request) -> RequestContext:
            return visiting(request, self.name, way)

        @functools.wraps(handler)
        def answering(**given: Any) -> Response:  # noqa: ANN401  - what the handler's own signature says
            visit: RequestContext = given["visit"]
            if way.method != "GET":
                return response(visit, handler(**given))
            with visit.officer_session.workspace.moment():
                return response(visit, handler(**given))

        own = inspect.signature(handler, eval_str=True).parameters.values()
        made = [
            one.replace(
                kind=inspect.Parameter.KEYWORD_ONLY,
                annotation=Annotated[RequestContext, Depends(visit_of)] if one.name == "visit" else one.annotation,
            )
            for one in own
        ]
        answering.__signature__ = inspect.Signature(made, return_annotation=Response)  # type: ignore[attr-defined]
        return answering


def response(visit: RequestContext, answer: Answer) -> Response:
    """Return the HTTP response of an answer."""
    if isinstance(answer, Page):
        return _page(visit, answer)
    if isinstance(answer, Redirect):
        return redirect(visit, answer)
    if isinstance(answer, File):
        named = f"attachment; filename*=UTF-8''{quote(answer.name, safe='')}"
        return Response(answer.content, media_type=answer.media_type, headers={"Content-Disposition": named})
    if isinstance(answer, Json):
        return Response(status_code=204) if answer.value is None else JSONResponse(answer.value)
    return StreamingResponse(_events(answer), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


def _page(visit: RequestContext, page: Page) -> Response:
    block = page.block if visit.is_part else None
    facts = frame_of(visit) | dict(page.facts)
    made = HTMLResponse(rendered(f"{visit.room}/{page.template}", facts, block), status_code=page.status)
    if block is None and FLASH in visit.request.cookies:
        made.delete_cookie(FLASH, path="/")
    return made


def redirect(visit: RequestContext, answer: Redirect) -> Response:
    """Return a redirect. htmx gets a header instead, because it would follow a redirect without showing it."""
    if visit.request.headers.get("hx-request") == "true":
        made = Response(status_code=204, headers={"HX-Redirect": answer.to})
    else:
        made = RedirectResponse(answer.to, status_code=303)
    if answer.said is not None:
        text = messages_for(visit.room, visit.language)(answer.said, **answer.facts)
        value = quote(json.dumps(text, ensure_ascii=False))
        made.set_cookie(FLASH, value, max_age=60, path="/", httponly=True, samesite="strict")
    return made


async def _events(answer: Events) -> AsyncIterator[str]:
    async for name, html in answer.events:
        data = "".join(f"data: {line}\n" for line in html.splitlines() or [""])
        named = f"event: {name}\n" if name else ""
        yield f"{named}{data}\n"
