"""A referral from draft to receipt: what was approved leaves, byte for byte, and what was altered
is refused by name.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import bagit
import pyrage
import pytest

from sightline.casework.forces import referrals
from sightline.errors import DamagedInput, NotAllowed, Refused, SightlineError, UsageError
from sightline.evidence import verify_sightline
from sightline.evidence.bundle_file import BundleKind
from sightline.evidence.bundle_zip import StoredZip
from sightline.evidence.documents.document_facts import Language
from sightline.model import OutcomeKind, ReferralState
from sightline.services.bundles.bundle import BundleRequest, write_bundle
from sightline.services.referrals import content, export, force_answers, force_notes, package_reader, package_writer
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.stages.lists.signature import hash_stream, sign_digest
from sightline.storage import rows
from sightline.workspace.unit_keys import read_unit_key
from tests.evidence.documents.pdf_reader import words
from tests.services.referrals.world import KARNATAKA, KERALA, NOWHERE, World, new_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    made = new_world(tmp_path_factory.mktemp("unit"))
    made.approved(request=made.ask().request_id, force=None)
    return made


@pytest.fixture(scope="module")
def sealed_package(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("post") / "referral.age"
    export.seal_referral(world.io, "KA-CYBER 1", out)
    return out


def open_package(world: World, path: Path, out: Path | None = None) -> package_reader.OpenedReferral:
    key = read_unit_key(world.officer_session.office.workspace).derive_public()
    return package_reader.open_package(path, [world.karnataka.identity], key, out)


def test_a_package_contains_only_the_leads_of_its_force_and_proves_itself(
    world: World, sealed_package: Path, tmp_path: Path
) -> None:
    package = open_package(world, sealed_package, tmp_path / "in")
    assert {lead["source_ip"] for lead in package.leads} == {KARNATAKA, "198.51.100.71"}
    assert package.about["to"] == {"code": "KA-CYBER", "name": "Cyber Police of KA-CYBER", "states": ["IN-KA"]}
    assert package.about["request"]["authority"]["number"] == "s.94 order 3/2026"
    assert package.content_sha256 == world.referral("KA-CYBER 1").content_sha256
    everything = b"".join(path.read_bytes() for path in (tmp_path / "in").rglob("*") if path.is_file())
    assert KARNATAKA.encode() in everything
    assert KERALA.encode() + b"\t" not in everything and NOWHERE.encode() not in everything
    rows_csv = (tmp_path / "in" / "rows.csv").read_text()
    assert rows_csv.count("\n") == 4 and "board.example\t/room/3" in rows_csv
    graphs = list((tmp_path / "in" / "case").iterdir())
    assert len(graphs) == 1 and KARNATAKA in graphs[0].read_text()
    assert verify_sightline.main([str(tmp_path / "in" / "proof.zip")]) == 0
    sheet = next((tmp_path / "in" / "sheets").iterdir()).read_text()
    assert "What this does not prove".upper() in sheet and "The address was opened by" in sheet
    for language in Language:
        assert "198.51.100.71" in words((tmp_path / "in" / f"sheets.{language.value}.pdf").read_bytes())


def test_the_bag_is_the_same_bytes_and_another_s_reader_reads_it(
    world: World, sealed_package: Path, tmp_path: Path
) -> None:
    export.seal_referral(world.io, "KA-CYBER 1", tmp_path / "again.age")
    first, second = (
        pyrage.decrypt(path.read_bytes(), [world.karnataka.identity])
        for path in (sealed_package, tmp_path / "again.age")
    )
    assert first == second and sealed_package.read_bytes() != (tmp_path / "again.age").read_bytes()
    with zipfile.ZipFile(io.BytesIO(first)) as bag:
        bag.extractall(tmp_path / "bag")
    assert bagit.Bag(str(tmp_path / "bag")).validate()
    assert bagit.Bag(str(tmp_path / "bag")).info["External-Identifier"] == "KA-CYBER 1"


def test_a_guide_names_every_file_of_the_content_in_each_language(world: World, sealed_package: Path) -> None:
    package = pyrage.decrypt(sealed_package.read_bytes(), [world.karnataka.identity])
    with zipfile.ZipFile(io.BytesIO(package)) as bag:
        names = {one.removeprefix("data/") for one in bag.namelist() if one.startswith("data/")}
        guides = {name: bag.read(f"data/{name}").decode() for name in names if name.startswith("README.")}
    assert sorted(guides) == ["README.en.txt", "README.hi.txt", "README.ml.txt"]
    content_of = {name.partition("/")[0] + "/" if "/" in name else name for name in names - guides.keys()}
    for guide in guides.values():
        assert all(one in guide for one in content_of)
    texts = [one.partition("python3")[0].splitlines()[3] for one in guides.values()]
    assert len(set(texts)) == len(texts)


def test_plain_files_for_a_district_office(world: World, tmp_path: Path) -> None:
    paths = export.export_referral(world.io, "KA-CYBER 1", tmp_path / "out", Language.MALAYALAM)
    assert sorted(paths) == ["leads.csv", "letter.pdf", "rows.csv", "sheets.pdf"]
    letter = words(paths["letter.pdf"].read_bytes())
    referral = world.referral("KA-CYBER 1")
    for text in ("KA-CYBER1", "Cr.41/2026", "superintendentofthedemo", referral.content_sha256, "a" * 64):
        assert text in letter, text
    assert "(IN-KA)" in letter and not any(one in letter for one in ("Karnataka(IN-KA)", "validuntil", "(production)"))
    assert paths["leads.csv"].read_text().count("\n") == 3
    assert referral.state is ReferralState.SENT and referral.sent_how == "plain PDF and CSV"


def test_a_draft_a_refused_one_and_another_s_package_do_not_leave_or_open(
    world: World, sealed_package: Path, tmp_path: Path
) -> None:
    referral = world.draft(force="KL-CYBER").referral
    with pytest.raises(Refused, match="is drafted, and cannot be sent"):
        export.seal_referral(world.io, referral.number, tmp_path / "x.age")
    world.approve(referral.approval_id, give=False)
    with pytest.raises(Refused, match="is refused"):
        export.export_referral(world.io, referral.number, tmp_path / "x", Language.ENGLISH)
    key = read_unit_key(world.officer_session.office.workspace).derive_public()
    with pytest.raises(Refused, match="not sealed for this age identity"):
        package_reader.open_package(sealed_package, [world.kerala.identity], key)
    with pytest.raises(Refused, match="not as KL-CYBER"):
        package_reader.open_package(sealed_package, [world.karnataka.identity], world.kerala.secret.derive_public())
    assert not list(sealed_package.parent.glob(".referral-*"))


Change = Callable[[dict[str, bytes]], object]
CHANGES: dict[str, tuple[Change, str]] = {
    "an address in leads.jsonl": (lambda bag: alter(bag, "data/leads.jsonl", KARNATAKA, "198.51.100.77"),
        "data/leads.jsonl: altered"),
    "a row left out": (lambda bag: bag.update({"data/rows.csv": bag["data/rows.csv"].rsplit(b"\n", 2)[0] + b"\n"}),
        "data/rows.csv: altered"),
    "a file more": (lambda bag: bag.update({"data/note.txt": b"x"}), "data/note.txt: not listed"),
    "a file less": (lambda bag: bag.pop("data/verify_sightline.py"), "data/verify_sightline.py: missing"),
    "the approval": (lambda bag: alter(bag, "bag-info.txt", "Approval-Date: 2026", "Approval-Date: 2025"),
        "bag-info.txt: altered"),
    "a tag file more": (lambda bag: bag.update({"fetch.txt": b"x"}), "fetch.txt: not listed"),
    "the manifest": (lambda bag: alter(bag, "manifest-sha256.txt", "data/", "data/x"), "manifest-sha256.txt: altered"),
    "the tag manifest": (lambda bag: alter(bag, "tagmanifest-sha256.txt", "bagit.txt", "bagjt.txt"), "not as Demo"),
    "the comment": (lambda bag: alter(bag, "tagmanifest-sha256.txt.minisig", "to=KA-CYBER", "to=KL-CYBER"),
        "not as Demo"),
    "no signature": (lambda bag: bag.pop("tagmanifest-sha256.txt.minisig"), "it is no bag"),
    "a name that leads out": (lambda bag: bag.update({"data/../../x": b"x"}), "is no file of a package"),
}  # fmt: skip


def alter(bag: dict[str, bytes], name: str, old: str, new: str) -> None:
    assert old.encode() in bag[name]
    bag[name] = bag[name].replace(old.encode(), new.encode(), 1)


def packed(bag: dict[str, bytes], world: World, path: Path) -> Path:
    """The bag sealed for the force, as anybody can who knows the force's recipient."""
    out = io.BytesIO()
    stored_zip = StoredZip(out)
    for name, data in bag.items():
        stored_zip.add(name, [data])
    stored_zip.close()
    path.write_bytes(pyrage.encrypt(out.getvalue(), [world.karnataka.identity.to_public()]))
    return path


