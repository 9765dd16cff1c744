"""The words of a reply by which it finds its notice are read with limits: a hostile file costs no memory here."""

import zipfile
import zlib
from pathlib import Path

import pytest

from sightline.child_process import ReadLimits
from sightline.errors import DamagedInput
from sightline.services.resolution import reply_match
from sightline.services.resolution.reply_match import list_words

WANTED = {"192.0.2.7", "9800000001", "0a1b2c3d4e5f"}


def test_the_wanted_words_of_a_file_or_of_an_archive_are_found(tmp_path: Path) -> None:
    text = "row 0A1B2C3D4E5F: 192.0.2.7:40000, +919800000001; 192.0.2.70 is another\n"
    plain, packed = tmp_path / "reply.csv", tmp_path / "reply.zip"
    plain.write_text(text)
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", "0a1b2c3d4e5f")
        archive.writestr("b.csv", "919800000001")
    assert list_words(plain, WANTED) == WANTED
    assert list_words(packed, WANTED) == {"9800000001", "0a1b2c3d4e5f"}


def test_an_archive_that_unpacks_to_gigabytes_is_read_up_to_a_limit(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=zlib.Z_BEST_SPEED) as archive:
        archive.writestr("a.csv", "192.0.2.7\n")
        for number in range(4):
            archive.writestr(f"{number}.csv", "x " * (reply_match.MOST_BYTES // 2))
        archive.writestr("z.csv", "9800000001\n")
    assert list_words(bomb, WANTED) == {"192.0.2.7"}


def test_a_file_that_takes_too_much_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long = tmp_path / "long.csv"
    long.write_text("192.0.2.7 " * (3 << 20))
    monkeypatch.setattr(reply_match, "LIMITS", ReadLimits(cpu_s=1, memory_bytes=2 << 30))
    with pytest.raises(DamagedInput, match="more than 1 seconds of processor time"):
        list_words(long, WANTED)
