"""The verifier of bundles: what is whole is proved; every flipped byte and every lie is found, and named."""

import ast
import io
import json
import shutil
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sightline.evidence import verify_sightline as verifier
from sightline.evidence.bundle_file import VERIFIER, BundleKind
from sightline.ledger import tree
from sightline.ledger.canonical import encode
from sightline.ledger.entry import Entry, compute_key_id
from sightline.ledger.note import SignedNote, TreeHead, sign_note
from sightline.ledger.verbs import Verb
from tests.evidence.bundles import (
    EXHIBIT,
    FIRST,
    FIRST_KEY,
    LIST_BYTES,
    LOG,
    NEW_KEY,
    NOON,
    ORIGIN,
    SECOND,
    SECOND_KEY,
    STRANGER,
    bundle_bytes,
    changed,
    enrolment,
    files_of,
    public,
    resealed,
    world,
    zipped,
)

WHOLE = {kind: bundle_bytes(world().bundle(kind)) for kind in BundleKind}
ROWS = f"rows/{world().segment}.jsonl"
KINDS = pytest.mark.parametrize("kind", BundleKind)


class NamedBytes(io.BytesIO):
    """Bytes as a file with a name."""

    name = "held.log"


def lines(data: bytes, **given: Any) -> list[str]:
    """What the verifier says of a bundle that it proves."""
    return list(verifier.Bundle(data, given.pop("log_key", None)).verify(**given))


def finding(data: bytes, **given: Any) -> str:
    """What the verifier says of a bundle that it must not prove."""
    with pytest.raises(verifier.NotProved) as caught:
        lines(data, **given)
    return "\n".join(caught.value.args)


@KINDS
def test_a_whole_bundle_is_proved(kind: BundleKind) -> None:
    findings = lines(WHOLE[kind], log_key=public(LOG))
    assert f"bundle of kind {kind}" in findings[0]
    assert "was compared" in findings[1]
    assert any("witness auditor.example countersigned it at 2026-03-01 12:00:00 UTC" in line for line in findings)
    assert any("witness court.example did not countersign" in line for line in findings)
    assert any("NOT checked: the signature of other.example" in line for line in findings)
    assert "11 entries" in " ".join(findings)
    rows = {
        BundleKind.DEFENCE: "2 of 5 rows",
        BundleKind.COURT: "5 of 5 rows",
        BundleKind.REFERRAL: "2 of 5 rows",
        BundleKind.LEDGER: "4 rows of the journal",
    }
    assert rows[kind] in " ".join(findings)


# Flipped bytes.


@KINDS
def test_flipped_bytes_of_the_zip_are_found_and_their_file_named(kind: BundleKind) -> None:
    flip_in_zip(kind, step=11)


@pytest.mark.full
@KINDS
def test_every_flipped_byte_of_the_zip_is_found_and_its_file_named(kind: BundleKind) -> None:
    flip_in_zip(kind, step=1)


def flip_in_zip(kind: BundleKind, step: int) -> None:
    data = WHOLE[kind]
    owner = owners(data)
    # What is at either end of the zip, and between its members, is small: all of it.
    bare = [place for place, name in enumerate(owner) if not name]
    for place in sorted({*range(0, len(data), step), *bare}):
        flipped = bytearray(data)
        flipped[place] ^= 1 << place % 8
        assert finding(bytes(flipped)).startswith(owner[place]), place


def owners(data: bytes) -> list[str]:
    """For each byte of a zip the file whose content it is, or nothing."""
    found = [""] * len(data)
    with ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            start = info.header_offset + 30 + len(info.filename)
            found[start : start + info.file_size] = [info.filename] * info.file_size
    return found


@KINDS
def test_flipped_bytes_below_right_digests_are_found_by_the_proofs(kind: BundleKind) -> None:
    flip_each(kind, step=89)


@pytest.mark.full
@KINDS
def test_every_flipped_byte_below_right_digests_is_found_by_the_proofs(kind: BundleKind) -> None:
    flip_each(kind, step=1)


