"""Errors in the language of the page: none of those that officers meet at work is shown in English."""

from io import BytesIO
from itertools import chain

import pytest
from scripts.error_texts import doctor_texts, error_texts

from sightline.casework.permissions.access import Action
from sightline.errors import SightlineError
from sightline.model import NoticeState, Role
from sightline.services.match.clock_notes import MARKED_NOTE
from sightline.services.match.summary import BROKEN, GREW, HEADER_ONLY, LOCKED, OVER_A_LIMIT
from sightline.services.match.unstated_years import describe_years
from sightline.services.match.visitor_notes import LOOPBACK_NOTE, PROXY_NOTE
from sightline.stages.lists.readers import read_batches
from sightline.translation.messages import LANGUAGES
from sightline.translation.sentences import translate_sentence

LISTS = (
    b'{"type": "bundle", "objects": [], "objects": []}',
    b'{"type": "bundle", "objects": [}',
    b'{"type": "bundle"',
    b'{"type": "report"}',
    b"domain;flagged.example\n",
    b"name;site\nx;flagged.example\n",
    b"<html>",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"\xd0\xcf\x11\xe0",
    b"\xff\xfe",
    b"SIGHTLS1",
    b"untrusted comment:",
)
"""Files that are no flag list, each in another way."""
TRANSLATIONS = [language for language in LANGUAGES if language != "en"]
FOR_COMMANDS = (
    "casework/people/login.py",
    "evidence/documents/wordings.py",
    "evidence/hit_file.py",
    "evidence/origin.py",
    "ledger/met_keys.py",
    "ledger/witness.py",
    "services/scan/cluster_reader.py",
    "stages/lists/digest_key.py",
    "stages/resolve/replies/reply_layouts.py",
    "storage/bucket_address.py",
    "storage/migrate.py",
    "web/server.py",
    "web/exchange/token_store.py",
    "workspace/backup_check.py",
    "workspace/encryption.py",
    "workspace/restore.py",
)
"""Modules whose errors only a command meets: a page calls nothing of them that fails, as far as was traced."""
IN_ENGLISH: dict[str, int] = {
    "casework": 0,
    "web": 0,
    "evidence": 0,
    "ledger": 0,
    "storage": 0,
    "workspace": 0,
    "services/artifacts": 0,
    "services/bundles": 0,
    "services/device_import": 0,
    "services/documents": 0,
    "services/intake": 0,
    "services/lead_index": 0,
    "services/lead_status": 0,
    "services/leads": 0,
    "services/notices": 0,
    "services/outcomes": 0,
    "services/referrals": 0,
    "services/resolution": 0,
    "services/tip_import": 0,
    "services/tips": 0,
    "services/verification": 0,
    "services/exercise": 0,
    "services/match": 0,
    "services/scan": 0,
    "stages/formats": 0,
    "stages/lists": 0,
    "stages/resolve": 0,
    "stages/scan": 0,
    "stages/tips": 0,
    "stages/devices": 0,
}
"""How many texts of errors of a package are shown in English, in each language. These numbers only fall.

A watch (`services/live`), a worker of a cluster and the import of data sets (`stages/enrich`) are commands: no page
shows their errors. `docs/how-to/translate.md` says so.
"""
FACTS = ("missing", "draft", "investigating-officer", "seizure", "7", "S. Rao", "board.example", "a year")
"""Facts of many kinds. A text is translated if it is with one of them in all its places."""


def is_translated(text: str, language: str) -> bool:
    return any(not translate_sentence(text.replace("{}", fact), language).is_english for fact in FACTS)


@pytest.mark.parametrize("package", IN_ENGLISH)
def test_errors_are_in_the_language_of_the_page(package: str) -> None:
    texts = [error_text for error_text in error_texts(package) if not error_text.place.startswith(FOR_COMMANDS)]
    for language in TRANSLATIONS:
        found = [text for text in texts if " " in text.text.strip("{} ") and not is_translated(text.text, language)]
        assert len(texts) > len(found)
        missing = "\n".join(f"{language} {error.place} {error.text}" for error in found)
        assert len(found) <= IN_ENGLISH[package], missing


@pytest.mark.parametrize("raw", LISTS)
@pytest.mark.parametrize("language", TRANSLATIONS)
def test_a_refusal_of_a_flag_list_is_in_the_language_of_the_page(raw: bytes, language: str) -> None:
    with pytest.raises(SightlineError) as refused:
        list(chain.from_iterable(batch.rows for batch in read_batches(BytesIO(raw), "a.json")))
    assert not translate_sentence(str(refused.value), language).is_english, str(refused.value)
    assert not translate_sentence(str(refused.value.hint), language).is_english, str(refused.value.hint)


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_codes_in_an_error_become_words(language: str) -> None:
    role, state = Role.INVESTIGATING_OFFICER.value, NoticeState.DRAFT.value
    for text in (
        f"the notice FIR 1/2026, notice 4 is {state}, and cannot be {NoticeState.ANSWERED_IN_PART.value}",
        f"{Action.CASE_OPEN.value} is for {role}, {Role.SUPERINTENDENT.value}, not for the {Role.ANALYST.value}",
        "there is no notice 44",
    ):
        sentence = translate_sentence(text, language)
        assert not sentence.is_english, text
        assert not any(one in sentence.text for one in (state, role, "case:open", "answered", "analyst")), sentence.text


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_an_error_with_an_english_text_in_it_stays_english_as_a_whole(language: str) -> None:
    assert translate_sentence("there is no gadget 44", language).is_english
    assert translate_sentence("you may not restore: the moon is full", language).is_english
    assert not translate_sentence(
        "you may not restore: the officer has left, or the key was revoked", language
    ).is_english


@pytest.mark.parametrize("language", TRANSLATIONS)
def test_findings_of_the_doctor_are_in_the_language_of_the_page(language: str) -> None:
    commands = ("sightline ", "chmod ", "ALTER ")
    texts = [
        doctor_text
        for doctor_text in doctor_texts()
        if " " in doctor_text.text.strip("{} ") and not doctor_text.text.startswith(commands)
    ]
    found = [text for text in texts if not is_translated(text.text, language)]
    assert len(texts) > 60
    assert found == [], "\n".join(f"{error.place} {error.text}" for error in found)


def test_a_count_in_an_error_has_its_plural_form() -> None:
    text = "{} of the table cannot be read, so nothing was recorded"
    one, several = (translate_sentence(text.format(rows), "hi").text for rows in ("1 row", "1,200 rows"))
    assert "1 पंक्ति " in one and "1,200 पंक्तियाँ " in several


@pytest.mark.parametrize("language", TRANSLATIONS)
@pytest.mark.parametrize(
    "note",
    [
        LOOPBACK_NOTE,
        PROXY_NOTE.format(addresses="192.0.2.1 and 192.0.2.2"),
        MARKED_NOTE.format(count="1,203", lines="2,000"),
        GREW,
        BROKEN,
        OVER_A_LIMIT,
        LOCKED,
        HEADER_ONLY,
        describe_years((2025, 12, 31), "the first", "the declared year"),
        describe_years((2025, 12, 31), "the last, 2026-01-03, is of the declared year, so that the first", "2025"),
    ],
)
def test_what_is_said_of_a_log_that_was_read_is_in_the_language_of_the_page(language: str, note: str) -> None:
    assert not translate_sentence(note, language).is_english
