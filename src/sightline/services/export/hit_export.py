"""Export hits as STIX or CASE/UCO: check and survey the input, then write as the rows come."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from sightline.errors import DamagedInput, UsageError, name_output_on_error
from sightline.evidence.case.graph import Graph
from sightline.evidence.hit_file import BadRow, HitFile, open_hit_file
from sightline.evidence.origin import ListOrigin, Origins, find_origins
from sightline.evidence.stix.bundle import StixBundle
from sightline.evidence.survey import HitSurvey, survey_rows
from sightline.model import Hit
from sightline.model.progress import Progress
from sightline.services.match import inputs, outputs

To = Literal["stix", "case"]
WRITE_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """One export. `hits` is None for standard input, `out` for standard output."""

    hits: Path | None
    to: To
    out: Path | None = None
    account: Path | None = None
    summary: Path | None = None
    tlp: Literal["amber", "red"] = "amber"
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class ExportSummary:
    """The counts of an export: `rows = hits + repeated + sum(rejects)`, and the places of the first bad rows."""

    hits_path: str
    to: str
    tlp: str
    rows: int
    hits: int
    repeated: int
    rejects: Mapping[str, int]
    lists: tuple[ListOrigin, ...]
    objects: Mapping[str, int]
    examples: tuple[BadRow, ...] = ()

    def to_json(self) -> str:
        """Return the JSON that `--summary` writes."""
        lists = [
            {name: value for name, value in asdict(list_origin).items() if name not in {"is_known", "is_tip"}}
            for list_origin in self.lists
        ]
        whole: dict[str, object] = {"path": self.hits_path, "to": self.to, "tlp": self.tlp, "rows": self.rows}
        whole |= {"hits": self.hits, "repeated": self.repeated, "rejects": dict(self.rejects), "lists": lists}
        return json.dumps(whole | {"objects": dict(self.objects)}, ensure_ascii=False, indent=2)

    @property
    def exit_code(self) -> int:
        """4 where a row could not be read: `match` writes no such row, so that the file is not what it wrote."""
        return 4 if self.rejects else 0


class Writer(Protocol):
    """A writer of hits in another format, made with all that the survey found."""

    @property
    def objects(self) -> Mapping[str, int]:
        """Count the objects that were written, by type."""

    @property
    def repeated(self) -> int:
        """Rows that said again what an earlier one says."""

    def add(self, hit: Hit) -> None:
        """Write a hit."""

    def end(self) -> None:
        """Write what comes last."""


WRITERS: dict[To, Callable[[Callable[[bytes], object], HitSurvey, Origins, str], Writer]] = {
    "stix": StixBundle,
    "case": Graph,
}


def export_hits(request: ExportRequest, progress: Progress) -> ExportSummary:
    """Read hits and write a bundle or graph, and the summary. Outputs are complete or not written.

    Rows are read twice: what the list states, and whether the account fits, is known before the first is written.
    """
    check_paths(request)
    with ExitStack() as stack:
        stream = stack.enter_context(open_hits(request.hits))
        file = open_hit_file(str(request.hits or "-"), stream, request.hits)
        watched = TwoPasses(progress, file.size_bytes)
        list_survey = survey_rows(watched.read_rows(file))
        origins = find_origins(list_survey, request.account)
        beside = stack.enter_context(
            outputs.write_all_or_none([path for path in (request.out, request.summary) if path])
        )
        path = beside[request.out] if request.out else None
        out = stack.enter_context(open_output(path))
        writer = WRITERS[request.to](map_write_errors(out, path), list_survey, origins, request.tlp)
        written_rows = write_hits(writer, watched.read_rows(file))
        if written_rows != list_survey.rows - list_survey.rejects.total():
            raise DamagedInput(f"{file.name}: it changed while it was read", hint="run again when nobody writes to it")
        with name_output_on_error(path):
            out.flush()
        summary = build_account(request, file, list_survey, origins, writer)
        if request.summary:
            with name_output_on_error(beside[request.summary]):
                beside[request.summary].write_text(summary.to_json() + "\n", encoding="utf-8")
    return summary


def check_paths(request: ExportRequest) -> None:
    """Refuse inputs that are no files, and outputs that exist, collide, or are one of the inputs."""
    checks = inputs.Checks()
    given = [(request.hits, "a file of hits"), (request.account, "the account of a match, `match --summary`")]
    for path, what in given:
        if path is not None:
            checks.run_check(partial(inputs.check_file, path, what))
    paths = [path for path in (request.out, request.summary) if path is not None]
    if len({path.absolute() for path in paths}) < len(paths):
        checks.errors.append(
            UsageError("two outputs have the same name", hint="give --out and --summary different files")
        )
    read = tuple(path for path, _ in given if path is not None)
    for path in paths:
        checks.run_check(partial(outputs.check_one, path, read, overwrite=request.overwrite))
    checks.settle()


@contextmanager
def open_hits(path: Path | None) -> Iterator[BinaryIO]:
    """The hits to read twice; standard input is kept in a file without a name until then."""
    if path is not None:
        with path.open("rb") as stream:
            yield stream
        return
    if sys.stdin is None or sys.stdin.closed or sys.stdin.isatty():
        raise UsageError("standard input is not a pipe", hint="sightline match ... | sightline export - --to stix")
    with tempfile.TemporaryFile() as spooled:
        try:
            shutil.copyfileobj(sys.stdin.buffer, spooled, WRITE_BYTES)
        except IsADirectoryError:
            raise UsageError("standard input is a directory", hint="name the file of hits") from None
        spooled.seek(0)
        yield spooled


@contextmanager
def open_output(path: Path | None) -> Iterator[BinaryIO]:
    """Return the output of an export: a new file, or standard output."""
    if path is None:
        yield sys.stdout.buffer
        return
    with name_output_on_error(path):
        stream = path.open("wb", buffering=WRITE_BYTES)
    try:
        yield stream
    finally:
        # What could not be written was told by the flush before.
        with suppress(OSError):
            stream.close()


def map_write_errors(out: BinaryIO, path: Path | None) -> Callable[[bytes], int]:
    """The output's `write`, which says which output it is where it cannot write."""

    def write(text: bytes) -> int:
        with name_output_on_error(path):
            return out.write(text)

    return write


