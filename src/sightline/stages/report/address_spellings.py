"""Find addresses in a text, however they are spelled: with dots, colons, dashes or blanks, reversed, or as a number."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from ipaddress import IPv4Address, IPv6Address

from sightline.stages.canonical.address import Address, parse_address, parse_whatwg_ipv4

PREFIX_BITS = 48
"""The part of an IPv6 address that a masked one shows. For IPv4 it is all but the last part."""
HOST_BITS = 128 - PREFIX_BITS
LONGEST_RUN = 96
"""The maximum length of a run of hexadecimal digits and colons that is searched. A longer one is masked whole."""
GROUP = 5
"""The length of an IPv6 group and its colon: two readings of one run may differ by this much."""
HYPHENS = "-_"
"""Separators of an address in names of lines. Other separators count only for known addresses."""
_PART = r"(?:0[xX][0-9A-Fa-f]{1,8}|[0-9]{1,11})"
_OCTET = r"(?:0[xX]0{0,6}[0-9A-Fa-f]{1,2}|[0-9]{1,11})"
_ARPA4 = rf"(?P<arpa4>{_OCTET}(?:\.{_OCTET}){{3}})\.(?i:in-addr\.arpa)"
_ARPA6 = r"(?P<arpa6>(?:[0-9A-Fa-f]\.){13,32})(?i:ip6\.(?:arpa|int))"
_LITERAL = r"(?P<literal>[0-9A-Fa-f]{0,4}(?:-[0-9A-Fa-f]{0,4}){2,7})(?:s[0-9A-Za-z]+)?\.(?i:ipv6-literal\.net)"
_EIGHT = r"(?:[0-9A-Fa-f]{1,4}[-_]){7}[0-9A-Fa-f]{1,4}|(?:[0-9A-Fa-f]{4}\.){7}[0-9A-Fa-f]{4}"
_FEWER = r"(?:[0-9A-Fa-f]{1,4}-){1,6}(?:-[0-9A-Fa-f]{1,4}){1,6}|(?:[0-9A-Fa-f]{1,4}_){1,6}(?:_[0-9A-Fa-f]{1,4}){1,6}"
_DASHED6 = rf"(?P<dashed6>(?<![0-9A-Za-z])(?:{_EIGHT}|{_FEWER})(?![0-9A-Za-z]))"
_HEXED = (
    r"(?P<hexed>(?<![0-9A-Za-z])(?=[0-9:._-]{0,9}[A-Fa-f])[0-9A-Fa-f]{2}(?P<sep>[-:._])[0-9A-Fa-f]{2}"
    r"(?:(?P=sep)[0-9A-Fa-f]{2}){2}(?!(?P=sep)|[0-9A-Za-z:]))"
)
_SPACED = r"(?P<spaced>(?<![0-9])[0-9]{1,3}(?:[ +]{0,3}\.[ +]{0,3}[0-9]{1,3}){3}(?![0-9]))"
_PARTED = r"(?P<parted>(?<![0-9])[0-9]{1,3}(?P<by>[-_,;/+| ])[0-9]{1,3}(?:(?P=by)[0-9]{1,3}){2,}(?![0-9]))"
_COLONS = r"(?P<colons>(?<![0-9A-Fa-f:.])[0-9A-Fa-f.]*:[0-9A-Fa-f.]*:[0-9A-Fa-f:.]*)"
_DOTTED = rf"(?P<dotted>(?<![0-9A-Fa-fxX.]){_OCTET}(?:\.{_OCTET}){{3,}})"
_GLUED = r"(?P<glued>(?<![0-9.])[0-9]{1,4}(?:\.[0-9]{1,4}){3,})"
_FEW = rf"(?<![0-9A-Za-z.]){_PART}(?:\.{_PART}){{1,2}}(?![0-9A-Za-z]|\.[0-9x])"
_NUMBER = rf"(?P<number>{_FEW}|(?<![0-9A-Za-z])(?:0[xX])?[0-9A-Fa-f]{{7,39}}(?![0-9A-Za-z]))"
_KINDS = (_ARPA4, _ARPA6, _LITERAL, _DASHED6, _HEXED, _COLONS, _DOTTED, _GLUED, _PARTED, _SPACED, _NUMBER)
# An address begins with a digit, or with a colon or a hyphen before one: most letters of a text are skipped.
_ALL = re.compile(rf"(?=[0-9A-Fa-f:.-][0-9A-Fa-fxX:._,;/+| -])(?:{'|'.join(_KINDS)})", re.ASCII)
_AFTER = re.compile(
    r"(?:%[0-9A-Za-z._~-]{1,32})?(?P<close>\])?(?:(?P<before>[:#])(?P<port>[0-9]{1,5})(?![0-9:.]))?", re.ASCII
)


def format_masked_form(ip: Address) -> str:
    """Return an address as text without what distinguishes lines."""
    if isinstance(ip, IPv6Address):
        if ip.sixtofour is not None:
            return "2002::x"
        return f"{IPv6Address(int(ip) >> HOST_BITS << HOST_BITS)}x"
    return f"{str(ip).rpartition('.')[0]}.x"


def is_nobodys(ip: Address) -> bool:
    """Return whether an address is a machine's own, or none at all: it stays."""
    return ip.is_loopback or ip.is_unspecified


