"""Small files written whole or not at all, and what the system says of inputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sightline.errors import OutputExists, UsageError, name_output_on_error


@contextmanager
def map_input_errors(path: Path) -> Iterator[None]:
    """Turn what the system says of an input into wrong use that names it."""
    try:
        if path.exists() and not path.is_file():
            raise UsageError(f"{path} is not a file", hint="give the path of a regular file")
        yield
    except FileNotFoundError:
        raise UsageError(f"{path}: there is no such file", hint="give the path of a file that is there") from None
    except PermissionError:
        raise UsageError(f"{path}: no permission to read it", hint="ask its owner") from None


def write_small(path: Path, text: str, *, mode: int, overwrite: bool) -> None:
    """Write a small file beside and rename it into place, so that half of one is never there."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with (
        name_output_on_error(path),
        os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as stream,
    ):
        try:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
            if overwrite:
                beside.replace(path)
            else:
                os.link(beside, path)
        except FileExistsError:
            raise OutputExists(
                f"{path} exists already", hint="--overwrite replaces it, where the command has it"
            ) from None
        finally:
            beside.unlink(missing_ok=True)
