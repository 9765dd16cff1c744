"""Intakes and uploaded files in a private folder of the workspace, until they are scanned or removed.

`uploads/INTAKE/intake.json`, `uploads/INTAKE/parts/UPLOAD-SIZE.json` and `UPLOAD.part`, `uploads/INTAKE/files/NAME`.
No backup has them. The size is in the name so that what is promised can be added up without reading files.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from sightline.errors import NotThere, Refused, UsageError, name_output_on_error
from sightline.services.intake.digests import ArrivingDigests
from sightline.services.intake.file_names import check_file_name
from sightline.services.intake.intake import Intake, Upload
from sightline.services.intake.seizure_memo import read_memo
from sightline.storage.folder import sync_file, write_whole

FOLDER = "uploads"
LIMIT_BYTES = 100 << 30
"""Default maximum size of all uploads together."""
RESERVE_BYTES = 1 << 30
"""Free space of the disk that uploads never take."""
IDLE_US = 7 * 86_400_000_000
"""How long an upload stays after its intake last changed."""
MOST_FILES = 5_000
MOST_FINISHED = 200
"""Accounts of finished intakes that are kept."""
ULID = re.compile("[0-9A-HJKMNP-TV-Z]{26}")


class WrongOffset(UsageError):
    """An upload goes on at another byte than the one that was sent."""


@dataclass(slots=True)
class IntakeStore:
    """The intakes of a workspace. `limit_bytes` is the maximum size of all uploads together, as they were announced."""

    workspace: Path
    limit_bytes: int = LIMIT_BYTES
    digests: ArrivingDigests = field(default_factory=ArrivingDigests)

    @property
    def root(self) -> Path:
        """Return the folder of all intakes."""
        return self.workspace / FOLDER

    def add(self, intake: Intake) -> None:
        """Store a new intake."""
        with name_output_on_error(self.root):
            for path in (self.root, self._locate_folder(intake.intake_id)):
                path.mkdir(mode=0o700, exist_ok=True)
            for name in ("parts", "files"):
                (self._locate_folder(intake.intake_id) / name).mkdir(mode=0o700)
        self.save(intake)

    def save(self, intake: Intake) -> None:
        """Store what changed of an intake."""
        _write(self._locate_folder(intake.intake_id) / "intake.json", intake.to_json())

    def get(self, intake_id: str) -> Intake:
        """Return an intake. Raises NotThere."""
        try:
            return Intake.from_json((self._locate_folder(intake_id) / "intake.json").read_bytes())
        except (OSError, ValueError, TypeError, KeyError):
            raise NotThere("there is no such intake") from None

    def list_all(self) -> list[Intake]:
        """Return all intakes, newest first."""
        intakes = []
        for folder in sorted(self.root.glob("*/intake.json"), reverse=True):
            with suppress(NotThere):
                intakes.append(self.get(folder.parent.name))
        return intakes

    def remove(self, intake_id: str) -> None:
        """Remove an intake with its files. Raises NotThere."""
        folder = self._locate_folder(self.get(intake_id).intake_id)
        with name_output_on_error(folder):
            shutil.rmtree(folder)

    def remove_idle(self, now_us: int) -> int:
        """Remove intakes that nobody continued, and the oldest accounts. Returns their number."""
        finished, count = 0, 0
        for intake in self.list_all():
            finished += intake.result is not None
            is_idle = intake.result is None and self.find_change_us(intake) + IDLE_US < now_us
            if is_idle or (intake.result is not None and finished > MOST_FINISHED):
                with suppress(NotThere):
                    self.remove(intake.intake_id)
                count += 1
        return count

    def find_change_us(self, intake: Intake) -> int:
        """Return when an intake last changed: its begin, or the newest event of its uploads."""
        return max([intake.begun_at_us, *(upload.at_us for upload in self.list_uploads(intake.intake_id))])

    def locate_files(self, intake_id: str) -> Path:
        """Return the folder of an intake's complete files."""
        return self._locate_folder(intake_id) / "files"

    def clear(self, intake_id: str) -> None:
        """Remove all files of an intake. Its account stays."""
        folder = self._locate_folder(intake_id)
        with name_output_on_error(folder):
            for name in ("parts", "files"):
                shutil.rmtree(folder / name)
                (folder / name).mkdir(mode=0o700)

    def list_uploads(self, intake_id: str) -> list[Upload]:
        """Return the uploads of an intake by name."""
        uploads = []
        for path in self._locate_parts(intake_id).glob("*.json"):
            with suppress(OSError, ValueError, TypeError):
                uploads.append(Upload.from_json(path.read_bytes()))
        return sorted(uploads, key=lambda upload: upload.name)

    def begin_upload(self, intake_id: str, upload: Upload) -> Upload:
        """Reserve room and a name for a file. Raises UsageError, Refused."""
        upload_id, size_bytes = upload.upload_id, upload.size_bytes
        upload = replace(upload, name=check_file_name(upload.name))
        intake = self.get(intake_id)
        if intake.result is not None:
            raise UsageError("this intake is finished", hint="begin another for more files")
        with self._lock_space():
            self._require_room(size_bytes)
            if sum(1 for _ in self._locate_parts(intake_id).glob("*.json")) >= MOST_FILES:
                raise UsageError(f"an intake has at most {MOST_FILES} files", hint="begin another for the others")
            self._reserve_name(intake_id, upload.name)
            with name_output_on_error(self._locate_part(intake_id, upload_id)):
                os.close(os.open(self._locate_part(intake_id, upload_id), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            self._save_upload(intake_id, upload)
        if size_bytes == 0:
            return self.append(intake_id, upload_id, 0, b"", upload.at_us)
        return upload

    def find_upload(self, intake_id: str, upload_id: str) -> tuple[Upload, int]:
        """Return an upload and how many of its bytes are there. Raises NotThere."""
        upload = self._find_upload(intake_id, upload_id)
        if upload.sha256 is not None:
            return upload, upload.size_bytes
        try:
            return upload, self._locate_part(intake_id, upload_id).stat().st_size
        except OSError:
            raise NotThere("there is no such upload") from None

    def append(self, intake_id: str, upload_id: str, offset: int, chunk: bytes, now_us: int) -> Upload:
        """Append bytes at an offset. The last ones complete the file, and its digest is compared with the memo.

        Raises NotThere, WrongOffset, UsageError, OutputUnwritable, and Refused for a file with another digest.
        """
        with self._open_part(intake_id, upload_id) as stream:
            upload, size = self._find_upload(intake_id, upload_id), os.fstat(stream.fileno()).st_size
            if offset != size or upload.sha256 is not None:
                raise WrongOffset(f"the upload goes on at byte {size}, and not at byte {offset}")
            if size + len(chunk) > upload.size_bytes:
                raise UsageError("more bytes came than were announced", hint="remove the file and upload it again")
            digest = self.digests.take(upload_id, stream, size)
            with name_output_on_error(self._locate_part(intake_id, upload_id)):
                _append(stream, size, chunk)
            digest.update(chunk)
            if size + len(chunk) < upload.size_bytes:
                self.digests.give_back(upload_id, digest, size + len(chunk))
                return upload
            return self._finish_upload(intake_id, replace(upload, sha256=digest.hexdigest(), at_us=now_us))

    def remove_upload(self, intake_id: str, upload_id: str) -> None:
        """Remove a file of an intake, whole or not. Raises NotThere."""
        upload = self._find_upload(intake_id, upload_id)
        with name_output_on_error(self.locate_files(intake_id)):
            if not upload.is_refused:
                (self.locate_files(intake_id) / upload.name).unlink(missing_ok=True)
            self._locate_part(intake_id, upload_id).unlink(missing_ok=True)
            self._locate_facts(intake_id, upload).unlink(missing_ok=True)

    def count_used_bytes(self) -> int:
        """Return the size of all uploads, as they were announced."""
        return sum(int(path.stem.rpartition("-")[2]) for path in self.root.glob("*/parts/*-*.json"))

    def _finish_upload(self, intake_id: str, upload: Upload) -> Upload:
        """Give a file its name, unless the seizure memo has another digest for it: then its bytes are removed."""
        expected = read_memo(self.get(intake_id).memo).find_digests(upload.name)
        part, target = self._locate_part(intake_id, upload.upload_id), self.locate_files(intake_id) / upload.name
        if expected and upload.sha256 not in expected:
            with name_output_on_error(part):
                for path in (target, part):
                    path.unlink(missing_ok=True)
            self._save_upload(intake_id, replace(upload, is_in_memo=True, is_refused=True))
            raise Refused(
                f"{upload.name} is not the file of the seizure memo: its SHA-256 is {upload.sha256}",
                hint="its bytes were removed; compare the memo with the original, and upload it again",
            )
        upload = replace(upload, is_in_memo=bool(expected))
        with name_output_on_error(target):
            sync_file(part)
            part.replace(target)
        self._save_upload(intake_id, upload)
        return upload

    def _reserve_name(self, intake_id: str, name: str) -> None:
        """Create an empty file of that name. A name that is taken, also as a folder, is refused."""
        target = self.locate_files(intake_id) / name
        try:
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise UsageError(f"this intake has a file {name} already", hint="remove that one first") from None
        except OSError as error:
            with name_output_on_error(target):
                raise error

    def _require_room(self, size_bytes: int) -> None:
        used = self.count_used_bytes()
        arrived = sum(path.stat().st_size for path in self.root.rglob("*") if path.is_file())
        free = shutil.disk_usage(self.root).free - max(0, used - arrived) - RESERVE_BYTES
        if used + size_bytes > self.limit_bytes or size_bytes > free:
            raise Refused(
                f"there is no room for an upload of {size_bytes} bytes: {max(0, min(self.limit_bytes - used, free))}"
                " bytes are left",
                hint="remove uploads that nobody needs, or ask the administrator for a higher limit",
            )

    @contextmanager
    def _lock_space(self) -> Iterator[None]:
        """Hold the lock under which room is reserved."""
        handle = os.open(self.root, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    @contextmanager
    def _open_part(self, intake_id: str, upload_id: str) -> Iterator[BinaryIO]:
        """Yield the bytes of an unfinished upload, locked. Raises NotThere, WrongOffset for one that is in use."""
        try:
            stream = self._locate_part(intake_id, upload_id).open("r+b")
        except OSError:
            raise NotThere("there is no such upload") from None
        with stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise WrongOffset("another request sends bytes of this file") from None
            yield stream

    def _find_upload(self, intake_id: str, upload_id: str) -> Upload:
        for path in self._locate_parts(intake_id).glob(f"{_require_id(upload_id)}-*.json"):
            with suppress(OSError, ValueError, TypeError):
                return Upload.from_json(path.read_bytes())
        raise NotThere("there is no such upload")

    def _save_upload(self, intake_id: str, upload: Upload) -> None:
        if upload.is_refused:  # its bytes are gone, and take no room
            self._locate_facts(intake_id, replace(upload, is_refused=False)).unlink(missing_ok=True)
        _write(self._locate_facts(intake_id, upload), upload.to_json())

    def _locate_facts(self, intake_id: str, upload: Upload) -> Path:
        size = 0 if upload.is_refused else upload.size_bytes
        return self._locate_parts(intake_id) / f"{_require_id(upload.upload_id)}-{size}.json"

    def _locate_part(self, intake_id: str, upload_id: str) -> Path:
        return self._locate_parts(intake_id) / f"{_require_id(upload_id)}.part"

    def _locate_parts(self, intake_id: str) -> Path:
        return self._locate_folder(intake_id) / "parts"

    def _locate_folder(self, intake_id: str) -> Path:
        return self.root / _require_id(intake_id)


def _append(stream: BinaryIO, size: int, chunk: bytes) -> None:
    """Write bytes at the end, all or none."""
    try:
        stream.seek(size)
        stream.write(chunk)
        stream.flush()
    except OSError:
        with suppress(OSError):
            os.ftruncate(stream.fileno(), size)
        raise


def _write(path: Path, content: bytes) -> None:
    with name_output_on_error(path), write_whole(path) as partial:
        partial.write_bytes(content)


def _require_id(an_id: str) -> str:
    """Return an id that can be the name of a file. Raises NotThere."""
    if ULID.fullmatch(an_id) is None:
        raise NotThere("there is no such intake")
    return an_id
