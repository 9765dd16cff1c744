"""The life of a list in a workspace: signed anew, by two issuers, in series, replaced, repeated as of an older date."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers, list_series
from sightline.cli.scan import format_replacement_lines
from sightline.errors import Refused, StoreUnreachable, UntrustedList, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.services.artifacts.lead_files import open_generation
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.scan.list_replacements import Replacement
from sightline.services.scan.request import ScanRequest
from sightline.services.scan.scan import scan_logs
from sightline.services.scan.summary import ScanSummary, summarise_scan
from sightline.services.sessions.current_runs import list_current_runs
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.storage import migrate, rows
from sightline.workspace import list_signatures
from sightline.workspace.workspace import Workspace, open_workspace, upgrade_workspace
from tests.office import Office, combined_log, found_office, issuer_key, now
from tests.services.evidence import list_of

QUIET = lambda *_: None  # noqa: E731
FLAGS = "kind,value,category\ndomain,board.example,csam\n"
OTHER = "kind,value,category\ndomain,plain.example,csam\n"
BOTH = FLAGS + "domain,plain.example,csam\n"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return found_office(tmp_path / "workspace")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "access.log"
    path.write_text(combined_log(300))
    return path


def sign_list(
    folder: Path,
    text: str,
    *,
    name: str = "flagged.csv",
    series: str | None = "flagged",
    version: str | None = "1",
    until: str = "2099-01-01",
    use: str = "leads",
) -> Path:
    """A list of the issuer that the office trusts; without a series as older versions of Sightline signed it."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    comment = ListComment("AGENCY", version, until, "csam", use, None, None, series).to_text()
    with path.open("rb") as stream:
        minisig = signature.sign_digest(signature.hash_stream(stream), issuer_key(), comment)
    Path(f"{path}.minisig").write_text(minisig, encoding="utf-8")
    return path


def scanned(office: Office, log: Path, *lists: Path, **more: object) -> ScanSummary:
    request = ScanRequest((log,), office.source.name, office.authority.number, lists, **more)  # type: ignore[arg-type]
    return summarise_scan(office.workspace, scan_logs(office.io, request, QUIET))


def findings(office: Office) -> list[object]:
    return list(verify_workspace(office.workspace, VerifyRequest(rows=True), QUIET).findings)


def counting(office: Office) -> list[set[str]]:
    """The kinds of hit names that stand: the lists of each run that count, by their texts' digests."""
    with office.workspace.read() as tables:
        run_lists = tables[rows.RunList].select()
        every = {
            run.run_id: {run_list.list_id for run_list in run_lists if run_list.run_id == run.run_id}
            for run in tables[rows.Run].select()
        }
        return [
            every[current_run.run.run_id]
            if current_run.lists is None
            else {list_id for _, list_id in current_run.lists}
            for current_run in list_current_runs(tables)
        ]


def signatures(office: Office) -> list[rows.ListSignature]:
    with office.workspace.read() as tables:
        return tables[rows.ListSignature].select()


def test_a_renewed_list_keeps_both_signatures_and_verifies(office: Office, log: Path, tmp_path: Path) -> None:
    soon = f"{now() + timedelta(days=1):%Y-%m-%d}"
    scanned(office, log, sign_list(tmp_path, FLAGS, until=soon))
    again = tmp_path / "again.log"
    again.write_text(combined_log(30, start=900))
    scanned(office, again, sign_list(tmp_path, FLAGS, until="2099-01-01"))
    assert findings(office) == []
    registered = signatures(office)
    assert len(registered) == 2
    assert len({one.list_id for one in registered}) == 1
    # The later signature is the one in force: after the first is over no list would be left else.
    after = to_microseconds(now() + timedelta(days=30))
    trusted = {one.key_id for one in registered}
    assert [
        one.valid_until_us > after for one in list_series.select_signatures_in_force(registered, trusted, after)
    ] == [True]
    third = tmp_path / "third.log"
    third.write_text(combined_log(30, start=2000))
    assert scanned(office, third).runs[0].hits == 10


