"""Build a log line for every visit.

There is one expression for each format, over the columns of visits and their recorded times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import polars as pl

from sightline.exercise.agents import AGENTS, REFERRERS, SITE
from sightline.exercise.channels import PANEL
from sightline.exercise.visits import CONNECT, IMAGE, METHODS, PAGES, ROOM, SEARCH

ZEEK_HEADER = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tconn\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice\tduration\torig_bytes\tresp_bytes"
    "\tconn_state\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\tinterval\tcount\tcount\tstring\n"
)
ZEEK_HTTP_HEADER = (
    "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\thttp\n"
    "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\ttrans_depth\tmethod\thost\turi\treferrer"
    "\tversion\tuser_agent\tresponse_body_len\tstatus_code\n"
    "#types\ttime\tstring\taddr\tport\taddr\tport\tcount\tstring\tstring\tstring\tstring\tstring\tstring\tcount"
    "\tcount\n"
)
HEADERS = {"zeek-conn": ZEEK_HEADER, "zeek-http": ZEEK_HTTP_HEADER}
PANEL_FORMAT = """\
name = "panel"
title = "Visitors of a hosting panel, dates as its owner likes them"
specification = "invented for the exercise"
origin = "specification"
by = "dissect"
record_kind = "http-request"

[[line]]
pattern = '%{time};%{client};%{port};"%{request:quoted}";%{status:number};%{bytes:number}'

