"""Results of a search: kind, id and two texts. The caller decides where a finding leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework.permissions.access import Action


class ResultKind(StrEnum):
    """The kinds of search result, in order of display."""

    LEAD = "lead"
    SUBSCRIBER = "subscriber"
    INDICATOR = "indicator"
    CASE = "case"
    NOTICE = "notice"
    REQUEST = "request"
    REFERRAL = "referral"
    INCOMING = "incoming"
    OPERATION = "operation"
    EXHIBIT = "exhibit"
    NOTE = "note"
    CASE_NOTE = "case-note"
    FORCE = "force"
    LICENSEE = "licensee"
    LIST = "list"
    SOURCE = "source"
    OFFICER = "officer"


SEEN_BY: Mapping[ResultKind, Action] = {
    ResultKind.LEAD: Action.LEADS_VIEW,
    ResultKind.SUBSCRIBER: Action.RESOLUTION_VIEW,
    ResultKind.INDICATOR: Action.LEADS_VIEW,
    ResultKind.CASE: Action.CASE_VIEW,
    ResultKind.NOTICE: Action.NOTICE_VIEW,
    ResultKind.REQUEST: Action.REFERRAL_VIEW,
    ResultKind.REFERRAL: Action.REFERRAL_VIEW,
    ResultKind.INCOMING: Action.INCOMING_VIEW,
    ResultKind.OPERATION: Action.OPERATION_VIEW,
    ResultKind.EXHIBIT: Action.EXHIBIT_VIEW,
    ResultKind.NOTE: Action.LEADS_VIEW,
    ResultKind.CASE_NOTE: Action.CASE_VIEW,
    ResultKind.FORCE: Action.FORCE_LIST,
    ResultKind.LICENSEE: Action.NOTICE_VIEW,
    ResultKind.LIST: Action.ISSUER_LIST,
    ResultKind.SOURCE: Action.CASE_VIEW,
    ResultKind.OFFICER: Action.OFFICER_LIST,
}
"""The permission that an officer needs for a kind to be searched at all."""


@dataclass(frozen=True, slots=True)
class SearchMatch:
    """One result. `id` is whole; `text` is its name, addresses masked; `detail` says more, in English.

    `facts`: the same as pairs of a name and a code, a count, a day or a text, for a page to say in its language.
    """

    kind: ResultKind
    id: str
    text: str
    detail: str
    facts: tuple[tuple[str, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The first findings of each kind. `left_off`: the kinds with more."""

    text: str
    findings: tuple[SearchMatch, ...]
    left_off: tuple[ResultKind, ...]
    looked_through: tuple[ResultKind, ...]
