"""Certificate and hash report: what stands on the paper is what the record holds, and the ledger has their digests."""

import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from sightline.casework.cases import cases
from sightline.errors import NotAllowed, OutputExists, OutputUnwritable, Refused, UsageError
from sightline.evidence.documents.document_facts import CertificateForm, Language
from sightline.model import Role
from sightline.services.documents.certificate import CertificateRequest, IssuedCertificate, certify_exhibit
from sightline.storage import rows
from sightline.storage.ulid import make_id
from tests.evidence.documents.pdf_reader import qr_texts, words
from tests.office import now, signed_list
from tests.services.evidence import HeldEvidence, held_exhibit, purged
from tests.services.test_bundles import countersign

EN, HI, ML = Language.ENGLISH, Language.HINDI, Language.MALAYALAM


@pytest.fixture(scope="module")
def held_evidence(tmp_path_factory: pytest.TempPathFactory) -> HeldEvidence:
    return held_exhibit(tmp_path_factory.mktemp("certificates"))


def request(held: HeldEvidence, out: Path, language: Language = EN, **more: object) -> CertificateRequest:
    return replace(CertificateRequest(held.exhibit[:10], language, out, "P-3"), **more)  # type: ignore[arg-type]


def bare(text: str) -> str:
    return "".join(text.split())


def on_paper(made: IssuedCertificate) -> tuple[str, str]:
    return words(made.certificate.read_bytes()), words(made.hash_report.read_bytes())


def test_the_paper_says_what_the_record_holds(held_evidence: HeldEvidence, tmp_path: Path) -> None:
    certificate, report = on_paper(
        certify_exhibit(held_evidence.office.io, request(held_evidence, tmp_path / "new" / "folder"))
    )
    (run,) = held_evidence.runs()
    manifest = json.loads(run.manifest_json)
    officer = held_evidence.office.io.officer
    with held_evidence.office.workspace.read() as tables:
        (segment,) = tables[rows.Segment].select()
        last = tables[rows.Checkpoint].find_last("size")
    assert last is not None
    for fact in (
        held_evidence.exhibit,
        held_evidence.log.name,
        "P-3",
        "FIR 12/2026",
        "Demo PS",
        "67B IT Act",
        *(
            "Clerk Fathima",
            "sealed cover of Gopal",
            "house of Hari",
            "order about Indira",
            "FSL, Demo",
            "write blocker",
        ),
        f"{officer.name}, {officer.designation}",
        run.run_id,
        run.format_id,
        f"Flag lists signed by AGENCY {manifest['lists'][0]['list_id']}",
        "21 = 20 records + 1 comments + 0 rejects",
        "Hits 15",
        segment.segment_id,
        manifest["machine"]["name"],
        manifest["versions"]["kernel_sha256"],
        f"timezone = {json.dumps(manifest['options']['timezone'])}",
    ):
        assert bare(fact) in certificate, fact
    for fact in (
        held_evidence.exhibit,
        held_evidence.log.name,
        segment.sha256,
        segment.file,
        manifest["machine"]["name"],
        "FIR 12/2026",
    ):
        assert bare(fact) in report, fact
    # When digests were computed: at the end of the run, not when the paper was made.
    ended = re.sub(r"T(.{8}).*", r" \1 UTC", manifest["ended"])
    assert bare(ended) in report


def test_the_qr_code_is_the_checkpoint_that_a_witness_signed_and_the_entry_is_the_runs(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    countersign(held)
    made = certify_exhibit(held.office.io, request(held, tmp_path / "papers"))
    with held.office.workspace.read() as tables:
        (signed,) = tables[rows.Countersignature].select()
        checkpoint = tables[rows.Checkpoint].get(signed.size)
    assert checkpoint is not None
    assert checkpoint.note in qr_texts(made.certificate.read_bytes())
    certificate, _ = on_paper(made)
    assert bare("court.example") in certificate
    (entry,) = held.entries("run:registered")
    assert bare(f"{entry.seq:,}") in certificate
    assert bare("run:registered") in certificate


def test_the_ledger_has_the_digests_of_both_files(held_evidence: HeldEvidence, tmp_path: Path) -> None:
    made = certify_exhibit(held_evidence.office.io, request(held_evidence, tmp_path))
    (*_, last) = [json.loads(entry.entry_json) for entry in held_evidence.entries("certificate:made")]
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (made.certificate, made.hash_report)]
    assert last["facts"] == {
        "form": "bsa-63",
        "language": "en",
        "certificate": digests[0],
        "hash_report": digests[1],
    }
    assert last["thing"] == f"exhibit:{held_evidence.exhibit}"
    # The certificate binds the report that it encloses.
    assert digests[1] in on_paper(made)[0]


@pytest.mark.parametrize("language", [HI, ML])
def test_each_language_has_papers_of_its_own(held_evidence: HeldEvidence, tmp_path: Path, language: Language) -> None:
    made = certify_exhibit(held_evidence.office[Role.CUSTODIAN], request(held_evidence, tmp_path, language))
    assert made.certificate.name == f"certificate-{held_evidence.exhibit[:12]}-{language}.pdf"
    certificate, report = on_paper(made)
    assert held_evidence.exhibit in certificate
    assert held_evidence.exhibit in report


