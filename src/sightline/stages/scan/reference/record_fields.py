"""Read the fields of a record from slots, rule by rule (ADR 3, Fields)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from ipaddress import ip_address

from sightline.model import RejectCode
from sightline.stages.formats.program import Decode, FieldChoice, FieldMode, FieldRule, Program
from sightline.stages.scan.options import AddressRange, ReadOptions, compute_offset
from sightline.stages.scan.reference import endpoint
from sightline.stages.scan.reference.record import Address, Record
from sightline.stages.scan.reference.record_times import is_in_range, read_time
from sightline.stages.scan.reference.slots import Branch, Slots

ICMP = re.compile(rb"[0-9]{1,3}\.[0-9]{1,3}")
"""Type and code, which nfdump writes instead of a port."""
DIGEST = re.compile(rb"(?:[0-9A-Fa-f]{32}|[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})")
INTEGER = re.compile(rb"[0-9]{1,18}")
SCHEME = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*")
LENGTH = re.compile(rb"\(([0-9]{1,2})\)")
REQUEST_METHOD = re.compile(rb"[A-Z0-9_-]{1,32}")
BACKSLASHED = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([\"\\nrtbfv]))")
CEF_ESCAPED = re.compile(rb"\\([=\\|nr])")
CEF_MEANS = {b"n": b"\n", b"r": b"\r"}
HEX_ESCAPED = re.compile(rb"\\x([0-9A-Fa-f]{2})")
BACKSLASH_MEANS = {
    b'"': b'"',
    b"\\": b"\\",
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}
ATTRIBUTES = {"timestamp": "timestamp_us", "host": "authority", "url": "target"}
"""The record's attribute for fields with another name."""


def read_fields(program: Program, options: ReadOptions, branch: Branch) -> Record | RejectCode:
    """Return the record from a branch's slots, or the code of the first rule that failed."""
    record = Record()
    absent = frozenset(text.encode() for text in program.absent)
    for rule in program.fields:
        failure = _read(rule, record, branch.slots, absent, options)
        if failure is not None:
            return failure
    _put_constants(record, branch.constants)
    if _list_missing(program, record):
        return RejectCode.MISSING_FIELD
    if record.timestamp_us is None:
        is_manifest = any(rule.field == "digests" for rule in program.fields)
        return _date_by_manifest(record, options.made_at_us) if is_manifest else RejectCode.MISSING_FIELD
    return record


def _date_by_manifest(record: Record, made_at_us: int | None) -> Record | RejectCode:
    """The record with the time that a manifest was made: its rows do not say, so only a declared time can."""
    if made_at_us is None:
        return RejectCode.TIME_UNDECLARED
    record.timestamp_us, record.timestamp_original = made_at_us, b""
    return record


def find_failed_field(program: Program, options: ReadOptions, branch: Branch) -> tuple[str, bytes] | None:
    """Return the field whose rule refuses its text, and that text, or None."""
    record = Record()
    absent = frozenset(text.encode() for text in program.absent)
    for rule in program.fields:
        if _read(rule, record, branch.slots, absent, options) is not None:
            texts = (_join_parts(choice, branch.slots, absent) for choice in rule.choices)
            return rule.field, next((text for text in texts if text is not None), b"")
    return None


def list_missing_fields(program: Program, options: ReadOptions, branch: Branch) -> list[str]:
    """Return the required fields that a branch's slots lack, if no rule fails."""
    record = Record()
    absent = frozenset(text.encode() for text in program.absent)
    for rule in program.fields:
        _read(rule, record, branch.slots, absent, options)
    _put_constants(record, branch.constants)
    timeless = ["timestamp"] if record.timestamp_us is None else []
    return timeless + _list_missing(program, record)


def _list_missing(program: Program, record: Record) -> list[str]:
    """The required fields that a record lacks, the time aside."""
    required = dict.fromkeys(("record_kind", *program.required))
    return [name for name in required if name != "timestamp" and not _is_there(record, name)]


def _is_there(record: Record, name: str) -> bool:
    return getattr(record, ATTRIBUTES.get(name, name)) not in (None, [])


def _put_constants(record: Record, constants: Mapping[str, str]) -> None:
    """Set what the fields left absent."""
    for name, value in constants.items():
        if getattr(record, name) is None:
            setattr(record, name, value.encode())


def _read(
    rule: FieldRule, record: Record, slots: Slots, absent: frozenset[bytes], options: ReadOptions
) -> RejectCode | None:
    """Fill a field by the first choice whose slots are there."""
    for choice in rule.choices:
        if choice.as_ is FieldMode.NAMES:
            if names := _list_names(choice, slots, absent):
                _put_names(record, rule.field, names)
                return None
        elif (text := _join_parts(choice, slots, absent)) is not None:
            return READERS[choice.as_](record, rule.field, choice, text, options)
    if rule.field == "forwarded":
        _set_forwarded(record, rule.field, None, b"", options)
    return None


