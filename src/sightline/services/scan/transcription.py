"""Sign a list for an agency in the unit: every row is read before, and the signature says who transcribed what.

The secret key is the own one of the agency, or one that two officers enrolled for it. It is used in memory and stored
nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sightline.errors import Refused, UsageError
from sightline.model import ListUse
from sightline.stages.lists import list_versions, signature, trust
from sightline.stages.lists.comment import CommentError, ListComment
from sightline.stages.lists.junk import load_junk_names
from sightline.stages.lists.model import RowReject
from sightline.stages.lists.signature import KeyFileError, SecretKey, read_secret_key
from sightline.stages.lists.survey import RowCheck, build_plain_check, survey_list
from sightline.stages.scan import kernel

MAX_NAMED_ROWS = 20
"""Unreadable rows that an error names."""


@dataclass(frozen=True, slots=True)
class TranscriptionStatement:
    """The origin of a signed list. `transcribed_by` and `original_sha256`: both or none."""

    series: str
    valid_until: str
    use: ListUse
    category: str | None = None
    transcribed_by: str | None = None
    original_sha256: str | None = None


def read_key(text: bytes, name: str) -> SecretKey:
    """Return the secret key of a file. Raises UsageError."""
    try:
        return read_secret_key(text.decode(), Path(name).stem)
    except KeyFileError as error:
        raise UsageError(f"{name}: {error}", hint="give the secret key of the agency: CODE.key") from None
    except ValueError:
        raise UsageError(
            f"{name}: not a minisign secret key", hint="give the secret key of the agency: CODE.key"
        ) from None


def sign_list(
    path: Path, key: SecretKey, stated: TranscriptionStatement, now: datetime, *, allow_rejects: bool
) -> None:
    """Write `PATH.minisig` after every row was read. Raises Refused for rows that cannot be read, and UsageError."""
    comment = _build_comment(key.issuer, stated, now)
    rejects: list[RowReject] = []
    counts = survey_list(
        path,
        _build_row_check(),
        lambda row_reject: rejects.append(row_reject) if len(rejects) < MAX_NAMED_ROWS else None,
        usual=kernel.get_usual_forms(),
    )
    details = [f"{reject.where}: {reject.code}: {reject.reason}" for reject in rejects]
    if not counts.row_count:
        raise Refused(f"{path.name}: contains no row that can be read, so there is nothing to sign", details=details)
    if counts.reject_count and not allow_rejects:
        raise Refused(
            f"{path.name}: {counts.reject_count:,} of {counts.row_count + counts.reject_count:,} rows cannot be read",
            hint="mend them, or tick that the rest is signed: those rows match nothing",
            details=details,
        )
    trust.derive_signature_path(path).write_text(
        signature.sign_digest(counts.prehash, key, comment.to_text()), encoding="utf-8"
    )


def _build_comment(issuer: str, stated: TranscriptionStatement, now: datetime) -> ListComment:
    """Return the trusted comment. Raises UsageError for what cannot stand in it."""
    if (stated.transcribed_by is None) != (stated.original_sha256 is None):
        raise UsageError(
            "who transcribed the list and the original go together",
            hint="give both; leave both out where the agency made the list itself",
        )
    try:
        comment = ListComment(
            issuer,
            list_versions.format_version(now),
            stated.valid_until,
            stated.category,
            stated.use.value,
            stated.transcribed_by,
            stated.original_sha256,
            list_versions.normalise_series(stated.series),
        )
    except CommentError as error:
        raise UsageError(f"the list cannot be signed: {error}") from None
    except ValueError as error:
        raise UsageError(f"the list needs a series: {error}", hint="for example the name of the letter") from None
    if comment.valid_until_us <= now.timestamp() * 1_000_000:
        raise UsageError(f"{stated.valid_until} is over already", hint="give a day to come")
    return comment


def _build_row_check() -> RowCheck:
    return kernel.build_row_check(None) if kernel.is_kernel_available() else build_plain_check(load_junk_names())
