"""Bring each language's catalogue up to date with the English one: `python -m scripts.translations`.

Sentences of the lower layers come from the code (`scripts/sentences.py`); the rest of `web.pot` is written by hand.
Each message has a comment for translators: where it stands, and what kind of text it is (`scripts/message_places.py`).
A message whose English text changed keeps its translation and becomes fuzzy, which means that a translator must look
at it. A new message is empty. One that is gone is left out. `docs/how-to/translate.md` has the steps.
"""

from __future__ import annotations

import sys
from io import BytesIO
from itertools import takewhile
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from scripts.message_places import comments_of, find_places, read_notes
from scripts.sentences import replace_sentences

LOCALE = Path(__file__).parent.parent / "src" / "sightline" / "web" / "locale"
FILES = 3
"""Maximum number of files that a comment names."""
PREVIOUS = "|"
"""How the English text before the change, which a fuzzy message has, begins: babel reads it as comments."""


def main() -> int:
    """Update every catalogue, and print what a translator has to do."""
    template = LOCALE / "web.pot"
    english = add_comments(replace_sentences(_read(template)))
    _write(template, english)
    for path in sorted(LOCALE.glob("*/LC_MESSAGES/web.po")):
        merged = merge_catalogue(english, _read(path))
        _write(path, merged)
        empty = sum(not any(message.string or "") for message in merged if message.id)
        fuzzy = sum(message.fuzzy for message in merged if message.id)
        print(f"{path.parts[-3]}: {len(merged)} messages, {empty} to translate, {fuzzy} to look at again")
    return 0


def add_comments(english: Catalog) -> Catalog:
    """Return the catalogue with a comment on each message that says where it stands (`scripts/message_places.py`)."""
    messages = [message for message in english if message.id]
    places, notes, catalog = find_places(str(message.context) for message in messages), read_notes(), Catalog()
    for message in messages:
        place, context = places.get(str(message.context)), str(message.context)
        catalog.add(
            message.id,
            context=context,
            auto_comments=comments_of(context, place, notes),
            locations=[(file, 0) for file in sorted(place.files)[:FILES]] if place else (),
        )
    return catalog


def merge_catalogue(english: Catalog, translated: Catalog) -> Catalog:
    """Return the messages of `english`, in its order, with their translations found by context."""
    before = {message.context: message for message in translated if message.id}
    merged = Catalog(locale=translated.locale)
    for message in english:
        if message.id:
            old = before.get(message.context)
            made = _merge(message, old) if old else Message(message.id, context=message.context)
            made.auto_comments, made.locations = list(message.auto_comments), list(message.locations)
            merged[message.id] = made
    return merged


def _merge(english: Message, old: Message) -> Message:
    if english.pluralizable != old.pluralizable:
        return Message(english.id, context=english.context)
    waits = old.fuzzy and old.id == english.id
    comments = old.user_comments if waits else [*takewhile(_is_written, old.user_comments)]
    message = Message(english.id, old.string, context=english.context, user_comments=comments)
    if old.id != english.id:
        message.flags.add("fuzzy")
        message.previous_id = [old.id] if isinstance(old.id, str) else list(old.id)
    elif old.fuzzy:
        message.flags.add("fuzzy")
        message.previous_id = old.previous_id
    return message


def _is_written(comment: str) -> bool:
    return not comment.startswith(PREVIOUS)


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3] if path.suffix == ".po" else None, abort_invalid=True)


def _write(path: Path, catalogue: Catalog) -> None:
    header = path.read_text(encoding="utf-8").partition("\n\n")[0]
    path.write_text(f"{header}\n\n{_body(catalogue)}\n", encoding="utf-8")


def _body(catalogue: Catalog) -> str:
    buffer = BytesIO()
    write_po(buffer, catalogue, width=0, omit_header=True, include_previous=True, include_lineno=False)
    return buffer.getvalue().decode().strip("\n")


if __name__ == "__main__":
    sys.exit(main())