def flip_each(kind: BundleKind, step: int) -> None:
    """Flip a byte, then make all digests and the signature of bundle.json anew, as who holds the log key can."""
    files = files_of(WHOLE[kind])
    proved = [
        name
        for name in files
        if name.startswith(("checkpoint", "entries", "openings", "rows", "journal", "documents/m"))
    ]
    for name in proved:
        # Who holds the log key can leave countersignatures out, so one whose name was altered is no proof and no lie.
        checked = files[name].partition("— auditor.example".encode())[0] if name == "checkpoint.txt" else files[name]
        for place in range(0, len(checked), step):
            flipped = bytearray(files[name])
            flipped[place] ^= 1 << place % 7
            message = finding(resealed(files | {name: bytes(flipped)}))
            assert message.startswith((name, "entries.jsonl", "documents", "checkpoint.txt")), (name, place, message)


# Who holds no key.


@KINDS
def test_dropped_added_and_changed_files_are_named(kind: BundleKind) -> None:
    files = files_of(WHOLE[kind])
    for name in files:
        rest = {other: content for other, content in files.items() if other != name}
        expected = "the zip: there is no bundle.json" if name == "bundle.json" else f"{name}: it is missing"
        assert finding(zipped(rest)).startswith(expected)
        if name != "bundle.json":
            assert finding(zipped(files | {name: files[name] + b"\n"})).startswith(f"{name}: it is missing, altered")
    assert finding(zipped(files | {"documents/more.txt": b""})).startswith(
        "documents/more.txt: it is missing, altered, or not"
    )


def test_several_altered_files_are_all_named() -> None:
    files = files_of(WHOLE[BundleKind.COURT])
    message = finding(zipped(files | {"README.txt": b"", "openings.json": b"{}"}))
    assert [line.partition(":")[0] for line in message.splitlines()] == ["README.txt", "openings.json"]


def test_another_log_key_does_not_pass() -> None:
    files = files_of(WHOLE[BundleKind.COURT])
    assert "log_key did not sign it" in finding(resealed(files, STRANGER))
    own = resealed(files, STRANGER, log_key=b64encode(public(STRANGER)).decode())
    assert finding(own) == "checkpoint.txt: the log key did not sign it"
    assert "not the key that was given" in finding(own, log_key=public(LOG))


# Who holds the log key, and lies.


def make_about(**values: object) -> bytes:
    return resealed(files_of(WHOLE[BundleKind.DEFENCE]), LOG, **values)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (make_about(v=2), "a newer Sightline"),
        (make_about(v=True), "bundle.json: it has no v"),
        (make_about(kind="other"), "its kind is none of"),
        (make_about(origin="sightline/other"), "checkpoint.txt: it is not of the log"),
        (make_about(tree_size=12), "not of the size that bundle.json says"),
        (make_about(made_at="yesterday"), "made_at is no time"),
        (make_about(more=1), "it has more than"),
        (make_about(kind="ledger"), "journal.jsonl: it is missing"),
    ],
)
def test_a_wrong_statement_of_bundle_json_is_found(data: bytes, why: str) -> None:
    assert why in finding(data)


def with_lines(kind: BundleKind, name: str, change: Callable[[list[bytes]], list[bytes]]) -> str:
    """What is found when the lines of a file were changed and all digests made anew."""
    files = files_of(WHOLE[kind])
    content = b"\n".join([*change(files[name].split(b"\n")[:-1]), b""])
    return finding(resealed(files | {name: content}))


def test_swapped_dropped_and_repeated_rows_are_found() -> None:
    court, defence = BundleKind.COURT, BundleKind.DEFENCE
    swap: Callable[[list[bytes]], list[bytes]] = lambda rows: [rows[1], rows[0], *rows[2:]]  # noqa: E731
    assert with_lines(court, ROWS, swap).startswith(f"{ROWS}, line 2: it does not come after")
    assert with_lines(defence, ROWS, swap).startswith(f"{ROWS}, line 2: it does not come after")
    assert with_lines(court, ROWS, lambda rows: rows[:-1]) == f"{ROWS}: these are not all rows of the segment"
    assert with_lines(court, ROWS, lambda rows: rows[1:]) == f"{ROWS}: these are not all rows of the segment"
    assert with_lines(court, ROWS, lambda rows: [*rows, rows[-1]]).startswith(f"{ROWS}, line 6")
    assert with_lines(defence, ROWS, lambda rows: [rows[0].replace(b'"index":1', b'"index":0'), rows[1]]).startswith(
        f"{ROWS}, line 1: its path does not lead"
    )
    renumbered = lambda rows: [swapped(rows[0], rows[1]), swapped(rows[1], rows[0]), *rows[2:]]  # noqa: E731
    assert with_lines(court, ROWS, renumbered) == f"{ROWS}: these are not all rows of the segment"
    assert with_lines(defence, ROWS, renumbered).startswith(f"{ROWS}, line 1: its path does not lead")


