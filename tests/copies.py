"""Worlds that are made once and copied: each test has a world of its own, and few of them are built.

What a world is of, is kept as the folder that it lies in and a pickle of its objects, in which workspaces and paths below
that folder stand by their place. Of worlds that are there at the same time none is a copy of another's, so that each has
ids and keys of its own. An exhibit lies where it was scanned: in the copies of a record, that is the folder of the first.
"""

from __future__ import annotations

import atexit
import io
import pickle
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Hashable
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

import pyrage
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.workspace.workspace import Workspace, open_workspace

T = TypeVar("T")


class Owner(Protocol):
    """A fixture or a test, at whose end its worlds are given back."""

    def addfinalizer(self, finalizer: Callable[[], object]) -> None: ...


_MOULDS: defaultdict[Hashable, list[_Mould]] = defaultdict(list)
_OWNERS: list[Owner | None] = []


@contextmanager
def owned_by(owner: Owner | None) -> Generator[None]:
    """Worlds that are copied inside are free to be copied again once their owner ends; without one, none is a copy."""
    _OWNERS.append(owner)
    try:
        yield
    finally:
        _OWNERS.pop()


def copied(key: Hashable, make: Callable[[Path], T], folder: Path) -> T:
    """What `make` makes in a folder, in the folder given: a copy of what it once made. `key` names what is made.

    `make` puts nothing outside its folder.
    """
    owner = _OWNERS[-1] if _OWNERS else None
    if owner is None:
        return make(folder)
    moulds = _MOULDS[key]
    mould = next((one for one in moulds if one.is_free), None)
    if mould is None:
        with owned_by(None):
            mould = _Mould(make)
        moulds.append(mould)
    owner.addfinalizer(mould.give_back)
    return mould.cast(folder)  # type: ignore[no-any-return]


@cache
def _place() -> Path:
    place = Path(tempfile.mkdtemp(prefix="sightline-worlds-")).resolve()
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return place


class _Mould:
    """A world that nobody works in, to be copied."""

    def __init__(self, make: Callable[[Path], Any]) -> None:
        self._folder = Path(tempfile.mkdtemp(dir=_place()))
        self.is_free = True
        made, out = make(self._folder), io.BytesIO()
        pickler = _Pickler(out, self._folder)
        pickler.dump(made)
        self._pickle, self._same = out.getvalue(), pickler.same
        for workspace in pickler.workspaces:
            workspace.engine.dispose()
        self._as_made = self._state()

    def cast(self, folder: Path) -> Any:
        """A copy, in a folder."""
        assert self._state() == self._as_made, f"a test wrote into {self._folder}, which others are copied from"
        self.is_free = False
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        return _Unpickler(io.BytesIO(self._pickle), folder, self._same).load()

    def give_back(self) -> None:
        self.is_free = True

    def _state(self) -> list[tuple[Path, int, int]]:
        found = ((path, path.stat()) for path in sorted(self._folder.rglob("*")) if path.is_file())
        return [(path, told.st_size, told.st_mtime_ns) for path, told in found]


class _Pickler(pickle.Pickler):
    def __init__(self, out: io.BytesIO, folder: Path) -> None:
        super().__init__(out)
        self._folder = folder
        self.same: list[object] = []
        self.workspaces: list[Workspace] = []

    def persistent_id(self, one: object) -> tuple[str, Any] | None:
        if isinstance(one, Workspace):
            self.workspaces.append(one)
            return "workspace", one.folder.relative_to(self._folder).as_posix()
        if isinstance(one, Path):
            return "path", one.relative_to(self._folder).as_posix()
        if isinstance(one, Ed25519PrivateKey | pyrage.x25519.Identity):
            self.same.append(one)
            return "same", len(self.same) - 1
        return None


class _Unpickler(pickle.Unpickler):
    def __init__(self, of: io.BytesIO, folder: Path, same: list[object]) -> None:
        super().__init__(of)
        self._folder, self._same = folder, same
        self._workspaces: dict[str, Workspace] = {}

    def persistent_load(self, told: tuple[str, Any]) -> object:
        kind, what = told
        if kind == "same":
            return self._same[what]
        if kind == "path":
            return self._folder / what
        if what not in self._workspaces:
            self._workspaces[what] = open_workspace(self._folder / what)
        return self._workspaces[what]
