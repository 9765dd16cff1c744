"""Output files: checked before the scan, written under temporary names, and renamed at its end."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import OutputExists, OutputUnwritable, UsageError, name_output_on_error
from sightline.services.match.request import HitFormat, Outputs

OWNER_ONLY = 0o600
SUFFIXES: dict[str, HitFormat] = {".jsonl": "jsonl", ".csv": "csv", ".parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class TemporaryOutputs:
    """Temporary paths of outputs until they are complete."""

    hits: Path | None
    hit_format: HitFormat
    rejects: Path | None
    summary: Path | None


def choose_hits_path(outputs: Outputs) -> Path | None:
    """Return the file of hits, or None for standard output or memory."""
    return None if outputs.hits in {None, "-"} else Path(str(outputs.hits))


def choose_hit_format(outputs: Outputs) -> HitFormat:
    """Return the format of the output. Raises UsageError for a name without one."""
    if outputs.hits is None:
        return "memory"
    if outputs.hits == "-":
        return "stdout"
    kind = SUFFIXES.get(Path(outputs.hits).suffix)
    if kind is None:
        what = f"--out {outputs.hits}: the name must end in {', '.join(SUFFIXES)}"
        raise UsageError(what, hint="- writes JSON lines to standard output")
    return kind


def check_outputs(outputs: Outputs, inputs: tuple[Path, ...]) -> None:
    """Refuse outputs that exist, collide, have no folder, or are one of the inputs."""
    choose_hit_format(outputs)
    paths = [path for path in (choose_hits_path(outputs), outputs.rejects, outputs.summary) if path is not None]
    if len({path.absolute() for path in paths}) < len(paths):
        raise UsageError("two outputs have the same name", hint="give --out, --rejects and --summary different files")
    for path in paths:
        check_one(path, inputs, overwrite=outputs.overwrite)


def check_one(path: Path, inputs: tuple[Path, ...], *, overwrite: bool) -> None:
    """Refuse one output, for the first reason that applies."""
    if path.exists() and any(input_.exists() and path.samefile(input_) for input_ in inputs):
        raise UsageError(f"{path} is both an input and an output", hint="choose another name for the output")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise UsageError(f"{path}: there is no folder {folder}", hint="make the folder first")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise UsageError(f"{path}: the folder {folder} may not be written to", hint="choose another folder")
    if path.exists() and not path.is_file():
        raise UsageError(f"{path} is not a regular file", hint="name a file for the output")
    if os.path.lexists(path) and not overwrite:
        raise OutputExists(f"{path} exists already", hint="--overwrite replaces it")


@contextmanager
def make_temporary_outputs(outputs: Outputs) -> Iterator[TemporaryOutputs]:
    """Yield temporary paths for the outputs of a match. See `write_all_or_none`."""
    hits = choose_hits_path(outputs)
    with write_all_or_none([path for path in (hits, outputs.rejects, outputs.summary) if path is not None]) as wanted:
        yield TemporaryOutputs(
            hits=wanted[hits] if hits else None,
            hit_format=choose_hit_format(outputs),
            rejects=wanted[outputs.rejects] if outputs.rejects else None,
            summary=wanted[outputs.summary] if outputs.summary else None,
        )


@contextmanager
def write_all_or_none(paths: Sequence[Path]) -> Iterator[dict[Path, Path]]:
    """Yield temporary paths for outputs, renamed if the block succeeds and removed if it fails.

    Only their owner can read the outputs: they name people's lines.
    """
    wanted = {path: _name_partial_file(path) for path in paths}
    try:
        for path, temporary in wanted.items():
            with name_output_on_error(path):
                temporary.unlink(missing_ok=True)
        yield wanted
        for path, temporary in wanted.items():
            # A drive that keeps no modes (FAT) refuses this: its owner mounts it with a umask.
            with suppress(OSError):
                temporary.chmod(OWNER_ONLY)
            with name_output_on_error(path):
                _sync_file(temporary)
        for path, temporary in wanted.items():
            with name_output_on_error(path):
                temporary.replace(path)
    except OutputUnwritable as error:
        named = {temporary: path for path, temporary in wanted.items()}
        raise OutputUnwritable(error.path and named.get(error.path, error.path), error.why) from None
    finally:
        for temporary in wanted.values():
            # A foreign file at this path was reported already.
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


def _name_partial_file(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.partial")


def _sync_file(temporary: Path) -> None:
    with temporary.open("rb") as written:
        os.fsync(written.fileno())
