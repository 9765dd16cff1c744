"""`sightline lists sign`: FILE.minisig beside a list, after every row was read."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sightline.cli.lists.file_output import map_input_errors, write_small
from sightline.cli.lists.list_rows import UNDATED, RejectPrinter, add_digest_key, show_survey
from sightline.cli.subcommands import Parsers, add_command
from sightline.cli.terminal_text import escape_text
from sightline.errors import Refused, UsageError
from sightline.file_digests import compute_sha256
from sightline.message_text import count_noun
from sightline.private_files import require_private_file
from sightline.services.match.outputs import check_one

if TYPE_CHECKING:
    from sightline.stages.lists.comment import ListComment
    from sightline.stages.lists.signature import SecretKey

EXAMPLES = """\
  sightline lists sign flagged.csv --key keys/CELL-7.key --valid-until 2027-03-31 --use leads
      # writes flagged.csv.minisig; the stock `minisign` verifies it too
  sightline lists sign flagged-july.csv --key keys/CELL-7.key --valid-until 2027-03-31 --use leads --series flagged
      # the next version of the series "flagged": it takes the place of the older one, whatever its file is called
  sightline lists sign flagged.csv --key A.key --valid-until 2027-03-31 --use leads --transcribed-by "Unit 3" \\
      --original letter.pdf
      # says that a unit typed it from what the agency gave, wherever the list is named
