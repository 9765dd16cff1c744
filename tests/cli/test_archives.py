"""Archives whose members are in several formats: each member is read in its own, and none is lost in silence."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import sightline as package
from sightline.errors import UnknownFormat
from sightline.stages.scan import kernel
from tests.cli.conftest import Sightline, SignedList
from tests.cli.test_folders import BIND, log, tarred
from tests.cli.test_match import line

README = b"The logs of two servers.\nAsk the unit for more of them.\n"
DNS = b"".join(BIND for _ in range(3))
DNSMASQ = "{day} 10:00:00 gw dnsmasq[7]: query[A] www.flagged.example from 192.0.2.7\n"
MIXED = {"web/access.log": log(1), "dns.log": DNS, "README": README, "web/access.log.1": log(2), "empty.log": b""}


def zipped(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def tar_of(members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as made:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            made.addfile(member, io.BytesIO(content))
    return out.getvalue()


def nested(members: Mapping[str, bytes]) -> bytes:
    """The same members, those behind the first in an archive of their own that breaks off at its end."""
    first, *others = members
    return zipped({first: members[first], "inner.tar.gz": tar_of({name: members[name] for name in others})[:-8]})


@pytest.mark.parametrize("pack", [zipped, tar_of])
@pytest.mark.parametrize("has_kernel", [True, False], ids=["kernel", "oracle"])
def test_each_member_is_read_in_its_own_format(
    signed_list: SignedList, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: object, *, has_kernel: bool
) -> None:
    monkeypatch.delenv("SIGHTLINE_REQUIRE_KERNEL", raising=False)
    monkeypatch.setattr(kernel, "is_kernel_available", lambda: has_kernel)
    path = tmp_path / "logs.packed"
    path.write_bytes(pack(MIXED))  # type: ignore[operator]

    result = package.match([path], lists=signed_list.path, trust=signed_list.pub, timezone="UTC")

    web, dns = result.summary.exhibits
    assert [(account.format, account.members) for account in (web, dns)] == [
        ("combined", ("web/access.log", "web/access.log.1")),
        ("bind", ("dns.log",)),
    ]
    assert (web.path, web.sha256) == (dns.path, dns.sha256)
    assert (web.records, dict(web.rejects)) == (162, {"unknown-format": 1})
    assert (dns.frames, dns.records, dict(dns.rejects)) == (3, 3, {})
    (left,) = result.summary.left_out
    assert (left.path, left.why.value) == (f"{path}!README", "unknown-format")
    places = [(row["member"], row["line"]) for row in result.hits.select("member", line="line_number").rows(named=True)]
    assert places == [("web/access.log", 1), ("web/access.log.1", 1), *(("dns.log", number) for number in (1, 2, 3))]


def test_a_broken_archive_within_an_archive_moves_no_member_to_another_format(
    signed_list: SignedList, tmp_path: Path
) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"a.zip": nested({"dns.log": DNS, "access.log": log(1)}), "z.log": DNS}))

    result = package.match([path], lists=signed_list.path, trust=signed_list.pub, timezone="UTC")

    assert [(exhibit.format, exhibit.members) for exhibit in result.summary.exhibits] == [
        ("bind", ("a.zip!dns.log", "z.log")),
        ("combined", ("a.zip!inner.tar.gz!access.log",)),
    ]
    assert [exhibit.records for exhibit in result.summary.exhibits] == [6, 81]
    assert [dict(exhibit.rejects) for exhibit in result.summary.exhibits] == [{"broken-stream": 1}, {}]


def test_a_member_with_many_bad_lines_is_read_as_the_others_are_and_its_bad_lines_are_counted(
    signed_list: SignedList, tmp_path: Path
) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"a.log": log(1), "b.log": line("http://flagged.example/b") * 6 + b"x\n" * 4}))

    (exhibit,) = package.match([path], lists=signed_list.path, trust=signed_list.pub).summary.exhibits

    assert (exhibit.format, exhibit.records, dict(exhibit.rejects)) == ("combined", 87, {"no-pattern": 4})


def test_lines_that_may_mean_other_visitors_are_never_read_as_the_other_members_are(
    signed_list: SignedList, tmp_path: Path
) -> None:
    doubtful = b'203.0.113.7 192.0.2.1 - - [05/Jun/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "B"\n' * 20
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"a.log": log(1), "b.log": doubtful}))

    result = package.match([path], lists=signed_list.path, trust=signed_list.pub)

    assert [file.path for file in result.summary.left_out] == [f"{path}!b.log"]
    assert dict(result.summary.exhibits[0].rejects) == {"unknown-format": 1}


def test_an_archive_without_any_known_member_is_refused_and_each_is_named(
    signed_list: SignedList, tmp_path: Path
) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped({"README": README, "notes/a.txt": README}))

    with pytest.raises(UnknownFormat, match="reads any of its 2 members") as caught:
        package.match([path], lists=signed_list.path, trust=signed_list.pub)

    assert [detail.partition(":")[0] for detail in caught.value.details] == ["README", "notes/a.txt"]


def test_formats_detect_names_each_member(sightline: Sightline, tmp_path: Path) -> None:
    path = tmp_path / "logs.zip"
    path.write_bytes(zipped(MIXED))

    ran = sightline("formats", "detect", path, "--json")

    assert ran.code == 0, ran.err
    found = [json.loads(one) for one in ran.out.splitlines()]
    assert {one["member"]: one["format"] for one in found} == {
        "web/access.log": "combined",
        "dns.log": "bind",
        "README": None,
        "web/access.log.1": "combined",
        "empty.log": None,
    }
    assert "README: none: none of the" in str(sightline("formats", "detect", path).out)


def test_each_member_has_a_last_year_of_its_own(sightline: Sightline, signed_list: SignedList, tmp_path: Path) -> None:
    across, within = ("".join(DNSMASQ.format(day=day) for day in days) for days in (("Dec 31", "Jan  2"), ("Dec 30",)))
    path = tmp_path / "dns.tar"
    path.write_bytes(tarred(across.encode(), within.encode()))

    ran = sightline("match", path, *signed_list.words, "--timezone", "UTC", "--year-at-end", "2024", "--json")

    assert ran.code == 0, ran.err
    days = [json.loads(hit)["timestamp"][:10] for hit in ran.out.splitlines()]
    assert days == ["2023-12-31", "2024-01-02", "2024-12-30"]


def test_an_archive_on_standard_input_in_several_formats_is_refused(
    sightline: Sightline, signed_list: SignedList
) -> None:
    ran = sightline("match", "-", *signed_list.words, "--timezone", "UTC", stdin=zipped(MIXED))

    assert (ran.code, "members in several formats: combined, bind" in ran.err) == (3, True), ran.err
