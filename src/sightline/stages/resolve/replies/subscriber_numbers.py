"""Parse telephone numbers and IMSIs of a reply strictly."""

from __future__ import annotations

import re
from functools import lru_cache

from sightline.model import ReplyCode
from sightline.stages.resolve.replies.cell_text import UnreadableValue, normalise_figures, refuse_mangled

INDIA = "91"
_PHONE = re.compile(r"(\+|00(?=[1-9]))?([0-9][0-9 ()-]{5,22}[0-9])", re.ASCII)


@lru_cache(maxsize=1 << 17)
def parse_msisdn(text: str) -> str:
    """Return an MSISDN's digits with the country code: that of India for ten digits, with or without a 0 before them.

    Raises UnreadableValue, for a free-phone number of India too.
    """
    number = _parse_whole_number(text)
    if number.startswith(_OF_NO_LINE):
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    return number


_OF_NO_LINE = (f"{INDIA}1800", f"{INDIA}1860")
_CODE_IN_BRACKETS = re.compile(r"^\((\+?[0-9]{1,4})\)", re.ASCII)


def _parse_whole_number(text: str) -> str:
    text = _CODE_IN_BRACKETS.sub(r"\1 ", normalise_figures(text))
    refuse_mangled(text)
    match = _PHONE.fullmatch(text)
    if match is None:
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    groups = re.findall("[0-9]+", match[2])
    digits = "".join(groups)
    if is_filled_in(digits) or len({*digits[-10:]}) == 1 or _is_whole_before("".join(groups[:-1])):
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    if match[1] and digits.startswith(INDIA):
        own = digits[3:] if len(digits) == 13 and digits[2] == "0" else digits[2:]
        if len(own) != 10:
            raise UnreadableValue(ReplyCode.BAD_NUMBER)
        return INDIA + own
    # Ten digits of a mobile number behind `+` or `00` lack the code, or were filled up with zeros.
    is_cut = len(digits) == 10 and digits[0] in "6789"
    if match[1] and not digits.startswith("0") and 8 <= len(digits) <= 15 and not is_cut:
        return digits
    if match[1] is None and len(digits) == 11 and digits.startswith("0"):
        digits = digits[1:]
    if match[1] is None and len(digits) == 10:
        return INDIA + digits
    if match[1] is None and len(digits) == 12 and digits.startswith(INDIA):
        return digits
    raise UnreadableValue(ReplyCode.BAD_NUMBER)


def _is_whole_before(digits: str) -> bool:
    """Whether what stands before the last group of digits is a number already: `9800000001-02` is two."""
    own = digits.removeprefix(INDIA) if len(digits) == 12 else digits.removeprefix("0")
    return len(own) == 10 and own[0] in "6789"


@lru_cache(maxsize=1 << 16)
def parse_imsi(text: str) -> str:
    """Return the digits of an IMSI (14 or 15; of India 15). Raises UnreadableValue."""
    text = normalise_figures(text)
    refuse_mangled(text)
    if not re.fullmatch(r"[0-9]{14,15}", text, re.ASCII) or text.startswith("000") or is_filled_in(text):
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    if len(text) < _IMSI_DIGITS and text.startswith(("404", "405")):  # a digit is lost
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    if not text.startswith(("001", "404", "405")) and _is_imei(text):
        raise UnreadableValue(ReplyCode.BAD_NUMBER)
    return text


_IMSI_DIGITS = 15


def _is_imei(text: str) -> bool:
    """Whether the last of fifteen digits is the check digit of a device (3GPP TS 23.003, annex B)."""
    doubled = [int(one) * (2 if at % 2 else 1) for at, one in enumerate(text)]
    return len(text) == 15 and sum(number // 10 + number % 10 for number in doubled) % 10 == 0


_IN_ORDER = frozenset({"1234567890", "0123456789", "9876543210"})


def is_filled_in(digits: str) -> bool:
    """Return whether digits are nobody's number: the last ten are the same, or in the order of the keys."""
    return len(digits) >= 10 and (len({*digits[-10:]}) == 1 or digits[-10:] in _IN_ORDER)
