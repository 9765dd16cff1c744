"""Collect the English sentences of the layers below the web app, as patterns for translators.

`scripts/translations.py` writes them into `web.pot` under `sentence.…`. A fact with its preposition or unit is one
fact: two {braces} side by side become one, because nothing in the finished sentence says where the first ends.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Any

from babel.messages.catalog import Catalog

from scripts.doctor_sentences import DOCTOR, DOCTOR_PHRASES
from scripts.error_sentences import COUNTED_ERRORS, ERROR_PHRASES, ERRORS
from scripts.input_error_sentences import INPUT_ERRORS, INPUT_PHRASES
from scripts.reading_error_sentences import COMPOSED_ERRORS, READING_ERRORS, READING_PHRASES
from scripts.service_error_sentences import SERVICE_ERRORS
from scripts.storage_error_sentences import STORAGE_ERRORS, STORAGE_PHRASES
from sightline.casework.permissions.access import PURPOSE
from sightline.exercise.faults import FAULTS
from sightline.model import DatasetKind, IndicatorKind
from sightline.services.referrals.package_guide import SENTENCES
from sightline.stages.leads.rule import OffenceElement, Side
from sightline.stages.leads.rules import RULES
from sightline.stages.resolve.reasons import ASK, FOUND
from sightline.translation.sentences import DOCUMENT, FACT, LABEL, PREFIX

SRC = Path(__file__).parent.parent / "src" / "sightline"
WORDING = SRC / "stages" / "report" / "wording.en.toml"
SHOWN = {
    "known": {"exact", "uncertain", "joined", "one_session"},
    "never": {"proven"},
    "place_says": None,
    "relay_says": {"yes", "no", "unknown"},
    "step": None,
    "keep": None,
}
"""The parts of the wording whose sentences a page shows as they are, and which of them (None: all)."""
OF_DOCUMENTS = ("sheet", "page", "reasons", "band", "place")
"""The parts of the wording whose sentences only lead sheets and reports have."""
FACTS = {
    "because": ("sent", "login", "kinds", "accident"),
    "bars": ("one_day", "most_on", "most_in"),
    "sheet": ("some_officer",),
    "known": (
        "one_of",
        "port",
        "joined_account",
        "joined_assignment",
        "joined_other",
        "address_masked",
        "address",
        "no_address",
    ),
    "network_says": ("unknown",),
}
"""The parts of the wording that are a fact of another sentence, and which of them."""
PHRASES = {
    "port_masked": "with its source port",
    "no_port": "no source port recorded",
    "no_time": "at a time that is not in the records",
    "on": "on {day}",
    "period": "from {first} to {last}",
    "period_both": "from {first} to {last} UTC ({first2} to {last2} IST)",
    "with_masked_port": "{address} and its source port {window}",
    "with_port_on": "{address}, port {port} on {day}",
    "with_port_between": "{address}, port {port} from {first} to {last} UTC ({first2} to {last2} IST)",
    "with_port": "{address}, port {port}",
    "and_masked_port": "{address} and its source port",
    "within": "{place}, within {distance} km",
    "today": "today",
    "this_month": "this month",
    "in_time": "in time",
    "some_isp": "the ISP that held the address",
    "some_time": "the time of the visits",
    "some_address": "the address",
    "data_sets": "data sets",
    "no_place": "nothing",
    "snapshot": "{dataset}, snapshot of {date}",
    "nearest": "the nearest is {dataset}",
    "tor": "a Tor exit",
    "vpn": "a VPN's address",
    "hosting": "a hosting address",
    "proxy": "a proxy's address",
    "private": "a private relay of many people",
    "cdn": "a content network, which fetches pages for many people",
    "later": "{length} later",
    "earlier": "{length} earlier",
}
"""Facts whose English is in code: `advice.py`, `place_sentences.py`, `lead_account.py`, `resolve/reasons.py`."""
COUNTS = {
    "lead": ("{n} lead", "{n} leads"),
    "hit": ("{n} hit", "{n} hits"),
    "day": ("{n} day", "{n} days"),
    "kind": ("{n} kind of reason", "{n} kinds of reason"),
    "visit": ("{n} visit", "{n} visits"),
    "connection": ("{n} connection", "{n} connections"),
    "lookup": ("{n} lookup", "{n} lookups"),
    "session": ("{n} session", "{n} sessions"),
    "agent": ("{n} agent", "{n} agents"),
    "site": ("{n} flagged site or page {when}", "{n} flagged sites or pages {when}"),
    "report": ("{n} report {when}", "{n} reports {when}"),
    "site_alone": ("{n} flagged site or page", "{n} flagged sites or pages"),
    "days_ago": ("{n} day ago", "{n} days ago"),
    "cite_places": ("{n} more place", "{n} more places"),
    "days_left": ("{n} day from the date of this report", "{n} days from the date of this report"),
}
LINES = {
    "fixed": "{network}, a fixed line.",
    "mobile": "{network}, mobile: most such lines share addresses.",
    "business": "{network}, a business line: many people may be behind it.",
    "hosting": "{network}, hosting: servers, not homes.",
}
DECISIONS = {
    "allowed": "{action}: allowed for the role of {role}",
    "not_for": "{action} is for {roles}, not for the {role}",
    "not_for_purpose": "{action} is for {roles}, not for the {role}; the {role2} {purpose}",
    "not_second": "the second officer for {action} is one of {roles}, not the {role}",
    "second": "a second officer, {role}",
    "left": "the officer has left, or the key was revoked",
    "same_officer": "it takes two officers: the officer who asked cannot decide",
    "asked_for": "{action} takes two officers: asked for as {approval}",
    "may_not": "{officer} may not: {fault}",
}
"""Why an officer may do an act or not (`casework/permissions/`: `access.py`, `approvals.py`), as the journal has it."""
JOURNAL = {"room": "operations room", "app": "web app", "sent": "{number} to {force}: {how}", "line": "line {row}"}
"""Other texts that the program writes into the journal."""
CITES = {
    "rule": "rule {rule}, version {version}",
    "rule_only": "rule {rule}",
    "element": "may speak to {element} (not shown by this)",
    "dataset_of": "by {dataset} of {day}",
    "dataset": "by {dataset}",
    "at": "{file} (exhibit {exhibit}) at byte {offset}",
    "at_bytes": "{file} (exhibit {exhibit}) at bytes {offsets}",
    "at_byte_more": "{file} (exhibit {exhibit}) at byte {offset}, and {places}",
    "at_bytes_more": "{file} (exhibit {exhibit}) at bytes {offsets}, and {places}",
    "exhibit_at": "exhibit {exhibit} at byte {offset}",
    "exhibit_at_bytes": "exhibit {exhibit} at bytes {offsets}",
    "exhibit_at_byte_more": "exhibit {exhibit} at byte {offset}, and {places}",
    "exhibit_at_bytes_more": "exhibit {exhibit} at bytes {offsets}, and {places}",
}
"""What a reason cites, part by part (`lead_account.py`)."""
READ_AS = {
    "format": "{format} reads {records} of {frames} frames; no other format fits",
    "format_next": "{format} reads {records} of {frames} frames; next best {other} {others}",
    "table": "a table of text with an address and a time",
    "headings": "{known} of {all} headings are known, in row {row}",
    "radius": "blocks of RADIUS attributes",
    "none": "it says that there are none",
    "joined": "{fault}; NAT log and access log are joined by the address inside",
}
"""Why a log, a tip or a reply was read as what it was read as."""
PROOFS: dict[str, str | tuple[str, str]] = {
    "bundle": "bundle of kind {name}, made at {time}: its files are as the log key signed them",
    "key_compared": "the log key was compared: fingerprint {digest}",
    "key_not_compared": "the log key was NOT compared: fingerprint {digest}",
    "checkpoint": "the checkpoint of {size} of {origin} is signed by the log key",
    "signed": (
        "{n} entry is signed by who acted, and in the tree of the checkpoint",
        "{n} entries are signed by who acted, and in the tree of the checkpoint",
    ),
    "two_officers": "{many} acts of two officers among them were asked by one, approved by another, done once",
    "openings": "what is shown of {size} is what they committed to",
    "rows": "{many} of {all} rows of segment {segment} are in it; {compared} compared with the exhibit",
    "tied": "{many} officers ({names})",
    "read": "{file} is what a run read",
    "read_packed": "{file} is what a run read; packed: rows are NOT compared",
}
"""What the proof of a package shows, line by line (`evidence/verify_sightline.py`)."""
DATASET = "Data set: {dataset}."
SUBJECT = "{address}, {port}, "
NO_ADDRESS = "An address that the records do not hold "


def collect_sentences() -> Iterator[tuple[str, str | tuple[str, str]]]:
    """Yield context and pattern of each sentence, phrase and label, in a fixed order; the same text only once."""
    texts = set()
    for key, text in _all_sentences():
        if text not in texts:
            texts.add(text)
            yield key, text
    labels: dict[str, str] = {}
    for key, text in _labels():
        labels.setdefault(text, key)
    yield from ((key, text) for text, key in labels.items())


def _labels() -> Iterator[tuple[str, str]]:
    """Yield headings and labels of documents, names of kinds of place, and codes that stand in their tables."""
    wording = tomllib.loads(WORDING.read_text(encoding="utf-8"))
    yield from ((f"{LABEL}{name}", text) for name, text in wording["label"].items())
    yield from ((f"{LABEL}place.{kind}", place["name"]) for kind, place in wording["place"].items())
    yield f"{LABEL}flagged", wording["known"]["flagged"]
    yield f"{LABEL}reports", wording["known"]["reports"]
    yield f"{LABEL}site", "site"
    for codes in (IndicatorKind, DatasetKind, Side):
        yield from ((f"{LABEL}{codes.__name__.lower()}.{code.value}", code.value) for code in codes)


def _all_sentences() -> Iterator[tuple[str, str | tuple[str, str]]]:
    wording = tomllib.loads(WORDING.read_text(encoding="utf-8"))
    yield from _of_ceilings(wording["ceiling"])
    for part, names in SHOWN.items():
        for name, text in wording[part].items():
            if names is None or name in names:
                # The code ends this one sentence with a full stop.
                whole = f"{text}." if (part, name) == ("place_says", "answer") else text
                yield from _number_parts(f"{PREFIX}{part}.{name}", whole)
    for rule in RULES.values():
        yield f"{PREFIX}rule.{rule.id}", pattern_of(rule.sentence)
    for kind, text in FOUND.items():
        yield f"{PREFIX}check.{kind.value}", pattern_of(text)
    for kind, text in ASK.items():
        yield f"{PREFIX}ask.{kind.value}", pattern_of(text)
    for name, text in LINES.items():
        yield f"{PREFIX}network.{name}", text
        yield f"{PREFIX}network.{name}_by", f"{text} {DATASET}"
    yield f"{PREFIX}network.by", f"{{network}}. {DATASET}"
    yield f"{PREFIX}network.dataset", DATASET
    yield f"{PREFIX}network.unknown", wording["network_says"]["unknown"]
    for part in OF_DOCUMENTS:
        for name, text in wording[part].items():
            if (part, name) != ("sheet", "some_officer"):
                yield f"{DOCUMENT}{part}.{name}", pattern_of(text["means"] if part == "place" else text)
    yield f"{DOCUMENT}or_more", "{count} or more"
    yield f"{DOCUMENT}range", "{low} to {high}"
    for name, ceiling in wording["ceiling"].items():
        yield f"{FACT}ceiling.{name}", ceiling["title"]
        yield f"{FACT}ceiling_when.{name}", ceiling["when"]
    for part, chosen in FACTS.items():
        if part != "network_says":
            yield from ((f"{FACT}{name}", pattern_of(wording[part][name])) for name in chosen)
    yield f"{PREFIX}seen.reported", pattern_of(f"{SUBJECT}{wording['known']['reported']} {{when}}.")
    yield f"{PREFIX}seen_unheld.reported", pattern_of(f"{NO_ADDRESS}{wording['known']['reported']} {{when}}.")
    for name in ("unproven_zone", "unproven_clock"):
        yield f"{FACT}{name}", pattern_of(wording["known"][name])
    yield from ((f"{FACT}why.{code}", text) for code, text in wording["place_why"].items())
    yield from ((f"{FACT}{name}", text) for name, text in PHRASES.items())
    yield from ((f"{FACT}count.{noun}", forms) for noun, forms in COUNTS.items())
    yield from ((f"{FACT}purpose.{role}", text) for role, text in PURPOSE.items())
    yield from ((f"{PREFIX}decision.{name}", text) for name, text in DECISIONS.items())
    yield from ((f"{PREFIX}journal.{name}", text) for name, text in JOURNAL.items())
    for part, texts in (("cite", CITES), ("read_as", READ_AS), ("proof", PROOFS), ("doctor", DOCTOR)):
        yield from ((f"{PREFIX}{part}.{name}", text) for name, text in texts.items())
    yield from ((f"{DOCUMENT}package.{name}", text) for name, text in SENTENCES.items())
    yield from ((f"{PREFIX}fault.{name}", fault.description) for name, fault in FAULTS.items())
    yield from (
        (f"{FACT}element.{offence_element.name.lower()}", offence_element.value) for offence_element in OffenceElement
    )
    yield from ((f"{FACT}doctor_{name}", text) for name, text in DOCTOR_PHRASES.items())
    phrases = ERROR_PHRASES | READING_PHRASES | INPUT_PHRASES | STORAGE_PHRASES
    yield from ((f"{FACT}{name}", text) for name, text in phrases.items())
    errors = ERRORS | SERVICE_ERRORS | READING_ERRORS | INPUT_ERRORS | COMPOSED_ERRORS | STORAGE_ERRORS
    yield from ((f"{PREFIX}error.{name}", text) for name, text in errors.items())
    yield from ((f"{PREFIX}error.{name}", forms) for name, forms in COUNTED_ERRORS.items())


def _of_ceilings(ceilings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, ceiling in ceilings.items():
        yield f"{PREFIX}seen.{name}", pattern_of(f"{SUBJECT}{ceiling['seen']} {{when}}.")
        yield f"{PREFIX}seen_unheld.{name}", pattern_of(f"{NO_ADDRESS}{ceiling['seen']} {{when}}.")
        yield from _number_parts(f"{PREFIX}not_proven.{name}", ceiling["not_proven"])


def _number_parts(key: str, text: str | list[str]) -> Iterator[tuple[str, str]]:
    if isinstance(text, str):
        yield key, pattern_of(text)
    else:
        yield from ((f"{key}.{number}", pattern_of(one)) for number, one in enumerate(text, 1))


def pattern_of(text: str) -> str:
    """Return a format string with plain names: `{n:visit}` is `{visits}`, and `{answer}{radius}` is `{answer}`."""
    made = ""
    for literal, name, unit, _ in Formatter().parse(text):
        made += literal.replace("{", "{{").replace("}", "}}")
        if name:
            made += f"{{{f'{unit}s' if unit and unit.isalpha() else name}}}"
    return re.sub(r"(\{\w+\})(?:\s?\{\w+\})+", r"\1", made)


def replace_sentences(english: Catalog) -> Catalog:
    """Return the English catalogue with its `sentence.…` messages as they are in the code now."""
    catalog = Catalog()
    for message in english:
        if message.id and not str(message.context).startswith(PREFIX):
            catalog.add(message.id, context=message.context)
    for key, text in collect_sentences():
        catalog.add(text, context=key)
    return catalog