"""
USES = """
--use leads: a visit to a site of the list may become a lead, for which a subscriber is asked.
--use statistics: visits are only counted. Nothing of the list is ever in a lead."""
WHAT_USE = (
    "--use leads: a visit may become a lead, for which a subscriber is asked;"
    " --use statistics: visits are only counted, and none of them ever becomes a lead"
)


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(verbs, "sign", "sign a flag list: writes FILE.minisig beside it", EXAMPLES + USES)
    here.add_argument("file", type=Path, metavar="FILE", help="the list")
    here.add_argument("--key", required=True, type=Path, metavar="KEY", help="your CODE.key")
    here.add_argument(
        "--valid-until", required=True, metavar="DATE", help="the last day (2027-03-31) or the instant of its end"
    )
    here.add_argument(
        "--use", required=True, choices=("leads", "statistics"), help="what hits may be used for, see below"
    )
    here.add_argument(
        "--series", metavar="NAME", help="which list this is a version of (default: the file's name without its ending)"
    )
    here.add_argument(
        "--version", metavar="N", help="the version's number, higher than the last (default: the time of signing)"
    )
    here.add_argument("--category", metavar="C", help="the category of rows that name none")
    here.add_argument(
        "--transcribed-by", metavar="NAME", help="who transcribed it, where the agency did not sign it itself"
    )
    here.add_argument(
        "--original", type=Path, metavar="FILE", help="the agency's original, whose SHA-256 is signed too"
    )
    here.add_argument(
        "--allow-rejects", action="store_true", help="sign although rows cannot be read; they match nothing"
    )
    add_digest_key(here)
    here.add_argument("--overwrite", action="store_true", help="replace FILE.minisig")
    usual = here.error

    def explain_use(message: str) -> NoReturn:
        """Explain both values of `--use` in the error for a missing one."""
        if "required: " in message and "--use" in message:
            raise UsageError(f"sightline lists sign: {message}", hint=WHAT_USE)
        usual(message)

    here.error = explain_use  # type: ignore[method-assign]


def run(arguments: argparse.Namespace) -> int:
    """Write FILE.minisig, after every row was read."""
    from sightline.stages.lists import signature, trust  # noqa: PLC0415
    from sightline.stages.lists.digest_key import read_digest_key  # noqa: PLC0415

    now = datetime.now(UTC)
    out = trust.derive_signature_path(arguments.file)
    key = _read_secret_key(arguments.key)
    comment = _build_comment(arguments, key.issuer, now)
    check_one(out, (arguments.file, arguments.key), overwrite=arguments.overwrite)
    digest_key = read_digest_key(arguments.digest_key)
    rejects = RejectPrinter(sys.stderr.write)
    survey = show_survey(arguments.file, rejects, digest_key)
    rejects.finish()
    if survey.undated:
        sys.stderr.write(f"{UNDATED.format(rows=count_noun(survey.undated, 'row has', 'rows have'))}\n")
    if not survey.row_count:
        raise Refused(f"{arguments.file}: contains no row that can be read, so there is nothing to sign")
    if survey.reject_count and not arguments.allow_rejects:
        all_rows = survey.row_count + survey.reject_count
        raise Refused(
            f"{arguments.file}: {survey.reject_count:,} of {all_rows:,} rows cannot be read",
            hint="mend them, or sign the rest with --allow-rejects: those rows match nothing",
        )
    if arguments.overwrite:
        _require_higher(out, comment, survey.prehash, key)
    write_small(
        out, signature.sign_digest(survey.prehash, key, comment.to_text()), mode=0o644, overwrite=arguments.overwrite
    )
    made = trust.read_unverified(trust.read_small_text(out), str(out))
    print(f"{out}  {count_noun(survey.row_count, 'row')} {made.origin} (key {key.key_id})")
    print(f"list id {survey.list_id}")
    print(f"series {escape_text(made.series or '')}, version {made.version}, use {made.use}")
    return 0


def _require_higher(out: Path, comment: ListComment, digest: bytes, key: SecretKey) -> None:
    """Raise Refused where the signature that is to be replaced is of a version that workspaces would rank higher."""
    from sightline.errors import UntrustedList  # noqa: PLC0415
    from sightline.stages.lists import list_versions, signature, trust  # noqa: PLC0415

    try:
        text = trust.read_small_text(out)
        before = trust.read_unverified(text, str(out))
    except (FileNotFoundError, ValueError, UntrustedList):
        # What stands there is no signature of a list: it is replaced, as was asked.
        return
    was, is_now = list_versions.parse_version_order(before.version), list_versions.parse_version_order(comment.version)
    if (before.issuer, before.series) != (comment.issuer, comment.series) or was < is_now:
        return
    try:
        signature.verify_signature(signature.read_signature(text), digest, key.derive_public())
    except signature.SignatureError:
        is_same = False
    else:
        is_same = was == is_now
    if not is_same:
        raise Refused(
            f"{out}: version {comment.version} is not higher than version {before.version}, which was signed before",
            hint="a workspace that used that one would refuse this one: give a higher --version, or none",
        )


def _read_secret_key(path: Path) -> SecretKey:
    from sightline.stages.lists import signature, trust  # noqa: PLC0415

    try:
        key = signature.read_secret_key(trust.read_small_text(path), path.stem)
        require_private_file(path)
        return key
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such key", hint="sightline lists create-key makes one") from None
    except ValueError as error:
        what = error if isinstance(error, signature.KeyFileError) else "not a minisign secret key"
        raise UsageError(f"{path}: {what}", hint="--key takes your CODE.key") from None


def _check_valid_until(text: str) -> None:
    """Raise UsageError where the text is no date and no instant with a zone."""
    from sightline.stages.lists.list_dates import parse_list_date  # noqa: PLC0415

    try:
        parse_list_date(text, whole_day=True)
    except ValueError:
        raise UsageError(
            f'--valid-until: "{text}" is not a date',
            hint="write year, month and day: 2027-06-30. With a time and zone: 2027-06-30T18:00:00+05:30",
        ) from None


def _build_comment(arguments: argparse.Namespace, issuer: str, now: datetime) -> ListComment:
    """The trusted comment. Raises UsageError where an option cannot stand in it."""
    from sightline.stages.lists import list_versions  # noqa: PLC0415
    from sightline.stages.lists.comment import CommentError, ListComment  # noqa: PLC0415

    if (arguments.transcribed_by is None) != (arguments.original is None):
        raise UsageError(
            "--transcribed-by and --original go together",
            hint="a list that an agency did not sign itself names who transcribed it, and what from",
        )
    original = None
    if arguments.original is not None:
        with map_input_errors(arguments.original):
            original = compute_sha256(arguments.original)
    try:
        version = (
            list_versions.format_version(now)
            if arguments.version is None
            else list_versions.require_number(arguments.version)
        )
    except ValueError as error:
        raise UsageError(
            f"--version {arguments.version!r}: {error}", hint="leave it out for the time of signing"
        ) from None
    try:
        series = list_versions.normalise_series(arguments.file.stem if arguments.series is None else arguments.series)
    except ValueError as error:
        raise UsageError(f"the list needs a series: {error}", hint="name it: --series NAME") from None
    _check_valid_until(arguments.valid_until)
    try:
        comment = ListComment(
            issuer,
            version,
            arguments.valid_until,
            arguments.category,
            arguments.use,
            arguments.transcribed_by,
            original,
            series,
        )
    except CommentError as error:
        raise UsageError(f"the list cannot be signed: {error}") from None
    if comment.valid_until_us <= now.timestamp() * 1_000_000:
        raise UsageError(f"--valid-until {arguments.valid_until} is over already", hint="name a day to come")
    return comment
