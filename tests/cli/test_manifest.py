"""`sightline match` on a manifest of a seized device's files: digests meet, and the time is the declared one."""

import json

import pytest

from .conftest import ROOT, Sightline

MANIFEST = ROOT / "tests" / "samples" / "hash-manifest" / "suite.log"
SHA1 = "bec9703f7a456cd2b4ab5fb3220ae016e3e394e3"
LIST = f"kind,value,category,valid_from,valid_until,listed_on,opinion,reference\nfile-digest,{SHA1.upper()},test,,,,,\n"


@pytest.fixture(scope="module")
def digests(tmp_path_factory: pytest.TempPathFactory, sightline: Sightline) -> tuple[str, ...]:
    """The words that name a signed list of one digest, and its key."""
    folder = tmp_path_factory.mktemp("digests")
    path = folder / "files.csv"
    path.write_text(LIST)
    assert sightline("lists", "create-key", "--issuer", "AGENCY", "--out", folder).code == 0
    ran = sightline(
        "lists", "sign", path, "--key", folder / "AGENCY.key", "--valid-until", "2099-01-01", "--use", "leads"
    )
    assert ran.code == 0, ran.err
    return ("--list", str(path), "--trust", str(folder / "AGENCY.pub"))


def test_a_files_digest_is_a_hit_at_the_time_that_is_declared(sightline: Sightline, digests: tuple[str, ...]) -> None:
    ran = sightline("match", MANIFEST, *digests, "--made-at", "2026-07-31T12:34:56+05:30")

    (hit,) = map(json.loads, ran.out.splitlines())
    assert ran.code == 0, ran.err
    assert (hit["indicator"], hit["record_kind"], hit["line_number"]) == (SHA1, "file", 2)
    assert (hit["timestamp"], hit["timestamp_original"]) == ("2026-07-31T07:04:56.000000Z", "")


def test_a_manifest_without_a_declared_time_is_refused(sightline: Sightline, digests: tuple[str, ...]) -> None:
    ran = sightline("match", MANIFEST, *digests)

    assert (ran.code, ran.out) == (3, b"")
    assert "--made-at" in ran.err


def test_a_time_without_a_zone_is_no_instant(sightline: Sightline, digests: tuple[str, ...]) -> None:
    ran = sightline("match", MANIFEST, *digests, "--made-at", "2026-07-31T12:34:56")

    assert ran.code == 2
    assert "2026-07-31T12:34:56+05:30" in ran.err
