"""The exchange's API, version 1: a force fetches what is sealed for it, and sends receipts, outcomes, requests."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi import Path as InPath
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from sightline.errors import DamagedInput
from sightline.ledger.canonical import encode
from sightline.services.referrals import force_notes
from sightline.services.referrals.force_notes import NoteKind
from sightline.web.exchange.deconfliction import PSEUDONYM, Deconfliction, TooMany
from sightline.web.exchange.folder import Folder, Full
from sightline.web.exchange.limits import ExchangeLimits
from sightline.web.exchange.models import (
    Accepted,
    Compared,
    Deconflicted,
    Health,
    Note,
    Page,
    Period,
    Problem,
    RecallItem,
    Recalls,
    ReferralItem,
    RequestIn,
    Submitted,
)
from sightline.web.exchange.request_counts import RequestCounts
from sightline.web.exchange.token_store import Store
from sightline.web.rate_limits import PlaceLimiter, RateLimiter, derive_place

ROOT = "/api/v1"
TOLD_EACH_S = 10.0
"""Seconds between checks for counts that are due in the journal."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
ULID = r"^[0-9A-HJKMNP-TV-Z]{26}$"
Id = Annotated[str, InPath(pattern=ULID)]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem} for status in (400, 401, 404, 405, 413, 422, 429, 507)
}
NAMES = {
    400: "bad-request",
    401: "not-signed-in",
    404: "not-found",
    405: "no-such-method",
    413: "too-large",
    422: "not-as-asked",
    429: "too-many",
    507: "full",
}
DETAILS = {
    401: "give a bearer token that counts",
    404: "there is nothing of this force under that id",
    405: "this is not done so",
    413: "the body is larger than is read",
    507: "too much of this force waits to be collected: tell the unit",
}
bearer = HTTPBearer(auto_error=False, description="a token of the force: sightline exchange add-token")


def create_exchange_app(
    root: Path,
    clock: Callable[[], datetime],
    limits: ExchangeLimits | None = None,
    monotonic: Callable[[], float] = time.monotonic,
) -> FastAPI:
    """Return the application for a folder. It reads and writes nowhere else."""
    limits = limits or ExchangeLimits()
    app = FastAPI(
        title="Sightline exchange",
        version="1.0.0",
        description=__doc__ or "",
        openapi_url=f"{ROOT}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        max_body_size=limits.largest_bytes,
        lifespan=_write_counts,
    )
    app.state.root, app.state.clock, app.state.store = root, clock, Store(root)
    app.state.counting = RequestCounts(app.state.store)
    app.state.asked = RateLimiter(limits.per_minute, limits.per_minute / 60, monotonic)
    app.state.failed = PlaceLimiter(limits.failed_per_minute, limits.failed_per_minute / 60, monotonic)
    app.state.store.prepare()
    app.state.deconfliction = Deconfliction(root, limits)
    app.state.deconfliction.prepare()
    app.include_router(_build_router())
    _register_handlers(app)
    return app


@asynccontextmanager
async def _write_counts(app: FastAPI) -> AsyncIterator[None]:
    """Return a lifespan that writes counts to the journal when due, and all of them at the end."""
    over, state = threading.Event(), app.state

    def tell() -> None:
        """Write the counts every TOLD_EACH_S until the app ends."""
        while not over.wait(TOLD_EACH_S):
            # What cannot be written waits for the next attempt.
            with suppress(sqlite3.Error):
                state.counting.tell(state.clock())

    keeper = threading.Thread(target=tell, daemon=True, name="counts")
    keeper.start()
    yield
    over.set()
    keeper.join()
    with suppress(sqlite3.Error):
        state.counting.tell(state.clock(), at_end=True)


def _name_client(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _require_room(buckets: RateLimiter | PlaceLimiter, key: str, *, takes: bool) -> None:
    wait_s = buckets.wait_s(key, takes=takes)
    if wait_s:
        raise HTTPException(429, "wait before the next", headers={"Retry-After": str(int(wait_s) + 1)})


def find_force_folder(
    request: Request, _token: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]
) -> Folder:
    """Return the folder of the force that owns the token. A client with too many wrong tokens is refused unread."""
    if getattr(request.state, "code", None) is None:
        require_token(request)
    return Folder(request.app.state.root, request.state.code)


def require_token(request: Request) -> None:
    """Note whose token a request has. Raises HTTPException without one that counts, and above the limits."""
    state = request.app.state
    place = derive_place(_name_client(request))
    _require_room(state.failed, place, takes=False)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    code = state.store.find_code(token, state.clock()) if kind.lower() == "bearer" and token else None
    if code is None:
        state.failed.wait_s(place)
        raise HTTPException(401, headers={"WWW-Authenticate": "Bearer"})
    request.state.code = code
    _require_room(state.asked, code, takes=True)


