"""Parse single values of a reply's row strictly. A value that a spreadsheet mangled is refused, never repaired."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.canonical.address import AddressClass, address, address_class, dotted_quad
from sightline.stages.resolve.replies.names import unit_us as unit_in_heading
from sightline.stages.resolve.replies.names import words
from sightline.stages.resolve.replies.shared_words import shared_words
from sightline.stages.tabular import cell_rules
from sightline.stages.tabular.cell_rules import TEXT_LIMIT

INDIA = "91"
LAST_PORT = 65_535
MOST_PORTS = (LAST_PORT + 1) // 2
"""The number of ports above which a range means the same as no ports."""
ABSENT = cell_rules.ABSENT | {"n.a.", "nil"}
"""Indian exports also write `N.A.` and `NIL`. In a tip either may be a name of an account."""
_MARK = "\0\0"
_MARKED = {f"{_MARK}{code.value}": code for code in ReplyCode}
_FORMULA_OF_TEXT = re.compile(r'="([^"]*)"')
"""How an export stops a spreadsheet from turning a text into a number."""
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]*)?[eE]\+?[0-9]+|[+-]?[0-9]+[.,][0-9]*[eE][+-]?[0-9]+", re.ASCII)
_GROUPED = re.compile(r"[0-9]{1,3}(?:[,. '][0-9]{2,3})+|[0-9]+[.,][0-9]*", re.ASCII)
_ONE_NUMBER = re.compile(r"[+-]?[0-9][0-9,]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|[0-9]{1,3}(?:,[0-9]{2,3})+", re.ASCII)
_PORTS = re.compile(r"([0-9]{1,6})(?: ?(?:-|\u2013|to|:|~|\.\.) ?([0-9]{1,6}))?", re.ASCII | re.IGNORECASE)
_BRACKETED = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_PHONE = re.compile(r"(\+|00(?=[1-9]))?([0-9][0-9 ()-]{5,22}[0-9])", re.ASCII)
_ROW_ID = re.compile(r"[0-9a-f]{12}", re.ASCII)
_SECONDS = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?", re.ASCII)
_INSIDE = frozenset({AddressClass.PRIVATE, AddressClass.SHARED})


class Unreadable(Exception):
    """An unreadable value. `code` has the reason."""

    def __init__(self, code: ReplyCode) -> None:
        super().__init__(code.value)
        self.code = code


def clean_text(text: str) -> str | None:
    """Return the text in NFC, without surrounding blanks, or None if it means "nothing". Raises Unreadable."""
    if len(text) > TEXT_LIMIT:
        raise Unreadable(ReplyCode.VALUE_TOO_LONG)
    if cell_rules.is_undecodable(text):
        raise Unreadable(ReplyCode.NOT_UTF8)
    if text.startswith(_MARK) and (code := _MARKED.get(text)):
        raise Unreadable(code)
    bare = cell_rules.strip_blanks(text)
    if len(bare) > 1 and bare[0] == "'" and bare[1:].isdigit():
        bare = bare[1:]
    elif quoted := _FORMULA_OF_TEXT.fullmatch(bare):
        bare = cell_rules.strip_blanks(quoted[1])
    if cell_rules.is_overflow(bare):
        raise Unreadable(ReplyCode.OVERFLOW_CELL)
    if cell_rules.is_error(bare):
        raise Unreadable(ReplyCode.ERROR_CELL)
    return None if bare.lower() in ABSENT else unicodedata.normalize("NFC", bare)


_TO_ASCII = {
    **dict.fromkeys(map(chr, (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)), " "),
    **dict.fromkeys("\u2010\u2011\u2012\u2212", "-"),
    **{chr(one): chr(one - 0xFEE0) for one in range(0xFF01, 0xFF5F) if not chr(one).isdecimal()},
    **dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff", ""),
}
"""Blanks, dashes and signs of full width as programs write them in ASCII; marks without width are left out."""


def plain_figures(text: str) -> str:
    """Return a number, an address or a time with the figures 0 to 9: other scripts have their own (`\u096f` is 9).

    Any other text is returned unchanged: so is one with figures of two scripts, which nobody writes.
    """
    if text.isascii():
        return text
    zeros = {ord(one) - unicodedata.decimal(one) for one in text if one.isdecimal()}
    if len(zeros) > 1:
        return text
    plain = [str(unicodedata.decimal(one)) if one.isdecimal() else _TO_ASCII.get(one, one) for one in text]
    return "".join(plain).strip()


def odd_cell_mark(code: ReplyCode) -> str:
    """Return the mark for a cell whose content differs from what was written."""
    return f"{_MARK}{code.value}"


_AREA = re.compile(r"([0-9.]{7,15}) ?(?:/ ?([1-9][0-9]?)|(?:-|\u2013|to) ?([0-9.]{7,15}))", re.ASCII)
_WILD = re.compile(r"((?:[0-9]{1,3}\.){1,3})(?:[xX*]{1,3}(?:\.[xX*]{1,3}){0,2})", re.ASCII)


def area(text: str) -> str | None:
    """Return the IPv4 prefix that contains a prefix, a range or a wildcard, or None for any other text."""
    if wild := _WILD.fullmatch(text):
        known = wild[1].rstrip(".").split(".")
        first, last = (".".join([*known, *[end] * (4 - len(known))]) for end in ("0", "255"))
    elif found := _AREA.fullmatch(text):
        first, last = found[1], found[3] or found[1]
    else:
        return None
    low, high = dotted_quad(first), dotted_quad(last)
    if low is None or high is None or high < low:
        return None
    length = 32 - (int(low) ^ int(high)).bit_length()
    if not wild and found and found[2]:
        length = int(found[2])
    return str(ip_network((int(low), length), strict=False)) if 0 < length <= 32 else None


_PREFIX = re.compile(r"([0-9A-Fa-f:]+)/([1-9][0-9]{0,2})", re.ASCII)
_INTERFACE = re.compile(r"([0-9.]{7,15})/([1-9][0-9]?)", re.ASCII)
_V6_BITS = 128


@lru_cache(maxsize=1 << 16)
def endpoint(text: str) -> tuple[str, int | None, bool]:
    """Parse an address: its canonical text, the port if present, and whether it is inside a network.

    An IPv6 prefix is allowed, `2001:db8:1:2::/64`. With bits behind its length, `2001:db8:1:2::7/64`, it is the address
    of a device with the length of its link: that address alone (ADR 18). So is `198.51.100.202/29`, and an address with
    its full length (`/32`). `198[.]51[.]100[.]7`, as addresses are written that shall be no links, is one too.

    Raises Unreadable.
    """
    text = plain_figures(text).replace("[.]", ".")
    if (prefix := _PREFIX.fullmatch(text)) and int(prefix[2]) <= _V6_BITS:
        first, _, is_inside = endpoint(prefix[1])
        if ":" not in first:
            raise Unreadable(ReplyCode.BAD_ADDRESS)
        whole = str(ip_network((first, int(prefix[2])), strict=False))
        is_prefix = whole.partition("/")[0] == first and int(prefix[2]) < _V6_BITS
        return whole if is_prefix else first, None, is_inside
    if (own := _INTERFACE.fullmatch(text)) and (own[2] == "32" or area(text) not in {None, f"{own[1]}/{own[2]}"}):
        return endpoint(own[1])
    if _ONE_NUMBER.fullmatch(text) and text.count(".") < 3:
        raise Unreadable(ReplyCode.MANGLED_ADDRESS)
    found, own_port = address(text), None
    if found is None and (parts := cell_rules.split_endpoint(text)):
        found, own_port = address(parts[0]), parts[1]
    if found is None or "%" in text:  # an address of one interface (RFC 4007) is none of the Internet
        raise Unreadable(ReplyCode.BAD_ADDRESS)
    if cell_rules.is_of_no_line(found):
        raise Unreadable(ReplyCode.ADDRESS_OF_NO_LINE)
    return str(found), None if own_port is None else ports(own_port)[0], address_class(found) in _INSIDE


def endpoints_in(text: str) -> list[tuple[str, int | None]]:
    """Return the addresses in a sentence, each with its port if it has one, in order and without repeats."""
    found: dict[tuple[str, int | None], None] = {}
    for token in _BETWEEN_WORDS.split(text):
        if "." in token or ":" in token:
            try:
                ip, port, _ = endpoint(token.strip(".:-"))
            except Unreadable:
                continue
            found[(ip, port)] = None
    return list(found)


_BETWEEN_WORDS = re.compile(r"[\s,;|()\"'<>]+")
_WELL_KNOWN = ip_network("64:ff9b::/96")


@lru_cache(maxsize=1 << 16)
def embedded(ip: str) -> str:
    """Return the IPv4 address within an address of the well-known NAT64 prefix (RFC 6052), or any other unchanged."""
    if not ip.startswith("64:ff9b::") or "/" in ip:
        return ip
    whole = ip_address(ip)
    return str(IPv4Address(int(whole) & 0xFFFFFFFF)) if whole in _WELL_KNOWN else ip


@lru_cache(maxsize=1 << 17)
def ports(text: str) -> tuple[int, int]:
    """Return the first and last port of `1024` or `1024-2047`; 0 only if nearly all are meant. Raises Unreadable."""
    text = _BRACKETED.sub(r"\1", plain_figures(text)).strip()
    if _SCIENTIFIC.fullmatch(text) or _GROUPED.fullmatch(text):
        raise Unreadable(ReplyCode.MANGLED_NUMBER)
    found = _PORTS.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not (first > 0 or last - first >= MOST_PORTS) or not first <= last <= LAST_PORT:
        raise Unreadable(ReplyCode.BAD_PORT)
    return first, last


@lru_cache(maxsize=1 << 17)
def msisdn(text: str) -> str:
    """Return an MSISDN's digits with the country code: that of India for ten digits, with or without a 0 before them.

    Raises Unreadable, for a free-phone number of India too.
    """
    number = _whole_number(text)
    if number.startswith(_OF_NO_LINE):
        raise Unreadable(ReplyCode.BAD_NUMBER)
    return number


_OF_NO_LINE = (f"{INDIA}1800", f"{INDIA}1860")


_CODE_IN_BRACKETS = re.compile(r"^\((\+?[0-9]{1,4})\)", re.ASCII)


def _whole_number(text: str) -> str:
    text = _CODE_IN_BRACKETS.sub(r"\1 ", plain_figures(text))
    refuse_mangled(text)
    found = _PHONE.fullmatch(text)
    if found is None:
        raise Unreadable(ReplyCode.BAD_NUMBER)
    groups = re.findall("[0-9]+", found[2])
    digits = "".join(groups)
    if is_filled_in(digits) or len({*digits[-10:]}) == 1 or _is_whole_before("".join(groups[:-1])):
        raise Unreadable(ReplyCode.BAD_NUMBER)
    if found[1] and digits.startswith(INDIA):
        own = digits[3:] if len(digits) == 13 and digits[2] == "0" else digits[2:]
        if len(own) != 10:
            raise Unreadable(ReplyCode.BAD_NUMBER)
        return INDIA + own
    # Ten digits of a mobile number behind `+` or `00` lack the code, or were filled up with zeros.
    is_cut = len(digits) == 10 and digits[0] in "6789"
    if found[1] and not digits.startswith("0") and 8 <= len(digits) <= 15 and not is_cut:
        return digits
    if found[1] is None and len(digits) == 11 and digits.startswith("0"):
        digits = digits[1:]
    if found[1] is None and len(digits) == 10:
        return INDIA + digits
    if found[1] is None and len(digits) == 12 and digits.startswith(INDIA):
        return digits
    raise Unreadable(ReplyCode.BAD_NUMBER)


def _is_whole_before(digits: str) -> bool:
    """Whether what stands before the last group of digits is a number already: `9800000001-02` is two."""
    own = digits.removeprefix(INDIA) if len(digits) == 12 else digits.removeprefix("0")
    return len(own) == 10 and own[0] in "6789"


@lru_cache(maxsize=1 << 16)
def imsi(text: str) -> str:
    """Return the digits of an IMSI (14 or 15; of India 15). Raises Unreadable."""
    text = plain_figures(text)
    refuse_mangled(text)
    if not re.fullmatch(r"[0-9]{14,15}", text, re.ASCII) or text.startswith("000") or is_filled_in(text):
        raise Unreadable(ReplyCode.BAD_NUMBER)
    if len(text) < _IMSI_DIGITS and text.startswith(("404", "405")):  # a digit is lost
        raise Unreadable(ReplyCode.BAD_NUMBER)
    if not text.startswith(("001", "404", "405")) and _is_imei(text):
        raise Unreadable(ReplyCode.BAD_NUMBER)
    return text


_IMSI_DIGITS = 15


def _is_imei(text: str) -> bool:
    """Whether the last of fifteen digits is the check digit of a device (3GPP TS 23.003, annex B)."""
    doubled = [int(one) * (2 if at % 2 else 1) for at, one in enumerate(text)]
    return len(text) == 15 and sum(one // 10 + one % 10 for one in doubled) % 10 == 0


@lru_cache(maxsize=1 << 17)
def name_of_line(text: str) -> str:
    """Return a user's or circuit's id unchanged. Raises Unreadable if a spreadsheet changed it.

    Also raises it for a placeholder id (`anonymous`, `0000`, `BRAS-TVM-01`), two ids in one cell, and words that deny
    the row.
    """
    refuse_mangled(text)
    if re.fullmatch(r"[0-9]{15}0+", text, re.ASCII):  # a spreadsheet keeps fifteen figures
        raise Unreadable(ReplyCode.MANGLED_NUMBER)
    is_odd = unicodedata.normalize("NFKC", text) != text or any(unicodedata.category(one) == "Cf" for one in text)
    is_other = any(one.fullmatch(text) for one in (_OF_ANOTHER_KIND, _INTERFACE_NAME))
    is_other |= bool(_CUT_OR_OLD.search(text) or _PLAN.search(text))
    is_none = (
        is_odd
        or is_other
        or bool(_TOO_SHORT.fullmatch(text))
        or has_mixed_scripts(text)
        or is_nobodys(text)
        or has_several(text)
    )
    spoken = " ".join(_BETWEEN_SPOKEN.split(text.lower()))
    if is_none or (" " in spoken and shared_words().denied(pl.Series([spoken])).item()):
        raise Unreadable(ReplyCode.BAD_NUMBER)
    return text


_BETWEEN_SPOKEN = re.compile(r"[\s_-]+")


_PLAN = re.compile(r"(?<![A-Za-z0-9])[0-9]{1,4} ?[KMG](?:bps|b/s)(?![A-Za-z0-9])", re.IGNORECASE)
"""The speed of a plan, which many customers have."""
_TOO_SHORT = re.compile(r"[0-9]{1,2}", re.ASCII)
"""The number of a row, or of a port: no line has so short an id."""
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE")
"""Scripts with letters that look alike."""


def has_mixed_scripts(text: str) -> bool:
    """Return whether a text has letters of two scripts that look alike: `b\u0435ta` is not `beta`."""
    if text.isascii():
        return False
    names = {unicodedata.name(one, "").partition(" ")[0] for one in text if one.isalpha()}
    return len(names.intersection(_SCRIPTS)) > 1


_LETTERS = re.compile(r"[^\W\d_]+")
_FIGURES = re.compile(r"[0-9]+", re.ASCII)
_IN_ORDER = frozenset({"1234567890", "0123456789", "9876543210"})
_LEAST_REPEATED = 2
_MASKED = re.compile(r"x{3}|\*{2}", re.IGNORECASE)


def is_nobodys(text: str) -> bool:
    """Return whether an id is a placeholder: a word for none, or one letter or figure repeated."""
    own = text.partition("@")[0]
    signs = [one for one in own.lower() if one.isalnum()]
    if len({*signs}) <= 1 and (len(signs) >= _LEAST_REPEATED or signs in ([], ["0"])):
        return True
    figures = _FIGURES.findall(own)
    if len(signs) == sum(map(len, figures)) and is_filled_in("".join(figures)):
        return True
    known = shared_words()
    own_words = words(own)
    if " ".join(own_words) in known.nobody or (own_words and known.nobody.issuperset(own_words)) or _MASKED.search(own):
        return True
    spoken = [one for one in own_words if not one.isdigit()]
    if len(spoken) > 1 and known.nobody.issuperset(spoken):  # `wifi-user-31`: one of many
        return True
    for parts in (own_words, _LETTERS.findall(own.lower())):
        if any(f" {one} " in f" {' '.join(parts)} " for one in known.placeholders):
            return True
    is_machine = len(figures) <= 1 and all(len(one) <= 3 for one in figures)
    return is_machine and not known.equipment.isdisjoint(_LETTERS.findall(own.lower()))


def is_filled_in(digits: str) -> bool:
    """Return whether digits are nobody's number: the last ten are the same, or in the order of the keys."""
    return len(digits) >= 10 and (len({*digits[-10:]}) == 1 or digits[-10:] in _IN_ORDER)


