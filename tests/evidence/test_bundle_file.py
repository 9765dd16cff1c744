"""Bundles as files: the same parts give the same bytes, any zip program reads them, and nothing half is left."""

import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zipfile import ZIP_STORED, ZipFile

import pytest

from sightline.errors import OutputExists, UsageError
from sightline.evidence.bundle_file import BundleKind, write_bundle
from sightline.evidence.bundle_zip import MOST_FILES, StoredZip
from tests.evidence.bundles import LOG, bundle_bytes, files_of, world, zipped


@pytest.mark.parametrize("kind", BundleKind)
def test_the_same_parts_are_the_same_bytes_and_any_zip_program_reads_them(kind: BundleKind) -> None:
    data = bundle_bytes(world().bundle(kind))
    assert bundle_bytes(world().bundle(kind)) == data
    with ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert all(info.compress_type == ZIP_STORED for info in archive.infolist())
    assert names == [*sorted(name for name in names if name != "bundle.json"), "bundle.json"]
    assert zipped(files_of(data)) == data
    assert ("journal.jsonl" in names) == (kind is BundleKind.LEDGER)


def test_an_existing_bundle_is_not_replaced_and_a_failure_leaves_no_file(tmp_path: Path) -> None:
    path = tmp_path / "bundle.zip"
    bundle = world().bundle(BundleKind.COURT)
    path.write_bytes(b"mine")
    with pytest.raises(OutputExists, match=r"bundle\.zip exists already"):
        write_bundle(path, bundle, LOG)
    assert path.read_bytes() == b"mine"
    with pytest.raises(ValueError, match="not in UTC"):
        write_bundle(tmp_path / "other.zip", replace(bundle, made_at=bundle.made_at.replace(tzinfo=None)), LOG)
    with pytest.raises(UsageError, match=r"'my report\.pdf' is not a valid name in a bundle"):
        write_bundle(tmp_path / "other.zip", replace(bundle, documents={"my report.pdf": b""}), LOG)
    assert [entry.name for entry in tmp_path.iterdir()] == ["bundle.zip"]


def test_its_digest_tells_bundles_apart(tmp_path: Path) -> None:
    bundle = world().bundle(BundleKind.COURT)
    later = replace(bundle, made_at=bundle.made_at + timedelta(microseconds=1))
    digests = [
        write_bundle(tmp_path / f"{number}.zip", each, LOG) for number, each in enumerate((bundle, bundle, later))
    ]
    assert digests[0] == digests[1] != digests[2]


def test_more_files_than_a_plain_zip_can_list_are_refused() -> None:
    archive = StoredZip(io.BytesIO())
    for number in range(MOST_FILES - 1):
        archive.add(str(number), [])
    with pytest.raises(UsageError, match="at most 4 GiB and 65,534 files"):
        archive.add("one more", []), archive.add("and one more", [])
