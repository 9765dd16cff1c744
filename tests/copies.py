"""Worlds that are made once and copied: each test has a world of its own, and few of them are built.

A copy of a world is a copy of its folder and of its objects, in which workspaces and paths below the folder are those
of the copy. Of worlds that are there at the same time none is a copy of another's, so that each has ids and keys of its
own. An exhibit lies where it was scanned: in the copies of a record, that is the folder of the first.
"""

from __future__ import annotations

import atexit
import gc
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Generator, Hashable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
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
    mould = next((_mould for _mould in moulds if _mould.is_free), None)
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
        self._made = make(self._folder)
        for one in _of_a_folder(self._made):
            if isinstance(one, Workspace):
                one.engine.dispose()
        self._as_made = self._state()

    def cast(self, folder: Path) -> Any:
        """A copy, in a folder."""
        assert self._state() == self._as_made, f"a test wrote into {self._folder}, which others are copied from"
        self.is_free = False
        shutil.copytree(self._folder, folder, dirs_exist_ok=True)
        workspaces: dict[Path, Workspace] = {}
        replaced: dict[int, object] = {}
        for one in _of_a_folder(self._made):
            if isinstance(one, Workspace):
                here = folder / one.folder.relative_to(self._folder)
                if here not in workspaces:
                    workspaces[here] = open_workspace(here)
                replaced[id(one)] = workspaces[here]
            elif isinstance(one, Path):
                replaced[id(one)] = folder / one.relative_to(self._folder)
            else:
                replaced[id(one)] = one
        return deepcopy(self._made, replaced)

    def give_back(self) -> None:
        self.is_free = True

    def _state(self) -> list[tuple[Path, int, int]]:
        found = ((path, path.stat()) for path in sorted(self._folder.rglob("*")) if path.is_file())
        return [(path, status.st_size, status.st_mtime_ns) for path, status in found]


def _of_a_folder(world: object) -> Iterator[object]:
    """Yield what a copy of the world has in another way: workspaces, paths, and keys, which are the same in all."""
    seen: set[int] = set()
    found = [world]
    while found:
        one = found.pop()
        if id(one) in seen or isinstance(one, type | ModuleType | FunctionType | BuiltinFunctionType):
            continue
        seen.add(id(one))
        if isinstance(one, Workspace | Path | Ed25519PrivateKey | pyrage.x25519.Identity):
            yield one
        else:
            found += gc.get_referents(one)
