"""The translator of lead sheets and reports (`stages/report/translator.py`), from the catalogues of the pages."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sightline.stages.report.translator import ENGLISH, Translator
from sightline.translation.sentences import translate_document_sentence, translate_phrase

FONTS = Path(__file__).parents[1] / "evidence" / "documents" / "templates" / "fonts"
SCRIPTS = {"hi": "Devanagari", "ml": "Malayalam"}
"""The scripts for which documents have fonts, by language."""


@dataclass(frozen=True, slots=True)
class CatalogueTranslator:
    """Translates into a language by its catalogue."""

    language: str

    @property
    def font_css(self) -> str:
        """The fonts of the script, regular and bold, as rules with their bytes."""
        return _build_font_css(SCRIPTS[self.language])

    def translate_sentence(self, text: str) -> str:
        """Return whole sentences or a label in the language, or the English text if they have no translation."""
        return translate_document_sentence(text, self.language).text

    def translate_phrase(self, text: str) -> str:
        """Return a part of a sentence in the language; a name or a number stays."""
        return translate_phrase(text, self.language)


@cache
def _build_font_css(script: str) -> str:
    rules = []
    for name, weight in (("Regular", 400), ("Bold", 700)):
        data = base64.b64encode((FONTS / f"NotoSans{script}-{name}.ttf").read_bytes()).decode()
        source = f"url(data:font/ttf;base64,{data})"
        rules.append(f'@font-face{{font-family:"Noto Sans {script}";font-weight:{weight};src:{source}}}')
    return "".join(rules)


def get_translator(language: str) -> Translator:
    """Return the translator into a language: `en`, `hi` or `ml`."""
    return ENGLISH if language == "en" else CatalogueTranslator(language)