_OF_ANOTHER_KIND = re.compile(
    r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|[0-9]{1,2}[-/ ][A-Za-z]{3}"
    r"|(?:T-)?(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}(?:[.:-][0-9A-Fa-f]{4}){2}"
    r"|(?:[0-9]{1,2}[-/ ])?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-/ ][0-9]{2,4}"
    r"|=.{1,60}|[0-9]{0,12}[.,][0-9]{1,12}"
    r"|[\u20b9$\u20ac\u00a3] ?[0-9.,]{1,20}"
)
"""Values of other columns: addresses, clocks, dates, devices."""
INTERFACE_NAME = (
    r"(?:eth|ether|ens|enp|wlan|bond|br|bridge|vlan|vl|ge|xe|et|te|gi|fa|ae|po|irb|bvi|lo|sfp|ap|ssid"
    r"|pppoe|ppp|l2tp|pptp|tun|tap|port-channel|gigabitethernet|fastethernet|tengige)[- ]?[0-9][0-9./:-]{0,30}"
)
"""How devices name their own interfaces: each of them has the same ones."""
_INTERFACE_NAME = re.compile(INTERFACE_NAME, re.IGNORECASE)
_CUT_OR_OLD = re.compile(
    r"[%?\u2026]|\.\.|__$|[-_. ](?:old|deleted|closed|disabled|expired|formerly|bak)\b", re.IGNORECASE
)
"""What an id has that stands for several, or is of earlier."""
_APART = re.compile(r" [-\u2013\u2014] |->|[>\u2022\u00b7\u2013\u2014~|\u3001()\[\]]|\s\+")
"""Signs that stand between two ids: more than one part with a figure are several ids."""
_BETWEEN_TWO = re.compile(r"[;,|&\r\n\t]|\s(?:/|\+|or|and)\s", re.IGNORECASE)
_MAYBE_BETWEEN = re.compile(r"[\s/+\\:=]+")
_LEAST_OF_AN_ID = 4


