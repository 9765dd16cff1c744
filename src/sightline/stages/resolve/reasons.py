"""What a check, a verdict or a subscriber's standing rests on, said to an officer."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.stages.resolve.model import CAP, FindingKind, Why

WHY = {
    Why.COVERED: "One subscriber alone is named for this address, for all of the time that was asked for.",
    Why.OVERLAPPING: "Several subscribers are named for one instant: the licensee's records contradict each other.",
    Why.CHANGES_WITHIN: "The line changed within the time that is uncertain: it may have been either.",
    Why.MAY_OVERLAP: "A record has no end, and others follow it: it cannot be said whose line it was.",
    Why.PART_ONLY: "One subscriber is named, but not surely for all of the time that was asked for.",
    Why.LOST_STOP: "One subscriber is named, but the record of when the line was given up is missing.",
    Why.DOUBTED: "One subscriber is named, and the same reply gives cause for doubt: see what its check found.",
    Why.WITHOUT_PORTS: "One subscriber is named without a port, at an address that may have been many lines' at once.",
    Why.BY_DESTINATION: "Asked by destination: these had a connection to it; none is shown to be the visitor.",
    Why.NO_RECORDS: "The licensee answered that it holds no records.",
    Why.NOT_ANSWERED: "No answer yet, or only a part of one.",
    Why.NOT_MATCHED: "The licensee answered, and no row of its answer is of this address and time.",
    Why.NAMES_NOBODY: "A row of the answer fits, or may fit where it cannot be read, and names no subscriber.",
    Why.INSIDE_ONLY: "A row of the answer fits and gives only an address inside the licensee's network.",
    Why.ROWS_DIFFER: "What was asked for this session names several subscribers.",
    Why.ROWS_MISSING: "A part of what was asked for this session has no answer that names a subscriber.",
    Why.OVER_CAP: f"More than {CAP} subscribers: they are counted and not kept.",
    Why.WITHOUT_CERTIFICATE: "The reply has no certificate of the licensee: it cannot corroborate.",
}
FOUND = {
    FindingKind.EXTRA: "Row {row} is of an address that was not asked about; it was dropped.",
    FindingKind.MISSING: "No row of the reply answers row {row_id} of the notice.",
    FindingKind.NO_RECORDS: "The reply says that there are no records for row {row_id}.",
    FindingKind.SHIFTED: "Row {row} would answer row {row_id} if its time were {by}; it was not used.",
    FindingKind.DAY_MONTH: "Row {row} would answer row {row_id} with day and month swapped; it was not used.",
    FindingKind.ONE_DIGIT: "Row {row} is one digit of address or port away from row {row_id}; it was not used.",
    FindingKind.REFORMATTED: "Row {row} repeats the id of row {row_id} in another notation.",
    FindingKind.ANOTHER_PORT: "Row {row} fits the address and time of the notice, not a port; it was not used.",
    FindingKind.ANOTHER_DESTINATION: "Row {row} fits but for the destination; it was not used.",
    FindingKind.OUTSIDE_TIME: "Row {row} is of an address of the notice, at another time; it was dropped.",
    FindingKind.DUPLICATE: "Row {row} says again what an earlier row says.",
    FindingKind.CONTRADICTS: "Row {row} repeats the id of row {row_id} and is not of it: it proves nothing.",
    FindingKind.HEDGED: "Row {row} has a remark that takes back what it says: it proves nothing.",
}
WOULD = {
    FindingKind.SHIFTED: "A row of the reply would answer it at a time shifted by an hour, 5 h 30, 12 h or whole days.",
    FindingKind.DAY_MONTH: "A row of the reply would answer it with day and month swapped.",
    FindingKind.ONE_DIGIT: "A row of the reply is one digit of address or port away from it.",
}
UNITS = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]


def why(code: Why | FindingKind) -> str:
    """A reason of a verdict, or a near miss told beside it, as a sentence."""
    return WHY[code] if isinstance(code, Why) else WOULD[code]


def found(kind: FindingKind, facts: Mapping[str, object]) -> str:
    """A finding as a sentence; `facts` are its `row` and `row_id`, and `by_us` of a shift."""
    by = facts.get("by_us")
    return FOUND[kind].format(
        by=later(by) if isinstance(by, int) else "", row=facts.get("row"), row_id=facts.get("row_id")
    )


def later(by_us: int) -> str:
    """`5 h 30 min later`, `1 d earlier`."""
    left, parts = abs(by_us) // 1_000_000, []
    for seconds, unit in UNITS:
        if left >= seconds:
            parts.append(f"{left // seconds} {unit}")
            left %= seconds
    return " ".join([*parts, "later" if by_us > 0 else "earlier"])