def unpacked(world: World, path: Path) -> dict[str, bytes]:
    plain = pyrage.decrypt(path.read_bytes(), [world.karnataka.identity])
    with zipfile.ZipFile(io.BytesIO(plain)) as bag:
        return {name: bag.read(name) for name in bag.namelist()}


@pytest.mark.parametrize("change", CHANGES)
def test_an_altered_package_is_refused_by_name_and_nothing_is_stored(
    world: World, sealed_package: Path, tmp_path: Path, change: str
) -> None:
    bag, (act, says) = unpacked(world, sealed_package), CHANGES[change]
    act(bag)
    with pytest.raises(SightlineError) as why:
        open_package(world, packed(bag, world, tmp_path / "x.age"), tmp_path / "in")
    assert says in str(why.value), why.value
    assert why.value.hint and not (tmp_path / "in").exists() and not list(tmp_path.glob(".*"))


def resigned(bag: dict[str, bytes], world: World) -> dict[str, bytes]:
    """The bag with manifests and signature made anew: by the unit's own key, as if the unit itself were careless."""
    names = [name.removeprefix("data/") for name in bag if name.startswith("data/")]
    manifest = content.write_manifest({name: sha256(bag[f"data/{name}"]).hexdigest() for name in names})
    oxum = f"Payload-Oxum: {sum(len(bag[f'data/{name}']) for name in names)}.{len(names)}".encode()
    info = re.sub(rb"Payload-Oxum: [0-9.]+", oxum, bag["bag-info.txt"])
    tags = {"bagit.txt": bag["bagit.txt"], "bag-info.txt": info, "manifest-sha256.txt": manifest}
    listed = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(tags.items())).encode()
    comment = package_writer.format_comment("KA-CYBER 1", "KA-CYBER", sha256(manifest).hexdigest())
    minisig = sign_digest(
        hash_stream(io.BytesIO(listed)), read_unit_key(world.officer_session.office.workspace), comment
    )
    return bag | tags | {package_writer.TAGS: listed, package_writer.SIGNATURE: minisig.encode()}


