"""A tip that would hang or fill the memory is refused in words; the others are read, and read as they were before."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from sightline.child_process import ReadLimits
from sightline.errors import DamagedInput, ProgramFault, TimeUndeclared, UnknownFormat
from sightline.services.tips import child_process
from sightline.services.tips.child_process import build_item_row, compute_tip_limits, parse_item, read_limited_tip
from sightline.stages.tips import archive
from sightline.stages.tips.model import Item, TipEvent, TipOptions
from tests.cli.conftest import ROOT, environment
from tests.stages.tips.conftest import SAMPLES, UTC

PLENTY = 8 << 30
CSV = "IP,Port,Time,Event\n203.0.113.9,51234,2026-06-05T12:00:00Z,login\n"


def read(path: Path, limits: ReadLimits | None = None, known: dict[bytes, str] | None = None) -> list[Item]:
    return list(read_limited_tip(path, UTC, {} if known is None else known, lambda _: None, limits).items)


@pytest.mark.parametrize(
    "path", sorted(path for path in SAMPLES.rglob("*") if path.is_file()), ids=lambda one: one.name
)
def test_a_child_gives_every_frame_as_the_reader_does(path: Path) -> None:
    try:
        own = list(archive.read(path.read_bytes(), UTC))
    except (UnknownFormat, TimeUndeclared) as why:
        with pytest.raises(type(why), match=r".+"):
            read(path)
        return
    handed = read(path)
    assert handed == own
    for one, other in zip(handed, own, strict=True):
        assert [type(getattr(one, f.name)) for f in fields(one)] == [
            type(getattr(other, f.name)) for f in fields(other)
        ]


def test_every_kind_of_frame_survives_the_journey(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "tips.zip", "w") as packed:
        packed.writestr("a.csv", "From an officer\n" + CSV + "203.0.113.9,1,whenever,login\n")
        packed.writestr("b.csv", "From an officer\n" + CSV + "203.0.113.9,1,whenever,login\n")
    own = list(archive.read((tmp_path / "tips.zip").read_bytes(), UTC))
    assert {type(one) for one in own} == set(get_args(Item))
    assert [parse_item(build_item_row(one)) for one in own if not isinstance(one, TipEvent)] == [
        one for one in own if not isinstance(one, TipEvent)
    ]
    assert read(tmp_path / "tips.zip") == own


def test_a_member_that_another_file_held_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(CSV)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as packed:
        packed.writestr("inside.csv", CSV)
    known: dict[bytes, str] = {}
    assert [event for event in read(tmp_path / "a.csv", known=known) if isinstance(event, TipEvent)]
    assert not [event for event in read(tmp_path / "b.zip", known=known) if isinstance(event, TipEvent)]


def hangs(_content: bytes, _options: TipOptions, _known: dict[bytes, str]) -> Iterator[Item]:
    while True:
        pass


def fills(_content: bytes, _options: TipOptions, _known: dict[bytes, str]) -> Iterator[Item]:
    bytearray(64 << 30)
    return iter(())


def crashes(_content: bytes, _options: TipOptions, _known: dict[bytes, str]) -> Iterator[Item]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return iter(())


def breaks(_content: bytes, _options: TipOptions, _known: dict[bytes, str]) -> Iterator[Item]:
    raise KeyError("203.0.113.9 is nobody's business")


@pytest.mark.parametrize(
    ("reader", "error", "says"),
    [
        (hangs, DamagedInput, "took more than 1 seconds of processor time"),
        (fills, DamagedInput, "took more memory than a file of its size needs"),
        (crashes, DamagedInput, "the process that read it ended"),
        (breaks, ProgramFault, "KeyError at tests.services.test_limited_tips"),
    ],
)
def test_a_tip_that_breaks_its_reader_is_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reader: Callable[..., object], error: type[Exception], says: str
) -> None:
    path = tmp_path / "tip.csv"
    path.write_text(CSV)
    monkeypatch.setattr(child_process, "READER", reader)
    with pytest.raises(error, match=says) as met:
        read(path, ReadLimits(1, PLENTY))
    assert "nobody's business" not in str(met.value)


def test_the_command_ends_as_for_damage_and_writes_nothing(tmp_path: Path) -> None:
    path, out = tmp_path / "tip.csv", tmp_path / "out.jsonl"
    path.write_text(CSV)
    script = (
        "import sys; from sightline.cli import main; from sightline.services.tips import child_process;"
        " from tests.services.test_limited_tips import fills;"
        " child_process.READER = fills; sys.exit(main(sys.argv[1:]))"
    )
    under = ("--source", "NCMEC", "--authority", "GD 12 of 6.6.2026", "--exercise", "--out", str(out))
    ran = subprocess.run(
        [sys.executable, "-c", script, "tip", str(path), *under],
        capture_output=True,
        text=True,
        env={**environment(), "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"},
        check=False,
        timeout=120,
    )
    assert ran.returncode == 4, ran.stderr
    assert f"{path} could not be read: it took more memory" in ran.stderr
    assert "in smaller files" in ran.stderr
    assert not out.exists()


def test_a_larger_tip_may_take_more() -> None:
    assert compute_tip_limits(64 << 20).cpu_s > compute_tip_limits(1 << 20).cpu_s > compute_tip_limits(0).cpu_s
