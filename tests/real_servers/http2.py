"""The least of HTTP/2 that makes a request: preface, settings, one HEADERS frame of literal fields (RFC 9113, 7541)."""

import struct

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADERS, _SETTINGS, _GOAWAY = 1, 4, 7
_END_STREAM, _END_HEADERS = 1, 4


def get(host: str, path: str) -> bytes:
    """The bytes of one GET, after which the client goes away."""
    fields = (
        (":method", "GET"),
        (":scheme", "https"),
        (":path", path),
        (":authority", host),
        ("user-agent", "made-up"),
    )
    block = b"".join(b"\0" + _text(name) + _text(value) for name, value in fields)
    frames = _frame(_SETTINGS, 0, 0, b"") + _frame(_HEADERS, _END_STREAM | _END_HEADERS, 1, block)
    return _PREFACE + frames + _frame(_GOAWAY, 0, 0, bytes(8))


def _text(text: str) -> bytes:
    raw = text.encode("ascii")
    if len(raw) > 126:
        raise ValueError(f"{text!r} is too long for a one-byte length")
    return bytes([len(raw)]) + raw


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload
