"""Squid: its native access.log, plain and rotated with gzip, and its combined log."""

import gzip
import os
import signal
from pathlib import Path

from .addresses import SERVER, SERVER6, UPSTREAM, client_of
from .browser import send_all
from .logs import Log
from .nameserver import nameserver
from .origin import origin
from .requests import AGENTS, Request, get
from .server import running, wait_for

PACKAGES = ("squid",)
PROGRAMS = ("squid",)
PORT = 3128
_AUTH_PROGRAM = "/usr/lib/squid/basic_fake_auth"


def configuration(place: Path, *, strip_query: bool) -> str:
    """The squid.conf of a private instance: no disk cache, a name server of made-up answers, fake logins."""
    return f"""\
http_port {SERVER}:{PORT}
http_port [{SERVER6}]:{PORT}
pid_filename {place}/squid.pid
cache_log {place}/cache.log
access_log stdio:{place}/access.log squid
access_log stdio:{place}/combined.log combined
logfile_rotate 1
strip_query_terms {"on" if strip_query else "off"}
coredump_dir {place}
pinger_enable off
netdb_filename none
cache_mem 8 MB
memory_pools off
shutdown_lifetime 1 seconds
dns_nameservers {UPSTREAM}
hosts_file none
auth_param basic program {_AUTH_PROGRAM}
auth_param basic children 1
auth_param basic casesensitive on
acl SSL_ports port 443
acl CONNECT method CONNECT
acl members dstdomain members.example
acl denied dstdomain denied.example
acl login proxy_auth REQUIRED
http_access deny CONNECT !SSL_ports
http_access deny denied
http_access deny members !login
http_access allow all
"""


F = "flagged.example"
_N = "news.example"


def _connect(authority: str, **more: object) -> bytes:
    return get(authority, authority, method="CONNECT", **more)  # type: ignore[arg-type]