def has_body(request: Request) -> bool:
    """Return whether a request announces a body."""
    return "transfer-encoding" in request.headers or request.headers.get("content-length", "0") != "0"


Own = Annotated[Folder, Depends(find_force_folder)]


def _build_router() -> APIRouter:
    """Return the routes. Their names are in the ids of the served OpenAPI description: they do not change."""
    router = APIRouter(prefix=ROOT, responses=PROBLEMS)
    router.get("/health", response_model=Health, summary="Whether it answers", name="health")(get_health)
    router.get("/referrals", response_model=Page, summary="The force's referrals")(list_page)
    router.get("/referrals/{referral_id}", response_model=ReferralItem, summary="One referral", name="one_referral")(
        get_referral
    )
    router.get(
        "/referrals/{referral_id}/package", response_class=FileResponse, summary="Its sealed package", name="package"
    )(get_package)
    take = partial(router.post, status_code=202, response_model=Accepted)
    take("/referrals/{referral_id}/receipt", summary="Send its receipt", name="receipt")(store_receipt)
    take("/referrals/{referral_id}/outcomes", summary="Send what was found", name="outcomes")(store_outcomes)
    router.get("/recalls", response_model=Recalls, summary="Recalls for the force", name="recalls")(list_recalls)
    router.get("/recalls/{recall_id}", response_model=RecallItem, summary="One recall", name="one_recall")(get_recall)
    take("/recalls/{recall_id}/receipt", summary="Send its receipt")(recall_receipt)
    take("/requests", summary="Ask for the leads of the force's states")(ask)
    compared = "/deconfliction/{period}/{what}"
    router.post(compared, response_model=Submitted, summary="Submit the force's pseudonyms of a month")(submit)
    router.get(compared, response_model=Deconflicted, summary="Those that another force has too", name="shared")(
        list_shared_pseudonyms
    )
    return router


def get_health(request: Request) -> Health:
    """Return that the exchange works, and its time."""
    return Health(at=request.app.state.clock())


