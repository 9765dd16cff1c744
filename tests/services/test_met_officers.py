"""The list of keys that were compared outside: what is no list is refused in words, with its line."""

from pathlib import Path

import pytest

from sightline.errors import UsageError
from sightline.ledger.met_keys import read_met_keys


def test_a_list_is_key_ids_with_names_and_comments_behind(tmp_path: Path) -> None:
    path = tmp_path / "met.txt"
    path.write_text("# compared on 3.6.2026\n\n0123456789abcdef  A. Nair, in person\nfedcba9876543210\n")
    assert read_met_keys(path) == {"0123456789abcdef", "fedcba9876543210"}
    assert read_met_keys(None) == frozenset()


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"A. Nair 0123456789abcdef\n", "line 1: no key id"), (b"\xff\xfe", "UTF-8"), (b"a" * (2 << 20), "larger than")],
)
def test_a_file_without_officer_keys_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "met.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        read_met_keys(path)


def test_a_list_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        read_met_keys(tmp_path / "none.txt")
