"""An officer at work: reads and writes in the shares that SHARES says, and thinks in between."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from html import unescape

from bench.web_load.client import Answer, Client

TOKEN = re.compile(r'name="form-token" content="([^"]+)"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')
CASE = re.compile(r'href="(/cases/[0-9A-Z]{26})"')
SCANS = 'href="/intake"'
"""In the navigation of investigating officers, who may also draft notices."""
PERSON = re.compile(r'<option value="([0-9A-Z]{26})">')
SORTS = ("first", "-last", "-visits", "keep-until", "place", "isp", "ceiling")
READING = {
    "home": 8,
    "inbox": 4,
    "leads": 6,
    "leads narrowed": 13,
    "leads sorted": 5,
    "leads further on": 9,
    "one lead": 16,
    "a case": 4,
    "map": 3,
    "notices": 4,
    "a notice planned": 2,
    "intake": 2,
    "search": 4,
    "ledger": 2,
    "approvals": 3,
}
WRITING = {"open an address": 5, "assign": 4, "note": 4, "close": 1, "save a view": 1}
SHARES = READING | WRITING
"""Of a hundred acts, how many are of each kind; after one of writing its page is looked at, as a browser does."""


@dataclass(slots=True)
class RequestTimes:
    """What requests of each kind took, from the first byte sent to the last one read, and what went wrong.

    `done`: how many of each kind were answered as they should be, those too that no clock was held to.
    """

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    done: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class World:
    """What there is to ask for: states, networks and addresses that leads have."""

    places: tuple[str, ...]
    networks: tuple[str, ...]
    addresses: tuple[str, ...]


class Officer:
    """One officer with an own browser and own leads, so that no two write over each other."""

    def __init__(self, client: Client, link: str, leads: list[str], world: World, seed: int) -> None:
        self._client, self._link, self._leads, self._world = client, link, leads, world
        self._dice = random.Random(seed)
        self._further: str | None = None
        self._people: list[str] = []
        self._closed: set[str] = set()
        self._cases: list[str] = []
        self._scans = False

    async def signs_in(self) -> None:
        """Sign in by the link that serve printed. Raises ValueError where it does not let in."""
        answer = await self._client.get(self._link)
        home = await self._client.get("/")
        found = TOKEN.search(home.text)
        if answer.status != 303 or found is None:
            raise ValueError(f"{self._link} does not let in: {answer.status}")
        self._token, self._scans = found[1], SCANS in home.text

    async def signs_in_when_open(self) -> None:
        """Sign in as soon as the web app listens. Raises TimeoutError."""
        for _ in range(300):
            try:
                await self.signs_in()
            except ConnectionError:
                await asyncio.sleep(0.1)
            else:
                return
        raise TimeoutError("the web app never listened")

    async def works(self, times: RequestTimes, until: float, think_s: float) -> None:
        """Do one thing after the other until then, the first after a share of a pause."""
        await asyncio.sleep(min(self._dice.random() * think_s, max(until - time.monotonic(), 0)))
        while time.monotonic() < until:
            (kind,) = self._dice.choices(list(SHARES), list(SHARES.values()))
            await self.does(kind, times)
            await asyncio.sleep(min(self._dice.expovariate(1 / think_s), max(until - time.monotonic(), 0)))
        self._client.close()

    async def does(self, kind: str, times: RequestTimes) -> None:
        """One act of a kind."""
        if kind in WRITING:
            await self._writes(kind, times)
            return
        if kind == "search":
            form = [("form_token", self._token), ("text", self._dice.choice(self._world.addresses))]
            await self._timed(kind, times, lambda: self._client.post("/search", form))
            return
        answer = await self._timed(kind, times, lambda: self._client.get(self.address_of(kind)))
        if answer is not None and kind == "a case":
            self._cases = CASE.findall(answer.text) or self._cases
        if answer is not None and kind.startswith("leads"):
            found = NEXT.search(answer.text)
            self._further = unescape(found[1]) if found else None
            self._people = PERSON.findall(answer.text) or self._people

    def address_of(self, kind: str) -> str:
        """Return the address of a page of a kind, drawn anew."""
        dice, world = self._dice, self._world
        if kind == "leads narrowed":
            pairs = [f"place={dice.choice(world.places)}", f"ceiling={dice.choice(('subscriber', 'shared', 'relay'))}"]
            pairs += [f"isp={dice.choice(world.networks)}", f"status={dice.choice(('new', 'assigned', 'asked'))}"]
            return "/leads?" + "&".join(dice.sample(pairs, 2)).replace(" ", "+")
        if kind == "leads further on":
            return self._further or "/leads?sort=first"
        return {
            "home": "/",
            "inbox": "/inbox",
            "a case": dice.choice(self._cases or ["/cases"]),
            "a notice planned": f"/notices/new?lead={dice.choice(self._leads)}" if self._scans else "/notices",
            "intake": "/intake" if self._scans else "/inbox",
            "leads": "/leads",
            "leads sorted": f"/leads?sort={dice.choice(SORTS)}",
            "one lead": f"/leads/{dice.choice(self._leads)}",
            "map": f"/map?place={dice.choice(world.places)}" if dice.random() < 0.5 else "/map",
            "notices": "/notices",
            "ledger": "/ledger",
            "approvals": "/approvals",
        }[kind]

    async def _writes(self, kind: str, times: RequestTimes) -> None:
        lead = self._dice.choice(self._leads)
        why = ("why", f"FIR 1/2026, page {self._dice.randrange(1_000)}")
        if kind == "assign":
            if not self._people:
                await self.does("leads", times)
            if not self._people:
                return
            ticked = [("lead", one) for one in self._dice.sample(self._leads, min(3, len(self._leads)))]
            path, form = "/leads/assign", [*ticked, ("to", self._dice.choice(self._people)), why]
        elif kind == "close" and lead in self._closed:
            self._closed.remove(lead)
            path, form = "/leads/reopen", [("lead", lead), why]
        elif kind == "close":
            self._closed.add(lead)
            path, form = "/leads/close", [("lead", lead), ("reason", "no-line"), why]
        elif kind == "note":
            path, form = f"/leads/{lead}/notes", [("text", "asked the station by telephone"), why]
        elif kind == "save a view":
            path, form = "/leads/views", [("name", f"mine {self._dice.randrange(1 << 40)}"), ("query", "place=IN-KL")]
        else:
            path, form = f"/leads/{lead}/open", [why]
        form = [("form_token", self._token), *form]
        answer = await self._timed(kind, times, lambda: self._client.post(path, form))
        if answer is not None and answer.status == 303:
            await self._timed(f"after {kind}", times, lambda: self._client.get(answer.to.partition("#")[0]))

    async def _timed(self, kind: str, times: RequestTimes, asked: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """The answer, noted under its kind; None where there was none, or it was an error."""
        began = time.perf_counter()
        try:
            answer = await asked()
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError) as why:
            times.errors.append(f"{kind}: {type(why).__name__} {why}")
            return None
        times.seconds[kind].append(time.perf_counter() - began)
        if answer.status not in {200, 303} or answer.to.startswith("/sign-in"):
            alert = re.search(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
            times.errors.append(
                f"{kind}: {answer.status} {alert[1].strip() if alert else answer.to or answer.text[:200]}"
            )
            return None
        times.done[kind] += 1
        return answer
