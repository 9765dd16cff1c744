"""Objects of an S3 store as exhibits: pinned by ETag, size and time, and read by ranges.

The first look at an object pins it. Every later answer must be of the same version, here and on the workers of a
cluster. So an object that is replaced meanwhile is refused, and no two versions are ever read as one.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache, lru_cache, partial
from threading import Lock
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote, unquote, urlencode, urlsplit

from sightline.errors import DamagedInput, SightlineError, UsageError
from sightline.model.remote_path import SCHEME, RemotePath
from sightline.storage.bucket_address import Address, parse_bucket_address
from sightline.storage.bucket_client import open_client
from sightline.storage.bucket_errors import Patience, TransferProgress, run_with_retries

if TYPE_CHECKING:
    from obstore import ObjectMeta
    from obstore.store import S3Store

T = TypeVar("T")
FIRST_BYTES = 256 << 10
"""The first range of an object: what the detection of its format needs."""
PIECE_BYTES = 8 << 20
AHEAD = 2
"""Ranges that are on their way while one is read."""
THREADS = 8
HELD_BYTES = 64 << 20
"""First ranges that stay in memory, so that small objects are requested once."""
PATIENCE = Patience()
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
_PLAIN = "/!$&'()*+,;=:@-._~ "


@dataclass(frozen=True, slots=True)
class Pin:
    """One version of an object, as the store describes it."""

    size_bytes: int
    e_tag: str | None
    modified: str

    @classmethod
    def from_meta(cls, meta: ObjectMeta) -> Pin:
        """Return the version that an answer describes."""
        return cls(meta["size"], meta["e_tag"], meta["last_modified"].replace(microsecond=0).isoformat())

    def to_tree(self) -> dict[str, object]:
        """Return it as plain data."""
        return asdict(self)


class ObjectPath(RemotePath):
    """An object, or all objects below a prefix, at the address of its bucket."""

    def __new__(cls, where: Address, key: str, _pin: Pin | None = None) -> ObjectPath:
        """Return the path. Its name has no options: `s3://BUCKET/KEY`."""
        remote_path = super().__new__(cls, _format_name(where.bucket, key))
        assert isinstance(remote_path, ObjectPath)
        return remote_path

    def __init__(self, where: Address, key: str, pin: Pin | None = None) -> None:
        super().__init__(_format_name(where.bucket, key))
        self.where, self.key, self._pin = where, key, pin

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ObjectPath) and (self.where, self.key) == (other.where, other.key)

    def __hash__(self) -> int:
        return hash((self.where, self.key))

    @property
    def url(self) -> str:
        """Return the URL with the endpoint, which leads to the object from any machine."""
        options = {"endpoint": self.where.endpoint, "region": self.where.region}
        query = urlencode({name: value for name, value in options.items() if value}, safe=":/[]")
        return f"{self}?{query}" if query else str(self)

    @property
    def pin(self) -> Pin:
        """Return the version that is read. Raises FileNotFoundError if there is no such object."""
        if self._pin is None:
            self._pin = Pin.from_meta(_run_request(self.where, lambda client: client.head_async(self.key)))
        return self._pin

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002  - as of other paths
        """Return the size, and a number that only this version of this object has."""
        try:
            pin = self.pin
        except FileNotFoundError:
            raise FileNotFoundError(2, "there is no such object", str(self)) from None
        number = int.from_bytes(hashlib.sha256(f"{self.url}\n{pin}".encode()).digest()[:7])
        return os.stat_result((stat.S_IFREG | 0o400, number, -1, 1, 0, 0, pin.size_bytes, 0, 0, 0))

    def is_dir(self) -> bool:
        """Return whether it is a bucket or a prefix."""
        if not self.key or self.key.endswith("/"):
            return True
        try:
            return not self.pin
        except FileNotFoundError:
            return next(self.list_objects(), None) is not None

    def is_file(self) -> bool:
        """Return whether there is such an object."""
        try:
            return bool(self.key and self.pin)
        except FileNotFoundError:
            return False

    def list_objects(self) -> Iterator[ObjectPath]:
        """Yield the objects below it, each pinned. Empty ones that stand for a folder are left out."""
        prefix = self.prefix.rstrip("/")
        progress = TransferProgress()
        result = _run_request(self.where, partial(_list_objects, prefix=prefix, progress=progress), progress)
        folders = {place for meta in result for place in _list_folders(meta["path"])} if _has_empty(result) else set()
        for meta in result:
            if meta["size"] or meta["path"] not in folders | {prefix}:
                yield ObjectPath(self.where, meta["path"], Pin.from_meta(meta))

    def list_parts_below(self, folder: RemotePath) -> tuple[bytes, ...]:
        """Return the parts of the key that follow a folder's."""
        assert isinstance(folder, ObjectPath)
        return tuple(part.encode() for part in self.key[len(folder.prefix) :].split("/"))

    @property
    def prefix(self) -> str:
        """Return what the keys below it begin with."""
        bare = self.key.rstrip("/")
        return f"{bare}/" if bare else ""

    def holds(self, other: ObjectPath) -> bool:
        """Return whether an object is this one or below it, in the same bucket of the same store."""
        is_same_bucket = (self.where.bucket, self.where.endpoint) == (other.where.bucket, other.where.endpoint)
        return is_same_bucket and (self.key == other.key or other.key.startswith(self.prefix))

    def open_reader(self) -> ObjectReader:
        """Return what reads the object."""
        return ObjectReader(self)