def test_a_renewed_signature_is_stored_without_reading_the_log_again(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS, until=f"{now() + timedelta(days=1):%Y-%m-%d}"))
    assert scanned(office, log, sign_list(tmp_path, FLAGS, until="2099-01-01")).runs[0].was_there
    assert len(signatures(office)) == 2
    assert findings(office) == []


def test_a_list_signed_by_another_after_a_revocation_counts_again(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS))
    issuers.revoke(office.io, issuer_key().derive_public().key_id, "it leaked")
    assert counting(office) == []
    again = scanned(office, log, list_of(office, "BUREAU", tmp_path, FLAGS))
    assert not again.runs[0].was_there
    assert len(counting(office)) == 1
    assert scanned(office, log, tmp_path / "list-BUREAU.csv").runs[0].was_there
    assert findings(office) == []


def test_an_altered_signature_of_a_run_is_named(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS))
    (one,) = signatures(office)
    with office.workspace.change(office.io.signer, now()) as change:
        change.tables[rows.ListSignature].put(replace(one, valid_until_us=one.valid_until_us + 1))
    assert any("is not as entry" in str(finding) for finding in findings(office))


def test_a_signature_that_a_run_was_not_made_with_is_named(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS))
    more = tmp_path / "more.log"
    more.write_text(combined_log(30, start=900))
    scanned(office, more, sign_list(tmp_path, FLAGS, version="2"))
    with office.workspace.change(office.io.signer, now()) as change:
        first, second = change.tables[rows.RunList].select()
        change.tables[rows.RunList].put(replace(first, signature_id=second.signature_id))
    assert any("the signatures of its lists are not those" in str(finding) for finding in findings(office))


def test_two_issuers_of_the_same_bytes_have_a_signature_each(office: Office, log: Path, tmp_path: Path) -> None:
    mine, theirs = sign_list(tmp_path, FLAGS), list_of(office, "BUREAU", tmp_path, FLAGS)
    scanned(office, log, mine, theirs)
    assert findings(office) == []
    registered = signatures(office)
    assert {one.issuer for one in registered} == {"AGENCY", "BUREAU"}
    with office.workspace.read() as tables:
        (run,) = list_current_runs(tables)
    assert run.lists is None
    issuers.revoke(office.io, next(one.key_id for one in registered if one.issuer == "AGENCY"), "it leaked")
    with office.workspace.read() as tables:
        (run,) = list_current_runs(tables)
    assert run.lists == (("BUREAU", registered[0].list_id),)
    assert findings(office) == []


@pytest.mark.parametrize(
    ("older", "newer"),
    [("1", "2"), ("9", "10"), ("7", "2026-03-01T00:00:00Z"), ("2026-03-01T00:00:00Z", "2026-03-01T00:00:00.000001Z")],
)
def test_an_older_version_is_refused_however_long_it_is_valid(
    office: Office, log: Path, tmp_path: Path, older: str, newer: str
) -> None:
    scanned(office, log, sign_list(tmp_path / "a", FLAGS, version=newer, until="2098-01-01"))
    for version in (older, newer):
        renamed = sign_list(tmp_path / "b", BOTH, name="new-name.csv", version=version, until="2099-12-31")
        with pytest.raises(UntrustedList, match="used already"):
            scanned(office, log, renamed)
    with office.workspace.read() as tables:
        assert len(tables[rows.Run].select()) == 1


def test_an_old_signature_of_the_same_bytes_does_not_come_back(office: Office, log: Path, tmp_path: Path) -> None:
    first = sign_list(tmp_path / "a", FLAGS, version="1")
    scanned(office, log, first)
    scanned(office, log, sign_list(tmp_path / "b", OTHER, version="2"))
    with pytest.raises(UntrustedList, match="older list"):
        scanned(office, log, first)