def _put_names(record: Record, name: str, values: list[bytes]) -> None:
    if name == "names":
        record.names = values
    else:
        record.digests = [value.lower() for value in values if DIGEST.fullmatch(value)]


def _join_parts(choice: FieldChoice, slots: Slots, absent: frozenset[bytes]) -> bytes | None:
    """The decoded parts that are there, joined; None where none is, or for a time not all are."""
    parts = [
        decode(slots[slot][0], _decode_of(choice, place))
        for place, slot in enumerate(choice.slots)
        if slot in slots and slots[slot][0] not in absent and _takes_some_text(choice, slots[slot][0])
    ]
    if not parts or (choice.as_ is FieldMode.TIME and len(parts) < len(choice.slots)):
        return None
    return choice.join.encode().join(parts)


def _takes_some_text(choice: FieldChoice, text: bytes) -> bool:
    """Whether a part is left: `url-host` takes nothing of a path without a host, `labels` nothing of wrong lengths."""
    if choice.decode is Decode.LABELS:
        return not text.startswith(b"(") or _join_labels(text) is not None
    return choice.decode is not Decode.URL_HOST or _split_url_host(text)[0] != b""


def _decode_of(choice: FieldChoice, place: int) -> Decode | None:
    """Return how the slot at that place of a choice is decoded."""
    if choice.decode is Decode.PLUS_FIRST:
        return Decode.PLUS if place == 0 else None
    return Decode.CEF if choice.decode is Decode.CEF_PATH and place else choice.decode


def _list_names(choice: FieldChoice, slots: Slots, absent: frozenset[bytes]) -> list[bytes]:
    """All values of all slots, split and trimmed."""
    values = [
        decode(value, _decode_of(choice, place))
        for place, slot in enumerate(choice.slots)
        for value in slots.get(slot, ())
        if value not in absent
    ]
    pieces = [piece for value in values for piece in (value.split(choice.split.encode()) if choice.split else [value])]
    trimmed = [piece.strip(b" \t") for piece in pieces]
    return [piece for piece in trimmed if piece not in absent]


def decode(text: bytes, how: Decode | None) -> bytes:
    """Return a text without its escapes."""
    if how is Decode.BACKSLASH:
        return BACKSLASHED.sub(lambda match: _decode_byte(match[1]) if match[1] else BACKSLASH_MEANS[match[2]], text)
    if how is Decode.HEX:
        return HEX_ESCAPED.sub(lambda address: _decode_byte(address[1]), text)
    if how in {Decode.CEF, Decode.CEF_PATH}:
        plain = CEF_ESCAPED.sub(lambda ip: CEF_MEANS.get(ip[1], ip[1]), text)
        return plain if how is Decode.CEF else decode(plain, Decode.URL_PATH)
    if how is Decode.URL_HOST:
        return _split_url_host(text)[0]
    if how is Decode.URL_PATH:
        path = _split_url_host(text)[1]
        return path if path.startswith(b"/") else b"/" + path if path else b"*"
    if how is Decode.LABELS:
        return _join_labels(text) or text
    return text.replace(b"+", b" ") if how is Decode.PLUS else text


def _split_url_host(text: bytes) -> tuple[bytes, bytes]:
    """The host with its port in `[scheme://]host[:port][/path]`, without quotes around all of it, and what follows."""
    text = text[1:-1] if len(text) > 1 and text.startswith(b'"') and text.endswith(b'"') else text
    scheme, sign, rest = text.partition(b"://")
    rest = rest if sign and SCHEME.fullmatch(scheme) else text
    end = next((place for place, byte in enumerate(rest) if byte in b"/?#"), len(rest))
    return rest[:end], rest[end:]


def _join_labels(text: bytes) -> bytes | None:
    """The name of labels behind their lengths, the last of length 0, `.` for the root; None where they are not such."""
    labels: list[bytes] = []
    rest = text
    while match := LENGTH.match(rest):
        length, rest = int(match[1]), rest[match.end() :]
        if length == 0:
            return None if rest else b".".join(labels) or b"."
        if length > len(rest):
            break
        labels.append(rest[:length])
        rest = rest[length:]
    return None


def _decode_byte(digits: bytes) -> bytes:
    return bytes([int(digits, 16)])


def _set_time(record: Record, _name: str, choice: FieldChoice, text: bytes, options: ReadOptions) -> RejectCode | None:
    instant = read_time(text, choice.layouts, choice.zone, options)
    if isinstance(instant, RejectCode):
        return instant
    offset_us, strayed_s = options.clock_offset_us, 0
    if options.clock_drift is not None:
        offset_us, strayed_s = compute_offset(options.clock_drift, instant.recorded_us)
    corrected_us = instant.recorded_us - offset_us
    if not is_in_range(corrected_us):
        return RejectCode.BAD_TIME
    record.timestamp_us, record.fold_s, record.timestamp_original = corrected_us, instant.fold_s + strayed_s, text
    return None