def swapped(one: bytes, other: bytes) -> bytes:
    """The line at the place of one with the row and salt of the other."""
    return encode(json.loads(one) | {key: json.loads(other)[key] for key in ("row", "salt")})


def test_wrong_paths_are_found() -> None:
    def with_path(change: Callable[[list[str]], list[str]]) -> Callable[[list[bytes]], list[bytes]]:
        def changed_lines(old: list[bytes]) -> list[bytes]:
            value = json.loads(old[1])
            return [old[0], encode(value | {"path": change(value["path"])}), *old[2:]]

        return changed_lines

    for name in ("entries.jsonl", ROWS):
        for change in (
            lambda path: path[:-1],
            lambda path: path[1:],
            lambda path: [*path, path[0]],
            lambda path: path[::-1],
            lambda path: path[:0],
            lambda path: [path[0].upper(), *path[1:]],
            lambda path: [path[0][:-2], *path[1:]],
            lambda path: [1, *path[1:]],
            lambda path: [[], *path[1:]],
        ):
            assert with_lines(BundleKind.DEFENCE, name, with_path(change)).startswith(f"{name}, line 2: ")


def test_truncated_and_missing_entries_are_found() -> None:
    for kind in BundleKind:
        files = files_of(WHOLE[kind])
        whole = files["entries.jsonl"]
        for cut in (1, 2, 100, len(whole) // 2):
            assert finding(resealed(files | {"entries.jsonl": whole[:-cut]})).startswith("entries.jsonl, line ")
    ledger = BundleKind.LEDGER
    assert with_lines(ledger, "entries.jsonl", lambda old: old[:-1]).startswith(
        "entries.jsonl: these are not the entries"
    )
    assert with_lines(ledger, "entries.jsonl", lambda old: [*old[:5], *old[6:]]).startswith(
        "entries.jsonl, line 6: an entry"
    )
    assert with_lines(ledger, "entries.jsonl", lambda old: [*old, old[-1]]).startswith(
        "entries.jsonl, line 12: it does not"
    )
    assert "line 2: " in with_lines(BundleKind.DEFENCE, "entries.jsonl", lambda old: [old[0], *old[2:]])
    assert "line 4: " not in with_lines(ledger, "entries.jsonl", lambda old: [old[0], *old[2:]])


def find_refusals(change: Callable[[list[Entry]], None]) -> str:
    """What is found in a ledger whose entries were altered before they were signed; the tree is right."""
    return finding(bundle_bytes(world(change).bundle(BundleKind.LEDGER)))


def test_entries_by_who_may_not_sign_are_found() -> None:
    def by_nobody(entries: list[Entry]) -> None:
        changed(entries, 3, actor="01J00000000000000000000009", key=compute_key_id(public(STRANGER)))

    def by_another_key(entries: list[Entry]) -> None:
        changed(entries, 3, key=compute_key_id(public(STRANGER)))

    def by_the_log(entries: list[Entry]) -> None:
        changed(entries, 3, key=compute_key_id(public(LOG)))

    def for_the_workspace(entries: list[Entry]) -> None:
        changed(entries, 5, key=compute_key_id(public(SECOND_KEY)))

    def by_the_rotated_key(entries: list[Entry]) -> None:
        changed(entries, 10, key=compute_key_id(public(SECOND_KEY)))

    def by_the_revoked_key(entries: list[Entry]) -> None:
        changed(entries, 10, actor=FIRST, key=entries[1].key)

    def enrols_himself_late(entries: list[Entry]) -> None:
        changed(entries, 2, actor=SECOND, key=compute_key_id(public(SECOND_KEY)))

    def enrols_the_workspace(entries: list[Entry]) -> None:
        changed(entries, 2, thing="officer:workspace")

    def with_another_id(entries: list[Entry]) -> None:
        changed(entries, 2, facts=enrolment(SECOND_KEY) | {"key_id": compute_key_id(public(NEW_KEY))})

    def enrols_nobody(entries: list[Entry]) -> None:
        changed(entries, 2, thing="case:1")

    def enrols_a_key_again(entries: list[Entry]) -> None:
        changed(entries, 2, facts=enrolment(FIRST_KEY))

    def enrols_a_revoked_key(entries: list[Entry]) -> None:
        changed(entries, 10, verb=Verb.OFFICER_ENROLLED, thing=f"officer:{FIRST}", facts=enrolment(FIRST_KEY))

    def without_a_key(entries: list[Entry]) -> None:
        changed(entries, 2, facts={})

    for change, line, why in (
        (by_nobody, 4, "is no key of 01J00000000000000000000009"),
        (by_another_key, 4, "is no key of"),
        (by_the_log, 4, "is no key of"),
        (for_the_workspace, 6, "is no key of workspace"),
        (by_the_rotated_key, 11, "or revoked"),
        (by_the_revoked_key, 11, "or revoked"),
        (enrols_himself_late, 3, "not enrolled before"),
        (enrols_the_workspace, 3, "it enrols no officer"),
        (with_another_id, 3, "key_id is not the id"),
        (enrols_nobody, 3, "it enrols no officer"),
        (enrols_a_key_again, 3, "enrolled before"),
        (enrols_a_revoked_key, 11, "enrolled before"),
        (without_a_key, 3, "it has no public_key"),
    ):
        assert find_refusals(change).startswith(f"entries.jsonl, line {line}: "), change
        assert why in find_refusals(change)


def test_a_signature_of_another_text_is_found() -> None:
    whole = world()
    forged = replace(whole.entries[10], signature=whole.entries[9].signature)
    message = finding(bundle_bytes(replace(whole, entries=(*whole.entries[:10], forged)).bundle(BundleKind.DEFENCE)))
    assert message == f"entries.jsonl, line 11: {SECOND} did not sign it"


def test_times_that_fall_and_rows_that_do_not_add_up_are_found() -> None:
    def earlier(entries: list[Entry]) -> None:
        changed(entries, 4, at=NOON)

    def fewer_rows(entries: list[Entry]) -> None:
        changed(entries, 4, facts=dict(entries[4].facts) | {"segment_rows": "4"})

    def rows_unsaid(entries: list[Entry]) -> None:
        changed(entries, 4, facts=dict(entries[4].facts) | {"segment_rows": "5,0"})

    def no_manifest(entries: list[Entry]) -> None:
        changed(entries, 4, facts={name: value for name, value in entries[4].facts.items() if name != "manifest"})

    def for_statistics(entries: list[Entry]) -> None:
        changed(entries, 4, facts=dict(entries[4].facts) | {"segments": "", "segment_rows": "", "use": "statistics"})

    lines(bundle_bytes(world(for_statistics).bundle(BundleKind.LEDGER)))
    assert find_refusals(earlier).startswith("entries.jsonl, line 5: it does not come after")
    assert find_refusals(fewer_rows) == "entries.jsonl, entry 4: segments, rows and hits do not agree"
    assert find_refusals(rows_unsaid) == "entries.jsonl, entry 4: segments, rows and hits do not agree"
    assert find_refusals(no_manifest).startswith("entries.jsonl, entry 4: it has no manifest")


def test_seals_that_are_not_over_the_journal_are_found() -> None:
    def another_root(entries: list[Entry]) -> None:
        changed(entries, 5, facts=dict(entries[5].facts) | {"root": "00" * 32})

    def a_gap(entries: list[Entry]) -> None:
        changed(entries, 9, facts=dict(entries[9].facts) | {"first": 4, "last": 4})

    assert find_refusals(another_root) == "journal.jsonl, the rows sealed by entry 5: they are not what was sealed"
    assert find_refusals(a_gap) == "journal.jsonl, the rows sealed by entry 9: they do not follow those sealed before"
    drop: Callable[[list[bytes]], list[bytes]] = lambda rows: rows[:-1]  # noqa: E731
    assert "the rows sealed by entry 9: they are not" in with_lines(BundleKind.LEDGER, "journal.jsonl", drop)
    assert "line 2: a row before it" in with_lines(
        BundleKind.LEDGER, "journal.jsonl", lambda rows: [rows[0], *rows[2:]]
    )

    def add_row(rows: list[bytes]) -> list[bytes]:
        return [*rows, rows[3].replace(b'"seq":3', b'"seq":4')]

    assert with_lines(BundleKind.LEDGER, "journal.jsonl", add_row) == "journal.jsonl: no entry seals the rows from 4 on"


def test_openings_that_open_nothing_are_found() -> None:
    files = files_of(WHOLE[BundleKind.DEFENCE])
    opening = json.loads(files["openings.json"])["3"]["state"]
    for openings, why in (
        ({"3": {"state": opening | {"text": "another"}}}, "openings.json, entry 3: this is not the state"),
        ({"3": {"path": opening}}, "openings.json, entry 3: this is not the path"),
        ({"30": {"state": opening}}, "openings.json, entry 30: the bundle has no such entry"),
        ({"3": {"state": opening | {"salt": "00"}}}, "openings.json, entry 3: this is not 16 bytes"),
        ({"3": []}, "openings.json, entry 3: this is no JSON object"),
        ([], "openings.json: this is no JSON object"),
    ):
        assert finding(resealed(files | {"openings.json": encode(openings)})).startswith(why)


def test_segments_and_manifests_of_no_run_are_found() -> None:
    files = files_of(WHOLE[BundleKind.COURT])
    other = f"rows/{'ab' * 32}.jsonl"
    assert finding(resealed(files | {other: b""})) == f"{other}: no run in the bundle states this segment"
    without = {name: content for name, content in files.items() if name != ROWS}
    assert "the segment is missing" in finding(resealed(without))
    without = {name: content for name, content in files.items() if name != "documents/manifest.json"}
    assert finding(resealed(without)) == "documents: the manifest of a run is missing"
    assert "is of no run" in finding(resealed(files | {"documents/manifest.json": b"{}"}))
    assert "is of no run" in finding(resealed(files | {"documents/manifest-2.json": b"{}"}))


def test_a_false_countersignature_is_found() -> None:
    files = files_of(WHOLE[BundleKind.COURT])
    known = encode({"auditor.example": b64encode(public(LOG)).decode()})
    assert any("did not countersign" in line for line in lines(resealed(files | {"witnesses.json": known})))
    note = SignedNote.read(files["checkpoint.txt"])
    by_log, by_auditor, by_other = note.signatures
    false = replace(by_auditor, value=by_auditor.value[:-1] + bytes([by_auditor.value[-1] ^ 1]))
    data = resealed(files | {"checkpoint.txt": SignedNote(note.text, (by_log, false, by_other)).encode()})
    assert finding(data) == "checkpoint.txt: the signature of auditor.example does not hold"
    late = replace(by_auditor, value=b"\xff" * 8 + by_auditor.value[8:])
    data = resealed(files | {"checkpoint.txt": SignedNote(note.text, (by_log, late, by_other)).encode()})
    assert finding(data) == "checkpoint.txt: the signature of auditor.example does not hold"


# What a stranger holds himself.


def test_an_older_checkpoint_shows_a_ledger_that_was_rolled_back_or_rewritten() -> None:
    older = {size: world().checkpoint(size).encode() for size in range(12)}
    for kind in BundleKind:
        for note in older.values():
            lines(WHOLE[kind], older=[note])

    def longer(entries: list[Entry]) -> None:
        entries.append(replace(entries[10], seq=11))

    def rewritten(entries: list[Entry]) -> None:
        changed(entries, 3, facts={"size_bytes": 1})

    rolled_back = world(longer).checkpoint().encode()
    for kind in BundleKind:
        assert "the ledger was rolled back" in finding(WHOLE[kind], older=[older[1], rolled_back])
        assert "the ledger was rewritten" in finding(WHOLE[kind], older=[world(rewritten).checkpoint().encode()])
    message = finding(WHOLE[BundleKind.LEDGER], older=[world(rewritten).checkpoint(4).encode()])
    assert message == "entries.jsonl: these are not the entries of the checkpoint of 4"
    text = TreeHead("sightline/other", 3, tree.EMPTY_ROOT).to_text()
    other = SignedNote(text, (sign_note(text, "sightline/other", LOG),)).encode()
    assert finding(WHOLE[BundleKind.LEDGER], older=[other]) == f"older checkpoint 1: it is not of the log {ORIGIN}"
    assert "older checkpoint 1: " in finding(WHOLE[BundleKind.LEDGER], older=[b"\xff\n\n\n"])
    assert "older checkpoint 1: " in finding(WHOLE[BundleKind.LEDGER], older=[b"nothing"])


@pytest.mark.parametrize("kind", [BundleKind.DEFENCE, BundleKind.COURT])
def test_an_exhibit_and_a_list_are_compared(kind: BundleKind) -> None:
    findings = lines(WHOLE[kind], exhibits=[NamedBytes(EXHIBIT)], lists=[NamedBytes(LIST_BYTES)])
    assert any(f"{2 if kind is BundleKind.DEFENCE else 5} compared with the exhibit" in line for line in findings)
    assert "0 compared with the exhibit" in lines(WHOLE[kind])[-1]
    assert "held.log: no run in the bundle states it as its exhibit" in finding(
        WHOLE[kind], exhibits=[NamedBytes(EXHIBIT[:-1])]
    )
    assert "held.log: no run in the bundle states it as its lists" in finding(WHOLE[kind], lists=[NamedBytes(EXHIBIT)])


def test_a_row_that_does_not_stand_in_the_exhibit_is_found() -> None:
    assert lie_about(lambda row: [*row[:-4], row[-4] + 1, *row[-3:]]).endswith(
        "line 2: the exhibit has other bytes at byte_offset"
    )
    assert lie_about(lambda row: [*row[:-2], "another", "utf-8"]).endswith(
        "line 2: the exhibit has other bytes at byte_offset"
    )
    assert ", line 2: " in lie_about(lambda row: [*row[:-4], -1, *row[-3:]])
    assert ", line 2: " in lie_about(lambda row: [*row[:-4], 10**19, *row[-3:]])
    assert ", line 2: " in lie_about(lambda row: [*row[:-4], "0", *row[-3:]])
    assert ", line 2: " in lie_about(lambda row: [*row[:-2], None, None])
    assert ", line 2: a row has 31 values" in lie_about(lambda row: row[1:])


def lie_about(change: Callable[[list[Any]], object]) -> str:
    """What is found when the second row was altered before it was sealed, and all proofs are right."""
    whole = world()
    rows = list(whole.rows)
    rows[1] = (rows[1][0], encode(change(json.loads(rows[1][1]))).decode())
    lied = replace(whole, rows=tuple(rows))

    def registered(entries: list[Entry]) -> None:
        changed(entries, 4, facts=dict(entries[4].facts) | {"segments": lied.segment})

    registered_world = replace(lied, entries=world(registered).entries)
    return finding(bundle_bytes(registered_world.bundle(BundleKind.COURT)), exhibits=[NamedBytes(EXHIBIT)])


# What is no bundle at all.


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"null",
        b"{}",
        nested(100_000),
        b'{"v":1,"v":1}',
        b'{"v":' + b"9" * 100_000 + b"}",
        b'{"v":NaN}',
        b'{"v":1e9}',
        b'"\\ud800"',
    ],
)
def test_a_file_with_the_wrong_json_is_reported(content: bytes) -> None:
    files = files_of(WHOLE[BundleKind.LEDGER])
    assert finding(zipped(files | {"bundle.json": content})).startswith("bundle.json: ")
    for name in ("openings.json", "witnesses.json", "checkpoint.txt"):
        if content != b"{}":
            assert finding(resealed(files | {name: content})).startswith(f"{name}: "), name
    for name in ("entries.jsonl", "journal.jsonl"):
        assert finding(resealed(files | {name: content + b"\n"})).startswith(f"{name}, line 1: ")


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "rows/../../x.jsonl", "documents/a/b", "documents/.x", "a\\b", "bundle.json ", "x\0"],
)
def test_names_that_no_bundle_has_are_refused(name: str) -> None:
    data = zipped({name: b"x"} | files_of(WHOLE[BundleKind.COURT]))
    assert finding(data).startswith("the zip: no bundle has a file of the name ")