@pytest.mark.parametrize(
    ("begun", "form", "law"),
    [
        ("2024-06-30", CertificateForm.IEA_65B, "Evidence Act, 1872"),
        ("2024-07-01", CertificateForm.BSA_63, "Bharatiya Sakshya Adhiniyam"),
    ],
)
def test_the_law_is_that_of_the_day_on_which_the_case_began_and_one_case_has_the_paper(
    tmp_path: Path, begun: str, form: CertificateForm, law: str
) -> None:
    held = held_exhibit(tmp_path)
    office = held.office
    other = replace(office.case, case_id=make_id(now()), number="FIR 99/2024", begun_on=begun)
    cases.open_case(office.io, other)
    office.add_authority(number="order 8", case_id=other.case_id)
    held.scan(held.flags, authority="order 8")
    out = tmp_path / "papers"
    with pytest.raises(UsageError, match="held under several cases: FIR"):
        certify_exhibit(office.io, request(held, out))
    with pytest.raises(UsageError, match="no case FIR 1/1999 holds it"):
        certify_exhibit(office.io, request(held, out, case="FIR 1/1999"))
    made = certify_exhibit(office.io, request(held, out, case="FIR 99/2024"))
    certificate, report = on_paper(made)
    assert made.form is form
    assert bare(law) in certificate
    assert bare("FIR 12/2026") not in certificate + report
    assert (
        certify_exhibit(office.io, request(held, out, case="FIR 12/2026", overwrite=True)).form
        is CertificateForm.BSA_63
    )


def test_superseded_runs_are_marked_as_such_and_statistics_runs_are_left_out(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    newer = signed_list(tmp_path, "kind,value,category\nurl,http://board.example/room-den/1024,csam\n", version="2")
    counted = signed_list(tmp_path, "kind,value\ndomain,plain.example\n", use="statistics", category=None)
    held.scan(newer, counted)
    first, *others = held.runs()
    newest = next(other for other in others if other.use == "leads")
    statistics = next(other for other in others if other.use == "statistics")
    certificate, report = on_paper(certify_exhibit(held.office.io, request(held, tmp_path / "papers")))
    assert bare(f"superseded by run = {newest.run_id}") in certificate
    assert first.run_id in certificate
    assert statistics.run_id not in certificate
    with held.office.workspace.read() as tables:
        (new,) = tables[rows.Segment].select(run_id=newest.run_id)
        (old,) = tables[rows.Segment].select(run_id=first.run_id)
    assert new.sha256 in report
    assert old.sha256 not in report


def test_an_officer_without_permission_cannot_certify_and_nothing_is_made(
    held_evidence: HeldEvidence, tmp_path: Path
) -> None:
    before = len(held_evidence.entries("certificate:made"))
    for role in (Role.ADMINISTRATOR, Role.SUPERVISOR, Role.ANALYST, Role.AUDITOR):
        with pytest.raises(NotAllowed, match="certificate is for"):
            certify_exhibit(held_evidence.office[role], request(held_evidence, tmp_path / "papers"))
    assert not (tmp_path / "papers").exists()
    assert len(held_evidence.entries("certificate:made")) == before


def test_a_paper_that_is_there_is_replaced_only_if_asked(held_evidence: HeldEvidence, tmp_path: Path) -> None:
    made = certify_exhibit(held_evidence.office.io, request(held_evidence, tmp_path))
    before = made.certificate.read_bytes()
    with pytest.raises(OutputExists, match="exists already"):
        certify_exhibit(held_evidence.office.io, request(held_evidence, tmp_path))
    assert made.certificate.read_bytes() == before
    certify_exhibit(held_evidence.office.io, request(held_evidence, tmp_path, number="P-4", overwrite=True))
    assert bare("P-4") in on_paper(made)[0]
    assert set(tmp_path.iterdir()) == {made.certificate, made.hash_report}


def test_a_certificate_that_cannot_be_written_leaves_no_entry(held_evidence: HeldEvidence, tmp_path: Path) -> None:
    before = len(held_evidence.entries("certificate:made"))
    file = tmp_path / "file"
    file.write_text("no folder")
    with pytest.raises(OutputUnwritable):
        certify_exhibit(held_evidence.office.io, request(held_evidence, file))
    # Where the report would be written until it is whole, something is in the way.
    (tmp_path / f".certificate-{held_evidence.exhibit[:12]}-en-hash-report.pdf.{os.getpid()}.partial").mkdir()
    with pytest.raises(OutputUnwritable, match="hash-report"):
        certify_exhibit(held_evidence.office.io, request(held_evidence, tmp_path))
    assert not list(tmp_path.glob("*.pdf"))
    assert len(held_evidence.entries("certificate:made")) == before


def test_a_purged_exhibit_has_no_paper_any_more(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path)
    purged(held)
    with pytest.raises(Refused, match="was purged"):
        certify_exhibit(held.office.io, request(held, tmp_path / "papers"))


def test_an_exhibit_of_which_nobody_recorded_a_step_says_so(tmp_path: Path) -> None:
    held = held_exhibit(tmp_path, has_custody=False)
    certificate, _ = on_paper(certify_exhibit(held.office.io, request(held, tmp_path / "papers")))
    assert bare("No event is recorded.") in certificate
    assert bare("Received from not recorded") in certificate
