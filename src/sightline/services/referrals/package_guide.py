"""The guide in a referral's package: what it is, what each file holds, and how to check it, in every language."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.evidence.documents.document_facts import Language
from sightline.stages.report.translator import Translator
from sightline.translation.documents import get_translator

TITLE = "What is in this package"
ABOUT = (
    "Another police force sends you leads of your own state, with the records that they rest on. A lead is visits to"
    " flagged sites that belong together. It points to a connection, never to a person."
)
FILES = {
    "sheets/": "One text for each lead: what is known, how certain it is, and what it does not prove.",
    "sheets.en.pdf, sheets.hi.pdf, sheets.ml.pdf": "The sheets of the first leads to print, in three languages.",
    "leads.csv": "The leads as a table, for a spreadsheet.",
    "rows.csv": "Every record of these leads as it was logged, with its file and place.",
    "referral.json": "Who sends it to whom, in which case, under which authority, and why.",
    "leads.jsonl": "The leads for a program, one a line.",
    "proof.zip": "The proof that each record stands in the sender's ledger, unchanged.",
    "verify_sightline.py": "The program that checks the proof. It needs Python 3, no network and nothing else.",
    "manifests/": "How each log was read: which program, which lists, how many lines.",
    "case/": "The same records in the CASE/UCO format, for other forensic tools.",
}
"""What each file of the content holds, the first to read first."""
CHECK = "To check the proof yourself, open a terminal in this folder and type:"
COMMAND = "python3 verify_sightline.py proof.zip"
NEXT = (
    "Before you act, ask the internet provider with a notice of your own whose connection it was. Then tell the sender"
    " what became of each lead: whether it was right, wrong or innocent."
)
SENTENCES = {
    "title": TITLE,
    "about": ABOUT,
    **{f"file_{at}": text for at, text in enumerate(FILES.values(), 1)},
    "check": CHECK,
    "next": NEXT,
}
"""The sentences that are translated, by name."""


def write_guides() -> dict[str, bytes]:
    """Return the guide as a text file for each language, by the file's name."""
    return {
        f"README.{language.value}.txt": _write_guide(get_translator(language.value)).encode() for language in Language
    }


def _write_guide(translator: Translator) -> str:
    return "\n".join(_list_lines(translator)) + "\n"


def _list_lines(translator: Translator) -> Iterator[str]:
    title = translator.translate_sentence(TITLE)
    yield from (title, "=" * len(title), "", translator.translate_sentence(ABOUT), "")
    for names, text in FILES.items():
        yield from (names, f"    {translator.translate_sentence(text)}")
    yield from ("", translator.translate_sentence(CHECK), "", f"    {COMMAND}", "", translator.translate_sentence(NEXT))
