"""HAProxy: HTTP, HTTPS and TCP logs, as sent to syslog in its several headers, as rsyslog files them, and raw."""

import subprocess
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from . import http2
from .addresses import COLLECTOR, ORIGIN, SERVER, SERVER6, client_of
from .browser import send, send_all
from .logs import Log
from .origin import origin
from .requests import Request, absolute, get, odd, ordinary
from .server import listens, running
from .syslog import RSYSLOG_CONFIGURATION, RSYSLOG_PORT, receiver, rsyslog, wait_for_lines

PACKAGES = ("haproxy", "rsyslog", "openssl")
PROGRAMS = ("haproxy", "rsyslogd", "openssl")
_HTTP, _CAPTURE, _TLS, _TCP, _READY = 8080, 8081, 8443, 8444, 8099
_ZONE = {"timezone": "+05:30"}  # the log writes local time without a zone
_COLLECTORS = {
    5141: "bare",
    5142: "rfc5424",
    5143: "capture",
    5144: "https",
    5145: "tcp",
}
_HOSTNAME_PORT = 5146


def configuration(place: Path, *, hostname: bool) -> str:
    """The haproxy.cfg of a private instance: a frontend for each kind of log."""
    send_hostname = "    log-send-hostname lb1.example\n" if hostname else ""
    first = _HOSTNAME_PORT if hostname else 5141
    more = (
        ""
        if hostname
        else f"""\
    log {COLLECTOR}:5142 len 16384 format rfc5424 local0
    log {COLLECTOR}:{RSYSLOG_PORT} len 16384 local0
    log stdout len 16384 format raw local0
"""
    )
    return f"""\
global
    maxconn 100
{send_hostname}defaults
    mode http
    timeout connect 1s
    timeout client 2s
    timeout server 2s
    timeout http-keep-alive 200ms
    retries 0
frontend ready
    bind {SERVER}:{_READY}
frontend fe_http
    bind {SERVER}:{_HTTP}
    bind [{SERVER6}]:{_HTTP}
    log {COLLECTOR}:{first} len 16384 local0
{more}    option httplog
    use_backend be_down if {{ path /down }}
    http-request deny if {{ path /denied }}
    default_backend be_site
frontend fe_capture
    bind {SERVER}:{_CAPTURE}
    bind [{SERVER6}]:{_CAPTURE}
    log {COLLECTOR}:5143 len 16384 local0
    option httplog
    capture request header Host len 64
    capture request header User-Agent len 128
    capture response header Content-Type len 32
    default_backend be_site
frontend fe_tls
    bind {SERVER}:{_TLS} ssl crt {place}/site.pem alpn h2,http/1.1
    bind [{SERVER6}]:{_TLS} ssl crt {place}/site.pem alpn h2,http/1.1
    log {COLLECTOR}:5144 len 16384 local0
    option httpslog
    default_backend be_site
frontend fe_tcp
    mode tcp
    bind {SERVER}:{_TCP}
    bind [{SERVER6}]:{_TCP}
    log {COLLECTOR}:5145 len 16384 local0
    option tcplog
    default_backend be_tcp
backend be_site
    server site1 {ORIGIN}:80
backend be_down
    server gone {ORIGIN}:9
backend be_tcp
    mode tcp
    server site1 {ORIGIN}:80
"""


def certificate(place: Path) -> None:
    key, certificate = place / "key.pem", place / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=flagged.example", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    (place / "site.pem").write_bytes(certificate.read_bytes() + key.read_bytes())


def _http() -> list[Request]:
    """What is sent to the plain frontends."""
    own = [get("news.example", path) for path in ("/down", "/denied", "/slow", "/broken")]
    return ordinary() + absolute() + odd() + [Request(raw, client_of(700 + n)) for n, raw in enumerate(own)]


