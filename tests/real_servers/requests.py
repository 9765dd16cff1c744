"""HTTP requests of every sort that a log has to survive, as bytes, with what each one visits."""

from dataclasses import dataclass

from .addresses import client_of
from .logs import is_flagged

AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "curl/7.88.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15",
)


@dataclass(frozen=True)
class Request:
    """Bytes for the wire. `target_host` is what the request line names, `host` the site that a server takes it for."""

    raw: bytes
    client: str
    target_host: str | None = None
    host: str | None = None
    tls: bool = False
    alpn: str | None = None

    @property
    def agrees(self) -> bool:
        """Whether the Host header names the same host as an absolute target; some servers refuse what does not."""
        return self.target_host is None or f"\r\nHost: {self.target_host}\r\n".encode() in self.raw

    @property
    def v6(self) -> bool:
        """Whether the client has an IPv6 address."""
        return ":" in self.client

    def visits(self, *, shows_host: bool) -> bool:
        """Whether a line of a log that holds the Host, or only the target, shows a visit to flagged.example."""
        return is_flagged(self.host if shows_host else self.target_host)


def get(
    host: str | None,
    target: str = "/",
    *,
    method: str = "GET",
    version: str = "1.1",
    headers: tuple[str, ...] = (),
    body: str = "",
    agent: str | None = AGENTS[0],
) -> bytes:
    """A request's bytes; text is Latin-1, so any byte can be written."""
    lines = [f"{method} {target} HTTP/{version}"]
    lines += [f"Host: {host}"] if host is not None else []
    lines += [f"User-Agent: {agent}"] if agent is not None else []
    lines += [*headers, "Connection: close"]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode("latin-1")


