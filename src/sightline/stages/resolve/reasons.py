"""Explain the reasons of a check, a verdict or a subscriber's support to an officer, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from sightline.stages.resolve.model import CAP, FindingKind, VerdictReason

WHY = {
    VerdictReason.COVERED: "One subscriber alone is named for this address, for all of the time that was asked for.",
    VerdictReason.OVERLAPPING: (
        "Several subscribers are named for one instant: the ISP's records contradict each other."
    ),
    VerdictReason.CHANGES_WITHIN: "The line changed within the time that is uncertain: it may have been either.",
    VerdictReason.MAY_OVERLAP: "A record has no end, and others follow it: it cannot be said whose line it was.",
    VerdictReason.PART_ONLY: "One subscriber is named, but not surely for all of the time that was asked for.",
    VerdictReason.LOST_STOP: "One subscriber is named, but the record of when the line was given up is missing.",
    VerdictReason.DOUBTED: (
        "One subscriber is named, and the same reply gives cause for doubt: see what its check found."
    ),
    VerdictReason.WITHOUT_PORTS: "The answer names no port, at an address that may have been many lines' at once.",
    VerdictReason.WITHOUT_DESTINATION: (
        "The network gives one port to several lines; protocol or destination is missing."
    ),
    VerdictReason.PREFIX_SHARED: "The answer names a prefix, and nobody said that one line has all of it.",
    VerdictReason.BLOCK_DIFFERS: "The answer's ports are not one block of those that a statement of the network says.",
    VerdictReason.OPERATOR: "The line named is an operator's, whose own customers are behind it: ask the operator.",
    VerdictReason.FORM_OF_ANOTHER_TIME: (
        "By its form the number was not this subscriber's at the time of the visits: ask the ISP whose it was then."
    ),
    VerdictReason.FORM_DENIES: (
        "Asked whose the number is, the ISP says that it was never a customer's: the row that names it may be wrong."
    ),
    VerdictReason.BY_DESTINATION: (
        "Asked by destination: these had a connection to it; none is shown to be the visitor."
    ),
    VerdictReason.NO_RECORDS: "The ISP answered that it holds no records.",
    VerdictReason.NOT_ANSWERED: "No answer yet, or only a part of one.",
    VerdictReason.NOT_MATCHED: "The ISP answered, and no row of its answer is of this address and time.",
    VerdictReason.NAMES_NOBODY: (
        "A row of the answer fits, or may fit where it cannot be read, and names no subscriber."
    ),
    VerdictReason.INSIDE_ONLY: "A row of the answer fits and gives only an address inside the ISP's network.",
    VerdictReason.NOT_ASKED: "No notice that was sent asks about these visits as they are recorded now.",
    VerdictReason.ROWS_DIFFER: "Different visits were made from different lines: see the visits.",
    VerdictReason.ROWS_MISSING: "A part of what was asked for this session has no answer that names a subscriber.",
    VerdictReason.VISITS_NOT_COVERED: "The line is named for some of the visits only: see the visits.",
    VerdictReason.OVER_CAP: f"More than {CAP} subscribers: they are counted and not kept.",
    VerdictReason.WITHOUT_CERTIFICATE: "The reply has no certificate of the ISP: it cannot corroborate.",
    VerdictReason.FALLEN: (
        "Something that named the line is no longer valid. Rebuild the leads on the page Leads, then resolve again."
    ),
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
    FindingKind.ANOTHER_PROTOCOL: "Row {row} fits but for the protocol; it was not used.",
    FindingKind.OUTSIDE_TIME: "Row {row} is of an address of the notice, at another time; it was dropped.",
    FindingKind.DUPLICATE: "Row {row} says again what an earlier row says.",
    FindingKind.CONTRADICTS: "Row {row} repeats the id of row {row_id} and is not of it: it proves nothing.",
    FindingKind.HEDGED: (
        "Row {row}: the value under {column} does not confirm it, so it proves nothing. Ask the ISP what it means."
    ),
    FindingKind.TWELVE_HOURS: (
        "Row {row}: hardly a time in this file lies after 12 o'clock, though its hours are many. It may be a clock of"
        " twelve hours without AM and PM. Ask the ISP for the times by a clock of 24 hours."
    ),
    FindingKind.ENDS_FIRST: (
        "Row {row} ends before it starts: a clock, a date or a column of this file may be wrong in other rows too. Ask"
        " the ISP which times are meant, and for the rows again."
    ),
    FindingKind.DURATION: (
        "Row {row}: its duration is not the time between its start and its end. Ask the ISP for the unit of the"
        " duration, and which of the three is right."
    ),
    FindingKind.COVERS_LITTLE: (
        "Row {row} is of an address that was asked about, at another time; so it is for most of what was asked. Ask the"
        " ISP in which zone it looked up, and wrote, the times."
    ),
    FindingKind.ONE_SHIFT: (
        "Row {row} would answer what was asked if its time were {by}, and so would others of the same file. Ask the ISP"
        " in which zone, or by which clock, the times are."
    ),
    FindingKind.CLOCK_MOVED: (
        "Row {row} answers a visit of a log whose clock seems to have been set: other visits of it, from a gap on, have"
        " rows of several replies at another hour alone. Measure the clock of the exhibit for that time, or ask the"
        " person who kept the log."
    ),
    FindingKind.ONE_INSTANT: (
        "Row {row} begins or ends at the same instant as the rows of other lines: it may be the time of the query. Ask"
        " the ISP for the times at which each assignment began and ended."
    ),
    FindingKind.ECHO: (
        "Row {row} begins and ends with what was asked, or with the day: it may repeat the question. Ask the ISP for"
        " the times of its own records."
    ),
    FindingKind.SCHEDULED: (
        "Row {row} ends one round time after it begins, as all others do: the end may be planned, not what happened."
        " Ask the ISP when each address was given back."
    ),
    FindingKind.AFTER_RECEIVED: (
        "Row {row} has a time after the day on which the reply came. Ask the ISP whether the end is a planned one, and"
        " which date is meant."
    ),
    FindingKind.ONE_SUBSCRIBER: (
        "Row {row} names the same subscriber as the rows of many other addresses that were asked about. Ask the ISP to"
        " look each of them up on its own."
    ),
    FindingKind.EMPTY_CLOCK: (
        "Row {row} begins or ends before 1995: a clock that was not set, or an empty cell. Ask the ISP for the time."
    ),
    FindingKind.FILLED_DOWN: (
        "Row {row} goes on from the row above by the same step as the rows around it: a spreadsheet may have filled the"
        " column down. Ask the ISP for the number and the times of each row from its own records."
    ),
    FindingKind.NUMBERS_MOVED: (
        "Row {row} gives the assignment of the row beside it to another line, and so do others that repeat one: the"
        " column of numbers may stand a row too high or too low. Ask the ISP for the rows again."
    ),
    FindingKind.NUMBERS_SORTED: (
        "Row {row} and those around it are in the order of the notice, and their numbers ascend or descend too: the"
        " column of numbers may have been sorted alone. Ask the ISP for the rows again."
    ),
    FindingKind.TIMES_MOVED: (
        "Row {row} has times that fit the question of the row beside it, and so have most others: the columns of times"
        " may stand a row too high or too low. Ask the ISP for the rows again."
    ),
    FindingKind.INSIDE_SHARED: (
        "Row {row} gives an address inside the network to a line, or to a public address, while another row gives it to"
        " another. Ask the ISP which of the two had it, or whether they are two networks with the same addresses."
    ),
    FindingKind.ROWS_CONFLICT: (
        "Row {row} and another row cannot both be true: the ports of two lines overlap, one assignment has two ends,"
        " one SIM has two numbers, or the row names only an account that has several numbers. Ask the ISP which is"
        " right."
    ),
    FindingKind.UNREAD_FILE: (
        "A later file about this notice could not be read. It may take back or correct what was answered before. Read"
        " it, and say what it means."
    ),
    FindingKind.WITHOUT_SECONDS: (
        "Row {row}: all times in this file are rounded to minutes. Each may be later than it says, by what all are"
        " rounded to, and is taken so."
    ),
}
ASK = {
    FindingKind.SHIFTED: "Ask the ISP in which zone, and by which clock, its times are.",
    FindingKind.DAY_MONTH: "Ask the ISP in which order it writes day and month.",
    FindingKind.ONE_DIGIT: "Ask the ISP whether it looked up, and typed, the right address and port.",
    FindingKind.CONTRADICTS: "Ask the ISP which of the rows that were asked about it answers.",
}
"""What to ask the ISP about a finding whose sentence does not state it."""
WOULD = {
    FindingKind.SHIFTED: "A row of the reply would answer it at a time shifted by an hour, 5 h 30, 12 h or whole days.",
    FindingKind.DAY_MONTH: "A row of the reply would answer it with day and month swapped.",
    FindingKind.ONE_DIGIT: "A row of the reply is one digit of address or port away from it.",
}
UNITS = [(86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")]


def explain_verdict(code: VerdictReason | FindingKind) -> str:
    """Return the sentence for a verdict's reason, or for a near miss reported with it."""
    return WHY[code] if isinstance(code, VerdictReason) else WOULD[code]


def explain_finding(kind: FindingKind, facts: Mapping[str, object]) -> str:
    """Return the sentence for a finding. `facts`: its `row` and `row_id`, the shift `by_us`, the doubtful `column`."""
    by = facts.get("by_us")
    sentence = FOUND[kind].format(
        by=format_shift(by) if isinstance(by, int) else "another",
        row=facts.get("row"),
        row_id=facts.get("row_id"),
        column=facts.get("column") or "a remark",
    )
    return f"{sentence} {ASK[kind]}" if kind in ASK else sentence


def format_shift(by_us: int) -> str:
    """Return a shift as text: `5 h 30 min later`, `1 d earlier`."""
    left, parts = abs(by_us) // 1_000_000, []
    for seconds, unit in UNITS:
        if left >= seconds:
            parts.append(f"{left // seconds} {unit}")
            left %= seconds
    return " ".join([*parts, "later" if by_us > 0 else "earlier"])
