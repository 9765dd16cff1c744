"""Codes for input that could not be read: logs, folders, lists, tips, replies, data sets, and hit files."""

from __future__ import annotations

from enum import StrEnum


class RejectCode(StrEnum):
    """Why a frame could not be read (`docs/adr/0003-format-program.md`)."""

    FRAME_TOO_LONG = "frame-too-long"
    NO_PATTERN = "no-pattern"
    NO_HEADER = "no-header"
    WRONG_HEADER = "wrong-header"
    COLUMN_COUNT = "column-count"
    NOT_JSON = "not-json"
    NOT_DNSTAP = "not-dnstap"
    NOT_DNS = "not-dns"
    BAD_TIME = "bad-time"
    TIME_WITHOUT_ZONE = "time-without-zone"
    TIME_WITHOUT_YEAR = "time-without-year"
    DATE_WITHOUT_ORDER = "date-without-order"
    TIME_IN_GAP = "time-in-gap"
    TIME_UNDECLARED = "time-undeclared"
    BAD_ADDRESS = "bad-address"
    BAD_PORT = "bad-port"
    BAD_NUMBER = "bad-number"
    MISSING_FIELD = "missing-field"
    CUT_OFF = "cut-off"
    BROKEN_STREAM = "broken-stream"
    DECOMPRESSION_LIMIT = "decompression-limit"
    MEMBER_ENCRYPTED = "member-encrypted"
    MEMBER_UNSUPPORTED = "member-unsupported"
    INPUT_SHRANK = "input-shrank"
    UNKNOWN_FORMAT = "unknown-format"


DAMAGE = frozenset(
    {
        RejectCode.BROKEN_STREAM,
        RejectCode.DECOMPRESSION_LIMIT,
        RejectCode.MEMBER_ENCRYPTED,
        RejectCode.MEMBER_UNSUPPORTED,
        RejectCode.INPUT_SHRANK,
    }
)
"""Rejects that mean that the input itself is damaged: the run ends with exit code 4."""


class RowCode(StrEnum):
    """Why a row of a flag list could not be read (`docs/adr/0004-lists.md`)."""

    UNKNOWN_KIND = "unknown-kind"
    BAD_VALUE = "bad-value"
    JUNK = "junk"
    BAD_DATE = "bad-date"
    EMPTY_WINDOW = "empty-window"
    UNKNOWN_OPINION = "unknown-opinion"
    COLUMN_COUNT = "column-count"
    NOT_UTF8 = "not-utf8"
    DUPLICATE_HEADER = "duplicate-header"
    UNKNOWN_COLUMN = "unknown-column"
    BAD_SYNTAX = "bad-syntax"
    ROW_TOO_LONG = "row-too-long"


class SkipReason(StrEnum):
    """Why a file of a folder was skipped (`docs/how-to/folders.md`)."""

    SYMBOLIC_LINK = "symbolic-link"
    NOT_A_FILE = "not-a-file"
    FLAG_LIST = "flag-list"
    KEY_OR_SIGNATURE = "key-or-signature"
    OUTPUT = "output"
    UNKNOWN_FORMAT = "unknown-format"


class TipCode(StrEnum):
    """Why a frame of a tip could not be read (`docs/adr/0010-tips.md`)."""

    MISSING_FIELD = "missing-field"
    REPEATED_FIELD = "repeated-field"
    BAD_VALUE = "bad-value"
    NOT_UTF8 = "not-utf8"
    VALUE_TOO_LONG = "value-too-long"
    BAD_ADDRESS = "bad-address"
    MANGLED_ADDRESS = "mangled-address"
    ADDRESS_OF_NO_LINE = "address-of-no-line"
    BAD_PORT = "bad-port"
    MANGLED_NUMBER = "mangled-number"
    BAD_DIGEST = "bad-digest"
    AMBIGUOUS_DIGEST = "ambiguous-digest"
    BAD_TIME = "bad-time"
    MANGLED_TIME = "mangled-time"
    INCOMPLETE_TIME = "incomplete-time"
    TIME_WITHOUT_YEAR = "time-without-year"
    DATE_WITHOUT_ORDER = "date-without-order"
    TIME_IN_GAP = "time-in-gap"
    BAD_ZONE = "bad-zone"
    OVERFLOW_CELL = "overflow-cell"
    ERROR_CELL = "error-cell"
    FORMULA_CELL = "formula-cell"
    MERGED_CELL = "merged-cell"
    COLUMN_COUNT = "column-count"
    BAD_QUOTING = "bad-quoting"
    UNKNOWN_MEMBER = "unknown-member"
    BROKEN_DOCUMENT = "broken-document"
    TRAILING_CONTENT = "trailing-content"
    FORBIDDEN_MARKUP = "forbidden-markup"
    TOO_DEEP = "too-deep"
    BROKEN_STREAM = "broken-stream"
    DECOMPRESSION_LIMIT = "decompression-limit"
    MEMBER_ENCRYPTED = "member-encrypted"
    MEMBER_UNSUPPORTED = "member-unsupported"


