"""Context of a scan: source, authority and lists. A scan that the registered authority does not cover is refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sightline.casework.cases import cases, declarations
from sightline.casework.cases.declarations import ExhibitClock, SourceProxies, SourceTimes
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers, list_series, log_formats
from sightline.errors import NotAllowed, SightlineError, UntrustedList, UsageError
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import JournalVerb
from sightline.model import SourceKind
from sightline.services.match.pipeline import CheckedInputs
from sightline.services.scan.request import ScanRequest
from sightline.stages.formats.loader import Format
from sightline.stages.lists import compiled
from sightline.stages.lists.list_versions import UNKNOWN, derive_series, parse_version_order
from sightline.stages.lists.model import Signature
from sightline.stages.lists.signature import PublicKey
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import AddressRange
from sightline.storage.rows import Approval, Authority, FlagListRow, IssuerKey, ListSignature, Source
from sightline.storage.table import Tables
from sightline.workspace.list_signatures import build_signature_row, compute_signature_id, is_series_signed
from sightline.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ScanContext:
    """A scan's source, authority and lists, exhibits' clocks, the source's proxies, and formats, of the workspace."""

    source: Source
    authority: Authority
    keys: list[PublicKey]
    known: list[ListSignature]
    approval: Approval | None = None
    clocks: Mapping[str, ExhibitClock] = field(default_factory=dict)
    proxies: SourceProxies | None = None
    times: SourceTimes | None = None
    formats: Mapping[str, Format] = field(default_factory=dict)

    @property
    def proxy_ranges(self) -> tuple[AddressRange, ...]:
        """Return the proxies declared in front of the source."""
        return self.proxies.ranges if self.proxies else ()


def load_context(officer_session: OfficerSession, request: ScanRequest) -> ScanContext:
    """Return the context of a scan, if its authority covers it. A refusal is written to the journal."""
    action = Action.SCAN_WHOLE_LOG if request.all_hits_of else Action.SCAN
    officer_session.require(action, "scan:new")
    now_us = to_microseconds(officer_session.clock())
    with officer_session.workspace.read() as tables:
        source = cases.find_source(tables, request.source)
        authority = cases.find_authority(tables, request.authority)
        keys, list_signatures = issuers.list_trusted_keys(tables), tables[ListSignature].select()
        clocks = declarations.list_clocks(tables)
        proxies = declarations.list_source_proxies(tables).get(source.source_id)
        times = declarations.list_source_times(tables).get(source.source_id)
        own = log_formats.load_formats_in_use(tables)
    cases.require_clock(request.with_declarations(source))
    with officer_session.record_refusals(JournalVerb.REFUSED_AUTHORITY, f"authority:{authority.authority_id}"):
        cases.require_in_force(authority, source, now_us)
        if request.all_hits_of:
            require_own_server(source, request.all_hits_of)
    return ScanContext(
        source, authority, keys, list_signatures, clocks=clocks, proxies=proxies, times=times, formats=own
    )


def require_own_server(source: Source, indicator: str) -> None:
    """Raise NotAllowed unless the source is a seized server registered as the indicator's own."""
    if source.kind is not SourceKind.SEIZED_SERVER or not source.server_name:
        raise NotAllowed(
            f"--all-hits-of takes a whole log, and {source.name} is no seized server whose own name is recorded",
            hint="sightline sources add --kind seized-server --server-name NAME, as the seizure memo has it",
        )
    name = source.server_name.lower()
    host = indicator.lower().partition("://")[2] or indicator.lower()
    host = host.partition("/")[0]
    if not (host == name or name.endswith(f".{host}")):
        raise NotAllowed(
            f"--all-hits-of {indicator}: the server of {source.name} is {name}", hint="name an indicator of that server"
        )


