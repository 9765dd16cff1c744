"""Import manifests and browser histories of a seized device: recognise each file, extract what needs it, scan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import NotAllowed, SightlineError, TimeUndeclared
from sightline.ledger.verbs import JournalVerb
from sightline.model import SourceKind
from sightline.model.progress import Progress
from sightline.services.device_import.extract import FILES, Extract, write_extract
from sightline.services.scan.list_replacements import Agree
from sightline.services.scan.register import register_exhibit
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import WorkspaceScan, scan_logs
from sightline.services.scan.scan_context import load_context
from sightline.services.tip_import.tip_reader import FailedFile
from sightline.stages.devices.file_kind import HEAD_BYTES, HISTORIES, Extraction, FileKind, find_file_kind
from sightline.storage.rows import Exhibit

BESIDE = ("-wal", "-shm", "-journal")
"""Endings of files that SQLite keeps beside a database. They are named with it, and not opened."""


@dataclass(slots=True)
class DeviceImport:
    """The result of an import: a scan of each format, in order of name, and what was not read.

    `extracted`: files of which lines were extracted, by path. `left_out`: files of a folder that are
    neither manifest nor history.
    """

    scans: list[WorkspaceScan] = field(default_factory=list)
    extracted: dict[str, Extract] = field(default_factory=dict)
    failed: list[FailedFile] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def import_devices(
    officer_session: OfficerSession, paths: Sequence[Path], request: ScanRequest, progress: Progress, agree: Agree
) -> DeviceImport:
    """Import files of one device. `request`: as of a scan; its `logs` and `format` are found here.

    Raises NotAllowed or UsageError before anything is read. A file that cannot be read stops no other.
    """
    _require_device(officer_session, request)
    outcome = DeviceImport()
    with _make_extract_folder() as folder:
        by_format: dict[str, list[Path]] = {}
        names = dict(request.names)
        for number, path in enumerate(_list_files(paths)):
            kind = _find_kind(path, paths, outcome)
            if kind is None:
                continue
            if kind.extraction is None:
                by_format.setdefault(kind.format, []).append(path)
                continue
            extract = _extract(officer_session, path, kind.extraction, folder / str(number), outcome)
            if extract is not None:
                by_format.setdefault(kind.format, []).append(extract)
                names[str(extract)] = f"{request.names.get(str(path), path)}!{FILES[kind.extraction]}"
        _require_made_at(request, by_format)
        for name, files in sorted(by_format.items()):
            scan_request = replace(request, logs=tuple(files), format=name, names=names)
            outcome.scans.append(scan_logs(officer_session, scan_request, progress, agree))
        if not request.dry_run:
            _hold_extracted(officer_session, request, outcome)
    return outcome


def _require_device(officer_session: OfficerSession, request: ScanRequest) -> None:
    """Raise NotAllowed unless the source is a seized device that an authority in force covers; the journal keeps it."""
    context = load_context(officer_session, request)
    with officer_session.record_refusals(JournalVerb.REFUSED_AUTHORITY, f"authority:{context.authority.authority_id}"):
        if context.source.kind is not SourceKind.SEIZED_DEVICE:
            raise NotAllowed(
                f"devices are imported from a source of kind seized-device; {context.source.name} is"
                f" {context.source.kind}",
                hint="sightline sources add --kind seized-device --name NAME; logs are read by sightline scan",
            )


def _require_made_at(request: ScanRequest, by_format: Mapping[str, list[Path]]) -> None:
    """Raise TimeUndeclared before anything is stored if there is a manifest, and nobody says when it was made."""
    manifests = [path for name in sorted(by_format) if name not in HISTORIES for path in by_format[name]]
    if manifests and request.made_at is None:
        raise TimeUndeclared(
            f"{manifests[0]}: a manifest, whose rows state no time", hint="say when it was made: --made-at TIME"
        )


@contextmanager
def _make_extract_folder() -> Iterator[Path]:
    """A private folder for extracts, which goes with the import: a file gives the same extract again."""
    with TemporaryDirectory(prefix="sightline-") as folder:
        yield Path(folder)


def _list_files(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the files, and those below folders in order. Links in a folder are not followed."""
    known = set[Path]()
    for path in paths:
        result = (
            sorted(found_path for found_path in path.rglob("*") if found_path.is_file()) if path.is_dir() else [path]
        )
        for file_path in result:
            if file_path.resolve() not in known and not (path.is_dir() and file_path.is_symlink()):
                known.add(file_path.resolve())
                yield file_path


def _find_kind(path: Path, paths: Sequence[Path], outcome: DeviceImport) -> FileKind | None:
    """Return what a file is, or None and note why nothing reads it."""
    try:
        with path.open("rb") as stream:
            file_kind = find_file_kind(stream.read(HEAD_BYTES))
    except OSError as error:
        outcome.failed.append(FailedFile(str(path), error.strerror or str(error), 2))
        return None
    if file_kind is None and path in paths:
        what = "neither a manifest of files nor the history of a browser"
        outcome.failed.append(FailedFile(str(path), f"{what} (docs/how-to/devices.md lists what is read)", 3))
    elif file_kind is None and not path.name.endswith(BESIDE):
        outcome.left_out.append(str(path))
    return file_kind


def _extract(
    officer_session: OfficerSession, path: Path, extraction: Extraction, out: Path, outcome: DeviceImport
) -> Path | None:
    try:
        extract = write_extract(path, extraction, out)
        with officer_session.workspace.read() as tables:
            exhibit = tables[Exhibit].get(extract.sha256)
    except SightlineError as error:
        hint = f" ({error.hint})" if error.hint else ""
        outcome.failed.append(FailedFile(str(path), f"{error}{hint}", error.exit_code))
        return None
    if exhibit is not None and exhibit.purged_at_us is not None:
        outcome.failed.append(FailedFile(str(path), "this exhibit was purged; it is not imported again", 3))
        return None
    outcome.extracted[str(path)] = extract
    return out


def _hold_extracted(officer_session: OfficerSession, request: ScanRequest, outcome: DeviceImport) -> None:
    """Record that the files themselves are held, each as an exhibit. Known facts stay."""
    if not outcome.extracted:
        return
    context = load_context(officer_session, request)
    with officer_session.change(Action.SCAN, f"source:{context.source.source_id}") as change:
        for path, extract in outcome.extracted.items():
            register_exhibit(change, context, extract.sha256, Path(path).stat().st_size, request.names.get(path, path))


def choose_exit_code(outcome: DeviceImport) -> int:
    """Return the worst exit code of the files that failed, or 0."""
    return min((failed_file.exit_code for failed_file in outcome.failed), default=0)
