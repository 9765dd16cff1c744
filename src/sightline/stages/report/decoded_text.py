"""A text without escapes and look-alike characters, with the place of each letter in the original."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from html import unescape

MOST_DECODINGS = 6
"""The maximum depth of encodings inside encodings."""
_ENCODED = re.compile(r"[\\%&]|[(\[{][^0-9A-Za-z]|[(\[{]dot|[^\x00-\x7f]", re.IGNORECASE)
_ESCAPES = (
    (re.compile(r"%([0-7][0-9A-Fa-f])", re.ASCII), lambda one: chr(int(one[1], 16))),
    (re.compile(r"\\x([0-7][0-9A-Fa-f])", re.ASCII), lambda one: _decode_hex(one[1])),
    (
        re.compile(r"\\u[dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}", re.ASCII),
        lambda one: bytes.fromhex(one[0].replace("\\u", "")).decode("utf-16-be"),
    ),
    (
        re.compile(r"\\u([0-9A-Fa-f]{4})|\\u\{0{0,4}([0-9A-Fa-f]{1,5})\}|\\U000([0-9A-Fa-f]{5})", re.ASCII),
        lambda one: _decode_hex(one[1] or one[2] or one[3]),
    ),
    (
        re.compile(r"(?P<mark>%|\\x)[c-fC-F][0-9A-Fa-f](?:(?P=mark)[89abAB][0-9A-Fa-f]){1,3}", re.ASCII),
        lambda one: _decode_utf8(one[0], one["mark"]),
    ),
    (re.compile(r"\\x[aA][dD]", re.ASCII), lambda _: "\u00ad"),
    (re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});", re.ASCII), lambda one: unescape(one[0])),
    (re.compile(r"[\[({](\.|:|dot)[\])}]", re.ASCII | re.IGNORECASE), lambda one: ":" if one[1] == ":" else "."),
)
_FULL_STOPS = "\u3002\uff61\u2024"


def _decode_hex(text: str) -> str:
    return chr(int(text, 16))


def _decode_utf8(text: str, mark: str) -> str:
    """Decode bytes that are escaped one by one. What is not UTF-8 stays."""
    try:
        return bytes.fromhex(text.replace(mark, "")).decode()
    except UnicodeDecodeError:
        return text


class DecodedText:
    """A decoded text, and the position of each of its letters in the original."""

    def __init__(self, text: str) -> None:
        self.text, self._spans = text, None if not _ENCODED.search(text) else [(at, at + 1) for at in range(len(text))]
        if self._spans is None:
            return
        self._replace_letters()
        for _ in range(MOST_DECODINGS):
            before = self.text
            for pattern, meaning in _ESCAPES:
                self._replace(pattern, meaning)
            if self.text == before:
                break

    def locate_span(self, begin: int, end: int) -> tuple[int, int]:
        """Return the original position of a part of the view."""
        if self._spans is None:
            return begin, end
        return self._spans[begin][0], self._spans[end - 1][1]

    def _replace_letters(self) -> None:
        """Letters of full width and digits of other scripts as ASCII has them; what is not seen is left out."""
        assert self._spans is not None
        letters, spans = [], []
        for letter, span in zip(self.text, self._spans, strict=True):
            plain = letter if letter.isascii() else _to_plain_letter(letter)
            letters.append(plain)
            spans += [span] * len(plain)
        self.text, self._spans = "".join(letters), spans

    def _replace(self, pattern: re.Pattern[str], meaning: Callable[[re.Match[str]], str]) -> None:
        assert self._spans is not None
        parts, spans, at = [], [], 0
        for match in pattern.finditer(self.text):
            meaning_text = meaning(match)
            if meaning_text == match[0]:
                continue
            meaning_text = "".join(letter if letter.isascii() else _to_plain_letter(letter) for letter in meaning_text)
            parts += [self.text[at : match.start()], meaning_text]
            whole = (self._spans[match.start()][0], self._spans[match.end() - 1][1])
            spans += [*self._spans[at : match.start()], *[whole] * len(meaning_text)]
            at = match.end()
        if at:
            self.text, self._spans = "".join([*parts, self.text[at:]]), [*spans, *self._spans[at:]]


def _to_plain_letter(letter: str) -> str:
    if letter in _FULL_STOPS:
        return "."
    if unicodedata.category(letter) in {"Cf", "Mn"}:
        return ""
    number = unicodedata.decimal(letter, None)
    if number is not None:
        return str(number)
    plain = unicodedata.normalize("NFKC", letter)
    return plain if len(plain) == 1 and plain.isascii() else letter