def test_lists_of_two_series_stand_beside_each_other(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path / "a", FLAGS, series="one"))
    summary = scanned(office, log, sign_list(tmp_path / "b", OTHER, series="two"))
    assert summary.runs[0].superseded == ()
    assert len(counting(office)) == 2
    newer = scanned(office, log, sign_list(tmp_path / "c", OTHER + "host,more.example,\n", series="two", version="2"))
    assert newer.runs[0].superseded == (summary.runs[0].run_id,)
    assert len(counting(office)) == 2
    assert {one.series for one in list_series.list_newest_versions(signatures(office))} == {"one", "two"}


def test_a_replaced_series_of_one_run_no_longer_counts(office: Office, log: Path, tmp_path: Path) -> None:
    one, two = sign_list(tmp_path / "a", FLAGS, series="one"), sign_list(tmp_path / "b", OTHER, series="two")
    scanned(office, log, one, two)
    rebuild_leads(office.io, QUIET)
    visits = _visits(office)
    scanned(office, log, sign_list(tmp_path / "c", "kind,value\nhost,nowhere.example\n", series="two", version="2"))
    rebuild_leads(office.io, QUIET)
    assert 0 < _visits(office) < visits
    with office.workspace.read() as tables:
        lists = {one.list_id: one for one in signatures(office)}
        counted = [{lists[list_id].series for _, list_id in run.lists or ()} for run in list_current_runs(tables)]
    assert {"one"} in counted


def _visits(office: Office) -> int:
    with open_generation(office.workspace) as read:
        return int(read.open_frame().collect()["visits"].sum())


def test_two_versions_in_one_scan_are_wrong_use(office: Office, log: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="versions of one series"):
        scanned(office, log, sign_list(tmp_path / "a", FLAGS), sign_list(tmp_path / "b", BOTH, version="2"))


def test_removals_by_a_newer_list_are_confirmed_first(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path / "a", BOTH))
    rebuild_leads(office.io, QUIET)
    with open_generation(office.workspace) as read:
        leads = len(read.open_frame().collect())
    asked: list[Sequence[Replacement]] = []

    def no(found: Sequence[Replacement]) -> bool:
        asked.append(found)
        return False

    newer = sign_list(tmp_path / "b", OTHER + "host,new.example,\n", version="2")
    request = ScanRequest((log,), office.source.name, office.authority.number, (newer,))
    with pytest.raises(Refused, match="nothing was done"):
        scan_logs(office.io, request, QUIET, no)
    ((one,),) = asked
    assert one.counts == {"added": 1, "removed": 1, "changed": 0, "same": 1}
    assert one.leads is not None
    assert one.partly is not None
    assert 0 < one.leads + one.partly <= leads
    with office.workspace.read() as tables:
        assert len(tables[rows.Run].select()) == 1
    assert len(signatures(office)) == 1
    scan_logs(office.io, request, QUIET, lambda _: True)
    # What only adds takes nothing away: nobody is asked.
    wider = sign_list(tmp_path / "c", OTHER + "host,new.example,\nhost,newer.example,\n", version="3")
    scan_logs(office.io, replace(request, lists=(wider,)), QUIET, no)
    assert len(asked) == 1


def test_as_of_repeats_an_old_run_and_nothing_else(office: Office, log: Path, tmp_path: Path) -> None:
    old = sign_list(tmp_path / "a", FLAGS)
    first = scanned(office, log, old)
    then = now()
    newest = scanned(office, log, sign_list(tmp_path / "b", OTHER, version="2"))
    stands = counting(office)
    with pytest.raises(UntrustedList, match="older list"):
        scanned(office, log, old)
    again = scanned(office, log, old, as_of=then)
    assert (again.runs[0].hits, again.runs[0].repeated) == (100, (first.runs[0].run_id,))
    assert again.runs[0].not_used is not None
    (difference,) = again.differences
    assert (difference.added, difference.dropped) == ({}, {})
    assert counting(office) == stands
    assert scanned(office, log, old, as_of=then).runs[0].was_there
    other = tmp_path / "other.log"
    other.write_text(combined_log(60, start=7000))
    with pytest.raises(UntrustedList, match="was not scanned with this list"):
        scanned(office, other, old, as_of=then)
    with pytest.raises(UntrustedList, match="was not used here by"):
        scanned(office, log, old, as_of=then - timedelta(days=1))
    # Nor does the repeated run take the newest one's place when that is made again.
    assert newest.runs[0].run_id in _runs(office)
    assert findings(office) == []


