"""A browser's half of HTTP/1.1 over one kept connection: little enough that many of them take little of a processor."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

HOST = "127.0.0.1"
PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole."""

    status: int
    to: str
    text: str


class Client:
    """One browser with its cookies. Redirects are told, not followed."""

    def __init__(self, port: int, patience_s: float = PATIENCE_S) -> None:
        self._port, self._patience_s = port, patience_s
        self._cookies: dict[str, str] = {}
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> Answer:
        """A page. Raises TimeoutError, OSError, ValueError for an answer that is none."""
        return await self._asked(f"GET {path}", b"")

    async def post(self, path: str, form: Sequence[tuple[str, str]]) -> Answer:
        """A form sent, as `get`."""
        return await self._asked(f"POST {path}", urlencode(form).encode())

    def close(self) -> None:
        """Let the connection go."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None

    async def _asked(self, what: str, body: bytes) -> Answer:
        try:
            async with asyncio.timeout(self._patience_s):
                if self._streams is not None and self._streams[0].at_eof():
                    # The server lets idle connections go: a browser begins another, as here.
                    self.close()
                if self._streams is None:
                    self._streams = await asyncio.open_connection(HOST, self._port)
                reader, writer = self._streams
                writer.write(self._head(what, len(body)).encode() + body)
                return await self._read(reader)
        except (OSError, TimeoutError, ValueError, asyncio.IncompleteReadError):
            self.close()
            raise

    def _head(self, what: str, length: int) -> str:
        headers = {"Host": f"{HOST}:{self._port}", "Cookie": "; ".join(f"{k}={v}" for k, v in self._cookies.items())}
        if what.startswith("POST"):
            headers |= {"Origin": f"http://{HOST}:{self._port}", "Content-Type": "application/x-www-form-urlencoded"}
            headers |= {"Content-Length": str(length)}
        return f"{what} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items() if v) + "\r\n"

    async def _read(self, reader: asyncio.StreamReader) -> Answer:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines[1:])]
        headers = dict(fields)
        self._keep([value for name, value in fields if name == "set-cookie"])
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        if headers.get("connection", "") == "close":
            self.close()
        return Answer(status, headers.get("location", ""), body.decode(errors="replace"))

    def _keep(self, cookies: Sequence[str]) -> None:
        for cookie in cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            if "max-age=0" in cookie.lower():
                self._cookies.pop(name, None)
            else:
                self._cookies[name] = value
