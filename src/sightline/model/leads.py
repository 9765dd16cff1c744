"""Types of leads: how far the evidence carries, the work on a lead, and its outcome."""

from __future__ import annotations

from enum import StrEnum


class Ceiling(StrEnum):
    """The most that evidence can show. Where several apply, the first one is used."""

    STATISTICS = "statistics"
    AUTOMATED = "automated"
    RELAY = "relay"
    TIME_UNPROVEN = "time-unproven"
    RESOLUTION_ONLY = "resolution-only"
    CONNECTION_ONLY = "connection-only"
    SHARED = "shared"
    SUBSCRIBER = "subscriber"


class Party(StrEnum):
    """Whose connection a tip reports, where it states one."""

    REPORTED = "reported"
    RECIPIENT = "recipient"
    VICTIM = "victim"
    REPORTER = "reporter"


class PlaceWhy(StrEnum):
    """Why the state of a lead is agreed or not."""

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
    """The result of following up a lead."""

    CONFIRMED = "confirmed-by-forensics"
    INNOCENT = "innocent"
    WRONG_PLACE = "wrong-place"
    WRONG_SUBSCRIBER = "wrong-subscriber"
    WRONG_TIME = "wrong-time"
    NO_RESULT = "no-result"


class LeadAct(StrEnum):
    """An act that one officer applies to many leads at once."""

    ASSIGNED = "assigned"
    CLOSED = "closed"
    REOPENED = "reopened"
    ADDED = "added"
    TAKEN_OUT = "taken-out"


class LeadStatus(StrEnum):
    """The progress of work on a lead, in order. It is derived, except for assigning and closing."""

    NEW = "new"
    ASSIGNED = "assigned"
    ASKED = "asked"
    ANSWERED = "answered"
    CLOSED = "closed"


class CloseReason(StrEnum):
    """Why work on a lead ended. `outcome` is derived from a recorded outcome; no officer sets it."""

    OUTCOME = "outcome"
    NO_LINE = "no-line"
    RECORDS_GONE = "records-gone"
    NO_ANSWER = "no-answer"
    ELSEWHERE = "elsewhere"
    DOUBLE = "double"
    OTHER = "other"


class OperationEventKind(StrEnum):
    """The kind of event on a day of an operation. Events are counts and name no person."""

    SEARCH = "search"
    SEIZURE = "seizure"
    ARREST = "arrest"
    CHARGE = "charge"
    RELEASE = "release"
    CHILD_IDENTIFIED = "child-identified"
    """A child who was harmed was identified. It is a count: no child is named."""
    CHILD_SAFEGUARDED = "child-safeguarded"
    """A child is in safety."""
