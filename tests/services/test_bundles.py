"""Bundles of a real record: proved by the verifier alone, whole for a court, and for the defence nobody else's."""

import base64
import hashlib
import json
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from sightline.casework.oversight import checkpoints, witnesses
from sightline.casework.people import officers
from sightline.casework.permissions.officer_session import OfficerSession, authenticate
from sightline.errors import DamagedInput, NotAllowed, OutputExists, OutputUnwritable, Refused, UsageError
from sightline.evidence.bundle_file import VERIFIER, BundleKind
from sightline.evidence.documents.document_facts import Language
from sightline.model import CustodyEvent, Role
from sightline.services.bundles.bundle import BundleRequest, BundleSummary, write_bundle
from sightline.services.documents.certificate import CertificateRequest, certify_exhibit
from sightline.storage import rows
from sightline.workspace import keys
from tests.office import now, signed_list
from tests.services.evidence import PORTS, START, VISITORS, HeldEvidence, held_exhibit, purged, step

COURT, DEFENCE, LEDGER = BundleKind.COURT, BundleKind.DEFENCE, BundleKind.LEDGER
ACCUSED, *OTHERS = VISITORS
LIMIT_BYTES = 8 << 20
"""More than the database has, less than the bundle would have."""
WRITTEN_BY_OFFICERS = ("Magistrate", "Fathima", "Gopal", "Hari", "Indira", "Laboratory", "write blocker", "requests-of")


@pytest.fixture(scope="module")
def held_evidence(tmp_path_factory: pytest.TempPathFactory) -> HeldEvidence:
    return held_exhibit(tmp_path_factory.mktemp("bundles"))


def wanted(held: HeldEvidence, kind: BundleKind, name: str, **more: Any) -> BundleRequest:
    exhibit = None if kind is LEDGER else held.exhibit
    if kind is DEFENCE:
        more = {"address": ACCUSED.address} | more
    return BundleRequest(kind, held.log.parent / name, "for the court", exhibit, **more)


def make_bundle(
    held: HeldEvidence, request: BundleRequest, officer_session: OfficerSession | None = None
) -> BundleSummary:
    return held.agreed(partial(write_bundle, officer_session or held.office.io, request))


def verify_bundle(path: Path, *options: str | Path) -> str:
    """What the one file says of a bundle, run with nothing but the standard library."""
    ran = subprocess.run(
        [sys.executable, "-I", "-S", VERIFIER, path, *options], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, ""), ran.stdout
    assert ran.stdout.endswith("PROVED\n")
    return ran.stdout


def files(path: Path) -> dict[str, bytes]:
    with ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def lines(path: Path) -> list[str]:
    """The raw lines of all rows in a bundle."""
    every = [
        json.loads(line) for name, data in files(path).items() if name[:5] == "rows/" for line in data.splitlines()
    ]
    return [json.loads(one["row"])[-2] for one in every]


def log_lines(held: HeldEvidence, one: str) -> list[str]:
    return [line for line in held.log.read_text().splitlines() if f"\t{one}\t" in line and "\tboard.example\t" in line]


def entries(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line)["entry"] for line in files(path)["entries.jsonl"].splitlines()]


def open_bundle(path: Path) -> str:
    return files(path)["openings.json"].decode()


def test_a_court_is_given_all_rows_and_everything_opens(held_evidence: HeldEvidence) -> None:
    request = wanted(held_evidence, COURT, "court.zip")
    assert make_bundle(held_evidence, request).rows == 15
    result = verify_bundle(request.out, "--exhibit", held_evidence.log, "--list", held_evidence.flags)
    assert "15 of 15 rows" in result
    assert "15 compared with the exhibit" in result
    assert sorted(lines(request.out)) == sorted(
        line for visitor in VISITORS for line in log_lines(held_evidence, visitor.address)
    )
    for word in (*WRITTEN_BY_OFFICERS, "FIR 12/2026", "s.94 order 7/2026", held_evidence.office.io.officer.name):
        assert word in open_bundle(request.out), word
    verbs = {entry["verb"] for entry in entries(request.out)}
    assert verbs >= {"case:opened", "authority:added", "source:added", "list:registered", "exhibit:received"}
    assert b"sightline exhibit graph" in files(request.out)["documents/case.jsonld"]


