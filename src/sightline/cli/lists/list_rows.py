"""Read the rows of a list file for a command: count them, and print each reject."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.lists.file_output import map_input_errors
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.model import IndicatorKind
    from sightline.stages.lists.model import RowBatch, RowReject, Statement
    from sightline.stages.lists.survey import ListSurvey, RowCheck

SHOWN_REJECTS = 20
SHOWN_ROWS = 20
UNDATED = (
    "{rows} a valid_from and a reference without a date: visits before their listed_on count as listed"
    " later, and are in no lead. Write the reference with its date: report 7 of 2026-01-01"
)


def add_digest_key(here: argparse.ArgumentParser) -> None:
    """The option of commands that read rows with digests of names."""
    here.add_argument(
        "--digest-key",
        type=Path,
        metavar="KEYFILE",
        help="the key of keyed digests of names: digests of public suffixes and big hosts under it are refused",
    )


class RejectPrinter:
    """Writes rejects as they come: for people the first few, as JSON all of them."""

    def __init__(self, write: Callable[[str], object], *, as_json: bool = False) -> None:
        self._write, self._as_json, self._count = write, as_json, 0

    def __call__(self, reject: RowReject) -> None:
        """Write one, or count it where enough were shown."""
        self._count += 1
        if self._as_json:
            result = {"line": reject.line, "code": reject.code, "reason": reject.reason}
            if reject.pointer:
                result["pointer"] = reject.pointer
            self._write(json.dumps(result, ensure_ascii=False) + "\n")
        elif self._count <= SHOWN_REJECTS:
            self._write(f"{reject.where}: {reject.code}: {reject.reason}\n")

    def finish(self) -> None:
        """Say how many were not shown."""
        if not self._as_json and self._count > SHOWN_REJECTS:
            self._write(
                f"... and {self._count - SHOWN_REJECTS:,} more (all of them: sightline lists check FILE --json)\n"
            )


class RowPrinter:
    """Writes rows as they were understood: for people the first few or all, for programs all or none."""

    def __init__(
        self, write: Callable[[str], object], digest_key: bytes | None, *, every: bool, as_json: bool = False
    ) -> None:
        from sightline.stages.lists.junk import load_junk_names  # noqa: PLC0415

        self._write, self._as_json, self._left_out = write, as_json, 0
        self._most = None if every else 0 if as_json else SHOWN_ROWS
        self._junk = replace(load_junk_names(), digest_key=digest_key)

    def __call__(self, batch: RowBatch) -> None:
        """Write the rows of a batch that can be read, in file order."""
        from sightline.stages.lists.model import RowReject  # noqa: PLC0415
        from sightline.stages.lists.row_statements import parse_statement  # noqa: PLC0415

        for at, row in enumerate(batch.rows):
            if self._most == 0:
                self._left_out += len(batch.rows) - at
                return
            result = parse_statement(row, self._junk)
            if isinstance(result, RowReject):
                continue
            line, pointer = batch.places[row[0]] if batch.places is not None else (row[0], "")
            self._write(self._format_row(line, pointer, *result))
            if self._most is not None:
                self._most -= 1

    def _format_row(self, line: int, pointer: str, kind: IndicatorKind, value: str, declared: Statement) -> str:
        from sightline.cli.lists.statements import defang_name, describe_statement, format_aspect  # noqa: PLC0415
        from sightline.stages.lists.diff import Aspect  # noqa: PLC0415

        if self._as_json:
            where = {"line": line} | ({"pointer": pointer} if pointer else {})
            return (
                json.dumps(where | {"kind": kind, "value": value} | describe_statement(declared), ensure_ascii=False)
                + "\n"
            )
        where_text = f"line {line}, {pointer}" if pointer else f"line {line}"
        aspects = "; ".join(
            f"{aspect} {format_aspect(declared, aspect)}" for aspect in (Aspect.OPINION, Aspect.WINDOW, Aspect.CATEGORY)
        )
        return f"{where_text}: {kind} {defang_name(value)}  {aspects}\n"

    def finish(self) -> None:
        """Say how many were not shown."""
        if self._left_out and not self._as_json:
            self._write(f"... and {count_noun(self._left_out, 'more row')} (all of them: --rows)\n")


def show_survey(
    path: Path,
    rejects: RejectPrinter,
    digest_key: bytes | None = None,
    on_rows: Callable[[RowBatch], None] = lambda _batch: None,
) -> ListSurvey:
    """The survey of the list at `path`, with a progress bar where it takes long."""
    from sightline.cli import progress  # noqa: PLC0415
    from sightline.stages.lists.survey import survey_list  # noqa: PLC0415
    from sightline.stages.scan import kernel  # noqa: PLC0415

    with map_input_errors(path), progress.show_bar(enabled=True) as watch:
        size_bytes = path.stat().st_size
        check, usual = _choose_row_check(digest_key), kernel.get_usual_forms()
        return survey_list(path, check, rejects, lambda done: watch(done, size_bytes, 0), on_rows, usual)


def _choose_row_check(digest_key: bytes | None) -> RowCheck:
    """The kernel's check of rows where there is one, else the plain one."""
    from sightline.stages.lists.junk import load_junk_names  # noqa: PLC0415
    from sightline.stages.lists.survey import build_plain_check  # noqa: PLC0415
    from sightline.stages.scan import kernel  # noqa: PLC0415

    if kernel.is_kernel_available():
        return kernel.build_row_check(digest_key)
    return build_plain_check(replace(load_junk_names(), digest_key=digest_key))