_LOGIN = "Proxy-Authorization: Basic cmF2aTpzZWNyZXQ="  # ravi
_ODD_LOGIN = "Proxy-Authorization: Basic YSAiYiIgJWMgSElFUl9ESVJFQ1QvMTk4LjE4LjAuOSBbZF06eA=="
"""Its name is: a "b" %c HIER_DIRECT/198.18.0.9 [d]"""
_REQUESTS: list[tuple[bytes, str | None]] = [
    (get(F, f"http://{F}/"), F),
    (get(F, f"http://{F}/gallery/album?id=7&lang=hi", agent=AGENTS[1]), F),
    (get(F, f"http://cdn.{F}/img/0001.jpg"), f"cdn.{F}"),
    (get(F, "http://FLAGGED.Example/Upper"), F),
    (get(F, f"http://{F}.:80/dot"), F),
    (get(F, f"http://{F}:8000/port"), F),
    (_connect(f"{F}:443"), F),
    (_connect(f"www.{F}:443"), f"www.{F}"),
    (_connect("FLAGGED.EXAMPLE:443"), F),
    (_connect(f"{F}:8443"), F),
    (get(F, f"http://{F}/cached/a.jpg"), F),
    (get(F, f"http://{F}/cached/a.jpg"), F),
    (get(F, f"http://{F}/cached/a.jpg", headers=("If-Modified-Since: Tue, 06 Jan 2026 00:00:00 GMT",)), F),
    (get(F, f"http://{F}/cached/a.jpg", headers=("Cache-Control: no-cache",)), F),
    (get(F, f"http://{F}/cached/never", headers=("Cache-Control: only-if-cached",)), F),
    (get(F, f"http://{F}/file", method="HEAD"), F),
    (get(F, f"http://{F}/upload", method="POST", body="a=b&c=d"), F),
    (get(F, f"http://{F}/missing"), F),
    (get(F, f"http://ravi:secret@{F}/userinfo"), F),
    (get(F, f"http://{F}/%63af%C3%A9/x%20y%22z?q=%E0%A4%A8"), F),
    (get(_N, f"http://{_N}/"), None),
    (get(_N, f"http://{_N}/redirect?to=http://{F}/"), None),
    (get(_N, f"http://{_N}/slow"), None),
    (get(_N, f"http://{_N}/broken"), None),
    (get(_N, f"http://{_N}/" + "long/" * 500), None),
    (get(_N, f"http://{_N}/" + "too-long/" * 9000), None),
    (get(_N, f"http://{_N}/caf\xe9/\xff\xfe"), None),
    (get(_N, f"http://{_N}/with space"), None),
    (get(_N, f"http://{_N}/#fragment"), None),
    (get("missing.example", "http://missing.example/no-such-name"), None),
    (get("nowhere.test", "http://nowhere.test/"), None),
    (get("denied.example", "http://denied.example/page"), None),
    (get("members.example", "http://members.example/"), None),
    (get("members.example", "http://members.example/", headers=(_LOGIN,)), None),
    (get("members.example", "http://members.example/", headers=(_ODD_LOGIN,)), None),
    (_connect("members.example:443", headers=(_LOGIN,)), None),
    (_connect(f"{_N}:443"), None),
    (_connect("203.0.113.90:443"), None),
    (_connect("[2001:db8:5::99]:443"), None),
    (get("203.0.113.90", "http://203.0.113.90/by-address"), None),
    (get("[2001:db8:5::99]", "http://[2001:db8:5::99]/by-address"), None),
    (get("203.0.113.90:9", "http://203.0.113.90:9/refused"), None),
    (get("xn--bcher-kva.example", "http://xn--bcher-kva.example/idn"), None),
    (get("notflagged.example", "http://notflagged.example/"), None),
    (get(f"{F}.test", f"http://{F}.test/"), None),
    (get(_N, f"ftp://{_N}/pub/"), None),
    (get(_N, f"https://{_N}/absolute-https"), None),
    (get(_N, "urn:isbn:0000000000"), None),
    (get(_N, "/origin-form"), None),
    (get(None, "/", version="1.0"), None),
    (get(_N, f"http://{_N}/v0", version="1.0"), None),
    (get(_N, f"http://{_N}/", method="PROPFIND"), None),
    (get(_N, f"http://{_N}/", method="MADEUP-METHOD"), None),
    (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xaa\xbb\r\n\r\n", None),
    (b"\x00\x01\x02\xff\xfe\r\n\r\n", None),
    (b"SSH-2.0-Go\r\n\r\n", None),
    (b"GET http://news.example/no-end-of-head HTTP/1.1\r\nHost: news", None),
    (b"", None),
]


def requests(start: int = 600) -> list[Request]:
    """What is asked of the proxy, each third request over IPv6."""
    return [
        Request(raw, client_of(start + n, v6=n % 3 == 1), target_host=host, host=host)
        for n, (raw, host) in enumerate(_REQUESTS)
    ]


def _run(place: Path, name: str, *, strip_query: bool, rotate: bool) -> list[Log]:
    own = place / name
    own.mkdir()
    own.chmod(0o777)
    config = own / "squid.conf"
    config.write_text(configuration(own, strip_query=strip_query))
    asked = requests()
    cache_log, access_log = own / "cache.log", own / "access.log"
    with running(["squid", "-N", "-f", str(config)], own, lambda: accepts(cache_log)) as squid:
        send_all(asked, SERVER, SERVER6, PORT)
        if rotate:
            os.kill(squid.pid, signal.SIGUSR1)
            access_log = own / "access.log.0"
            wait_for("squid to rotate its log", access_log.exists)
    content = access_log.read_bytes()
    if rotate:
        content = _two_members(content)
    text = config.read_text().replace(str(own), "DIR")
    says = (
        "Without the query of URLs, as Squid's default has it."
        if strip_query
        else "With `strip_query_terms off`, rotated, compressed as two gzip members that part inside a line."
    )
    native = _log("squid", f"real-squid-{name}.log{'.gz' if rotate else ''}", content, asked, text, says)
    combined = (own / "combined.log").read_bytes()
    says = "Squid's `combined`, which Apache's is the model of; the result code and the hierarchy stand last."
    if rotate:
        return [native]
    return [native, _log("squid-combined", "real-squid-combined.log", combined, asked, text, says)]


def _log(format: str, name: str, content: bytes, asked: list[Request], configuration: str, says: str) -> Log:
    visits = sum(request.visits(shows_host=False) for request in asked)
    return Log(format, name, content, len(asked), visits, configuration, says)


def _two_members(content: bytes) -> bytes:
    """Two gzip members, as when a unit has put rotated logs together with `cat`; the cut is inside a line."""
    half = len(content) // 2
    return gzip.compress(content[:half], mtime=0) + gzip.compress(content[half:], mtime=0)


def accepts(cache_log: Path) -> bool:
    """Squid says so in its own log; a connection that only tried would stand in the access log."""
    return cache_log.exists() and cache_log.read_text(errors="replace").count("Accepting HTTP Socket") == 2


def collect(place: Path) -> list[Log]:
    """A log of Squid's default, and a rotated one with whole URLs."""
    with nameserver(), origin():
        return [
            *_run(place, "native", strip_query=True, rotate=False),
            *_run(place, "rotated", strip_query=False, rotate=True),
        ]