def test_a_zip_written_by_others_is_refused() -> None:
    files = files_of(WHOLE[BundleKind.COURT])
    out = io.BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert "altered within the zip" in finding(out.getvalue())
    data = WHOLE[BundleKind.COURT]
    at = data.index(b"PK\1\2")
    start = data.index(b"PK\3\4", 4)
    for wrong in (
        b"",
        b"PK\3\4",
        data[:-1],
        data + b"\n",
        b"\n" + data,
        data[:at],
        data[:start] + data[:start] + data[start:],
        data[:at] + b"between" + data[at:],
        data[:-22] + data[-22:-2] + b"\x01\x00!",
        Random(1).randbytes(10_000),
    ):
        assert finding(wrong)
    assert finding(data[:start] + data).startswith("README.txt: it is in the zip twice")


# Ed25519.


def test_signatures_are_verified_as_rfc_8032_publishes_them() -> None:
    for key, message, signature in (
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            (
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5"
                "f0595bbe24655141438e7a100b"
            ),
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            (
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2e"
                "aeb4302aeeb00d291612bb0c00"
            ),
        ),
        (
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            (
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15"
                "e9716ed28dc027beceea1ec40a"
            ),
        ),
    ):
        assert verifier.is_signed(bytes.fromhex(key), bytes.fromhex(message), bytes.fromhex(signature))
        assert not verifier.is_signed(bytes.fromhex(key), bytes.fromhex(message) + b"\0", bytes.fromhex(signature))