class TwoPasses:
    """Report the rows of two passes as one progress: each pass is half of it."""

    def __init__(self, progress: Progress, size_bytes: int) -> None:
        self._progress, self._size_bytes, self._behind, self._rows = progress, size_bytes, 0, 0

    def read_rows(self, file: HitFile) -> Iterator[Hit | BadRow]:
        """Yield a pass's rows."""
        for row in file.read_rows(self._report_progress):
            self._rows += 1
            yield row
        self._behind += self._size_bytes

    def _report_progress(self, done_bytes: int) -> None:
        self._progress((self._behind + done_bytes) // 2, self._size_bytes, self._rows // 2)


def write_hits(writer: Writer, rows: Iterator[Hit | BadRow]) -> int:
    """Write all hits, and the end; gives how many."""
    count = 0
    for row in rows:
        if isinstance(row, Hit):
            writer.add(row)
            count += 1
    writer.end()
    return count


def build_account(
    request: ExportRequest, file: HitFile, list_survey: HitSurvey, known: Origins, writer: Writer
) -> ExportSummary:
    """The account of an export."""
    return ExportSummary(
        hits_path=file.name,
        to=request.to,
        tlp=request.tlp,
        rows=list_survey.rows,
        hits=list_survey.rows - list_survey.rejects.total() - writer.repeated,
        repeated=writer.repeated,
        rejects=dict(sorted(list_survey.rejects.items())),
        lists=tuple(known.lists.values()),
        objects=dict(sorted(writer.objects.items())),
        examples=tuple(list_survey.bad_rows),
    )