class ObjectReader:
    """Reads one version of an object in ranges, which grow while they are read in order."""

    def __init__(self, path: ObjectPath) -> None:
        self.name, self._path, self._pin = str(path), path, path.pin
        self.size_bytes = self._pin.size_bytes
        self.failure: SightlineError | None = None
        self._ahead: dict[int, Future[bytes]] = {}
        self._next, self._end, self._length = 0, 0, FIRST_BYTES

    def read(self, offset: int) -> bytes:
        """Return the bytes at an offset. Raises DamagedInput if the object changed, and StoreUnreachable."""
        if self.failure is not None:
            raise self.failure
        try:
            return self._read(offset)
        except SightlineError as error:
            self.failure = error
            raise

    def prefetch(self) -> None:
        """Request the first range now, because it is needed soon. A failure shows when it is read."""
        if self.size_bytes:
            _start_threads().submit(self._fetch, 0, FIRST_BYTES)

    def _read(self, offset: int) -> bytes:
        is_next = offset == self._next and offset > 0
        coming = self._ahead.pop(offset, None)
        if coming is None:
            self._forget()
            self._length = self._compute_next_length() if is_next else FIRST_BYTES
            piece = self._fetch(offset, self._length)
        else:
            piece = coming.result()
        self._next = offset + len(piece)
        if is_next:
            self._send_ahead()
        return piece

    def _compute_next_length(self) -> int:
        return min(4 * self._length, PIECE_BYTES)

    def _send_ahead(self) -> None:
        """Request the next ranges before they are needed."""
        if not self._ahead:
            self._end = self._next
        while len(self._ahead) < AHEAD and self._end < self.size_bytes:
            self._length = self._compute_next_length()
            self._ahead[self._end] = _start_threads().submit(self._fetch, self._end, self._length)
            self._end += self._length

    def _forget(self) -> None:
        for coming in self._ahead.values():
            coming.cancel()
        self._ahead.clear()

    def _fetch(self, offset: int, length: int) -> bytes:
        if offset == 0:
            return _first_pieces.fetch_first(self._path, self._pin, partial(self._fetch_range, 0, FIRST_BYTES))
        return self._fetch_range(offset, length)

    def _fetch_range(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size_bytes)
        try:
            return _run_request(self._path.where, partial(_get_range, path=self._path, start=offset, end=end))
        except FileNotFoundError:
            raise DamagedInput(f"{self.name} was deleted while it was read", hint=_AGAIN) from None


_AGAIN = "copy the logs to where nobody writes, then run again"