def test_signatures_are_verified_as_another_implementation_makes_them() -> None:
    random = Random(8032)
    for _ in range(30):
        key = Ed25519PrivateKey.from_private_bytes(random.randbytes(32))
        message = random.randbytes(random.randrange(200))
        signature = bytearray(key.sign(message))
        assert verifier.is_signed(public(key), message, bytes(signature))
        signature[random.randrange(64)] ^= 1 << random.randrange(8)
        try:
            assert not verifier.is_signed(public(key), message, bytes(signature))
        except ValueError:
            continue


def test_numbers_and_points_have_one_encoding() -> None:
    key, message = public(LOG), b"message"
    signature = LOG.sign(message)
    s = int.from_bytes(signature[32:], "little") + verifier.L
    assert not verifier.is_signed(key, message, signature[:32] + s.to_bytes(32, "little"))
    neutral, zero = (1).to_bytes(32, "little"), bytes(32)
    small = [neutral, zero, (verifier.P - 1).to_bytes(32, "little")]
    for point in small:
        with pytest.raises(ValueError, match="small order"):
            verifier.is_signed(point, message, neutral + zero)
    for point in (
        (verifier.P + 1).to_bytes(32, "little"),
        (1 | 1 << 255).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),
        b"\xff" * 32,
    ):
        with pytest.raises(ValueError, match="no point"):
            verifier.is_signed(point, message, signature)