[fields]
timestamp = { from = "time", layouts = "%D %H:%M:%S", zone = "declared" }
source_ip = "client"
source_port = "port"
request = "request"
status = "status"
bytes = "bytes"
"""
"""The format of `formats/panel.toml`."""


def _format_at(layout: str) -> pl.Expr:
    return pl.from_epoch("local_us", "us").dt.strftime(layout)


def _to_text(column: str) -> pl.Expr:
    return pl.col(column).cast(pl.String)


def _gather(texts: tuple[str, ...], column: str) -> pl.Expr:
    return pl.lit(pl.Series(texts)).gather(column)


def build_path() -> pl.Expr:
    """Return the requested path and query."""
    image = pl.when(pl.col("page") == IMAGE).then(pl.format("{}.jpg", "room"))
    tail = image.when(pl.col("page").is_in([ROOM, SEARCH])).then(_to_text("room")).otherwise(pl.lit(""))
    return pl.concat_str(_gather(tuple(PAGES), "page"), tail)


def _build_referrer() -> pl.Expr:
    """The page before: of the site itself, whose host stands behind."""
    host = pl.when(pl.col("referrer") == SITE).then(pl.format("{}/", "host")).otherwise(pl.lit(""))
    return pl.concat_str(_gather(REFERRERS, "referrer"), host)


def _format_zone() -> pl.Expr:
    hours, minutes = pl.col("zone_s") // 3600, pl.col("zone_s") // 60 % 60
    return pl.concat_str(pl.lit("+"), *(part.cast(pl.String).str.zfill(2) for part in (hours, minutes)))


def _format_request() -> pl.Expr:
    return pl.format("{} {} HTTP/1.1", _gather(METHODS, "method"), build_path())


def _format_combined(client: pl.Expr) -> pl.Expr:
    return pl.format(
        '{} - {} [{} {}] "{}" {} {} "{}" "{}"',
        client,
        "account",
        _format_at("%d/%b/%Y:%H:%M:%S"),
        _format_zone(),
        _format_request(),
        "status",
        "bytes",
        _build_referrer(),
        _gather(AGENTS, "agent"),
    )


def build_forwarded_line() -> pl.Expr:
    """Return a combined line of a server behind its own proxy: the visitor is last in the header logged at the end.

    Every third visitor sends such a header, and the proxy adds to it.
    """
    forged = pl.when(pl.col("session") % 3 == 0).then(pl.lit("203.0.113.9, ")).otherwise(pl.lit(""))
    return pl.format('{} "{}{}"', _format_combined(pl.lit("10.0.0.5")), forged, "ip")


def _format_seconds(digits: int) -> pl.Expr:
    step = 10 ** (6 - digits)
    part = (pl.col("local_us") % 1_000_000 // step).cast(pl.String).str.zfill(digits)
    return pl.format("{}.{}", pl.col("local_us") // 1_000_000, part)


def _format_took() -> pl.Expr:
    """Return how long a request took, in seconds with three digits; four milliseconds at the least."""
    took_ms = pl.max_horizontal("took_us", pl.lit(4000)) // 1000
    return pl.format("{}.{}", took_ms // 1000, (took_ms % 1000).cast(pl.String).str.zfill(3))


def _format_caddy() -> pl.Expr:
    ahead = pl.when("ahead").then(pl.lit(',"Sec-Purpose":["prefetch"]')).otherwise(pl.lit(""))
    referrer = (
        pl.when(pl.col("referrer") == 0).then(pl.lit("")).otherwise(pl.format(',"Referer":["{}"]', _build_referrer()))
    )
    # The braces of JSON are no placeholders of the format, so they are in separate texts.
    return pl.concat_str(
        pl.lit('{"level":"info","ts":'),
        _format_seconds(3),
        pl.lit(',"logger":"http.log.access.log0","msg":"handled request","request":{"remote_ip":"'),
        pl.col("ip"),
        pl.lit('","remote_port":"'),
        _to_text("port"),
        pl.lit('","proto":"HTTP/2.0","method":"'),
        _gather(METHODS, "method"),
        pl.lit('","host":"'),
        pl.col("host"),
        pl.lit('","uri":"'),
        build_path(),
        pl.lit('","headers":{"User-Agent":["'),
        _gather(AGENTS, "agent"),
        pl.lit('"]'),
        referrer,
        ahead,
        pl.lit('},"tls":{"version":772}},"user_id":"","duration":'),
        _format_took(),
        pl.lit(',"size":'),
        _to_text("bytes"),
        pl.lit(',"status":'),
        _to_text("status"),
        pl.lit("}"),
    )


def _format_squid() -> pl.Expr:
    tunnel = pl.col("method") == CONNECT
    return pl.format(
        "{}    {} {} TCP_{}/{} {} {} {} {} HIER_DIRECT/{} {}",
        _format_seconds(3),
        pl.col("bytes") % 90 + 10,
        "ip",
        pl.when(tunnel).then(pl.lit("TUNNEL")).otherwise(pl.lit("MISS")),
        "status",
        "bytes",
        _gather(METHODS, "method"),
        pl.when(tunnel).then(pl.format("{}:443", "host")).otherwise(pl.format("http://{}{}", "host", build_path())),
        "account",
        "site_ip",
        pl.when(tunnel).then(pl.lit("-")).otherwise(pl.lit("text/html")),
    )


LINES: Mapping[str, Callable[[], pl.Expr]] = {
    "combined": lambda: _format_combined(pl.col("ip")),
    "combined-port": lambda: _format_combined(pl.format("{}:{}", "ip", "port")),
    "vhost-combined": lambda: pl.format("{}:80 {}", "host", _format_combined(pl.col("ip"))),
    "haproxy": lambda: pl.format(
        '{}:{} [{}] fe_web be_site/site1 0/0/0/{}/{} {} {} - - ---- 1/1/0/0/0 0/0 "{}"',
        "ip",
        "port",
        _format_at("%d/%b/%Y:%H:%M:%S%.3f"),
        pl.col("bytes") % 90,
        pl.col("bytes") % 90 + 1,
        "status",
        "bytes",
        _format_request(),
    ),
    PANEL: lambda: pl.format(
        '{};{};{};"{}";{};{}', _format_at("%d/%m/%Y %H:%M:%S"), "ip", "port", _format_request(), "status", "bytes"
    ),
    "caddy": _format_caddy,
    "squid": _format_squid,
    "bind": lambda: pl.format(
        "{} client @0x7f54d798fc98 {}#{} ({}): query: {} IN A + (203.0.113.53)",
        _format_at("%d-%b-%Y %H:%M:%S%.3f"),
        "ip",
        "port",
        "host",
        "host",
    ),
    "dnsmasq": lambda: pl.format("{} dnsmasq[1267]: query[A] {} from {}", _format_at("%b %e %H:%M:%S"), "host", "ip"),
    "zeek-conn": lambda: pl.format(
        "{}\tC{}\t{}\t{}\t{}\t443\ttcp\tssl\t0.4\t900\t{}\tSF",
        _format_seconds(6),
        pl.col("session") * 64 + pl.col("n"),
        "ip",
        "port",
        "site_ip",
        "bytes",
    ),
    "zeek-http": lambda: pl.format(
        "{}\tH{}\t{}\t{}\t{}\t443\t1\t{}\t{}\t{}\t{}\t1.1\t{}\t{}\t{}",
        _format_seconds(6),
        pl.col("session") * 64 + pl.col("n"),
        "ip",
        "port",
        "site_ip",
        _gather(METHODS, "method"),
        "host",
        build_path(),
        _build_referrer(),
        _gather(AGENTS, "agent"),
        "bytes",
        "status",
    ),
}
"""The line of each format, without its end."""
