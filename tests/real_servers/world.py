"""Two weeks of invented browsing, the same each time: who visits what, and when."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from .addresses import CLIENTS, CLIENTS6
from .server import ZONE

START = datetime(2026, 6, 1, tzinfo=ZoneInfo(ZONE))
DAYS = 14
_VISITS = 1000
_FLAGGED_SHARE = 0.09
_BUSY_HOURS = (0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 7, 6, 7, 6, 5, 6, 7, 8, 9, 11, 12, 11, 8, 3)

ONION = "t7ttteiukmh6wa4cosnvplxjh7hzma2ekygy36oga7eqh422lunk6zqd"  # the checksum is right, the service invented
I2P = "sunrise-corner.i2p"

# name: (address, paths)
ORDINARY = {
    "news.example": ("203.0.113.90", ("/", "/world", "/sport/cricket?match=4", "/weather")),
    "mail.example": ("203.0.113.91", ("/inbox", "/send")),
    "video.example": ("203.0.113.92", ("/watch?v=a1", "/watch?v=b2", "/live")),
    "bank.example": ("203.0.113.93", ("/login", "/balance")),
    "rail.example": ("203.0.113.94", ("/pnr?no=0000000000", "/trains")),
    "school.example": ("203.0.113.95", ("/timetable", "/results/2026")),
    "wiki.example": ("203.0.113.96", ("/Delhi", "/caf%C3%A9", "/?search=monsoon")),
    "shop.example": ("203.0.113.97", ("/", "/cart", "/item/118?ref=home")),
    "xn--p1b6ci4b4b3a.example": ("203.0.113.98", ("/", "/samachar")),
    "notflagged.example": ("203.0.113.99", ("/", "/about")),
    "flagged.example.test": ("203.0.113.100", ("/",)),
}
FLAGGED = {
    "flagged.example": ("203.0.113.66", ("/", "/rooms/1", "/upload?to=rooms/1")),
    "www.flagged.example": ("203.0.113.66", ("/", "/login")),
    "clinic.flagged.example": ("203.0.113.66", ("/advice",)),
    "gallery.pictures.example": ("203.0.113.67", ("/", "/set/12")),
    "mirror.pictures.example": ("203.0.113.67", ("/set/12",)),
    "files.example": ("203.0.113.68", ("/share/abc?id=7", "/share/abc?id=8", "/share/", "/help")),
    "board.example": ("203.0.113.69", ("/rooms/closed/41", "/rooms/closed", "/rooms/closedown", "/rooms/open")),
    "203.0.113.77": ("203.0.113.77", ("/stream", "/")),
    "198.18.7.9": ("203.0.113.90", ("/",)),
    "unnamed-host.example": ("203.0.113.130", ("/p",)),
    "old-site.example": ("203.0.113.70", ("/", "/archive")),
    "quiet.example": ("203.0.113.71", ("/", "/door")),
    "disputed.example": ("203.0.113.72", ("/",)),
    "seed.example": ("203.0.113.73", ("/links",)),
    "late.example": ("203.0.113.74", ("/",)),
    "hashed.example": ("203.0.113.75", ("/", "/k")),
    "b\u00fccher-tausch.example": ("203.0.113.76", ("/tausch",)),
    f"{ONION}.onion.test": ("203.0.113.78", ("/",)),
    f"{I2P}.gate.test": ("203.0.113.79", ("/",)),
}


@dataclass(frozen=True)
class Visit:
    """One request of one client: to a page, or through a tunnel of which only the host is seen."""

    at: datetime
    client: str
    host: str
    path: str
    tunnel: bool

    @property
    def name(self) -> str:
        """The host as it goes over the wire."""
        return self.host.encode("idna").decode("ascii")


def visits() -> list[Visit]:
    """All visits in order of time."""
    chance = random.Random(2026)
    curious = chance.sample(CLIENTS + CLIENTS6, 9)
    times = sorted(_time(chance) for _ in range(_VISITS))
    return [_visit(chance, at, curious) for at in times]


def places() -> dict[str, str]:
    """Each name on the wire with its address."""
    return {host.encode("idna").decode("ascii"): address for host, (address, _) in (ORDINARY | FLAGGED).items()}


def _time(chance: random.Random) -> datetime:
    hour = chance.choices(range(24), _BUSY_HOURS)[0]
    return START + timedelta(days=chance.randrange(DAYS), hours=hour, seconds=chance.randrange(3600) + chance.random())


def _visit(chance: random.Random, at: datetime, curious: list[str]) -> Visit:
    flagged = chance.random() < _FLAGGED_SHARE
    sites = FLAGGED if flagged else ORDINARY
    host = chance.choice(tuple(sites))
    client = chance.choice(curious if flagged else CLIENTS + CLIENTS6)
    return Visit(at, client, host, chance.choice(sites[host][1]), tunnel=chance.random() < 0.3)