def has_several(text: str) -> bool:
    """Return whether a cell has two ids: signs or words between them, or parts that all look alike."""
    if _BETWEEN_TWO.search(text) or text.count("@") > 1:
        return True
    if sum(bool(_FIGURES.search(part)) for part in _APART.split(text)) > 1:
        return True
    parts = _MAYBE_BETWEEN.split(text)
    if len(parts) == 1 or min(map(len, parts)) < _LEAST_OF_AN_ID or not all(map(_FIGURES.search, parts)):
        return False
    return len({_LETTERS.sub("a", _FIGURES.sub("0", part)) for part in parts}) == 1


def refuse_mangled(text: str) -> None:
    """Raise Unreadable for `9.19847E+11`, `919847012345.0` and `9,198,470`, which are not what was written."""
    if _SCIENTIFIC.fullmatch(text) or re.fullmatch(r"[0-9]+[.,]0*|[0-9]{1,3}(?:,[0-9]{2,3})+", text, re.ASCII):
        raise Unreadable(ReplyCode.MANGLED_NUMBER)


def row_id(text: str) -> str | None:
    """Return the id of a notice's row, or None for anything else."""
    return text.lower() if _ROW_ID.fullmatch(text.lower()) else None


_DAYS_AND_CLOCK = re.compile(r"([0-9]{1,4}) ?(?:d|days?)[, ]{0,2}([0-9]{1,2}:[0-5][0-9]:[0-5][0-9])", re.IGNORECASE)
_BETWEEN_PARTS = r"(?:[, ]{1,2}|,? and )?"
_PARTS_OF_A_LENGTH = re.compile(
    rf"(?=[0-9]{{1,4}} ?[a-z]{{1,7}}[, ]{{0,2}}(?:and )?[0-9])(?:([0-9]{{1,4}}) ?(?:d|days?))?{_BETWEEN_PARTS}"
    rf"(?:([0-9]{{1,4}}) ?(?:h|hrs?|hours?))?{_BETWEEN_PARTS}(?:([0-9]{{1,4}}) ?(?:m|mins?|minutes?))?{_BETWEEN_PARTS}"
    r"(?:([0-9]{1,4}) ?(?:s|secs?|seconds?))?",
    re.IGNORECASE,
)
"""Two or more numbers, each with its unit, the largest first: alone `5m` may be months."""
_UNITS_US = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000)