def _https() -> list[Request]:
    """The ordinary requests over TLS, those with a host also by HTTP/2, whose log line names the host."""
    plain = [replace(request, tls=True) for request in ordinary()]
    second = [
        Request(http2.get(host, path), client_of(750 + n, v6=n % 2 == 1), host, host, tls=True, alpn="h2")
        for n, (host, path) in enumerate(
            [("flagged.example", "/"), ("cdn.flagged.example", "/img/1.jpg?a=b"), ("news.example", "/http2")]
        )
    ]
    return plain + second


_NAMED = {"capture", "https"}
"""Logs that name the site: in the captured Host, or as the SNI of httpslog."""


def _log(name: str, path: Path, sent: list[Request], config: str, says: str) -> Log:
    content = path.read_bytes()
    served = [request for request in sent if request.agrees or request.alpn]
    visits = sum(request.visits(shows_host=name in _NAMED) for request in served)
    comments = content.count(b"\n") - len(sent)
    return Log("haproxy", f"real-haproxy-{name}.log", content, len(sent), visits, config, says, _ZONE, comments)


def collect(place: Path) -> list[Log]:
    """Every frontend's log, and the plain frontend's with each header that a collector may see."""
    certificate(place)
    return [*_all_frontends(place), _with_hostname(place)]


def _all_frontends(place: Path) -> list[Log]:
    config = place / "haproxy.cfg"
    config.write_text(configuration(place, hostname=False))
    http, https, tcp = _http(), _https(), ordinary()[:30]
    with ExitStack() as stack:
        stack.enter_context(origin())
        for port, name in _COLLECTORS.items():
            stack.enter_context(receiver(port, place / f"{name}.log"))
        stack.enter_context(rsyslog(place))
        with running(["haproxy", "-db", "-f", str(config)], place, lambda: listens(SERVER, _READY)):
            send_all(http, SERVER, SERVER6, _HTTP)
            send_all(http, SERVER, SERVER6, _CAPTURE)
            send_all(https, SERVER, SERVER6, _TLS)
            send(Request(b"no TLS at all\r\n\r\n", client_of(790)), SERVER, _TLS)
            send_all(tcp, SERVER, SERVER6, _TCP)
            for name, count in (("bare", http), ("rfc5424", http), ("capture", http), ("https", https), ("tcp", tcp)):
                wait_for_lines(place / f"{name}.log", len(count))
            wait_for_lines(place / "iso.log", len(http))
    text = config.read_text()
    with_rsyslog = text + "\n# rsyslog.conf\n" + RSYSLOG_CONFIGURATION.replace("ADDRESS", COLLECTOR)
    return [
        _log("syslog", place / "bare.log", http, text, "Datagrams as HAProxy sends them: no host."),
        _log("rfc5424", place / "rfc5424.log", http, text, "Datagrams in RFC 5424."),
        _log("raw", place / "haproxy.output", http, text, "Of `log stdout format raw`."),
        _log(
            "rsyslog",
            place / "traditional.log",
            http,
            with_rsyslog,
            "As rsyslog files it by tradition.",
        ),
        _log("rsyslog-iso", place / "iso.log", http, with_rsyslog, "As rsyslog files it since Debian 12."),
        _log("capture", place / "capture.log", http, text, "With captured Host, User-Agent and type."),
        _log("https", place / "https.log", https, text, "Of `option httpslog`; HTTP/2 names the host."),
        _log("tcp", place / "tcp.log", tcp, text, "Of `option tcplog`: no host, no request."),
    ]


def _with_hostname(place: Path) -> Log:
    own = place / "hostname"
    own.mkdir()
    config = own / "haproxy.cfg"
    config.write_text(configuration(place, hostname=True))
    sent = _http()
    with ExitStack() as stack:
        stack.enter_context(origin())
        stack.enter_context(receiver(_HOSTNAME_PORT, own / "hostname.log"))
        with running(["haproxy", "-db", "-f", str(config)], own, lambda: listens(SERVER, _READY)):
            send_all(sent, SERVER, SERVER6, _HTTP)
            wait_for_lines(own / "hostname.log", len(sent))
    return _log("hostname", own / "hostname.log", sent, config.read_text(), "With `log-send-hostname`.")
