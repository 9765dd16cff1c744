"""Keep the parts of a feed whole, in a folder of the unit: only under an authority that says so."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from sightline.errors import Refused, UsageError
from sightline.private_files import write_private_file
from sightline.services.live.chain import NewPart


class RetainedParts:
    """A folder with one file for each part. Only one watch at a time writes into it."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path.cwd() / folder
        try:
            self._number = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise UsageError(f"--retain {folder}: {error.strerror}", hint="give a folder that exists") from None
        try:
            fcntl.flock(self._number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.close()
            raise Refused(f"another watch writes into {folder}", hint="give each watch a folder of its own") from None

    def close(self) -> None:
        """Let another watch write into the folder."""
        os.close(self._number)

    def sweep(self, next_numbers: Sequence[tuple[str, int]]) -> None:
        """Delete the files of parts that were never registered. `next_numbers`: each feed, with its next part."""
        for feed_id, number in next_numbers:
            for path in self.folder.glob(f"{feed_id}-*.log*"):
                if not path.name[len(feed_id) + 1 :][:9].isdigit() or int(path.name[len(feed_id) + 1 :][:9]) >= number:
                    path.unlink()

    def write(self, new: NewPart) -> Path:
        """Write a part and return its path. It is on disk when this returns."""
        path = self.folder / f"{new.feed_id}-{new.number:09}.log"
        unfinished = path.with_suffix(".log.tmp")
        unfinished.unlink(missing_ok=True)
        try:
            write_private_file(unfinished, new.piece.content)
            unfinished.replace(path)
            os.fsync(self._number)
        except OSError as error:
            unfinished.unlink(missing_ok=True)
            raise UsageError(
                f"{path}: the part cannot be retained: {error.strerror}",
                hint="make room, and start the watch again; nothing of the part was registered",
            ) from None
        return path