def lasting_us(text: str, unit_us: int | None) -> int | None:
    """Return the microseconds of `hh:mm:ss`, `90 min`, `2 hours 32 minutes`, `1d2h`, or a number in that unit; None
    without a unit. Raises Unreadable.
    """
    text = plain_figures(text)
    if days := _DAYS_AND_CLOCK.fullmatch(text):
        return (int(days[1]) * 86_400 + seconds(days[2])) * 1_000_000
    if ":" in text:
        return seconds(text) * 1_000_000
    if parts := _PARTS_OF_A_LENGTH.fullmatch(text):
        return sum(int(part or 0) * unit for part, unit in zip(parts.groups(), _UNITS_US, strict=True))
    figures, _, unit = text.partition(" ")
    if unit and (found := unit_in_heading(unit)) is not None:
        return seconds(figures) * found
    number = seconds(text)
    return None if unit_us is None else number * unit_us


def seconds(text: str) -> int:
    """Return a number of seconds, also from `hh:mm:ss`. Raises Unreadable."""
    if clock := re.fullmatch(r"([0-9]{1,4}):([0-5][0-9]):([0-5][0-9])", text, re.ASCII):
        return int(clock[1]) * 3600 + int(clock[2]) * 60 + int(clock[3])
    refuse_mangled(text)
    found = _SECONDS.fullmatch(text)
    if found is None:
        raise Unreadable(ReplyCode.BAD_TIME)
    return int(found[1])