def test_the_ledger_is_whole_and_opens_nothing(held_evidence: HeldEvidence) -> None:
    request = wanted(held_evidence, LEDGER, "ledger.zip")
    assert make_bundle(held_evidence, request).rows == 0
    assert "rows of the journal are as they were sealed" in verify_bundle(request.out)
    assert open_bundle(request.out) == "{}"
    assert [entry["seq"] for entry in entries(request.out)] == list(
        range(held_evidence.entries("approval:used")[-1].seq)
    )
    content = request.out.read_bytes()
    for visitor in VISITORS:
        for trace in traces(held_evidence, visitor):
            assert trace not in content, trace


def test_the_defence_is_given_the_accuseds_rows_and_nothing_about_anyone_else(held_evidence: HeldEvidence) -> None:
    papers = wanted(held_evidence, DEFENCE, "defence.zip")
    assert make_bundle(held_evidence, papers).rows == 3
    assert "3 of 15 rows" in verify_bundle(papers.out, "--exhibit", held_evidence.log)
    assert lines(papers.out) == log_lines(held_evidence, ACCUSED.address)
    content = papers.out.read_bytes()
    for other in OTHERS:
        for trace in traces(held_evidence, other):
            assert trace not in content, trace
    for word in (
        *WRITTEN_BY_OFFICERS,
        *(officer_session.officer.name for officer_session in held_evidence.office.officer_sessions.values()),
    ):
        assert word.encode() not in content, word
    assert all(trace in content for trace in map(str.encode, (ACCUSED.address, ACCUSED.agent, ACCUSED.user)))
    assert b"s.94 order 7/2026" in files(papers.out)["documents/case.jsonld"]


def traces(held: HeldEvidence, one: Any) -> Iterator[bytes]:
    """What would tell of a visitor: words and lines, and digests that a guess could be held against."""
    text = held.log.read_text()
    address_lines = [line for line in text.splitlines() if f"\t{one.address}\t" in line]
    assert len(address_lines) == 4
    address = ip_address(one.address)
    words = [one.address, address.exploded, str(getattr(address, "ipv4_mapped", None) or address), one.agent, one.user]
    yield from (word.encode() for word in [*words, one.page, *address_lines])
    with held.office.workspace.read() as tables:
        (run,) = tables[rows.Run].select()
    assert run.row_key is not None
    yield from spelled(run.row_key)
    for line in [*words, *address_lines]:
        for data in (line.encode(), b"\x00" + line.encode(), line.encode() + b"\n"):
            yield from spelled(hashlib.sha256(data).digest())
    yield base64.b64encode(address_lines[0].encode())[:-4]


def spelled(digest: bytes) -> tuple[bytes, ...]:
    return digest, digest.hex().encode(), digest.hex().upper().encode(), base64.b64encode(digest)


def test_times_and_ports_narrow_it(held_evidence: HeldEvidence) -> None:
    first, second, third = log_lines(held_evidence, ACCUSED.address)
    at = datetime.fromtimestamp(START + 60, UTC).astimezone(None)
    cases: list[tuple[str, dict[str, Any], list[str]]] = [
        ("since", {"since": at}, [second, third]),
        ("until", {"until": at}, [first]),
        ("between", {"since": at, "until": at + timedelta(seconds=1)}, [second]),
        ("ports", {"ports": (PORTS[0], PORTS[1])}, [first, second]),
        ("port", {"ports": (PORTS[2], PORTS[2]), "since": at}, [third]),
        ("none", {"ports": (PORTS[2], PORTS[2]), "until": at}, []),
    ]
    for name, more, expected in cases:
        request = wanted(held_evidence, DEFENCE, f"{name}.zip", **more)
        assert make_bundle(held_evidence, request).rows == len(expected)
        verify_bundle(request.out)
        assert lines(request.out) == expected
        graph = files(request.out)["documents/case.jsonld"].decode()
        assert [line for line in (first, second, third) if json.dumps(line)[1:-1] in graph] == expected