F = "flagged.example"
_N = "news.example"
# (raw, host by the Host header, host named in the request line)
_ORDINARY: list[tuple[bytes, str | None]] = [
    (get(F), F),
    (get(F, "/gallery/album?id=7&lang=hi", agent=AGENTS[1], headers=(f"Referer: http://{F}/",)), F),
    (get("cdn.flagged.example", "/img/0001.jpg", agent=AGENTS[3]), "cdn.flagged.example"),
    (get("FLAGGED.Example", "/upper"), F),
    (get("flagged.example.", "/dot"), F),
    (get(f"{F}:8080", "/port"), F),
    (get(F, "/file.txt", method="HEAD", agent=AGENTS[2]), F),
    (get(F, "/upload", method="POST", body="name=a&text=b"), F),
    (get(F, "/file.txt", headers=("If-Modified-Since: Fri, 01 Jan 2100 00:00:00 GMT",)), F),
    (get(F, "/file.txt", headers=("Range: bytes=0-3",)), F),
    (get(F, "/missing"), F),
    (get(F, "/caf%C3%A9/%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87"), F),
    (get(F, "/%66lag%2Fged/%7euser/%2e%2e/x%20y%22z"), F),
    (get("news.flagged.example.test", "/lookalike"), None),
    (get("notflagged.example", "/lookalike"), None),
    (get("xn--bcher-kva.example", "/idn"), None),
    (get("[2001:db8:5::80]", "/ipv6-host"), None),
    (get("203.0.113.80", "/ipv4-host"), None),
    (get(_N, "/", headers=(f"Referer: https://{F}/from-there",)), None),
    (get(_N, f"/redirect?to=http://{F}/"), None),
    (get(_N, "/a//b/./c/../d;v=1?x=1?y=2"), None),
    (get(_N, "//flagged.example/path-not-host"), None),
    (get(_N, "/q?" + "&".join(f"k{n}=value{n}" for n in range(30))), None),
    (get(_N, "/" + "long/" * 500), None),
    (get(_N, "/agents", agent="Mozilla/5.0 \"quoted\" \\ back\\slash 'single'"), None),
    (get(_N, "/agents", agent="tab\there, caf\xe9 latin1, \xe0\xa4\xa8\xe0\xa4\xae utf-8"), None),
    (get(_N, "/agents", agent=None), None),
    (get(_N, "/agents", agent=""), None),
    (get(_N, "/agents", agent="-"), None),
    (
        get(_N, "/agents", agent='agent/1.0] [24/Nov/2020:00:00:00 +0000] "GET http://flagged.example/ HTTP/1.1" 200'),
        None,
    ),
    (get(_N, "/referer", headers=('Referer: http://news.example/?q="a" b\\c',)), None),
    (get(_N, "/referer", headers=("Referer: android-app://com.example/", "X-Forwarded-For: unknown, 192.0.2.9")), None),
    (get(_N, "/forwarded", headers=("X-Forwarded-For: 198.51.100.77",)), None),
    (get(_N, "/forwarded", headers=("X-Forwarded-For: 198.51.100.77, 192.0.2.200",)), None),
    (get(_N, "/forwarded", headers=("X-Forwarded-For: 2001:db8:f::1,198.51.100.78:4711",)), None),
    (get(F, "/forwarded", headers=('X-Forwarded-For: "><script>, 198.51.100.79',)), F),
    (get(_N, "/user", headers=("Authorization: Basic cmF2aTpzZWNyZXQ=",)), None),
    (get(F, "/user", headers=("Authorization: Basic YSAiYiIgXWMgW2RdIFtlOng=",)), F),
    (get(_N, "/dav", method="PROPFIND"), None),
    (get(_N, "/patch", method="PATCH", body="{}"), None),
    (get(_N, "*", method="OPTIONS"), None),
    (get(None, "/without-host", version="1.0"), None),
    (get(None, "/", version="1.0", agent=None), None),
    (get(F, "/with-host", version="1.0"), F),
]
_ABSOLUTE: list[tuple[bytes, str]] = [
    (get(F, f"http://{F}/absolute"), F),
    (get(_N, f"http://{F}/absolute-other-host"), F),
    (get("upper.example", "http://WWW.Flagged.EXAMPLE:80/Absolute?a=b"), f"www.{F}"),
    (get(f"www.{F}", f"http://www.{F}/absolute-below"), f"www.{F}"),
    (get(F, f"http://{_N}/absolute-elsewhere"), _N),
    (get(_N, f"http://{_N}/absolute?u=http://{F}/"), _N),
]
BROKEN: tuple[bytes, ...] = (
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\xaa\xbb\xcc\xdd\r\n\r\n",
    b"\x00\x01\x02\xff\xfe\xfd\r\n\r\n",
    b"SSH-2.0-Go\r\n\r\n",
    b"lower /case HTTP/1.1\r\nHost: news.example\r\n\r\n",
    b"GET /a b c HTTP/1.1\r\nHost: news.example\r\n\r\n",
    b'"GET / HTTP/1.1" 200 5 "-" "-"\r\nHost: news.example\r\n\r\n',
    b"GET /../../etc/passwd HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: bad host/\r\nConnection: close\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/3.7\r\nHost: news.example\r\n\r\n",
    b"GET " + b"/too-long" * 1000 + b" HTTP/1.1\r\nHost: news.example\r\n\r\n",
    b"GET /http09\r\n",
    b"CONNECT news.example:443 HTTP/1.1\r\nHost: news.example:443\r\n\r\n",
)
RAW_BYTES: tuple[bytes, ...] = (
    b"GET /caf\xe9/\xff\xfe HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n",
    b'GET /quote"in\\path HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n',
    "GET /हिन्दी?क=ख HTTP/1.1\r\nHost: news.example\r\nConnection: close\r\n\r\n".encode(),
)


def ordinary() -> list[Request]:
    """Requests in origin form that servers answer, each third one over IPv6."""
    return [Request(raw, client_of(n, v6=n % 3 == 2), host=host) for n, (raw, host) in enumerate(_ORDINARY)]


def absolute() -> list[Request]:
    """Requests in absolute form: the request line itself names the site."""
    return [
        Request(raw, client_of(100 + n, v6=n % 3 == 1), target_host=host, host=host)
        for n, (raw, host) in enumerate(_ABSOLUTE)
    ]


def odd() -> list[Request]:
    """Requests with raw bytes in the path, and what is no request at all. None of them visits flagged.example."""
    return [Request(raw, client_of(200 + n, v6=n % 4 == 3)) for n, raw in enumerate(RAW_BYTES + BROKEN)]