@contextmanager
def choose_scan_lists(
    workspace: Workspace, request: ScanRequest, context: ScanContext, now_us: int
) -> Iterator[tuple[Path, ...]]:
    """Yield the files of the lists to scan with: the named ones, else the workspace's current ones."""
    if request.lists:
        yield request.lists
        return
    if request.as_of is not None:
        raise UsageError("--as-of repeats an old run", hint="name the list that it was made with: --list FILE")
    current = list_series.select_signatures_in_force(context.known, {key.key_id for key in context.keys}, now_us)
    if set(request.signatures) - {signature.signature_id for signature in current}:
        raise UsageError(
            "a list that was chosen is no longer valid, or a newer version took its place",
            hint="choose the lists again",
        )
    if request.signatures:
        current = [signature for signature in current if signature.signature_id in request.signatures]
    if not current:
        raise UsageError(
            "the workspace has no list that is valid now",
            hint="name one: --list FILE, signed by an issuer that is enrolled",
        )
    with workspace.read() as tables:
        files = {flag_list_row.list_id: flag_list_row.file for flag_list_row in tables[FlagListRow].select()}
    with TemporaryDirectory(prefix="sightline-lists-") as folder:
        try:
            yield tuple(
                fetch_list(workspace, signature, files[signature.list_id], Path(folder)) for signature in current
            )
        except SightlineError as error:
            # The user knows the issuer and the list, not the path of a copy that exists for a moment.
            error.args = (str(error).replace(f"{folder}/", "the list "),)
            raise


def fetch_list(workspace: Workspace, signature: ListSignature, file: str, folder: Path) -> Path:
    """Return a copy of a list from the workspace, with this signature beside it."""
    path = folder / f"{signature.issuer}-{signature.signature_id[:12]}"
    workspace.segments.get(file, path)
    with path.open("rb") as stream:
        if compiled.is_compiled(stream) and compiled.read_head(stream, file).minisig != signature.minisig:
            raise UsageError(
                f"the list {signature.list_id[:12]} of {signature.issuer} was compiled before it was signed again",
                hint="name it: --list FILE",
            )
    Path(f"{path}.minisig").write_text(signature.minisig, encoding="utf-8")
    return path


def require_lists(
    officer_session: OfficerSession,
    context: ScanContext,
    opened: Sequence[OpenList[Any]],
    as_of: datetime | None = None,
) -> list[ListSignature]:
    """Return the lists' signatures. Raises unless each list is the newest and within the authority's scope.

    `as_of`: a past instant; only lists used by then are accepted.
    """
    by_us = None if as_of is None else to_microseconds(as_of)
    list_signatures = [
        list_signature for list_signature in context.known if by_us is None or list_signature.registered_at_us <= by_us
    ]
    signatures: list[ListSignature] = []
    for open_list in opened:
        signature = open_list.signature
        assert signature is not None
        with officer_session.record_refusals(JournalVerb.REFUSED_AUTHORITY, f"list:{open_list.list_id}"):
            cases.require_category(context.authority, signature.category, open_list.path)
        mine = choose_signature_row(context, open_list, signature)
        signatures.append(mine)
        with officer_session.record_refusals(JournalVerb.REFUSED_LIST, f"list:{open_list.list_id}"):
            if as_of is not None and mine not in list_signatures:
                raise UntrustedList(
                    f"{open_list.path}: this list, under this signature, was not used here by {as_of.isoformat()}",
                    hint="--as-of repeats an old run, with the list that it was made with",
                )
            require_newest(mine, list_signatures, open_list.path)
    require_one_version(signatures)
    return signatures


def select_lists_for_server(context: ScanContext, ready: CheckedInputs, indicator: str) -> tuple[OpenList[Any], ...]:
    """Return the workspace's lists for a server's own log: those that flag the indicator, and others in scope.

    A current list that does not flag the server, and that the authority does not cover, is not needed.
    """
    return tuple(
        open_list
        for open_list in ready.lists
        if ready.engine.has_indicator(open_list, indicator) or _is_in_scope(context.authority, open_list)
    )


def _is_in_scope(authority: Authority, open_list: OpenList[Any]) -> bool:
    try:
        cases.require_category(authority, open_list.signature.category if open_list.signature else None, open_list.path)
    except NotAllowed:
        return False
    return True


def choose_signature_row(context: ScanContext, open_list: OpenList[Any], signature: Signature) -> ListSignature:
    """Return the signature row of a list to scan with: the registered one, or a new one."""
    list_signature = next(
        (each for each in context.known if each.signature_id == compute_signature_id(signature.minisig)), None
    )
    named = signature.series or derive_series(Path(open_list.path))
    return list_signature or build_signature_row(open_list.list_id, signature, named, 0)