@pytest.mark.parametrize(
    ("given", "found"),
    [("2001:DB8:0::0007", "2001:db8::7"), ("203.0.113.9", "::ffff:203.0.113.9"), ("::ffff:c000:207", "192.0.2.7")],
)
def test_an_address_is_one_however_it_is_written(held_evidence: HeldEvidence, given: str, found: str) -> None:
    request = wanted(held_evidence, DEFENCE, f"written-{given.replace(':', '-')}.zip", address=given)
    assert make_bundle(held_evidence, request).rows == 3
    verify_bundle(request.out)
    assert lines(request.out) == log_lines(held_evidence, found)


def test_an_address_without_hits_gets_a_bundle_without_rows(held_evidence: HeldEvidence) -> None:
    request = wanted(held_evidence, DEFENCE, "nobody.zip", address="198.18.0.1")
    assert make_bundle(held_evidence, request).rows == 0
    assert "rows of segment" not in verify_bundle(request.out)
    content = request.out.read_bytes()
    assert not [trace for visitor in VISITORS for trace in traces(held_evidence, visitor) if trace in content]


@pytest.mark.parametrize(
    ("kind", "more", "says"),
    [
        (DEFENCE, {"address": None}, "is of one address"),
        (COURT, {"address": "192.0.2.7"}, "is of one address"),
        (DEFENCE, {"address": "192.0.2.0/24"}, "no address"),
        (DEFENCE, {"since": now(), "until": now() - timedelta(1)}, "--until is not after --since"),
        (COURT, {"since": now()}, "is whole"),
        (LEDGER, {"ports": (1, 2)}, "is whole"),
        (COURT, {"documents": {"case.jsonld": VERIFIER}}, "not a valid name for a document"),
        (COURT, {"documents": {"manifest-of-mine.json": VERIFIER}}, "not a valid name for a document"),
        (COURT, {"documents": {"two words.pdf": VERIFIER}}, "not a valid name for a document"),
        (COURT, {"documents": {"folder": VERIFIER.parent}}, "is a directory"),
    ],
)
def test_an_impossible_bundle_is_refused_before_an_approval_is_asked(
    held_evidence: HeldEvidence, kind: BundleKind, more: dict[str, Any], says: str
) -> None:
    asked = len(held_evidence.entries("approval:asked"))
    with pytest.raises(UsageError, match=says):
        write_bundle(held_evidence.office.io, wanted(held_evidence, kind, "never.zip", **more))
    with pytest.raises(UsageError, match="name one exhibit"):
        write_bundle(held_evidence.office.io, replace(wanted(held_evidence, COURT, "never.zip"), exhibit=None))
    assert len(held_evidence.entries("approval:asked")) == asked


def test_two_officers_agree_to_just_this_and_once(held_evidence: HeldEvidence, tmp_path: Path) -> None:
    paper = tmp_path / "letter.txt"
    paper.write_text("to the accused")
    request = wanted(held_evidence, DEFENCE, "once.zip", documents={paper.name: paper}, ports=(1, 9999))
    with pytest.raises(NotAllowed, match="takes two officers"):
        write_bundle(held_evidence.office.io, request)
    assert held_evidence.office.approve() == 1
    paper.write_text("to somebody else")
    for other in (request, replace(request, ports=(1, 9998)), replace(request, has_graph=False)):
        with pytest.raises(NotAllowed, match="takes two officers"):
            write_bundle(held_evidence.office.io, other)
    paper.write_text("to the accused")
    write_bundle(held_evidence.office.io, request)
    assert files(request.out)["documents/letter.txt"] == b"to the accused"
    with pytest.raises(OutputExists, match="exists already"):
        write_bundle(held_evidence.office.io, request)
    with pytest.raises(NotAllowed, match="takes two officers"):
        write_bundle(held_evidence.office.io, replace(request, out=request.out.with_name("twice.zip")))
    for role in (Role.ANALYST, Role.AUDITOR, Role.ADMINISTRATOR, Role.SUPERVISOR):
        with pytest.raises(NotAllowed, match="bundle is for"):
            write_bundle(held_evidence.office[role], replace(request, out=request.out.with_name("refused.zip")))
    assert not list(held_evidence.log.parent.glob("*refused*"))


