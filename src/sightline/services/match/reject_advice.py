"""The advice for each reason why lines of a log could not be read."""

from __future__ import annotations

from sightline.model import RejectCode

_TEST = "sightline formats test {format} LOG shows"
_KEEP = "and keep both files"

REJECT_ADVICE: dict[RejectCode, str] = {
    RejectCode.FRAME_TOO_LONG: "longer than a line may be (1 MiB): line ends are missing, or the file is no text",
    RejectCode.NO_PATTERN: f"lines of another kind, program or layout; {_TEST} where they differ",
    RejectCode.NO_HEADER: f"no line above names the columns; put that of an earlier file above, {_KEEP}",
    RejectCode.WRONG_HEADER: f"the line with the names lacks a column that is needed; {_TEST} which",
    RejectCode.COLUMN_COUNT: "more or fewer columns than named: a cut line, an open quote or another separator",
    RejectCode.NOT_JSON: "not one JSON object a line; jq -c . FILE writes each object on a line of its own",
    RejectCode.NOT_DNSTAP: "no dnstap messages: another program wrote them, or bytes were altered",
    RejectCode.NOT_DNS: "messages that are no DNS: something else was sent to the port, or bytes were altered",
    RejectCode.BAD_TIME: f"a time in another layout, or no such day; {_TEST} which; see formats draft",
    RejectCode.TIME_WITHOUT_ZONE: "times without a zone; ask who kept the log, then declare it with --timezone",
    RejectCode.TIME_WITHOUT_YEAR: "times without a year; declare it with --year or --year-at-end",
    RejectCode.DATE_WITHOUT_ORDER: "dates such as 3/4/2026; ask who kept the log, then declare it with --date-order",
    RejectCode.TIME_IN_GAP: "local times that the declared zone skipped: another zone, or a clock that was wrong",
    RejectCode.TIME_UNDECLARED: "nothing says when the list of files was made; declare it with --made-at",
    RejectCode.BAD_ADDRESS: f"something else where an address is looked for; {_TEST} what",
    RejectCode.BAD_PORT: f"something else where a port is looked for; {_TEST} what",
    RejectCode.BAD_NUMBER: f"something else where a number is looked for; {_TEST} what",
    RejectCode.MISSING_FIELD: f"no visitor or site where the format reads it; {_TEST} which",
    RejectCode.CUT_OFF: (
        "a last line without a line end, or a quote that does not close: a name or address may be cut off;"
        " ask for the whole file"
    ),
    RejectCode.BROKEN_STREAM: "it breaks off or was altered; compare its digest with the sender's, or ask for it again",
    RejectCode.DECOMPRESSION_LIMIT: "it unpacks to far more than a log does; unpack it by hand and look at it",
    RejectCode.MEMBER_ENCRYPTED: f"ask the sender for the password, unpack it, {_KEEP}",
    RejectCode.MEMBER_UNSUPPORTED: f"packed in a way that is not read; unpack it with another program, {_KEEP}",
    RejectCode.INPUT_SHRANK: "it became shorter while it was read; copy it first, then read the copy",
    RejectCode.UNKNOWN_FORMAT: "no format reads this file; unpack it, then sightline formats detect FILE",
}
"""A phrase for each code; `{format}` is the name of the format."""


def advise_on_reject(code: RejectCode, format_name: str) -> str:
    """Return what frames with that reject are, and what to do about them."""
    return REJECT_ADVICE[code].replace("{format}", format_name)
