"""Every kind of list through the command line: signed, matched, compared; keyed digests; transcription."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest

from sightline.stages.scan import kernel
from tests.cli.conftest import Sightline, SignedList
from tests.cli.test_match import line

SEEDS = Path(__file__).parent.parent / "fuzz" / "seeds"
LOG = line("http://flagged.example/") + line("http://board.example/rooms/7") + line("http://other.example/")
UNTIL = ("--valid-until", "2099-01-01", "--use", "leads")


def lines(raw: bytes) -> list[dict[str, Any]]:
    return [json.loads(text) for text in raw.decode().splitlines()]


@pytest.mark.parametrize(
    ("name", "kind", "hits", "reject"),
    [
        ("bundle.json", "stix", {"flagged.example", "board.example/rooms/7"}, (37, "/objects/3", "unknown-kind")),
        (
            "event.json",
            "misp",
            {"flagged.example", "board.example/rooms/7"},
            (22, "/Event/Attribute/3", "unknown-kind"),
        ),
        ("media.json", "project-vic", set(), (14, "/value/2", "unknown-opinion")),
    ],
)
def test_a_document_is_checked_signed_and_matched(
    name: str,
    kind: str,
    hits: set[str],
    reject: tuple[int, str, str],
    sightline: Sightline,
    signed_list: SignedList,
    tmp_path: Path,
) -> None:
    path, log = tmp_path / name, tmp_path / "access.log"
    path.write_bytes((SEEDS / name).read_bytes())
    log.write_bytes(LOG)
    checked = sightline("lists", "check", path, "--json")
    refused, account = lines(checked.out)
    assert (checked.code, account["file_kind"]) == (1, kind)
    assert (refused["line"], refused["pointer"], refused["code"]) == reject
    signing = ("lists", "sign", path, "--key", signed_list.key, *UNTIL)
    assert sightline(*signing).code == 3
    assert sightline(*signing, "--allow-rejects").code == 0
    trusting = ("--list", path, "--trust", signed_list.pub, "--format", "combined", "--clock-uncertainty", "0")
    matched = sightline("match", log, *trusting)
    assert matched.code == 0
    assert {hit["indicator"] for hit in lines(matched.out)} == hits


@pytest.mark.parametrize("name", ["bundle.json", "event.json", "media.json"])
def test_a_document_cut_anywhere_is_damaged_or_no_list_and_never_signed(
    name: str, sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    whole = (SEEDS / name).read_bytes()
    for share in (0.5, 0.99):
        path = tmp_path / f"{share}{name}"
        path.write_bytes(whole[: int(len(whole) * share)])
        ran = sightline("lists", "sign", path, "--key", signed_list.key, *UNTIL, "--allow-rejects")
        assert ran.code == 4
        assert str(path) in ran.err
        assert not path.with_name(path.name + ".minisig").exists()


def test_lists_are_compared(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    old, new = signed_list.path, tmp_path / "new.csv"
    new.write_text(
        "kind,value,opinion,valid_until\ndomain,flagged.example,cleared,9999-12-31\nip,192.0.2.80,,\nhost,com,,\n"
    )
    ran = sightline("lists", "diff", old, new, "--json")
    *changes, account = lines(ran.out)
    assert ran.code == 1
    assert [(change["change"], change["indicator"], change["differs"]) for change in changes] == [
        ("removed", "early.example", []),
        ("changed", "flagged.example", ["opinion", "window", "category"]),
        ("changed", "192.0.2.80", ["category"]),
        ("removed", "board.example/rooms", []),
    ]
    assert changes[1]["new"][0]["valid_until"] == "9999-12-31T24:00:00Z"
    assert (account["added"], account["removed"], account["changed"], account["same"]) == (0, 2, 2, 0)
    assert (account["old"]["origin"], account["old"]["verified"]) == ("signed by AGENCY", False)
    result = sightline("lists", "diff", old, new)
    assert b"flagged[.]example  opinion flagged -> cleared; window [open, open) -> [open, 9999-" in result.out
    assert b"1 row could not be read" in result.out
    assert sightline("lists", "diff", old, old).code == 0
    assert sightline("lists", "diff", old, new, "--trust", signed_list.pub).code == 3
    assert sightline("lists", "diff", old, tmp_path / "absent").code == 2


def test_a_transcribed_list_says_so_wherever_it_is_named(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    path, letter, log, summary = (tmp_path / name for name in ("flagged.csv", "letter.pdf", "access.log", "s.json"))
    path.write_bytes(signed_list.path.read_bytes())
    letter.write_bytes(b"an agency's letter")
    log.write_bytes(LOG)
    signing = ("lists", "sign", path, "--key", signed_list.key, *UNTIL, "--transcribed-by", "Unit 3")
    assert sightline(*signing).code == 2
    assert sightline(*signing[:-2], "--original", letter).code == 2
    text = "transcribed by Unit 3, not signed by AGENCY"
    original = hashlib.sha256(b"an agency's letter").hexdigest()
    assert text in sightline(*signing, "--original", letter).out.decode()
    assert text in sightline("lists", "check", path, "--trust", signed_list.pub).out.decode()
    assert text in sightline("lists", "diff", path, path).out.decode()
    matched = sightline(
        "match", log, "--list", path, "--trust", signed_list.pub, "--format", "combined", "--summary", summary
    )
    assert text in matched.err
    assert original in matched.err
    [account] = json.loads(summary.read_text())["lists"]
    assert (account["origin"], account["transcribed_by"], account["original_sha256"]) == (text, "Unit 3", original)


def keyed(name: str) -> str:
    return hmac.new(b"a key held apart", name.encode(), hashlib.sha256).hexdigest()


def test_keyed_digests_match_with_their_key_and_are_held_against_junk_under_it(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    path, key, log = tmp_path / "digests.txt", tmp_path / "key", tmp_path / "access.log"
    path.write_text(f"{keyed('flagged.example')}\n{keyed('co.uk')}\n{keyed('www.google.com')}\n")
    key.write_bytes(b"a key held apart\r\n")
    key.chmod(0o600)
    log.write_bytes(LOG)
    assert sightline("lists", "check", path).code == 0
    checked = sightline("lists", "check", path, "--digest-key", key, "--json")
    *refused, _ = lines(checked.out)
    assert checked.code == 1
    assert [(one["line"], one["code"]) for one in refused] == [(2, "junk"), (3, "junk")]
    signing = ("lists", "sign", path, "--key", signed_list.key, *UNTIL)
    assert sightline(*signing, "--digest-key", key).code == 3
    assert sightline(*signing).code == 0
    matching = ("match", log, "--trust", signed_list.pub, "--format", "combined", "--list")
    assert lines(sightline(*matching, path).out) == []
    matched = sightline(*matching, path, "--digest-key", key)
    assert [(hit["host"], hit["indicator"]) for hit in lines(matched.out)] == [
        ("flagged.example", keyed("flagged.example"))
    ]
    assert "1 indicator, signed by AGENCY" in matched.err
    assert "2 rows not read" in matched.err
    key.write_bytes(b"\n")
    assert sightline(*matching, path, "--digest-key", key).code == 2


@pytest.mark.skipif(not kernel.is_kernel_available(), reason="the kernel is not built")
def test_a_list_compiled_without_its_key_is_refused_with_it(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path
) -> None:
    path, key, log, out = (tmp_path / name for name in ("digests.txt", "key", "access.log", "out"))
    path.write_text(f"{keyed('flagged.example')}\n{keyed('co.uk')}\n")
    key.write_bytes(b"a key held apart")
    key.chmod(0o600)
    log.write_bytes(LOG)
    assert sightline("lists", "sign", path, "--key", signed_list.key, *UNTIL).code == 0
    compiling = ("lists", "compile", path, "--out", out, "--overwrite")
    matching = ("match", log, "--trust", signed_list.pub, "--format", "combined", "--list", out, "--digest-key", key)
    assert sightline(*compiling).code == 0
    ran = sightline(*matching)
    assert ran.code == 3
    assert "--digest-key" in ran.err
    assert sightline(*compiling, "--digest-key", key).code == 0
    assert len(lines(sightline(*matching).out)) == 1