def test_the_ledger_tells_of_each_bundle_by_its_digest_and_no_bundle_of_another(held_evidence: HeldEvidence) -> None:
    request = wanted(held_evidence, DEFENCE, "told.zip", has_graph=False)
    bundle = make_bundle(held_evidence, request)
    entry = json.loads(held_evidence.entries("bundle:made")[-1].entry_json)
    digest = hashlib.sha256(files(request.out)["bundle.json"]).hexdigest()
    assert entry["facts"] == {"kind": "defence", "bundle": digest, "rows": 3}
    assert bundle.digest == digest
    assert "documents/case.jsonld" not in files(request.out)
    assert "bundle:made" not in {one["verb"] for one in entries(request.out)}


def test_a_bundle_that_cannot_be_written_leaves_no_entry_and_no_file(
    held_evidence: HeldEvidence, tmp_path: Path
) -> None:
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(LIMIT_BYTES * 2))
    request = wanted(held_evidence, COURT, "full.zip", documents={large.name: large})
    with pytest.raises(NotAllowed):
        write_bundle(held_evidence.office.io, request)
    held_evidence.office.approve()
    before = len(held_evidence.entries("bundle:made"))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, limits[1]))
        with pytest.raises(OutputUnwritable):
            write_bundle(held_evidence.office.io, request)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, handler)
    assert not list(held_evidence.log.parent.glob("*full.zip*"))
    assert len(held_evidence.entries("bundle:made")) == before
    # The approval was not used up by the failure.
    assert write_bundle(held_evidence.office.io, request).rows == 15


def test_certificate_and_hash_report_go_in_and_are_those_of_the_ledger(
    held_evidence: HeldEvidence, tmp_path: Path
) -> None:
    papers = certify_exhibit(
        held_evidence.office.io, CertificateRequest(held_evidence.exhibit, Language.ENGLISH, tmp_path, "P-3")
    )
    documents = {path.name: path for path in (papers.certificate, papers.hash_report)}
    request = wanted(held_evidence, COURT, "papers.zip", documents=documents)
    make_bundle(held_evidence, request)
    verify_bundle(request.out)
    entry = next(one for one in entries(request.out) if one["verb"] == "certificate:made")
    for name, fact in ((papers.certificate.name, "certificate"), (papers.hash_report.name, "hash_report")):
        assert hashlib.sha256(files(request.out)[f"documents/{name}"]).hexdigest() == entry["facts"][fact]


