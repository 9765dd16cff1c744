"""The translator of lead sheets and reports (`stages/report/translator.py`), from the catalogues of the pages."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.stages.report.translator import ENGLISH, Translator
from sightline.translation.sentences import translate_document_sentence, translate_phrase


@dataclass(frozen=True, slots=True)
class CatalogueTranslator:
    """Translates into a language by its catalogue."""

    language: str

    def sentence(self, text: str) -> str:
        """Return whole sentences or a label in the language, or the English text if they have no translation."""
        return translate_document_sentence(text, self.language).text

    def phrase(self, text: str) -> str:
        """Return a part of a sentence in the language; a name or a number stays."""
        return translate_phrase(text, self.language)


def translator_for(language: str) -> Translator:
    """Return the translator into a language: `en`, `hi` or `ml`."""
    return ENGLISH if language == "en" else CatalogueTranslator(language)
