"""Caddy: its JSON access log of plain requests, and of requests over TLS with times as text."""

from dataclasses import replace
from pathlib import Path

from .addresses import SERVER, SERVER6
from .browser import send
from .haproxy import certificate
from .logs import Log
from .requests import Request, absolute, odd, ordinary
from .server import listens, running

PACKAGES = ("caddy", "openssl")
PROGRAMS = ("caddy", "openssl")
_PORT = 8080
_TLS_PORT = 8443
_SECRET = "$2a$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"  # bcrypt of "secret", cheap
_UNKNOWN_LOGIN = b"Basic YSAi"
_ANSWERED = b"\r\nServer: Caddy\r\n"


def configuration(place: Path) -> str:
    """The Caddyfile of a private instance: no automatic certificates, nothing installed, all files in `place`."""
    return f"""\
{{
    admin off
    auto_https off
    skip_install_trust
    storage file_system {place}/storage
    default_bind {SERVER} [{SERVER6}]
    log {{
        output file {place}/default.log
    }}
}}
http://:{_PORT} {{
    log {{
        output file {place}/plain.log
    }}
    respond /missing 404
    respond /upload 201
    redir /redirect / 302
    basicauth /user {{
        ravi {_SECRET}
    }}
    respond "served"
}}
https://:{_TLS_PORT} {{
    tls {place}/certificate.pem {place}/key.pem
    log {{
        output file {place}/tls.log
        format json {{
            time_format iso8601
        }}
    }}
    respond "served"
}}
"""


def _requests() -> list[Request]:
    """All but the login of somebody unknown: Caddy takes seconds to refuse it, so that nobody can tell."""
    return [request for request in ordinary() + absolute() + odd() if _UNKNOWN_LOGIN not in request.raw]


def _send_all(sent: list[Request], port: int) -> list[Request]:
    """Those of the sent that Caddy itself answered: what Go's HTTP server refuses before it stands in no log."""
    return [request for request in sent if _ANSWERED in send(request, SERVER6 if request.v6 else SERVER, port)]


def collect(place: Path) -> list[Log]:
    """The log of each site."""
    certificate(place)
    config = place / "Caddyfile"
    config.write_text(configuration(place))
    home = {name: str(place) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    command = ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]
    over_tls = [replace(request, tls=True, host=request.host or "news.example") for request in ordinary()[:16]]
    with running(command, place, lambda: listens(SERVER, _PORT) and listens(SERVER, _TLS_PORT), home):
        plain = _send_all(_requests(), _PORT)
        wrapped = _send_all(over_tls, _TLS_PORT)
    return [
        _log(place, "plain", plain, config, "`log` of Caddy's own; times are seconds since 1970."),
        _log(place, "tls", wrapped, config, "With `time_format iso8601`, over TLS."),
    ]


def _log(place: Path, name: str, counted: list[Request], config: Path, says: str) -> Log:
    return Log(
        "caddy",
        f"real-caddy-{name}.log",
        (place / f"{name}.log").read_bytes(),
        len(counted),
        sum(request.visits(shows_host=True) for request in counted),
        config.read_text(),
        says,
    )