def test_a_countersigned_checkpoint_is_preferred_where_it_covers_all(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    countersign(held)
    request = wanted(held, COURT, "witnessed.zip")
    make_bundle(held, request)
    assert "witness court.example countersigned it at" in verify_bundle(request.out)
    step(held, CustodyEvent.MOVED, "Court", "by hand", "Sessions Court", "trial")
    request = wanted(held, DEFENCE, "later.zip")
    make_bundle(held, request)
    assert "witness court.example did not countersign it" in verify_bundle(request.out)
    assert "exhibit:moved" in {entry["verb"] for entry in entries(request.out)}


def countersign(held: HeldEvidence) -> None:
    """A witness's countersignature of the last checkpoint comes back."""
    from sightline.ledger.note import SignedNote, cosign_checkpoint
    from sightline.ledger.witness import witness_key
    from sightline.storage.rows import Checkpoint

    private = keys.make_signing_key()
    supervisor = held.office.supervisor
    witnesses.enrol(supervisor, witness_key("court.example", private.public_key().public_bytes_raw()), "order")
    with held.office.workspace.read() as tables:
        last = tables[Checkpoint].find_last("size")
    assert last is not None
    note = SignedNote.read(last.note.encode())
    signed = note.with_signatures(cosign_checkpoint(note.text, "court.example", private, now()))
    checkpoints.store_countersignatures(supervisor, signed.encode(), "the note that came back")


def test_keys_that_changed_hands_still_prove(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    office = held.office
    private = keys.make_signing_key()
    officers.rotate(office.io, private.public_key().public_bytes_raw())
    rotated = authenticate(office.workspace, private, now)
    request = wanted(held, COURT, "rotated.zip")
    make_bundle(held, request, rotated)
    verify_bundle(request.out)
    officers.revoke(office[Role.ADMINISTRATOR], rotated.signer.key_id, "lost")
    for kind in (DEFENCE, COURT, BundleKind.LEDGER):
        request = wanted(held, kind, f"revoked-{kind}.zip")
        make_bundle(held, request, office[Role.CUSTODIAN])
        verify_bundle(request.out)
    assert "key:revoked" in {entry["verb"] for entry in entries(tmp_path / "revoked-defence.zip")}


def test_superseded_runs_are_in_it_and_marked_and_the_graph_counts_none_twice(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    newer = signed_list(tmp_path, "kind,value,category\nurl,http://board.example/room-attic/1024,csam\n", version="2")
    held.scan(newer)
    first, last = held.runs()
    for kind, was, rows_now in ((COURT, 15, 1), (DEFENCE, 3, 1)):
        request = wanted(held, kind, f"{kind}.zip")
        assert make_bundle(held, request).rows == was + rows_now
        verify_bundle(request.out)
        facts_by_entry = {(entry["verb"], entry["thing"]): entry["facts"] for entry in entries(request.out)}
        assert facts_by_entry["run:superseded", f"run:{first.run_id}"] == {"by": last.run_id}
        manifests = [name for name in files(request.out) if "manifest" in name]
        assert len(manifests) == 2
        graph = json.loads(files(request.out)["documents/case.jsonld"])["@graph"]
        assert sum(one["@type"] == "uco-observable:EventRecord" for one in graph) == rows_now


def test_runs_for_statistics_are_left_out(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    counted = signed_list(tmp_path, "kind,value\ndomain,plain.example\n", use="statistics", category=None)
    held.scan(held.flags, counted)
    for kind in (COURT, DEFENCE):
        request = wanted(held, kind, f"{kind}.zip")
        make_bundle(held, request)
        verify_bundle(request.out)
        assert [entry["facts"]["use"] for entry in entries(request.out) if entry["verb"] == "run:registered"] == [
            "leads"
        ]
        assert sum(entry["verb"] == "list:registered" for entry in entries(request.out)) == 1


def test_the_defence_learns_of_no_other_case_and_a_court_does(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    office = held.office
    from sightline.casework.cases import cases
    from sightline.storage.ulid import make_id

    other = cases.open_case(office.io, replace(office.case, case_id=make_id(now()), number="FIR 99/2026"))
    office.add_authority(number="order 8", case_id=other.case_id)
    held.scan(held.flags, authority="order 8")
    for kind, knows in ((COURT, True), (DEFENCE, False)):
        request = wanted(held, kind, f"{kind}.zip")
        make_bundle(held, request)
        verify_bundle(request.out)
        content = request.out.read_bytes()
        assert (b"FIR 99/2026" in content) is knows
        assert (b"order 8" in content) is knows
        assert (other.case_id.encode() in content) is knows


def test_a_purged_exhibit_is_proved_only_by_the_ledger(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    purged(held)
    for kind in (COURT, DEFENCE):
        with pytest.raises(Refused, match="was purged"):
            write_bundle(held.office.io, wanted(held, kind, "purged.zip"))
    request = wanted(held, LEDGER, "ledger.zip")
    make_bundle(held, request)
    verify_bundle(request.out)
    assert {"run:registered", "exhibit:received", "purge:done"} <= {entry["verb"] for entry in entries(request.out)}
    content = request.out.read_bytes()
    assert not [word for word in WRITTEN_BY_OFFICERS if word.encode() in content]


def test_an_altered_segment_is_not_given_out(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    (file,) = (held.office.workspace.folder / "segments").rglob("*.parquet")
    altered = bytearray(file.read_bytes())
    altered[len(altered) // 2] ^= 1
    file.chmod(0o600)
    file.write_bytes(altered)
    for has_graph in (True, False):
        request = wanted(held, COURT, "altered.zip", has_graph=has_graph)
        with pytest.raises(DamagedInput, match="is not the file that was sealed"):
            make_bundle(held, request)
        assert not request.out.exists()
    assert held.entries("bundle:made") == []