def find_addresses(
    view: str, known: Mapping[int, Address], quads: Collection[Address]
) -> Iterator[tuple[int, int, str]]:
    """Yield where each address stands, and what stands there instead; in order, none within another."""
    at = 0
    while (match := _ALL.search(view, at)) is not None:
        at = match.end()
        if match.lastgroup is None or match.start() == match.end():
            continue
        for begin, end, masked in _READERS[_find_kind(match)](match, known, quads):
            yield begin, end, masked
            at = max(at, end)


def _find_kind(match: re.Match[str]) -> str:
    return next(name for name, text in match.groupdict().items() if text is not None and name in _READERS)


Spans = Iterator[tuple[int, int, str]]


def _read_arpa4(match: re.Match[str], _known: Mapping[int, Address], quads: Collection[Address]) -> Spans:
    """A name of reverse DNS; one that somebody wrote in the order of the address itself is masked whole."""
    parts = match["arpa4"].split(".")
    if _parse_quad(parts) in quads:
        yield match.start("arpa4"), match.end("arpa4"), "(address)"
        return
    yield match.start("arpa4"), match.end("arpa4"), ".".join(["x", *parts[1:]])


def _read_arpa6(match: re.Match[str], _known: Mapping[int, Address], _quads: Collection[Address]) -> Spans:
    nibbles = match["arpa6"].rstrip(".").split(".")
    yield match.start("arpa6"), match.end("arpa6"), ".".join(["x", *nibbles[-PREFIX_BITS // 4 :], ""])


def _read_literal(match: re.Match[str], _known: Mapping[int, Address], _quads: Collection[Address]) -> Spans:
    ip = parse_address(match["literal"].replace("-", ":"))
    if ip is not None:
        yield match.start(), match.end(), format_masked_form(ip)


def _read_dashed6(match: re.Match[str], _known: Mapping[int, Address], _quads: Collection[Address]) -> Spans:
    """IPv6 with other signs than colons, as names of lines have it; where `--` stands for zeros, three groups or more.

    What has that form and is no address is masked whole: parts of it could be one.
    """
    text = match["dashed6"]
    groups = [group for group in re.split("[-_.]", text) if group]
    if len(groups) < 3 or not any(letter.isdigit() for letter in text):
        return
    ip = parse_address(re.sub("[-_.]", ":", text))
    yield match.start(), match.end(), "(address)" if ip is None else format_masked_form(ip)


def _read_hexed(match: re.Match[str], known: Mapping[int, Address], _quads: Collection[Address]) -> Spans:
    """Four bytes in hexadecimal, with signs between them: an address only where it is one that is held."""
    ip = known.get(int(match["hexed"].replace(match["sep"], ""), 16))
    if ip is not None:
        yield match.start(), match.end(), format_masked_form(ip)


def _read_spaced(match: re.Match[str], _known: Mapping[int, Address], quads: Collection[Address]) -> Spans:
    """Four parts with spaces around their dots, as a list numbers its items: only what is held is an address."""
    ip = _parse_quad(re.sub("[ +]", "", match["spaced"]).split("."))
    if ip is not None and (ip in quads or _reverse_address(ip) in quads):
        yield match.start(), match.end(), "(address)"


def _read_parted(match: re.Match[str], _known: Mapping[int, Address], quads: Collection[Address]) -> Spans:
    """Four parts, or more, between other signs than dots; a provider's name of a line has them in either order."""
    parts, (begin, end) = match["parted"].split(match["by"]), match.span("parted")
    windows = _list_windows(parts)
    if any(ip in quads or _reverse_address(ip) in quads for ip in windows):
        yield begin, end, "(address)"
    elif windows and match["by"] in HYPHENS and not match.string[:begin][-2:-1].isdigit():
        # A year and its hyphen come before a month, a day and a time.
        yield begin, end, f"{'.'.join(parts[:3])}.x"


def _list_windows(parts: list[str]) -> list[IPv4Address]:
    """The addresses that four parts in a row spell."""
    return [ip for at in range(len(parts) - 3) if (ip := _parse_quad(parts[at : at + 4])) is not None]


def _read_dotted(match: re.Match[str], _known: Mapping[int, Address], quads: Collection[Address]) -> Spans:
    """Four parts, or more: an address with its port behind a dot, or one inside of a longer number."""
    kind = _find_kind(match)
    parts = match[kind].split(".")
    windows = _list_windows(parts)
    if not windows or (len(parts) == 4 and is_nobodys(windows[0])):
        return
    begin, end = match.span(kind)
    if any(_reverse_address(ip) in quads for ip in windows):
        yield begin, end, "(address)"
    elif len(parts) == 4:
        yield begin, *_mask_port(match.string, end, format_masked_form(windows[0]))
    else:
        yield begin, end, ".".join([*parts[:3], "x"])


def _read_colons(match: re.Match[str], _known: Mapping[int, Address], _quads: Collection[Address]) -> Spans:
    """IPv6, the longest that can be read of a run of its letters; a run may have other fields beside it."""
    run, begin, text = match["colons"], match.start("colons"), match.string
    if len(run) > LONGEST_RUN:
        yield begin, match.end("colons"), "(address)"
        return
    longest = _find_longest(run)
    if not longest:
        yield from _find_between_colons(run, begin)
        return
    first, last, ip = longest[0]
    end = begin + max(spelling[1] for spelling in longest)
    is_masked = run.endswith("::") and text[match.end("colons") :][:1] == "x"
    is_of_nobody = is_nobodys(ip) and last - first == len(run.strip("."))
    if is_masked or is_of_nobody or not _stands_alone(text, begin + first, end, run[first:last]):
        return
    if len(longest) > 1:
        # One group too many: it is unknown which of them is no part of the address.
        yield begin + min(spelling[0] for spelling in longest), end, "(address)"
        return
    yield begin + first, *_mask_port(text, end, format_masked_form(ip))


def _stands_alone(text: str, begin: int, end: int, spelled: str) -> bool:
    """Whether it is no part of a word, as `Foo::Bar` has one; three groups are an address wherever they stand."""
    is_alone = not (text[:begin][-1:].isalnum() or text[end : end + 1].isalnum())
    return is_alone or sum(map(bool, spelled.split(":"))) >= 3


def _find_between_colons(run: str, begin: int) -> Spans:
    """IPv4 between colons that are of something else."""
    for part in re.finditer(_DOTTED, run, re.ASCII):
        quad = _parse_quad(part[0].split(".")[:4])
        if quad is not None and not is_nobodys(quad):
            yield begin + part.start(), begin + part.end(), format_masked_form(quad)


def _find_longest(run: str) -> list[tuple[int, int, Address]]:
    """What of a run is an address, the longest, and all that are as long; a part of a run ends at a colon or a dot."""
    edges = {0, len(run)} | {edge for at, letter in enumerate(run) if letter in ":." for edge in (at, at + 1)}
    spans = sorted(((b, e) for b in edges for e in edges if 2 < e - b <= 45), key=lambda one: (one[0] - one[1], one))
    longest: list[tuple[int, int, Address]] = []
    for begin, end in spans:
        if longest and end - begin < longest[0][1] - longest[0][0] - GROUP:
            break
        ip = _parse_ipv6(run[begin:end]) if 2 <= run.count(":", begin, end) <= 8 else None
        if ip is not None and not any(spelling[0] <= begin and end <= spelling[1] for spelling in longest):
            longest.append((begin, end, ip))
    return longest


def _parse_ipv6(text: str) -> Address | None:
    """IPv6 whose IPv4 end may be padded with zeros."""
    ip = parse_address(text)
    if ip is None and "." in text:
        head, _, tail = text.rpartition(":")
        quad = _parse_quad(tail.split("."))
        ip = parse_address(f"{head}:{quad}") if quad is not None else None
    return ip


def _read_number(match: re.Match[str], known: Mapping[int, Address], _quads: Collection[Address]) -> Spans:
    """A number, in decimal or hexadecimal, or two or three parts: an address only where it is one that is held."""
    text = match["number"]
    ip = next((known[value] for value in _list_values(text) if value in known), None)
    if ip is not None:
        yield match.start("number"), match.end("number"), format_masked_form(ip)


def _list_values(text: str) -> Iterator[int]:
    quad = parse_whatwg_ipv4(text) if len(text) <= 64 else None
    if quad is not None:
        yield int(quad)
    if "." in text:
        return
    if text.isdecimal():
        yield int(text)
    yield int(text, 16)


def _parse_quad(parts: list[str]) -> IPv4Address | None:
    """The address of four parts: decimal, with zeros before them too; octal or hexadecimal where it is no decimal."""
    octets = [_parse_octet(part) for part in parts]
    known = [octet for octet in octets if octet is not None]
    return IPv4Address(bytes(known)) if len(known) == len(octets) == 4 else None


def _parse_octet(part: str) -> int | None:
    if part[:2] in {"0x", "0X"}:
        value = int(part[2:], 16)
    elif not part.isdecimal():
        return None
    else:
        value = int(part)
        if value > 255 and part[0] == "0" and not set(part) & set("89"):
            value = int(part, 8)
    return value if value <= 255 else None


def _reverse_address(ip: IPv4Address) -> IPv4Address:
    return IPv4Address(ip.packed[::-1])


def _mask_port(text: str, end: int, masked: str) -> tuple[int, str]:
    """Where an address with its zone and port ends, and both masked: a port tells the lines of an address apart."""
    after = _AFTER.match(text, end)
    if after is None or after.end() == end:
        return end, masked
    if after["port"] is None:
        return (after.start("close") if after["close"] else after.end()), masked
    return after.end(), f"{masked}{after['close'] or ''}{after['before']}x"


Reader = Callable[[re.Match[str], Mapping[int, Address], Collection[Address]], Spans]
_READERS: Mapping[str, Reader] = {
    "arpa4": _read_arpa4,
    "arpa6": _read_arpa6,
    "literal": _read_literal,
    "dashed6": _read_dashed6,
    "hexed": _read_hexed,
    "spaced": _read_spaced,
    "colons": _read_colons,
    "dotted": _read_dotted,
    "glued": _read_dotted,
    "parted": _read_parted,
    "number": _read_number,
}
