"""Segment files in a bucket that speaks S3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sightline.errors import DamagedInput, StoreUnreachable, writing
from sightline.record.store.bucket_address import Address, credentials
from sightline.record.store.bucket_trouble import Patience, patiently
from sightline.record.store.folder import absent, whole
from sightline.record.store.scratch import Scratch
from sightline.record.store.segments import Stored, checked_name, checked_prefix

if TYPE_CHECKING:
    import obstore.store
    from obstore import ObjectMeta
    from obstore.store import RetryConfig, S3Config

T = TypeVar("T")
PIECE = 8 << 20
"""How much is sent or fetched by one request: what a broken connection costs again."""
_AT_ONCE = 4
RETRIES: RetryConfig = {
    "max_retries": 5,
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3)},
    "retry_timeout": timedelta(seconds=30),
}
"""How the client tries one request again, before we do."""


class S3Store:
    """A store in a bucket, of the names under one prefix.

    Each request is tried again by the client, and each piece or file by us, while its failure may pass. What is
    fetched or waits to be sent lies in a folder of its own in `scratch`, for its owner only; what a killed process left
    there is removed by the next that turns to the bucket.
    """

    def __init__(self, address: Address, scratch: Path | None, patience: Patience | None = None) -> None:
        self._address, self._scratch, self._patience = address, Scratch(scratch), patience or Patience()

    @property
    def where(self) -> str:
        """The bucket, its prefix and its endpoint."""
        return str(self._address)

    def put(self, name: str, source: Path) -> None:
        """Send a file, in pieces if it is large: the name appears when all of them have arrived."""
        checked_name(name)

        def send() -> None:
            with source.open("rb") as stream:
                self._bucket.put(name, stream, chunk_size=PIECE, max_concurrency=_AT_ONCE)

        self._try(send)

    def get(self, name: str, target: Path) -> None:
        """Fetch a file under a name of its own, then rename it."""
        with writing(target), whole(target) as beside:
            self._fetch(name, beside)

    @contextmanager
    def local_path(self, name: str) -> Iterator[Path]:
        """A copy of the file, which is removed at the end."""
        with self._scratch.folder() as folder:
            path = folder / Path(checked_name(name)).name
            with writing(path):
                self._fetch(name, path)
            yield path

    def delete(self, name: str) -> None:
        """Remove a file; nothing, if there is none."""
        with suppress(FileNotFoundError):
            self._try(lambda: self._bucket.delete(checked_name(name)))

    def exists(self, name: str) -> bool:
        """Whether there is a file of that name."""
        try:
            self._head(name)
        except DamagedInput:
            return False
        return True

    def names(self, prefix: str = "") -> Iterator[Stored]:
        """Yield the files below a prefix, sorted by name."""
        bare = checked_prefix(prefix)

        def listed() -> list[Stored]:
            return [_stored(meta) for chunk in self._bucket.list(bare or None, chunk_size=1000) for meta in chunk]

        yield from sorted(self._try(listed), key=lambda stored: stored.name)

    @contextmanager
    def staging(self, prefix: str) -> Iterator[BucketStaging]:
        """A folder of this machine, whose files are sent when they are published."""
        with self._scratch.folder() as folder:
            staged = BucketStaging(folder, self, checked_name(prefix.removesuffix("/")))
            try:
                yield staged
            finally:
                staged.withdraw()

    def clear(self, prefix: str) -> int:
        """Remove all files below a prefix; how many there were. Parts of broken uploads expire as the bucket says."""
        found = [stored.name for stored in self.names(checked_name(prefix.removesuffix("/")))]
        for name in found:
            self.delete(name)
        return len(found)

    @cached_property
    def _bucket(self) -> obstore.store.S3Store:
        from obstore.store import S3Store as Client  # noqa: PLC0415  - few need a bucket

        self._scratch.sweep()
        where, key = self._address, credentials(self._address)
        config: S3Config = {"virtual_hosted_style_request": False, "disable_bulk_delete": True}
        if where.endpoint:
            config["endpoint"] = where.endpoint
        if where.region:
            config["region"] = where.region
        if key is not None:
            config |= {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}
            if key.session_token:
                config["session_token"] = key.session_token
        http = (where.endpoint or "").startswith("http:")
        return Client(
            where.bucket,
            prefix=where.prefix or None,
            config=config,
            client_options={"allow_http": http, "timeout": "5 min", "read_timeout": "30 s"},
            retry_config=RETRIES,
        )

    def _try(self, act: Callable[[], T]) -> T:
        return patiently(act, self._patience, self.where)

    def _head(self, name: str) -> ObjectMeta:
        try:
            return self._try(lambda: self._bucket.head(checked_name(name)))
        except FileNotFoundError:
            # The answer to HEAD has no body: only a list says whether it is the bucket that is not there.
            self._try(lambda: next(iter(self._bucket.list(name, chunk_size=1)), None))
            raise absent(name, self.where) from None

    def _fetch(self, name: str, target: Path) -> None:
        size = self._head(name)["size"]
        with target.open("wb") as written:
            for start in range(0, size, PIECE):
                written.write(
                    self._try(partial(self._bucket.get_range, name, start=start, end=min(start + PIECE, size)))
                )


class BucketStaging:
    """Files written beside the workspace, sent to the bucket when they are published."""

    def __init__(self, folder: Path, store: S3Store, prefix: str) -> None:
        self.folder, self._store, self._prefix = folder, store, prefix
        self._sent: list[str] = []

    def publish(self) -> tuple[Stored, ...]:
        """Send all files, in order of their names."""
        for path in sorted(self.folder.iterdir()):
            self._sent.append(f"{self._prefix}/{path.name}")
            self._store.put(self._sent[-1], path)
        self._sent.clear()
        return tuple(self._store.names(self._prefix))

    def withdraw(self) -> None:
        """Remove what was sent of a publication that failed; what the server keeps is an orphan, for the sweeper."""
        with suppress(StoreUnreachable):
            for name in self._sent:
                self._store.delete(name)


def _stored(meta: ObjectMeta) -> Stored:
    return Stored(meta["path"], meta["size"])
