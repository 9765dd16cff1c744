"""Notices: what is asked, of whom, under which law, row by row; stamped until approved; in three languages."""

from dataclasses import replace
from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.evidence.documents.document_facts import FileFacts, Language
from sightline.evidence.documents.notice_facts import ApprovalFacts, NoticeFacts, RowFacts, TimeFacts
from sightline.evidence.documents.render import TEMPLATES, render_notice_or_reminder
from sightline.evidence.documents.wordings import decode_form, load_built_in_form, load_form

from .pdf_reader import catalogue, qr_texts, words
from .samples import CASE, LEDGER, PROGRAM, digest, on

FORMS = ("preservation", "bnss-94", "crpc-91", "subscribers", "reminder")
SINCE = TimeFacts("2026-03-01 12:00:00Z", "2026-03-01 17:30:00 IST")
UNTIL = TimeFacts("2026-03-01 12:30:04.5Z", "2026-03-01 18:00:04.5 IST")
ROWS = tuple(
    RowFacts(f"{n:012x}", f"2001:db8::{n:x}", SINCE, UNTIL, "40001", "203.0.113.80:443", 900) for n in range(40)
)
NUMBERS = tuple(RowFacts(f"{n:012x}", f"9190000{n:05}", SINCE, UNTIL, None, None, None, "msisdn", 3) for n in range(4))
FACTS = NoticeFacts(
    number="Cr. 123/2026, notice 4",
    stamp=None,
    is_exercise=False,
    law="bnss",
    case=CASE,
    investigating_officer="S. Rao, Inspector",
    officer_in_charge="T. Pillai, Inspector SHO",
    drafted_by="S. Rao, Inspector",
    drafted_at_utc=on(3, 9),
    approval=ApprovalFacts("01K5Z3", "T. Pillai, station-officer", on(4, 9)),
    licensee="Examplenet",
    address="Nodal Officer, 7 Example Road, Kochi",
    circle="Kerala",
    follows=None,
    days="15",
    keep_until="2028-02-29",
    is_of_numbers=False,
    count=40,
    rows=ROWS,
    csv=FileFacts("rows.csv", 4096, digest("csv")),
    rows_sha256=digest("rows"),
    ledger=LEDGER,
    program=PROGRAM,
    made_at_utc=on(4, 9),
)
SENTENCES = {
    Language.ENGLISH: ["point to a connection, not to a person", "requires keeping these records until at least 2028"],
    Language.HINDI: ["एक कनेक्शन की ओर संकेत करते हैं, किसी व्यक्ति की ओर नहीं", "कम से कम 2028-02-29 तक"],
    Language.MALAYALAM: ["ഒരു കണക്ഷനെയാണ് സൂചിപ്പിക്കുന്നത്, ഒരു വ്യക്തിയെയല്ല", "കുറഞ്ഞത് 2028-02-29 വരെ"],
}


def make_notice(name: str, language: Language, facts: NoticeFacts = FACTS) -> bytes:
    return render_notice_or_reminder(facts, load_built_in_form(name).find_wording(language), language)


@pytest.mark.parametrize("language", list(Language))
def test_a_notice_says_what_is_asked_and_no_more(language: Language) -> None:
    pdf = make_notice("bnss-94", language)
    text = words(pdf)
    for sentence in (*SENTENCES[language], "Cr. 123/2026, notice 4", "T. Pillai, station-officer", "63(4)", "01K5Z3"):
        assert "".join(sentence.split()) in text, sentence
    for row in ROWS:
        assert f"{row.row_id}{row.what}40001203.0.113.80:443" in text
    assert text.count("2026-03-0112:30:04.5Z2026-03-0118:00:04.5IST") >= 1
    assert digest("csv") in text and digest("rows") in text
    assert qr_texts(pdf) == [LEDGER.checkpoint.note]
    about = catalogue(pdf)["/Metadata"].get_object().get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part><pdfaid:conformance>A</pdfaid:conformance>" in "".join(about.split())
    assert catalogue(pdf)["/Lang"] == f"{language}-IN"
    assert make_notice("bnss-94", language) == pdf


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_made_in_every_language(form: str, language: Language) -> None:
    facts = replace(FACTS, is_of_numbers=True, rows=NUMBERS, count=4) if form == "subscribers" else FACTS
    facts = (
        replace(facts, law="crpc", rows=(), sent_on="2026-03-05", due_on="2026-03-20") if form == "reminder" else facts
    )
    text = words(make_notice(form, language, facts))
    assert "".join(str(load_built_in_form(form).find_wording(language)["title"]).split()) in text
    for row in NUMBERS if form == "subscribers" else ():
        assert f"{row.row_id}{row.what}msisdn3" in text
    if form == "reminder":
        assert "2026-03-05" in text and "2026-03-20" in text


def test_a_draft_is_stamped_and_names_its_unknown_facts() -> None:
    bare = replace(
        FACTS, stamp="draft", approval=None, circle=None, ledger=None, is_exercise=True, officer_in_charge=None
    )
    text = words(make_notice("bnss-94", Language.ENGLISH, replace(bare, count=700)))
    for sentence in (
        "DRAFT: not approved",
        "EXERCISE: invented",
        "not known to this office",
        "Officer in charge of the station not recorded",
        "the first 40 of 700 rows",
    ):
        assert "".join(sentence.split()) in text
    assert "DRAFT" not in words(make_notice("bnss-94", Language.ENGLISH))


def test_own_words_take_the_same_sentences_and_blanks(tmp_path: Path) -> None:
    english = (TEMPLATES / "wording" / "bnss-94.en.toml").read_text()
    mine = tmp_path / "lk.toml"
    mine.write_text(english.replace("Order to produce records", "Order #panic(x) of another country"))
    form = load_form(mine, "bnss-94")
    assert decode_form(form.encode()) == form
    text = words(render_notice_or_reminder(FACTS, form.find_wording(Language.HINDI), Language.HINDI))
    assert "Order#panic(x)ofanothercountry" in text

    for wrong, message in (
        (english.replace("{days}", "{deadline}"), "opening has the blanks"),
        (english.replace("more =", "mere ="), "asked.mere is of no use"),
        (english.replace('title = "Order', 'title = "\\u202e'), "title would stand on a page as"),
        ("title = 7", "is not a sentence"),
        ("title =", "Invalid value"),
    ):
        mine.write_text(wrong)
        with pytest.raises(UsageError, match=message):
            load_form(mine, "bnss-94")
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "en.toml").write_text(english)
    with pytest.raises(UsageError, match="no wording in hi"):
        load_form(folder, "bnss-94").find_wording(Language.HINDI)
    with pytest.raises(UsageError, match="No such file"):
        load_form(tmp_path / "none.toml", "bnss-94")