# The program.


def run(tmp_path: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    """The verifier as a stranger runs it: the file from the bundle, without Sightline."""
    program = tmp_path / "verify_sightline.py"
    program.write_bytes(files_of(WHOLE[BundleKind.COURT])["verify_sightline.py"])
    return subprocess.run(
        [python, "-I", program, *arguments], capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path
    )


def oldest_python() -> list[str]:
    """The oldest Python that the verifier is for, where it is installed and runs."""
    found = shutil.which("python3.9")
    return (
        [found] if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0 else []
    )


@pytest.mark.parametrize("python", [sys.executable, *oldest_python()])
def test_the_program_ends_as_it_says(tmp_path: Path, python: str) -> None:
    for kind, data in WHOLE.items():
        (tmp_path / f"{kind}.zip").write_bytes(data)
    (tmp_path / "server.log").write_bytes(EXHIBIT)
    (tmp_path / "signed.list").write_bytes(LIST_BYTES)
    (tmp_path / "old.txt").write_bytes(world().checkpoint(4).encode())
    (tmp_path / "bent.zip").write_bytes(WHOLE[BundleKind.COURT].replace(b"192.0.2.3", b"192.0.2.9"))
    (tmp_path / "none.zip").write_bytes(b"\x1b[2Jnot a zip")
    given = [
        "--exhibit",
        "server.log",
        "--list",
        "signed.list",
        "--checkpoint",
        "old.txt",
        "--log-key",
        b64encode(public(LOG)).decode(),
    ]
    for arguments, code, last in (
        (["defence.zip"], 0, "PROVED"),
        (["court.zip", *given], 0, "PROVED"),
        (["ledger.zip", "--checkpoint", "old.txt"], 0, "PROVED"),
        (["bent.zip"], 4, f"NOT PROVED: {ROWS}: it is not whole, or was altered within the zip"),
        (["none.zip"], 4, "NOT PROVED: the zip: the list at its end is not the list of the files in it"),
        (
            ["court.zip", "--log-key", b64encode(bytes(32)).decode()],
            4,
            "NOT PROVED: bundle.json: log_key is not the key that was given",
        ),
        (
            ["court.zip", "--exhibit", "signed.list"],
            4,
            "NOT PROVED: signed.list: no run in the bundle states it as its exhibit",
        ),
    ):
        ended = run(tmp_path, *arguments, python=python)
        assert (ended.returncode, ended.stdout.splitlines()[-1], ended.stderr) == (code, last, ""), arguments
    for arguments in (
        [],
        ["missing.zip"],
        ["court.zip", "--log-key", "short"],
        ["court.zip", "--exhibit", "missing.log"],
    ):
        ended = run(tmp_path, *arguments, python=python)
        assert (ended.returncode, ended.stdout) == (2, ""), arguments
        assert "Traceback" not in ended.stderr


def test_output_of_the_verifier_cannot_disturb_a_terminal(tmp_path: Path) -> None:
    files = files_of(WHOLE[BundleKind.COURT])
    known = encode({"\x1b[2J\nPROVED\u202e": b64encode(public(LOG)).decode()})
    (tmp_path / "bundle.zip").write_bytes(resealed(files | {"witnesses.json": known}))
    output = run(tmp_path, "bundle.zip").stdout
    assert r"witness \x1b[2J\nPROVED\u202e did not" in output
    assert output.isascii()
    assert "\x1b" not in output


def test_it_is_one_short_file_for_python_3_9_that_imports_the_standard_library_only() -> None:
    source = VERIFIER.read_text("utf-8")
    # Half of it replays who could act and what two officers agreed to: whoever checks a bundle can read it in an hour.
    assert sum(1 for line in source.splitlines() if line.strip()) < 860
    imported = {
        name.split(".")[0]
        for node in ast.walk(ast.parse(source, feature_version=(3, 9)))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
    assert VERIFIER.read_bytes() == files_of(WHOLE[BundleKind.COURT])["verify_sightline.py"]


def of_line(*numbers: int, kind: BundleKind = BundleKind.DEFENCE, **more: object) -> bytes:
    """A bundle with a `line.json` of the records on lines of these numbers: its rows are of lines 2 and 4."""
    size = len(EXHIBIT) // 5
    records = [
        {"address": f"192.0.2.{number}", "member": None, "byte_offset": (number - 1) * size} for number in numbers
    ]
    fields = {"v": 1, "lead": "11" * 16, "line": "22" * 16, "records": records} | more
    return resealed(files_of(WHOLE[kind]) | {"line.json": encode(fields)})


def test_a_bundle_for_a_line_holds_the_lines_own_records_and_no_others() -> None:
    assert any("2 records are of one line of a lead" in line for line in lines(of_line(2, 4)))
    assert finding(of_line(2)) == f"{ROWS}, line 2: it is no record of the line that the bundle is for"
    assert finding(of_line(2, 3, 4)).startswith("line.json: no row is of the record at byte_offset")
    assert "a record is there twice" in finding(of_line(2, 2, 4))
    assert "there is no record" in finding(of_line())
    assert "more than" in finding(of_line(2, 4, note="x"))
    assert "only a bundle of kind defence" in finding(of_line(1, 2, 3, 4, 5, kind=BundleKind.COURT))
    moved = {"address": "192.0.2.9", "member": None, "byte_offset": len(EXHIBIT) // 5}
    assert "no record of the line" in finding(of_line(2, 4, records=[moved]))