TIP_DAMAGE = frozenset(
    {
        TipCode.BROKEN_DOCUMENT,
        TipCode.TRAILING_CONTENT,
        TipCode.FORBIDDEN_MARKUP,
        TipCode.TOO_DEEP,
        TipCode.BROKEN_STREAM,
        TipCode.DECOMPRESSION_LIMIT,
        TipCode.MEMBER_ENCRYPTED,
        TipCode.MEMBER_UNSUPPORTED,
    }
)
"""Rejects of tips that may hide unread content: the run ends with exit code 4."""


class ReplyCode(StrEnum):
    """Why a row of a reply could not be read (`docs/reference/replies.md`)."""

    MISSING_FIELD = "missing-field"
    BAD_ADDRESS = "bad-address"
    MANGLED_ADDRESS = "mangled-address"
    ADDRESS_OF_NO_LINE = "address-of-no-line"
    INSIDE_ADDRESS = "inside-address"
    BAD_PORT = "bad-port"
    BAD_NUMBER = "bad-number"
    MANGLED_NUMBER = "mangled-number"
    BAD_TIME = "bad-time"
    MANGLED_TIME = "mangled-time"
    INCOMPLETE_TIME = "incomplete-time"
    TIME_WITHOUT_YEAR = "time-without-year"
    DATE_WITHOUT_ORDER = "date-without-order"
    TIME_IN_GAP = "time-in-gap"
    TIME_WITHOUT_ZONE = "time-without-zone"
    BAD_ZONE = "bad-zone"
    ENDS_BEFORE_START = "ends-before-start"
    REPEATED_FIELD = "repeated-field"
    NOT_UTF8 = "not-utf8"
    VALUE_TOO_LONG = "value-too-long"
    COLUMN_COUNT = "column-count"
    BAD_QUOTING = "bad-quoting"
    OVERFLOW_CELL = "overflow-cell"
    ERROR_CELL = "error-cell"
    FORMULA_CELL = "formula-cell"
    MERGED_CELL = "merged-cell"
    NO_PATTERN = "no-pattern"
    WITHOUT_START = "without-start"
    OUTSIDE_PREFIX = "outside-prefix"


class DatasetCode(StrEnum):
    """Why a part of a data set could not be read or used.

    The rest of the data set is used (`docs/how-to/datasets.md`).
    """

    BAD_ADDRESS = "bad-address"
    BAD_RANGE = "bad-range"
    BAD_TIME = "bad-time"
    EMPTY_WINDOW = "empty-window"
    FUTURE_TIME = "future-time"
    STALE_TIME = "stale-time"
    BAD_NUMBER = "bad-number"
    BAD_POINT = "bad-point"
    BAD_VALUE = "bad-value"
    UNKNOWN_CODE = "unknown-code"
    UNKNOWN_STATE = "unknown-state"
    MISSING_FIELD = "missing-field"
    COLUMN_COUNT = "column-count"
    BAD_SYNTAX = "bad-syntax"
    NOT_UTF8 = "not-utf8"
    BAD_RECORD = "bad-record"
    BAD_PATTERN = "bad-pattern"
    BAD_GEOMETRY = "bad-geometry"
    NO_SNAPSHOT_TIME = "no-snapshot-time"
    SAME_SNAPSHOT = "same-snapshot"


class HitRowCode(StrEnum):
    """Why a row of a hit file could not be read back (`docs/adr/0008-interchange.md`)."""

    HALF_ROW = "half-row"
    NOT_JSON = "not-json"
    WRONG_COLUMNS = "wrong-columns"
    BAD_VALUE = "bad-value"
    WRONG_ID = "wrong-id"
