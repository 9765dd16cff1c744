"""The language of a lead sheet or report: how its English texts become those of another language.

The texts are written in English, with their facts filled in. `sightline.translation.documents` implements the protocol
for other languages from the same catalogues as the pages.
"""

from __future__ import annotations

from typing import Protocol


class Translator(Protocol):
    """Translates finished English texts into the language of a document."""

    @property
    def language(self) -> str:
        """The language as a BCP 47 tag."""

    @property
    def font_css(self) -> str:
        """The `@font-face` rules of fonts for its script, for a page that must show it on any machine; else empty."""

    def translate_sentence(self, text: str) -> str:
        """Return whole sentences or a label in the language, or the English text if they have no translation."""

    def translate_phrase(self, text: str) -> str:
        """Return a part of a sentence, such as `3 visits`, in the language; a name or a number stays."""


class English:
    """Leaves every text as it is."""

    language = "en"
    font_css = ""

    def translate_sentence(self, text: str) -> str:
        """Return the text."""
        return text

    def translate_phrase(self, text: str) -> str:
        """Return the text."""
        return text


ENGLISH = English()