def _runs(office: Office) -> list[str]:
    with office.workspace.read() as tables:
        return [current_run.run.run_id for current_run in list_current_runs(tables)]


def test_an_expired_list_serves_as_of_a_day_on_which_it_was_valid(tmp_path: Path, log: Path) -> None:
    at = [now()]
    office = found_office(tmp_path / "later", clock=lambda: at[0])
    old = sign_list(tmp_path / "a", FLAGS, until=f"{at[0] + timedelta(days=2):%Y-%m-%d}")
    scanned(office, log, old)
    then, at[0] = at[0] + timedelta(hours=1), at[0] + timedelta(days=10)
    with pytest.raises(UntrustedList, match="expired"):
        scanned(office, log, old)
    assert scanned(office, log, old, as_of=then).runs[0].repeated


def test_a_signature_of_before_is_of_its_files_name(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path / "a", FLAGS, series=None, version=None))
    (one,) = signatures(office)
    assert one.series == "flagged"
    beside = sign_list(tmp_path / "b", OTHER, name="drugs.csv", series=None, version=None)
    assert scanned(office, log, beside).runs[0].superseded == ()
    assert len(counting(office)) == 2
    # Of two without a version nobody knows which is newer.
    with pytest.raises(UntrustedList, match="used already"):
        scanned(office, log, sign_list(tmp_path / "c", BOTH, series=None, version=None))
    newer = scanned(office, log, sign_list(tmp_path / "d", BOTH, version="2026-03-01T00:00:00Z"))
    assert len(newer.runs[0].superseded) == 1
    # Since the issuer signs series, a list without one is from before: its name makes no new one of it.
    with pytest.raises(UntrustedList, match="used already"):
        scanned(office, log, sign_list(tmp_path / "e", BOTH, name="new.csv", series=None, version=None))


def test_a_workspace_with_the_fault_is_mended_by_the_upgrade(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS, series=None, version=None, until="2098-01-01"))
    more = tmp_path / "more.log"
    more.write_text(combined_log(30, start=900))
    scanned(office, more, sign_list(tmp_path, FLAGS, series=None, version=None, until="2099-01-01"))
    theirs = list_of(office, "BUREAU", tmp_path, FLAGS)
    scanned(office, log, theirs)
    before = {one.signature_id for one in signatures(office)}
    # What an older Sightline has of it: the first signature's file, and the manifests.
    folder = office.workspace.folder
    migrate.downgrade(office.workspace.engine, "0009")
    assert upgrade_workspace(folder, now()) == ("0009", migrate.HEAD)
    workspace = open_workspace(folder)
    assert verify_workspace(workspace, VerifyRequest(rows=True), QUIET).findings == []
    with workspace.read() as tables:
        registered = tables[rows.ListSignature].select()
        assert all(run_list.signature_id for run_list in tables[rows.RunList].select())
    assert {one.signature_id for one in registered} == before
    assert {one.series for one in registered} == {None}
    mended = replace(
        office,
        workspace=workspace,
        officer_sessions={
            role: replace_officer_session(officer_session, workspace)
            for role, officer_session in office.officer_sessions.items()
        },
    )
    assert len(_runs(mended)) == 3
    # An older list does not come back under a new name, and a series takes the place of what had none.
    with pytest.raises(UntrustedList, match="used already"):
        scanned(
            mended, log, sign_list(tmp_path / "x", BOTH, name="x.csv", series=None, version=None, until="2097-01-01")
        )
    named = scanned(mended, log, sign_list(tmp_path / "y", BOTH, series="anything", version="1"))
    assert len(named.runs[0].superseded) == 1


