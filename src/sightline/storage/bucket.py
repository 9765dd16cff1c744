"""Store segment files in an S3 bucket."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property, partial
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sightline.errors import DamagedInput, StoreUnreachable, name_output_on_error
from sightline.storage.bucket_address import Address
from sightline.storage.bucket_client import open_client
from sightline.storage.bucket_errors import Patience, TransferProgress, run_with_retries
from sightline.storage.folder import build_missing_file_error, write_whole
from sightline.storage.scratch import Scratch
from sightline.storage.segments import StoredFile, check_name, check_prefix

if TYPE_CHECKING:
    import obstore.store
    from obstore import Bytes, ObjectMeta

T = TypeVar("T")
PIECE = 5 << 20
"""Bytes per request, and so the cost of a broken connection. S3 accepts no smaller parts."""
_AT_ONCE = 4
"""Parts sent at once. After a failure it is one, which a slow line completes in time."""


class S3Store:
    """A segment store in an S3 bucket, for the names under one prefix.

    The client retries each request, and this class retries each part or file, while the failure may pass. Downloads and
    files that wait for upload are in a folder of their own in `scratch`, readable by its owner only. The next process
    that uses the bucket removes what a killed process left there.
    """

    def __init__(self, address: Address, scratch: Path | None, patience: Patience | None = None) -> None:
        self._address, self._scratch, self._patience = address, Scratch(scratch), patience or Patience()

    @property
    def where(self) -> str:
        """Return the bucket, its prefix and its endpoint as text."""
        return str(self._address)

    def put(self, name: str, source: Path) -> None:
        """Upload a file, in parts if it is large. The name appears once every part has arrived."""
        check_name(name)

        progress, at_once = TransferProgress(), iter([_AT_ONCE])

        async def send() -> None:
            most = next(at_once, 1)
            with BucketUpload(source, most, progress) as stream:
                await self._bucket.put_async(name, stream, chunk_size=PIECE, max_concurrency=most)

        self._try(send, progress)

    def get(self, name: str, target: Path) -> None:
        """Download a file under a temporary name, then rename it."""
        with name_output_on_error(target), write_whole(target) as beside:
            self._fetch(name, beside)

    @contextmanager
    def open_local(self, name: str) -> Iterator[Path]:
        """Yield a local copy of the file. The copy is removed at the end."""
        with self._scratch.open_folder() as folder:
            path = folder / Path(check_name(name)).name
            with name_output_on_error(path):
                self._fetch(name, path)
            yield path

    def delete(self, name: str) -> None:
        """Remove a file. A missing file has no effect."""
        with suppress(FileNotFoundError):
            self._try(lambda: self._delete(check_name(name)))

    def exists(self, name: str) -> bool:
        """Return whether the store has a file of that name."""
        try:
            self._fetch_head(name)
        except DamagedInput:
            return False
        return True

    def names(self, prefix: str = "") -> Iterator[StoredFile]:
        """Yield the files below a prefix, sorted by name."""
        bare = check_prefix(prefix)

        progress = TransferProgress()

        async def list_objects() -> list[StoredFile]:
            stored_files: list[StoredFile] = []
            async for chunk in self._bucket.list(bare or None, chunk_size=1000):
                progress.record()
                stored_files += map(_to_stored, chunk)
            return stored_files

        yield from sorted(self._try(list_objects, progress), key=lambda stored: stored.name)

    @contextmanager
    def open_staging(self, prefix: str) -> Iterator[BucketStaging]:
        """Yield a local folder. Its files are uploaded when they are published."""
        with self._scratch.open_folder() as folder:
            staged = BucketStaging(folder, self, check_name(prefix.removesuffix("/")))
            try:
                yield staged
            finally:
                staged.withdraw()

    def clear(self, prefix: str) -> int:
        """Remove all files below a prefix and return their number.

        Parts of broken uploads expire by the bucket's rules.
        """
        result = [stored.name for stored in self.names(check_name(prefix.removesuffix("/")))]
        for name in result:
            self.delete(name)
        return len(result)

    @cached_property
    def _bucket(self) -> obstore.store.S3Store:
        self._scratch.sweep()
        return open_client(self._address, self._patience.silent_s)

    def _try(self, act: Callable[[], Coroutine[None, None, T]], progress: TransferProgress | None = None) -> T:
        return run_with_retries(act, self._patience, self.where, progress)

    def _fetch_head(self, name: str) -> ObjectMeta:
        check_name(name)

        async def head() -> ObjectMeta:
            return await self._bucket.head_async(name)

        async def bucket_is_there() -> None:
            async for _ in self._bucket.list(name, chunk_size=1):
                return

        try:
            return self._try(head)
        except FileNotFoundError:
            # The answer to HEAD has no body: only a list request tells whether the bucket itself is missing.
            self._try(bucket_is_there)
            raise build_missing_file_error(name, self.where) from None

    async def _delete(self, name: str) -> None:
        await self._bucket.delete_async(name)

    def _fetch(self, name: str, target: Path) -> None:
        size = self._fetch_head(name)["size"]

        async def piece(start: int) -> Bytes:
            return await self._bucket.get_range_async(name, start=start, end=min(start + PIECE, size))

        with target.open("wb") as written:
            for start in range(0, size, PIECE):
                written.write(self._try(partial(piece, start)))


class BucketUpload(FileIO):
    """A file during its upload: reading the next part shows that an earlier one arrived.

    A part that an earlier attempt sent already is no progress.
    """

    def __init__(self, path: Path, at_once: int, progress: TransferProgress) -> None:
        super().__init__(path, "rb")
        self._window, self._progress = (at_once + 1) * PIECE, progress

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next part."""
        read = super().read(-1 if size is None else size) or b""
        self._progress.note_reached(self.tell() - self._window)
        return read


class BucketStaging:
    """Files written beside the workspace and uploaded to the bucket when they are published."""

    def __init__(self, folder: Path, store: S3Store, prefix: str) -> None:
        self.folder, self._store, self._prefix = folder, store, prefix
        self._sent: list[str] = []

    def publish(self) -> tuple[StoredFile, ...]:
        """Upload all files, in order of their names."""
        for path in sorted(self.folder.iterdir()):
            self._sent.append(f"{self._prefix}/{path.name}")
            try:
                self._store.put(self._sent[-1], path)
            except StoreUnreachable:
                # Removal would wait for the server once more. The uploaded files are orphans, which the sweeper
                # removes.
                self._sent.clear()
                raise
        self._sent.clear()
        return tuple(self._store.names(self._prefix))

    def withdraw(self) -> None:
        """Remove the uploaded files of a failed publication.

        Files that the server does not remove are orphans for the sweeper.
        """
        with suppress(StoreUnreachable):
            for name in self._sent:
                self._store.delete(name)


def _to_stored(meta: ObjectMeta) -> StoredFile:
    return StoredFile(meta["path"], meta["size"])
