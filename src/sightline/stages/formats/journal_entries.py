"""Entries of systemd's journal (`journalctl -o json`), read as `-o short-iso-precise` writes them (ADR 3)."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

_STRING = rb'"(?:[^"\\\x00-\x1f]|\\.)*+"'
_BLANKS = rb"[ \t\n\r]*+"
_ITEM = rb"(?:" + _STRING + rb"|[0-9]++)"
_VALUE = rb"(?:" + _STRING + rb"|null|\[" + _BLANKS + _ITEM + rb"(?:" + _BLANKS + rb"," + _BLANKS + _ITEM + rb")*+"
_VALUE += _BLANKS + rb"\])"
_MEMBER = re.compile(rb'"([A-Z0-9_]++)"' + _BLANKS + rb":" + _BLANKS + rb"(" + _VALUE + rb")" + _BLANKS + rb"([,}])")
_START = re.compile(rb"\{" + _BLANKS)
_GAP = re.compile(_BLANKS)
_FIRST_KEY = re.compile(rb'\{[ \t\n\r]*+"[A-Z0-9_]++"')
_WORD = re.compile(rb'"([!-\[\]-~]+)"')
_DIGITS = re.compile(rb'"([0-9]+)"')
_TIME = b'"__REALTIME_TIMESTAMP"'
_LONGEST_TIME = 18
_END_S = 253_402_300_800
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def unwrap_entry(frame: bytes) -> bytes | None:
    """Return an entry as a line: time, host, program, process and message. None if the frame is no entry."""
    if not _FIRST_KEY.match(frame) or _TIME not in frame:
        return None
    entry = _read_entry(frame.rstrip(b" \t\r"))
    if entry is None:
        return None
    received, sent = _read_time(entry, b"__REALTIME_TIMESTAMP"), _read_time(entry, b"_SOURCE_REALTIME_TIMESTAMP")
    message = _read_message(entry.get(b"MESSAGE", b"null"))
    if received is None or message is None:
        return None
    program = _read_word(entry, b"SYSLOG_IDENTIFIER") or _read_word(entry, b"_COMM") or b"unknown"
    process = _DIGITS.fullmatch(entry.get(b"_PID", b""))
    number = b"[%s]" % process[1] if process else b""
    host = _read_word(entry, b"_HOSTNAME") or b"unknown"
    return b"%s %s %s%s: %s" % (sent or received, host, program, number, message)


def _read_entry(frame: bytes) -> dict[bytes, bytes] | None:
    """Return an object of strings, nulls and arrays of strings or numbers, each value as its text."""
    result: dict[bytes, bytes] = {}
    start = _START.match(frame)
    at = start.end() if start else 0
    while member := _MEMBER.match(frame, at):
        result[member[1]] = member[2]
        if member[3] == b"}":
            return result if member.end() == len(frame) and _is_json(frame) else None
        gap = _GAP.match(frame, member.end())
        at = gap.end() if gap else member.end()
    return None


def _is_json(frame: bytes) -> bool:
    """Return whether all strings are valid. Python would take a lone surrogate."""
    try:
        json.dumps(json.loads(frame), ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


def _read_time(entry: dict[bytes, bytes], key: bytes) -> bytes | None:
    digits = _DIGITS.fullmatch(entry.get(key, b""))
    if digits is None or len(digits[1]) > _LONGEST_TIME or int(digits[1]) // 1_000_000 >= _END_S:
        return None
    instant = _EPOCH + timedelta(microseconds=int(digits[1]))
    return instant.isoformat(timespec="microseconds").encode()


def _read_word(entry: dict[bytes, bytes], key: bytes) -> bytes | None:
    word = _WORD.fullmatch(entry.get(key, b""))
    return word and word[1]


def _read_message(text: bytes) -> bytes | None:
    """Return a message: a string, or the bytes of one that is no UTF-8."""
    value = json.loads(text)
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, list) and all(isinstance(byte, int) and byte < 256 for byte in value):
        return bytes(value)
    return None
