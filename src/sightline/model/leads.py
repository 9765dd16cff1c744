"""Leads: how far the evidence carries, what is done about them, and what was found."""

from __future__ import annotations

from enum import StrEnum


class Ceiling(StrEnum):
    """The most that evidence can show: of those that hold, the first names it."""

    STATISTICS = "statistics"
    AUTOMATED = "automated"
    RELAY = "relay"
    TIME_UNPROVEN = "time-unproven"
    RESOLUTION_ONLY = "resolution-only"
    CONNECTION_ONLY = "connection-only"
    SHARED = "shared"
    SUBSCRIBER = "subscriber"


class Party(StrEnum):
    """Whose connection a tip says that it was, where it says so."""

    REPORTED = "reported"
    RECIPIENT = "recipient"
    VICTIM = "victim"
    REPORTER = "reporter"


class PlaceWhy(StrEnum):
    """Why a state is agreed or not."""

    AGREED = "agreed"
    NO_ADDRESS = "no-address"
    NO_DATASET = "no-dataset"
    NO_ANSWER = "no-answer"
    ONE_DATASET = "one-dataset"
    DISAGREE = "disagree"
    CIRCLE_CONTRADICTS = "circle-contradicts"
    MEASURED_WRONG = "measured-wrong"
    NOT_INDEPENDENT = "not-independent"


class OutcomeKind(StrEnum):
    """What was found where a lead led."""

    CONFIRMED = "confirmed-by-forensics"
    INNOCENT = "innocent"
    WRONG_PLACE = "wrong-place"
    WRONG_SUBSCRIBER = "wrong-subscriber"
    WRONG_TIME = "wrong-time"
    NO_RESULT = "no-result"


class LeadAct(StrEnum):
    """What one officer does to many leads at once."""

    ASSIGNED = "assigned"
    CLOSED = "closed"
    REOPENED = "reopened"
    ADDED = "added"
    TAKEN_OUT = "taken-out"


class LeadStatus(StrEnum):
    """Where the work on a lead stands, in the order in which it goes on; derived, but for assigning and closing."""

    NEW = "new"
    ASSIGNED = "assigned"
    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why nothing more is done about a lead. `outcome`: derived of an outcome that stands; nobody gives it."""

    OUTCOME = "outcome"
    NO_LINE = "no-line"
    RECORDS_GONE = "records-gone"
    NO_ANSWER = "no-answer"
    ELSEWHERE = "elsewhere"
    DOUBLE = "double"
    OTHER = "other"


class OperationEventKind(StrEnum):
    """What happened on a day of an operation; counted, and of nobody by name."""

    SEARCH = "search"
    SEIZURE = "seizure"
    ARREST = "arrest"
    CHARGE = "charge"
    RELEASE = "release"
