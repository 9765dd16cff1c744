"""Find the columns of a table: declared, or by exactly known headings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import UsageError

HEADINGS = {
    "address": "address, ip, ip address, source ip, src ip, client ip, peer ip, peer address, ipaddress, "
    "source ip address, src ip address, client ip address",
    "port": "port, source port, src port, client port, peer port, ip port, port no, port no., port number, "
    "source port number",
    "time": "time, date/time, datetime, date time, timestamp, event time, date and time",
    "date": "date",
    "epoch": "epoch, epoch seconds, unix time, unix timestamp",
    "zone": "zone, time zone, timezone, tz, utc offset",
    "destination": "destination, destination ip, dest ip, dst ip",
    "destination_port": "destination port, dest port, dst port",
    "event": "event, event name, event type, activity, activity type, action",
    "report": "report, report id, report number, tip, tip id, tip number, cybertip number, "
    "ncrp acknowledgement number, ncrp complaint number, acknowledgement number, acknowledgement no, complaint number",
    "fir": "fir, fir no, fir no., fir number, cctns fir no, cctns fir no., cctns fir number, cctns no, cctns number, "
    "first information report number",
    "esp": "esp, provider, reporting esp, company, platform",
    "service": "service, product",
    "account": "account, account name, user, username, user name, screen name, email, email address, nickname",
    "proxy": "proxy, possible proxy, possibleproxy",
    "md5": "md5, md5 hash",
    "sha1": "sha1, sha-1, sha1 hash",
    "sha256": "sha256, sha-256, sha256 hash",
    "infohash": "infohash, info hash, btih",
    "ed2k": "ed2k, ed2k hash",
    "digest": "digest, hash, file hash",
    "bytes": "bytes received, received bytes, downloaded bytes, bytes downloaded",
}
"""Fields of a table, and their known headings, ignoring capitals, `_`, `-` and blanks."""

MOST_NAMED = 10
"""How many columns that are not read are named."""
TEMPLATE_BYTES = 64 << 10
"""The maximum size of a file of declared columns."""
PEER_TO_PEER = frozenset({"peerip", "peeraddress", "peerport", "infohash", "btih", "ed2k", "ed2khash"})
PEER_TO_PEER |= {"clientguid", "peerid", "userhash", "bytesreceived", "receivedbytes", "downloadedbytes"}
"""Headings that only captures of peer-to-peer networks have."""
_CAPTURE = ("md5", "sha1", "sha256", "digest", "infohash", "ed2k", "bytes", "destination")
_REFERRAL = ("event", "report", "fir", "esp", "service", "account", "proxy")
_OF_SERVERS = re.compile(r"\b(?:host(?:ing|ed|er)|registrar|name ?servers?|content url|site type)\b")
"""What headings of lists of hosted content say, such as ICCAM's: their address is a server's and nobody's line."""
_NUMBERED = re.compile(r"#([1-9][0-9]{0,3})")


def normalise_heading(text: str) -> str:
    """Normalise a heading.

    Capitals, blanks, `_`, `-` and a closing `UTC` are removed; `UTC` is read separately as a zone.
    """
    return re.sub(r"[\s_-]+", "", _without_zone(text.strip().lower().lstrip("\ufeff")))


def _without_zone(text: str) -> str:
    """Return a lowercase heading without a zone at its end: `(utc)`, or `utc` behind a blank or `_`."""
    if text.endswith(("(utc)", "(gmt)")):
        return text[: -len("(utc)")]
    is_said = text.endswith(("utc", "gmt")) and text[-len("utc") - 1 : -len("utc")].strip(" \t\r\n\f\v_") == ""
    return text[: -len("utc")] if is_said and len(text) > len("utc") else text


def says_zone(text: str) -> bool:
    """Return whether a heading ends with a zone."""
    bare = text.strip().lower()
    return _without_zone(bare) != bare


_KNOWN = {normalise_heading(part): field for field, ones in HEADINGS.items() for part in ones.split(",")}


@dataclass(frozen=True, slots=True)
class TableColumns:
    """The position of each field, from 0. `zone`: of all times, if their heading has it.

    `accounts`: all columns with account names, of which a table may have several. `is_peer_to_peer`: a heading is one
    that only captures of peer-to-peer networks have. `unread`: headings of which nothing is read.
    """

    places: Mapping[str, int]
    width: int | None
    zone: str | None = None
    accounts: tuple[int, ...] = ()
    has_headings: bool = True
    is_peer_to_peer: bool = False
    unread: tuple[str, ...] = ()

    @property
    def is_referral(self) -> bool:
        """Return whether a column is one that only referrals have, or none is one that captures have."""
        return not self.places.keys().isdisjoint(_REFERRAL) or self.places.keys().isdisjoint(_CAPTURE)

    @property
    def unread_note(self) -> str | None:
        """Return which columns are not read, as a note; None if all are."""
        if not self.unread:
            return None
        more = ", ..." if len(self.unread) > MOST_NAMED else ""
        return f"columns that are not read: {', '.join(column[:40] for column in self.unread[:MOST_NAMED])}{more}"

    @property
    def is_whole(self) -> bool:
        """Return whether there are an address and a time."""
        return "address" in self.places and bool({"time", "epoch"} & self.places.keys())