def list_page(
    own: Own,
    after: Annotated[str | None, Query(pattern=ULID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Page:
    """Return the force's referrals by id, those after `after`."""
    referral_items = [
        referral_item for referral_item in own.list_referrals() if after is None or referral_item.referral > after
    ]
    page = referral_items[:limit]
    return Page(referrals=page, after=page[-1].referral if len(referral_items) > limit else None)


def _find_referral(own: Folder, referral_id: str) -> ReferralItem:
    referral_item = own.find_referral(referral_id)
    if referral_item is None:
        raise HTTPException(404)
    return referral_item


def get_referral(own: Own, referral_id: Id) -> ReferralItem:
    """Return one of the force's referrals."""
    return _find_referral(own, referral_id)


def get_package(own: Own, referral_id: Id) -> FileResponse:
    """Return the sealed package, if its bytes are intact."""
    item, path = _find_referral(own, referral_id), own.find_package(referral_id)
    if path is None or not own.is_whole(item, path):
        raise HTTPException(404)
    name = f"{referral_id}.age"
    return FileResponse(path, media_type="application/octet-stream", filename=name, headers={"X-SHA256": item.sha256})


def _check_note(own: Folder, sent: Note, kind: NoteKind, referral_id: str) -> dict[str, Any]:
    """Return a note, after checking that it is from this force, of this kind and for this referral."""
    value = sent.model_dump()
    try:
        note = force_notes.read(encode(value))
    except (DamagedInput, ValueError) as error:
        raise HTTPException(422, str(error)[:300]) from None
    if note.kind is not kind or note.by != own.code or note.facts.get("referral") != referral_id:
        raise HTTPException(422, f"it is no {kind} of {own.code} about {referral_id}")
    return value


def _take_item(request: Request, own: Folder, kind: str, value: object) -> Accepted:
    try:
        taken_id, digest = own.take(kind, value, request.app.state.clock())
    except Full:
        raise HTTPException(507) from None
    return Accepted(id=taken_id, sha256=digest)


def store_receipt(request: Request, own: Own, referral_id: Id, sent: Note) -> Accepted:
    """Store the receipt of a referral."""
    _find_referral(own, referral_id)
    return _take_item(request, own, "note", _check_note(own, sent, NoteKind.RECEIPT, referral_id))


def store_outcomes(request: Request, own: Own, referral_id: Id, sent: Note) -> Accepted:
    """Store what the force found, also for a referral that is no longer held here."""
    return _take_item(request, own, "note", _check_note(own, sent, NoteKind.OUTCOMES, referral_id))


def list_recalls(own: Own) -> Recalls:
    """Return all recalls for the force."""
    return Recalls(recalls=own.list_recalls())


def _recall(own: Folder, recall_id: str) -> RecallItem:
    recall_item = own.recall(recall_id)
    if recall_item is None:
        raise HTTPException(404)
    return recall_item


def get_recall(own: Own, recall_id: Id) -> RecallItem:
    """Return one of the recalls for the force."""
    return _recall(own, recall_id)


def recall_receipt(request: Request, own: Own, recall_id: Id, sent: Note) -> Accepted:
    """Store the receipt of a recall."""
    recalled = _recall(own, recall_id).note.get("note", {})
    return _take_item(request, own, "note", _check_note(own, sent, NoteKind.RECEIPT, str(recalled.get("referral"))))


def ask(request: Request, own: Own, sent: RequestIn) -> Accepted:
    """Store a request until the unit collects and records it."""
    return _take_item(request, own, "request", sent.model_dump(mode="json"))


def submit(request: Request, own: Own, period: Period, what: Compared, sent: Note) -> Submitted:
    """Store a force's pseudonyms of this month or the one before, in place of its earlier ones."""
    state = request.app.state
    try:
        note = force_notes.read(encode(sent.model_dump()))
    except (DamagedInput, ValueError) as error:
        raise HTTPException(422, str(error)[:300]) from None
    listed = note.facts.get("pseudonyms")
    is_theirs = note.kind is NoteKind.DECONFLICTION and note.by == own.code
    if not is_theirs or (note.facts.get("period"), note.facts.get("what")) != (period, what):
        raise HTTPException(422, f"it is no note of {own.code} about {what} of {period}")
    if not isinstance(listed, list) or not all(
        isinstance(pseudonym, str) and PSEUDONYM.fullmatch(pseudonym) for pseudonym in listed
    ):
        raise HTTPException(422, "its pseudonyms are none")
    if not state.deconfliction.is_open(period, state.clock()):
        raise HTTPException(422, f"{period} is neither this month nor the one before")
    try:
        return Submitted(
            period=period, what=what, count=state.deconfliction.submit(own.code, period, what, listed, state.clock())
        )
    except TooMany:
        raise HTTPException(429, "more pseudonyms, or more often, than a month's leads need") from None


def list_shared_pseudonyms(request: Request, own: Own, period: Period, what: Compared) -> Deconflicted:
    """Return those of the force's pseudonyms that another force submitted too; never whose, and nothing else."""
    forces, both = request.app.state.deconfliction.count_shared(own.code, period, what)
    return Deconflicted(period=period, what=what, forces=forces, both=both)


def _register_handlers(app: FastAPI) -> None:
    """Register error handlers, each with the id of its journal entry, and headers for all responses."""

    def answer_problem(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
        """Return a problem (RFC 9457) with the id of its journal entry."""
        name = NAMES.get(status, "fault")
        state, act = request.app.state, f"{request.method} {request.url.path}"[:300]
        code = getattr(request.state, "code", None)
        now, client, error = state.clock(), _name_client(request), f"{name}: {detail}"[:500]
        # Requests without a token, or too many, are counted: a row for each would let anybody fill the disk.
        if code is None or status == HTTPStatus.TOO_MANY_REQUESTS:
            entry_id = state.counting.record_request(now, client, act, status, error)
        else:
            entry_id = state.store.record_request(now, code, client, act, status, error)
        problem = Problem(error=name, detail=detail, id=entry_id)
        return JSONResponse(problem.model_dump(), status, headers=headers)

    @app.exception_handler(HTTPException)
    async def answer_refusal(request: Request, why: HTTPException) -> Response:
        detail = DETAILS.get(why.status_code) or str(why.detail)
        return answer_problem(request, why.status_code, detail, dict(why.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def answer_invalid_request(request: Request, why: RequestValidationError) -> Response:
        """Say where the request is wrong and how. Never repeat what was sent."""
        first = why.errors()[0]
        where = "/".join(str(step) for step in first["loc"])
        return answer_problem(request, 422, f"{where}: {first['msg']}"[:300])

    @app.exception_handler(Exception)
    async def answer_fault(request: Request, why: Exception) -> Response:
        return answer_problem(request, 500, f"a fault in this program: {type(why).__name__}")

    @app.middleware("http")
    async def add_headers(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        """Require a token of a request that has a body, let its route answer, and add the headers of every response."""
        try:
            # The body is read before the route's own check: nobody without a token has one read.
            if has_body(request):
                await run_in_threadpool(require_token, request)
            response = await call_next(request)
        except HTTPException as why:
            response = await answer_refusal(request, why)
        for name, value in HEADERS.items():
            response.headers[name] = value
        if response.status_code < 400 and (code := getattr(request.state, "code", None)) is not None:
            state, act = request.app.state, f"{request.method} {request.url.path}"[:300]
            state.store.record_request(state.clock(), code, _name_client(request), act, response.status_code, None)
        return response