def _set_endpoint(
    record: Record, name: str, choice: FieldChoice, text: bytes, _options: ReadOptions
) -> RejectCode | None:
    read = endpoint.read_endpoint(text, choice.port_separator.encode(), choice.port_last, choice.names)
    if isinstance(read, RejectCode):
        return read
    address, port = read
    setattr(record, f"{name}_ip", address)
    setattr(record, f"{name}_port", port)
    return None


def _set_ip(record: Record, name: str, choice: FieldChoice, text: bytes, _options: ReadOptions) -> RejectCode | None:
    address = endpoint.read_ip(text, choice.names)
    if isinstance(address, RejectCode):
        return address
    setattr(record, name, address)
    return None


def _set_port(record: Record, name: str, _choice: FieldChoice, text: bytes, _options: ReadOptions) -> RejectCode | None:
    port = 0 if ICMP.fullmatch(text) else endpoint.read_port(text)
    if port is None:
        return RejectCode.BAD_PORT
    setattr(record, name, port or None)
    return None


def _set_integer(
    record: Record, name: str, _choice: FieldChoice, text: bytes, _options: ReadOptions
) -> RejectCode | None:
    if not INTEGER.fullmatch(text):
        return RejectCode.BAD_NUMBER
    setattr(record, name, int(text))
    return None


def _set_plain(record: Record, name: str, _choice: FieldChoice, text: bytes, _options: ReadOptions) -> None:
    setattr(record, ATTRIBUTES.get(name, name), text)


def _set_word(record: Record, name: str, choice: FieldChoice, text: bytes, _options: ReadOptions) -> None:
    word = text.lower()
    if choice.map is not None:
        meanings = {written.encode(): meant.encode() for written, meant in choice.map.items()}
        setattr(record, name, meanings.get(word))
    else:
        setattr(record, name, word)


def _set_authority(record: Record, _name: str, choice: FieldChoice, text: bytes, _options: ReadOptions) -> None:
    record.authority, record.host_is_name = text, choice.as_ is FieldMode.NAME


def _set_request(record: Record, _name: str, _choice: FieldChoice, text: bytes, _options: ReadOptions) -> None:
    """Method and target of a request line, or neither."""
    method, _, target = text.partition(b" ")
    before, space, last = target.rpartition(b" ")
    if space and last.startswith(b"HTTP/"):
        target = before
    fits = bool(target) and REQUEST_METHOD.fullmatch(method)
    record.method, record.target = (method, target) if fits else (None, None)


def _set_forwarded(record: Record, _name: str, _choice: FieldChoice | None, text: bytes, options: ReadOptions) -> None:
    """The source as the N-th trusted hop from the right saw it; no such entry: no source."""
    if options.trusted_hops <= 0:
        if _is_trusted(record.source_ip, options.trusted_proxies):
            record.source_ip, record.source_port = _find_address_behind(text, options.trusted_proxies)
        return
    entries = [entry.strip(b" \t") for entry in text.split(b",")]
    record.source_ip = record.source_port = None
    if len(entries) >= options.trusted_hops:
        read = endpoint.read_endpoint(entries[-options.trusted_hops], b":", port_last=False, names=False)
        if not isinstance(read, RejectCode):
            record.source_ip, record.source_port = read


def _is_trusted(address: Address | None, proxies: tuple[AddressRange, ...]) -> bool:
    """Return whether an address is one of the proxies that are believed."""
    if address is None:
        return False
    return any(
        _compute_key(ip_address(first)) <= _compute_key(address) <= _compute_key(ip_address(last))
        for first, last in proxies
    )


def _compute_key(address: Address) -> int:
    """The number of an address among IPv6 addresses; IPv4 is mapped."""
    return int(address) | (0xFFFF << 32 if address.version == 4 else 0)


def _find_address_behind(chain: bytes, proxies: tuple[AddressRange, ...]) -> tuple[Address | None, int | None]:
    """The address and port at the right of a chain that is no proxy's; none where an entry before is no endpoint."""
    for entry in reversed(chain.split(b",")):
        read = endpoint.read_endpoint(entry.strip(b" \t"), b":", port_last=False, names=False)
        if isinstance(read, RejectCode) or read[0] is None:
            break
        if not _is_trusted(read[0], proxies):
            return read
    return None, None


Reader = Callable[[Record, str, FieldChoice, bytes, ReadOptions], RejectCode | None]
READERS: dict[FieldMode, Reader] = {
    FieldMode.TIME: _set_time,
    FieldMode.ENDPOINT: _set_endpoint,
    FieldMode.IP: _set_ip,
    FieldMode.PORT: _set_port,
    FieldMode.INTEGER: _set_integer,
    FieldMode.TEXT: _set_plain,
    FieldMode.WORD: _set_word,
    FieldMode.AUTHORITY: _set_authority,
    FieldMode.NAME: _set_authority,
    FieldMode.TARGET: _set_plain,
    FieldMode.REQUEST: _set_request,
    FieldMode.FORWARDED: _set_forwarded,
}
