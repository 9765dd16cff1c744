"""Results of a search: kind, id and two texts. The caller decides where a finding leads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sightline.casework.permissions.access import Action


class Kind(StrEnum):
    """What can be found, in order of display."""

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
    OFFICER = "officer"


SEEN_BY: Mapping[Kind, Action] = {
    Kind.LEAD: Action.LEADS_VIEW,
    Kind.SUBSCRIBER: Action.RESOLUTION_VIEW,
    Kind.INDICATOR: Action.LEADS_VIEW,
    Kind.CASE: Action.CASE_VIEW,
    Kind.NOTICE: Action.NOTICE_VIEW,
    Kind.REQUEST: Action.REFERRAL_VIEW,
    Kind.REFERRAL: Action.REFERRAL_VIEW,
    Kind.INCOMING: Action.INCOMING_VIEW,
    Kind.OPERATION: Action.OPERATION_VIEW,
    Kind.EXHIBIT: Action.EXHIBIT_VIEW,
    Kind.NOTE: Action.LEADS_VIEW,
    Kind.CASE_NOTE: Action.CASE_VIEW,
    Kind.FORCE: Action.FORCE_LIST,
    Kind.OFFICER: Action.OFFICER_LIST,
}
"""The permission that an officer needs for a kind to be searched at all."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One result. `id` is whole; `text` is its name, addresses masked; `detail` says more."""

    kind: Kind
    id: str
    text: str
    detail: str


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The first findings of each kind. `left_off`: the kinds with more."""

    text: str
    findings: tuple[Finding, ...]
    left_off: tuple[Kind, ...]
    looked_through: tuple[Kind, ...]
