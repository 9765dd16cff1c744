"""Import data sets of addresses whole and once, identified by their digest, with a ledger entry."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sightline.casework.input_checks import name_thing, require_words
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers
from sightline.errors import Refused, UsageError
from sightline.ledger.append import encode_canonical
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.model import DatasetKind
from sightline.model.progress import Progress, ignore_progress
from sightline.model.short_ids import is_short_for
from sightline.storage.rows import Dataset, DatasetWithdrawal
from sightline.storage.table import Tables

if TYPE_CHECKING:
    from sightline.stages.enrich.reader import DatasetReading, SourceFile

PIECE = 1 << 20
MOST_DAYS = 3660
SPEAKS_FOR_DAYS = 92
DAY_US = 86_400_000_000


@dataclass(frozen=True, slots=True)
class DatasetRequest:
    """A data set to import, and what is declared about it. `path` may be a folder of exit lists."""

    path: Path
    kind: DatasetKind
    date: date
    name: str | None = None
    licence: str | None = None
    speaks_for_days: int | None = None


def import_dataset(
    officer_session: OfficerSession, request: DatasetRequest, progress: Progress = ignore_progress
) -> Dataset:
    """Import a data set and return it as registered. Importing the same file again has no effect.

    Raises UsageError for a date in the future and for the wrong kind, UnknownFormat, UntrustedList for an invalid
    signature, DamagedInput.
    """
    where = name_thing("dataset", request.kind.value)
    officer_session.require(Action.DATASET_IMPORT, where)
    dated_us = _check_date(request, officer_session.clock())
    days = _check_days(request)
    digest = _compute_digest(request.path, progress)
    with officer_session.workspace.read() as tables:
        dataset_id, dataset = _find_known(tables, request.kind, digest)
        withdrawn = list_withdrawals(tables).get(dataset_id)
    if withdrawn is not None:
        raise Refused(
            f"{request.path} was withdrawn as a data set: {withdrawn.why}", hint="import a file that was corrected"
        )
    if dataset is not None:
        _require_same(dataset, request, dated_us)
        return dataset
    with officer_session.record_refusals(JournalVerb.REFUSED_LIST, where):
        agency = _verify_agency(officer_session, request)
    with TemporaryDirectory(prefix="sightline-dataset-") as folder:
        return _read_and_register(
            officer_session, request, (dataset_id, dated_us, days, agency), Path(folder) / "ranges.parquet", progress
        )


LEAST_DIGITS = 8
"""Minimum number of digits of an id that identify a data set."""


def list_datasets(tables: Tables) -> list[Dataset]:
    """Return all data sets, including withdrawn ones, by kind, name, date, id."""
    return sorted(
        tables[Dataset].select(),
        key=lambda dataset: (dataset.kind.value, dataset.name, dataset.dated_us, dataset.dataset_id),
    )


def list_current_datasets(tables: Tables) -> list[Dataset]:
    """Return the data sets in use, by kind, name, date, id."""
    withdrawn = list_withdrawals(tables)
    return [dataset for dataset in list_datasets(tables) if dataset.dataset_id not in withdrawn]


def list_withdrawals(tables: Tables) -> dict[str, DatasetWithdrawal]:
    """Return the withdrawals, by data set."""
    return {withdrawal.dataset_id: withdrawal for withdrawal in tables[DatasetWithdrawal].select()}


def withdraw_dataset(officer_session: OfficerSession, text: str, why: str) -> DatasetWithdrawal:
    """Stop using a data set in rebuilds. Its file stays as proof. Raises UsageError."""
    with officer_session.change(Action.DATASET_WITHDRAW, name_thing("dataset", text)) as change:
        datasets = [dataset for dataset in list_datasets(change.tables) if is_short_for(text, dataset.dataset_id)]
        if len(datasets) != 1:
            many = f"{len(datasets)} data sets have an id that begins or ends with {text!r}"
            what = many if datasets else f"there is no data set whose id begins or ends with {text!r}"
            raise UsageError(what, hint=f"give {LEAST_DIGITS} digits or more: sightline datasets list shows them")
        (known,) = datasets
        before = list_withdrawals(change.tables).get(known.dataset_id)
        if before is not None:
            raise UsageError(f"{known.name} was withdrawn already: {before.why}", hint="sightline datasets list")
        dataset_withdrawal = DatasetWithdrawal(known.dataset_id, why, change.now_us, officer_session.officer.officer_id)
        change.add(Verb.DATASET_WITHDRAWN, dataset_withdrawal, dataset=known.dataset_id, name=known.name, why=why)
    return dataset_withdrawal


@dataclass(frozen=True, slots=True)
class DatasetState:
    """A data set with the last day of its use. `is_newest`: of its kind and name. `is_over`: past that day."""

    dataset: Dataset
    until_us: int
    is_newest: bool
    is_over: bool


def list_dataset_states(tables: Tables, now_us: int) -> list[DatasetState]:
    """Return all data sets with their age, by kind and name, the newest of each first."""
    datasets = sorted(
        list_current_datasets(tables), key=lambda dataset: (dataset.kind.value, dataset.name, -dataset.dated_us)
    )
    newest: dict[tuple[DatasetKind, str], str] = {}
    for other in datasets:
        newest.setdefault((other.kind, other.name), other.dataset_id)
    states = []
    for dataset in datasets:
        until_us = dataset.dated_us + dataset.speaks_for_days * DAY_US
        # Outlines describe no visit. They only become outdated as states change.
        is_over = until_us < now_us and dataset.kind is not DatasetKind.BOUNDARY
        states.append(
            DatasetState(dataset, until_us, newest[dataset.kind, dataset.name] == dataset.dataset_id, is_over)
        )
    return states


def _read_and_register(
    officer_session: OfficerSession,
    request: DatasetRequest,
    known: tuple[str, int, int, str | None],
    out: Path,
    progress: Progress,
) -> Dataset:
    from sightline.stages.enrich import ranges, readers  # noqa: PLC0415  - they load Polars
    from sightline.stages.enrich.reader import SourceFile  # noqa: PLC0415

    dataset_id, dated_us, days, agency = known
    name = require_words(request.name, "--name") if request.name is not None else None
    source = SourceFile(
        request.path, request.kind, dated_us, to_microseconds(officer_session.clock()), name, agency, progress
    )
    reading = readers.read(source)
    rows = ranges.write_ranges(request.kind, reading.ranges, reading.records, out)
    file = f"datasets/{dataset_id}.parquet"
    officer_session.workspace.segments.put(file, out)
    with officer_session.change(Action.DATASET_IMPORT, name_thing("dataset", dataset_id)) as change:
        meanwhile = change.tables[Dataset].get(dataset_id)
        if meanwhile is not None:
            return meanwhile
        row = Dataset(
            dataset_id,
            name or _choose_default_name(source, reading),
            request.kind,
            dated_us,
            require_words(request.licence, "--licence") if request.licence is not None else None,
            reading.source_format,
            rows,
            encode_canonical({code.value: count for code, count in sorted(reading.rejects.items()) if count}),
            days,
            encode_canonical(reading.notes),
            file,
            _compute_digest(out, progress),
            out.stat().st_size,
            change.now_us,
            change.signer.officer_id,
        )
        change.add(Verb.DATASET_IMPORTED, row, name=row.name, kind=row.kind.value, dated_us=dated_us)
    return row


def _check_date(request: DatasetRequest, now: datetime) -> int:
    if request.date > now.astimezone(UTC).date():
        raise UsageError(f"--date {request.date} is in the future", hint="give the day that the data set is of")
    at = datetime(request.date.year, request.date.month, request.date.day, tzinfo=UTC)
    return to_microseconds(at)


def _check_days(request: DatasetRequest) -> int:
    days = SPEAKS_FOR_DAYS if request.speaks_for_days is None else request.speaks_for_days
    if not 1 <= days <= MOST_DAYS:
        raise UsageError(f"--valid-for {days}: from 1 to {MOST_DAYS} days", hint="the default is 92")
    return days


def _find_known(tables: Tables, kind: DatasetKind, digest: str) -> tuple[str, Dataset | None]:
    """Return the id of a file as this kind, and the data set if it exists.

    The id is the file's SHA-256. A file that was first imported as another kind (one of IPinfo's holds places and
    networks) has the SHA-256 of kind and digest as its id for this kind.
    """
    as_first = tables[Dataset].get(digest)
    if as_first is None or as_first.kind is kind:
        return digest, as_first
    other = hashlib.sha256(f"{kind.value}\n{digest}".encode()).hexdigest()
    return other, tables[Dataset].get(other)


def _require_same(dataset: Dataset, request: DatasetRequest, dated_us: int) -> None:
    """Raise Refused for known bytes with another date: one of the two is wrong."""
    if dataset.dated_us != dated_us:
        raise Refused(
            f"{request.path} was imported with another date, as {dataset.name}",
            hint="sightline datasets list shows with which; the same bytes are of one date",
        )


def _compute_digest(path: Path, progress: Progress) -> str:
    """Return the SHA-256 of a file, or of the sorted digests of the files in a folder."""
    if path.is_dir():
        digests = sorted(
            _compute_digest(each, progress) for each in path.rglob("*") if each.is_file() and not each.is_symlink()
        )
        if not digests:
            raise UsageError(f"{path} contains no file", hint="name the folder with the exit lists")
        return hashlib.sha256("\n".join(digests).encode()).hexdigest()
    if not path.is_file():
        raise UsageError(f"{path}: there is no such file", hint="name the data set, or a folder of exit lists")
    digest, done, size = hashlib.sha256(), 0, path.stat().st_size
    with path.open("rb") as stream:
        while piece := stream.read(PIECE):
            digest.update(piece)
            done += len(piece)
            progress(done, size, 0)
    return digest.hexdigest()


def _verify_agency(officer_session: OfficerSession, request: DatasetRequest) -> str | None:
    """Return the issuer who signed a list of an agency's own addresses, or None for an unsigned list."""
    from sightline.stages.lists.signature import hash_stream  # noqa: PLC0415
    from sightline.stages.lists.trust import read_signature_text, verify_unexpired  # noqa: PLC0415

    if request.kind is not DatasetKind.AGENT or not request.path.is_file():
        return None
    text = read_signature_text(request.path)
    if text is None:
        return None
    with officer_session.workspace.read() as tables:
        keys = issuers.list_trusted_keys(tables)
    with request.path.open("rb") as stream:
        return verify_unexpired(hash_stream(stream), text, keys, officer_session.clock(), str(request.path)).issuer


def _choose_default_name(source: SourceFile, reading: DatasetReading) -> str:
    """Return the default name of a data set: from its content, else its file's name without the date."""
    stem = source.path.name.split(".")[0] if source.path.is_file() else source.path.name
    bare = _DAY.sub("", stem).strip("-_. ")
    return require_words(re.sub(r"[^\w .()+-]+", "-", (reading.title or bare or stem))[:100], "name")


_DAY = re.compile(r"(?<!\d)(?:19|20)\d{2}(?:[-_.]?\d\d){1,5}(?!\d)")
