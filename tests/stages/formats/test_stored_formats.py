"""Formats stored for detection: the same as compiled anew, and never those of other sources."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sightline.stages.formats import stored_formats as store
from sightline.stages.formats.loader import load_builtin_formats


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    path = tmp_path / "stored.json"
    monkeypatch.setattr(store, "STORE", path)
    store.store_formats(path)
    yield path
    store._read.cache_clear()


def test_stored_formats_equal_the_built_in_formats(path: Path) -> None:
    stored = store.read_stored_formats()

    assert list(stored) == list(load_builtin_formats())
    for name, one in load_builtin_formats().items():
        found = stored[name]
        assert isinstance(found, store.StoredFormat)
        assert (found.program.to_json(), found.program.frames) == (one.program.to_json(), one.program.frames)
        assert (found.narrows, found.keys) == (one.narrows, one.keys)
        assert (found.decision is None) == (one.decision is None)
        if found.decision is not None and one.decision is not None:
            assert found.decision.program.to_json() == one.decision.program.to_json()
            assert found.decision.reading == one.decision.reading


@pytest.mark.parametrize("change", ["a format changed", "cut off", "not there"])
def test_formats_that_changed_since_are_compiled_anew(path: Path, change: str) -> None:
    if change == "a format changed":
        path.write_text(json.dumps({**json.loads(path.read_text()), "sources": "0" * 64}))
    elif change == "cut off":
        path.write_bytes(path.read_bytes()[:-9])
    else:
        path.unlink()

    assert store.read_stored_formats() is load_builtin_formats()


def test_every_format_and_every_module_that_compiles_one_counts(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "builtin").mkdir()
    monkeypatch.setattr(store, "HERE", tmp_path)
    digests = {store.compute_sources_digest()}
    for name in ("builtin/a.toml", "prefixes.toml", "compiler.py"):
        for text in ("a", "b"):
            (tmp_path / name).write_text(text)
            digests.add(store.compute_sources_digest())

    assert len(digests) == 7
