"""Read the lease file of ISC's DHCP server (dhcpd.leases, version 4): each lease as one row of texts by field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

START = re.compile(r"^lease[ \t]+([^\s{]{1,60})[ \t]*\{", re.MULTILINE)
"""Whatever it is that is leased: what is no address is refused as one, and not left out."""
_WEEKDAY = re.compile(r"^([0-6]) (([0-9]{4})/([0-9]{2})/([0-9]{2}) [0-9]{2}:[0-9]{2}:[0-9]{2})$")
"""A day of the week, from Sunday, 0, and a time in UTC."""
_ACTIVE = "active"
_STATES_OF_NO_LINE = frozenset({"abandoned", "backup", "reset", "bootp"})


def is_lease_file(text: str) -> bool:
    """Return whether a text has leases as dhcpd writes them."""
    return START.search(text) is not None


def read_leases(text: str) -> Iterator[tuple[int, dict[str, str] | None, str]]:
    """Yield the first line of each lease, from 1, its texts by field, and the state of its binding.

    The texts are None if the lease is incomplete. A lease without a client and a circuit is left out.

    Times are UTC, as dhcpd writes them, or seconds since 1970 (`db-time-format local`). A record of a lease that is not
    active any more says when it ended, wherever it stands. It has no options of its client: those of the other hold.
    """
    blocks = list(_read_blocks(text))
    clients: dict[tuple[str, str], dict[str, str]] = {}
    ends: dict[tuple[str, str], str] = {}
    abandoned: dict[str, list[str]] = {}
    for _, texts, state in blocks:
        if texts is None:
            continue
        lease = texts["ip"].lower(), texts["start"]
        client: dict[str, str] = {name: texts[name] for name in ("circuit", "account") if name in texts}
        if client:
            clients[lease] = client
        if state != _ACTIVE and texts["end"]:
            ends[lease] = min(ends.get(lease, texts["end"]), texts["end"])
        if state == "abandoned":
            abandoned.setdefault(lease[0], []).append(texts["start"])
    for row, texts, state in blocks:
        if texts is not None:
            lease = texts["ip"].lower(), texts["start"]
            bounds = [instant for instant in abandoned.get(lease[0], []) if instant > texts["start"]]
            bounds += [instant for instant in (ends.get(lease, ""), texts["end"]) if instant]
            known = clients.get(lease, {}) if state != _ACTIVE else {}
            texts.update({**known, **texts, "end": min(bounds, default="")})
        if texts is None or state not in _STATES_OF_NO_LINE or {"circuit", "account"} & texts.keys():
            yield row, texts, state


def _read_blocks(text: str) -> Iterator[tuple[int, dict[str, str] | None, str]]:
    """Yield the first line, the texts and the state of each block, as they stand."""
    row, texts, state, depth = 0, None, "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if opened := START.match(line):
            if texts is not None:
                yield row, None, state
            row, texts, state, depth = number, {"ip": opened[1], "start": "", "end": ""}, "", 0
        elif texts is None:
            continue
        elif line.rstrip().endswith("{"):  # statements for later, as `on expiry {`
            depth += 1
        elif line.strip() == "}" and depth:
            depth -= 1
        elif line.strip() == "}":
            yield row, texts, state
            texts = None
        elif not depth:
            state = _take_statement(line, texts) or state
    if texts is not None:
        yield row, None, state


def _take_statement(line: str, texts: dict[str, str]) -> str | None:
    """Put what a statement says into the texts; the state of the binding is given back."""
    words = line.strip().rstrip(";").split()
    if len(words) < 2:
        return None
    if words[0] in {"starts", "ends"}:
        statement = re.sub(r";.*$", "", line.strip())[len(words[0]) + 1 :]
        texts["start" if words[0] == "starts" else "end"] = _format_lease_time(statement)
    elif words[:2] == ["binding", "state"]:
        return words[2] if len(words) > 2 else None
    elif words[0] == "option" and len(words) > 2:
        value = line.strip().rstrip(";").split(None, 2)[2].strip('"')
        field = {"agent.circuit-id": "circuit", "agent.remote-id": "account"}.get(words[1])
        if field is not None:
            known = texts.get(field, value)
            texts[field] = value if known == value else f"{known}; {value}"  # two ids in one cell are refused
    return None


def _format_lease_time(text: str) -> str:
    if text == "never":
        return ""
    if (match := _WEEKDAY.match(text)) and _is_of_week(match):
        return f"{match[2]} UTC"
    return text.removeprefix("epoch ")


def _is_of_week(match: re.Match[str]) -> bool:
    """Whether the day of the week is that of the date; a time with another one is damaged."""
    try:
        return date(int(match[3]), int(match[4]), int(match[5])).isoweekday() % 7 == int(match[1])
    except ValueError:
        return False