CARELESS: dict[str, tuple[Change, str]] = {
    "a row that is not proved": (lambda bag: alter(bag, "data/rows.csv", "/room/3", "/room/9"),
        "is not the one that is proved"),
    "a row less": (lambda bag: bag.update({"data/rows.csv": bag["data/rows.csv"].rsplit(b"\n", 2)[0] + b"\n"}),
        "other rows than are proved"),
    "another state's lead": (lambda bag: alter(bag, "data/leads.jsonl", '"state":"IN-KA","verdict"',
        '"state":"IN-KL","verdict"'), "of a state that is not"),
    "a lead less": (lambda bag: bag.update({"data/leads.jsonl": bag["data/leads.jsonl"].splitlines(keepends=True)[0]}),
        "not as many leads"),
    "a proof of nothing": (lambda bag: bag.update({"data/proof.zip": b"PK"}), "proof.zip of the package is not proved"),
    "another number": (lambda bag: alter(bag, "data/referral.json", "KA-CYBER 1", "KA-CYBER 2"),
        "the signature is of another referral"),
}  # fmt: skip


@pytest.mark.parametrize("change", CARELESS)
def test_a_package_signed_by_its_sender_must_agree_with_itself(
    world: World, sealed_package: Path, tmp_path: Path, change: str
) -> None:
    bag, (act, says) = unpacked(world, sealed_package), CARELESS[change]
    act(bag)
    with pytest.raises(SightlineError) as why:
        open_package(world, packed(resigned(bag, world), world, tmp_path / "x.age"))
    assert says in str(why.value), why.value


def test_the_sealed_file_itself_altered_or_cut(world: World, sealed_package: Path, tmp_path: Path) -> None:
    whole = sealed_package.read_bytes()
    for data in (whole[:-1], whole[:-20_000], whole[:-1] + b"\0", b"no age file", b"", whole[:300]):
        (tmp_path / "x.age").write_bytes(data)
        with pytest.raises(DamagedInput, match="altered"):
            open_package(world, tmp_path / "x.age")