def require_newest(mine: ListSignature, list_signatures: Sequence[ListSignature], path: str) -> None:
    """Raise UntrustedList if a list is not newer than every version of its series that was used.

    The same bytes may come under a later signature of the same version. A signature that names no series is compared
    with all that its issuer signed for the same category and use, as in older versions of Sightline: a new name of the
    file, which nobody signed, must not make a list a new one.
    """
    is_known = any(signature.signature_id == mine.signature_id for signature in list_signatures)
    for other in list_signatures:
        if other.signature_id == mine.signature_id:
            continue
        if list_series.is_same_series(mine, other):
            is_older = _is_older(mine, other, is_known=is_known)
        else:
            is_older = not is_known and not is_series_signed(mine) and _is_from_before(mine, other)
        if is_older:
            number = f"version {other.version}" if other.version else "a list without a version"
            named = f", series {other.series}" if other.series else ""
            is_equal = parse_version_order(mine.version) == parse_version_order(other.version) != UNKNOWN
            what = "another list of the same version as one" if is_equal else "an older list than one"
            raise UntrustedList(
                f"{path}: {what} that was used already: {number} of {other.issuer}{named};"
                f" this one has {f'version {mine.version}' if mine.version else 'no version'}",
                hint="use the newest list: what it no longer flags must not be looked for. --as-of repeats an old run;"
                " another list of the issuer is signed with a series of its own: sightline lists sign --series NAME",
            )


def _is_older(mine: ListSignature, other: ListSignature, *, is_known: bool) -> bool:
    """Return whether another version of the same series is newer, or equally new with other bytes."""
    if mine.series is None or other.series is None:
        # If a list was registered before series existed, only its first use dates it.
        return (
            list_series.is_newer(other, mine)
            if is_known
            else not is_series_signed(mine) and _is_from_before(mine, other)
        )
    own, its = parse_version_order(mine.version), parse_version_order(other.version)
    return own < its or (own == its and mine.series == other.series and mine.list_id != other.list_id)


def _is_from_before(mine: ListSignature, other: ListSignature) -> bool:
    """Return whether a list without a series is older than another of its issuer, category and use."""
    if (mine.issuer, mine.category, mine.use) != (other.issuer, other.category, other.use):
        return False
    if is_series_signed(other):
        return True
    own, its = parse_version_order(mine.version), parse_version_order(other.version)
    return own < its if UNKNOWN not in (own, its) else mine.valid_until_us < other.valid_until_us


def require_one_version(signatures: Sequence[ListSignature]) -> None:
    """Raise UsageError if two lists of one scan are versions of one series."""
    for at, signature in enumerate(signatures):
        for other in signatures[:at]:
            if list_series.is_same_series(signature, other):
                raise UsageError(
                    f"two lists of {signature.issuer} are versions of one series, {signature.series}",
                    hint="scan with the newer one alone; lists that stand beside each other have series of their own",
                )


def build_list_row(
    open_list: OpenList[Any], signature: Signature, size_bytes: int, file: str, sha256: str, now_us: int
) -> FlagListRow:
    """Return the row of a list for its first registration."""
    return FlagListRow(
        open_list.list_id,
        signature.issuer,
        signature.version,
        signature.category,
        signature.use,
        to_microseconds(signature.valid_until),
        signature.key_id,
        signature.transcribed_by,
        signature.original_sha256,
        open_list.indicators,
        open_list.rejects,
        file,
        sha256,
        size_bytes,
        now_us,
    )


def explain_untrusted_list(tables: Tables, why: UntrustedList) -> UntrustedList:
    """Return the refusal of a list in a workspace's terms: there, keys are enrolled, not given."""
    known = sorted({issuer_key.issuer for issuer_key in tables[IssuerKey].select() if issuer_key.revoked_at_us is None})
    hint = (
        f"issuers enrolled here: {', '.join(known) or 'none'}; enrol another with two officers: sightline issuers add"
    )
    return UntrustedList(str(why), hint=hint if "not trusted" in str(why) else why.hint)