def replace_officer_session(officer_session: OfficerSession, workspace: Workspace) -> OfficerSession:
    return replace(officer_session, workspace=workspace)


def test_a_signature_over_other_bytes_is_named(office: Office, log: Path, tmp_path: Path) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS))
    (one,) = signatures(office)
    lines = one.minisig.split("\n")
    raw = bytearray(base64.b64decode(lines[1]))
    raw[-1] ^= 1
    forged = "\n".join([lines[0], base64.b64encode(bytes(raw)).decode(), *lines[2:]])
    with office.workspace.change(office.io.signer, now()) as change:
        change.tables[rows.ListSignature].put(replace(one, minisig=forged))
    found = [str(finding) for finding in findings(office)]
    assert any("altered" in each or "not the one that it was scanned with" in each for each in found)


def test_statistics_say_why_they_are_not_used(office: Office, log: Path, tmp_path: Path) -> None:
    (run,) = scanned(office, log, sign_list(tmp_path, FLAGS, use="statistics")).runs
    assert run.hits == 100
    assert run.not_used == "signed for statistics: flagged.csv (lists sign --use leads)"


def test_an_upgrade_leaves_no_signature_out_because_a_store_is_silent(
    office: Office, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanned(office, log, sign_list(tmp_path, FLAGS))
    with office.workspace.read() as tables:
        (known,) = tables[rows.FlagListRow].select()

    def silent(_store: object, name: str) -> Path:
        raise StoreUnreachable(f"{name}: the store does not answer")

    monkeypatch.setattr(type(office.workspace.segments), "open_local", silent)
    with pytest.raises(StoreUnreachable):
        list_signatures._find_signature(office.workspace.segments, known)


def test_a_version_for_statistics_takes_the_leads_of_the_one_before_and_asks_first(
    office: Office, log: Path, tmp_path: Path
) -> None:
    first = scanned(office, log, sign_list(tmp_path / "a", BOTH)).runs[0]
    rebuild_leads(office.io, QUIET)
    assert _visits(office) > 0 and len(counting(office)) == 1
    asked: list[Sequence[Replacement]] = []

    def no(found: Sequence[Replacement]) -> bool:
        asked.append(found)
        return False

    same = sign_list(tmp_path / "b", BOTH, version="2", use="statistics")
    request = ScanRequest((log,), office.source.name, office.authority.number, (same,))
    with pytest.raises(Refused, match="nothing was done"):
        scan_logs(office.io, request, QUIET, no)
    ((one,),) = asked
    assert one.takes_away and one.is_no_longer_for_leads and one.counts is not None and one.counts["removed"] == 0
    assert one.leads, "leads that rest on the older list are counted"
    assert "rest on the older list alone" in format_replacement_lines(one).replace("rests", "rest")
    assert len(counting(office)) == 1
    summary = summarise_scan(office.workspace, scan_logs(office.io, request, QUIET, lambda _: True))
    assert summary.runs[0].superseded == (first.run_id,)
    assert counting(office) == []
    assert findings(office) == []
    # The next version for leads brings them back.
    scanned(office, log, sign_list(tmp_path / "c", BOTH, version="3"))
    assert len(counting(office)) == 1


def test_a_list_that_returns_to_its_old_text_counts_as_its_newest_version(
    office: Office, log: Path, tmp_path: Path
) -> None:
    scanned(office, log, sign_list(tmp_path / "a", FLAGS))
    other = scanned(office, log, sign_list(tmp_path / "b", OTHER, version="2")).runs[0]
    with office.workspace.read() as tables:
        assert [current_run.run.run_id for current_run in list_current_runs(tables)] == [other.run_id]
    scanned(office, log, sign_list(tmp_path / "c", FLAGS, version="3"))
    with office.workspace.read() as tables:
        (current,) = list_current_runs(tables)
    assert current.run.run_id != other.run_id
    assert findings(office) == []