def parse_declared(text: str) -> dict[str, str]:
    """Parse the fields and headings of `address=IP,time=Seen at`, or of `@FILE`, a template. Raises UsageError."""
    result: dict[str, str] = {}
    pairs = _read_template(Path(text[1:])) if text.startswith("@") else text.split(",")
    for pair in pairs:
        field, sign, name = pair.partition("=")
        field, name = field.strip(), name.strip()
        if not sign or not name or field not in HEADINGS:
            what = f"--columns {pair.strip()!r}: must be FIELD=HEADING, or FIELD=#3 for a third column without heading"
            raise UsageError(what, hint=f"fields are {', '.join(HEADINGS)}")
        if field in result or name in result.values():
            raise UsageError(f"--columns {pair.strip()!r}: said twice", hint="each field and heading once")
        result[field] = name
    numbered = [bool(_NUMBERED.fullmatch(name)) for name in result.values()]
    if any(numbered) and not all(numbered):
        raise UsageError("--columns: headings and numbers together", hint="#3 is for tables without headings")
    if "address" not in result or not {"time", "epoch"} & result.keys():
        raise UsageError("--columns: address and time (or epoch) must be among them", hint="address=IP,time=Seen at")
    return result


def _read_template(path: Path) -> list[str]:
    """Return the lines `FIELD=HEADING` of a template. Blank lines and those that begin with `#` are left out."""
    try:
        with path.open("rb") as stream:
            content = stream.read(TEMPLATE_BYTES + 1)
        lines = content.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise UsageError(
            f"--columns @{path}: {error.strerror}", hint="a file with one line FIELD=HEADING a field"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"--columns @{path}: not UTF-8", hint="save it as plain text, UTF-8") from None
    if len(content) > TEMPLATE_BYTES:
        raise UsageError(f"--columns @{path}: more than 64 KiB", hint="is it the sheet? name a template")
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def build_numbered_columns(columns: Mapping[str, str]) -> TableColumns | None:
    """Return the columns of a table without headings, if they were declared by number."""
    places = {field: _NUMBERED.fullmatch(name) for field, name in columns.items()}
    if not places or None in places.values():
        return None
    ats = {field: int(at[1]) - 1 for field, at in places.items() if at}
    accounts = (ats["account"],) if "account" in ats else ()
    return TableColumns(ats, None, accounts=accounts, has_headings=False)


def find_columns(headings: Sequence[str], columns: Mapping[str, str]) -> TableColumns | None:
    """Return the columns under these headings, or None if they are no tip's. Raises UsageError if two mean the same."""
    by_name: dict[str, list[int]] = {}
    for at, text in enumerate(headings):
        by_name.setdefault(normalise_heading(text), []).append(at)
    wanted = {normalise_heading(name): field for field, name in columns.items()} or _KNOWN
    result: dict[str, list[int]] = {}
    for name, field in wanted.items():
        result.setdefault(field, []).extend(by_name.get(name, ()))
    places = {field: ats[0] for field, ats in result.items() if ats}
    if not columns and "time" in places and normalise_heading(headings[places["time"]]) != "time":
        # `Timestamp` is complete, whatever a column `Date` beside it contains.
        places.pop("date", None)
    table_columns = TableColumns(
        places,
        len(headings),
        _find_stated_zone(headings, places),
        tuple(result.get("account", ())),
        is_peer_to_peer=any(normalise_heading(text) in PEER_TO_PEER for text in headings),
        unread=tuple(text.strip() for text in headings if normalise_heading(text) not in wanted and text.strip()),
    )
    if not table_columns.is_whole or (columns and len(places) < len(columns)):
        return None
    if not columns:
        _require_no_servers(headings)
    for field, ats in result.items():
        if len(ats) > 1 and field != "account":
            what = f"columns {' and '.join(str(at + 1) for at in ats)} may both be the {field}"
            raise UsageError(what, hint=f"say which one is: --columns {field}=HEADING,...")
    return table_columns


def _require_no_servers(headings: Sequence[str]) -> None:
    """Raise UsageError for a table about hosted content, whose address may be a server's."""
    for at, text in enumerate(headings, 1):
        if _OF_SERVERS.search(text.lower().replace("_", " ")):
            raise UsageError(
                f"column {at} is about hosted content, so its address may be a server's, and no visitor's",
                hint="if a column has visitors' addresses: --columns address=HEADING,time=HEADING",
            )


def _find_stated_zone(headings: Sequence[str], places: Mapping[str, int]) -> str | None:
    """`UTC` where the heading of the times ends in it, as in `Time (UTC)` or `Time UTC`."""
    at = places.get("time")
    return "UTC" if at is not None and says_zone(headings[at]) else None