class FirstPieces:
    """The first ranges of objects that were looked at last, and those that are on their way."""

    def __init__(self) -> None:
        self._held: OrderedDict[tuple[ObjectPath, Pin], Future[bytes]] = OrderedDict()
        self._size, self._lock = 0, Lock()

    def fetch_first(self, path: ObjectPath, pin: Pin, fetch: Callable[[], bytes]) -> bytes:
        """Return the first range of an object, requested only if nobody has requested it."""
        key = path, pin
        with self._lock:
            coming, is_mine = self._held.get(key), key not in self._held
            if coming is None:
                coming = self._held[key] = Future()
        if is_mine:
            self._request(key, coming, fetch)
        return coming.result()

    def _request(self, key: tuple[ObjectPath, Pin], coming: Future[bytes], fetch: Callable[[], bytes]) -> None:
        try:
            piece = fetch()
        except BaseException as error:
            # Others wait for this piece: they get whatever went wrong.
            with self._lock:
                self._held.pop(key, None)
            coming.set_exception(error)
            raise
        coming.set_result(piece)
        with self._lock:
            self._size += len(piece)
            while self._size > HELD_BYTES and next(iter(self._held.values())).done():
                self._size -= len(self._held.popitem(last=False)[1].result())


_first_pieces = FirstPieces()


async def _get_range(client: S3Store, path: ObjectPath, start: int, end: int) -> bytes:
    from obstore.exceptions import PreconditionError  # noqa: PLC0415  - few need a bucket

    changed = DamagedInput(f"{path} was changed while it was read", hint=_AGAIN)
    try:
        get_result = await client.get_async(path.key, options={"range": (start, end), "if_match": path.pin.e_tag})
    except PreconditionError:
        raise changed from None
    # Not every store heeds the condition.
    if Pin.from_meta(get_result.meta) != path.pin:
        raise changed
    read = bytes(await get_result.bytes_async())
    if len(read) != end - start:
        raise changed
    return read


async def _list_objects(client: S3Store, prefix: str, progress: TransferProgress) -> list[ObjectMeta]:
    result: list[ObjectMeta] = []
    async for chunk in client.list(prefix or None, chunk_size=1000):
        progress.record()
        result += chunk
    return result


def _has_empty(objects: list[ObjectMeta]) -> bool:
    return any(not object_["size"] for object_ in objects)


def _list_folders(key: str) -> Iterator[str]:
    while "/" in key:
        key = key.rpartition("/")[0]
        yield key


def _run_request(
    where: Address, act: Callable[[S3Store], Coroutine[None, None, T]], progress: TransferProgress | None = None
) -> T:
    """Run a request, with retries. Raises FileNotFoundError for a missing object."""
    client = _get_client(where)
    return run_with_retries(lambda: act(client), PATIENCE, str(where), progress)


@lru_cache(maxsize=16)
def _get_client(where: Address) -> S3Store:
    return open_client(where, PATIENCE.silent_s)


@cache
def _start_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="object")


def _format_name(bucket: str, key: str) -> str:
    return f"{SCHEME}{bucket}/{quote_key(key)}"


def quote_key(key: str) -> str:
    """Return a key as it is written in a URL. Only what a URL or a terminal would read otherwise is escaped."""
    return "".join(
        character if character in _PLAIN or (character.isprintable() and character not in '%?#"') else quote(character)
        for character in key
    )


def parse_object_path(url: str, environment: Mapping[str, str] = os.environ) -> ObjectPath:
    """Return the path of `s3://BUCKET/KEY?endpoint=URL&region=NAME&profile=NAME`. Raises UsageError.

    Without an endpoint, that of AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL is used.
    """
    parts = urlsplit(url)
    key = unquote(parts.path.removeprefix("/"))
    if parts.fragment or "//" in f"/{key}" or any(part in {".", ".."} for part in key.split("/")):
        raise UsageError(
            f"s3://{parts.netloc}{parts.path} names no object", hint="write # as %23, ? as %3F and % as %25"
        )
    where = parse_bucket_address(f"{SCHEME}{parts.netloc}?{parts.query}" if parts.query else f"{SCHEME}{parts.netloc}")
    if where.endpoint is None:
        given = next(filter(None, map(environment.get, ENDPOINTS)), None)
        if given:
            bucket_address = parse_bucket_address(f"{SCHEME}{parts.netloc}?{urlencode({'endpoint': given})}")
            where = replace(where, endpoint=bucket_address.endpoint)
    return ObjectPath(where, key)