def test_the_receipt_and_outcomes_come_back_once(world: World, sealed_package: Path) -> None:
    package, office = open_package(world, sealed_package), world.officer_session.office
    receipt = package_reader.sign_receipt(package, world.karnataka.secret, world.clock())
    for _ in range(2):
        taken = force_answers.register_answer(world.io, force_notes.read(receipt))
        assert taken.referral.state is ReferralState.RECEIVED
    lead = str(package.leads[0]["lead_id"])
    outcomes = [(lead, OutcomeKind.CONFIRMED, "2026-06-04")]
    answer = package_reader.sign_answer(package.about, world.karnataka.secret, world.clock(), outcomes)
    assert len(force_answers.register_answer(world.io, force_notes.read(answer)).outcomes) == 1
    assert force_answers.register_answer(world.io, force_notes.read(answer)).known == 1
    with office.workspace.read() as tables:
        (outcome,) = tables[rows.Outcome].select()
        (of,) = tables[rows.ForceOutcome].select()
        force = tables[rows.Force].get(of.force_id)
    assert (outcome.lead_id, outcome.why) == (lead, "reported by KA-CYBER of referral KA-CYBER 1")
    assert force is not None and force.code == "KA-CYBER"


def test_a_package_for_another_force_leaves_nothing(world: World, sealed_package: Path, tmp_path: Path) -> None:
    out, trusted = tmp_path / "in", read_unit_key(world.officer_session.office.workspace).derive_public()
    with pytest.raises(Refused, match="is for KA-CYBER"):
        package_reader.open_package(sealed_package, [world.karnataka.identity], trusted, out, world.kerala.secret)
    assert not list(tmp_path.iterdir())


def test_a_note_of_another_force_altered_or_of_another_kind_is_refused(world: World, sealed_package: Path) -> None:
    package = open_package(world, sealed_package)
    receipt = package_reader.sign_receipt(package, world.karnataka.secret, world.clock())
    with pytest.raises(Refused, match="is for KA-CYBER"):
        package_reader.sign_receipt(package, world.kerala.secret, world.clock())
    forged = dict(package.about) | {"to": {"code": "KL-CYBER"}}
    with pytest.raises(NotAllowed, match="went to another force"):
        force_answers.register_answer(
            world.io,
            force_notes.read(
                package_reader.sign_answer(
                    forged, world.kerala.secret, world.clock(), [("x", OutcomeKind.INNOCENT, "2026-06-01")]
                )
            ),
        )
    whole = json.loads(receipt)
    for name, value in (("leads", 9), ("sha256", "0" * 64), ("at", "2026-06-05T00:00:00.000000Z")):
        altered = json.dumps(whole | {"note": whole["note"] | {name: value}}).encode()
        with pytest.raises(NotAllowed, match="not signed by KA-CYBER"):
            force_answers.register_answer(world.io, force_notes.read(altered))
    for junk in (b"", b"[]", b"{}", b'{"note":{},"minisig":""}', receipt[:-20], b"\xff", b"[" * 100_000):
        with pytest.raises(DamagedInput, match="not a note of Sightline"):
            force_notes.read(junk)


def test_the_record_verifies_with_all_of_it(world: World) -> None:
    assert verify_workspace(world.officer_session.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_bundle_of_this_kind_is_made_of_no_whole_exhibit(world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="part of its package"):
        write_bundle(world.io, BundleRequest(BundleKind.REFERRAL, tmp_path / "x.zip", "why", "abcd"))


def test_altered_rows_of_the_record_do_not_leave(world: World, tmp_path: Path) -> None:
    workspace = world.officer_session.office.workspace
    with workspace.change(world.io.signer, world.clock()) as change:
        (first, *_) = referrals.list_leads(change.tables, world.referral("KA-CYBER 1").referral_id)
        change.tables[rows.ReferralLead].change([first.referral_id, first.lead_id], {}, uncertainty_s=2_000)
    with pytest.raises(DamagedInput, match="the leads of KA-CYBER 1 were altered"):
        export.seal_referral(world.io, "KA-CYBER 1", tmp_path / "x.age")
    assert not list((workspace.folder / "scratch").iterdir())
    shutil.rmtree(tmp_path)
