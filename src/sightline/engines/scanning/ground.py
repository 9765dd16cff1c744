"""The ground on which a scan stands: source, authority, lists; refused where the law as recorded does not carry it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sightline.casework import cases, declarations, issuers
from sightline.casework.access import Action
from sightline.casework.acting import Desk
from sightline.casework.declarations import ExhibitClock, SourceProxies, SourceTimes
from sightline.engines.pipeline import Prepared
from sightline.engines.scanning.request import ScanRequest
from sightline.errors import NotAllowed, UntrustedList, UsageError
from sightline.record.ledger.instants import microseconds
from sightline.record.ledger.verbs import Seen
from sightline.record.store.rows import Approval, Authority, FlagListRow, IssuerKey, Source
from sightline.record.store.shelf import Shelves
from sightline.record.workspace import Workspace
from sightline.records import SourceKind
from sightline.stages.lists.model import Signature
from sightline.stages.lists.signature import PublicKey
from sightline.stages.scan.opened import OpenList
from sightline.stages.scan.options import AddressRange


@dataclass(frozen=True, slots=True)
class Ground:
    """What the record says of a scan's source, authority and lists, of exhibits' clocks and the source's proxies."""

    source: Source
    authority: Authority
    keys: list[PublicKey]
    known: list[FlagListRow]
    approval: Approval | None = None
    clocks: Mapping[str, ExhibitClock] = field(default_factory=dict)
    proxies: SourceProxies | None = None
    times: SourceTimes | None = None

    @property
    def proxy_ranges(self) -> tuple[AddressRange, ...]:
        """The proxies that are declared before the source."""
        return self.proxies.ranges if self.proxies else ()


def ground(desk: Desk, request: ScanRequest) -> Ground:
    """The ground of a scan, if it carries. What is refused is in the journal."""
    action = Action.SCAN_WHOLE_LOG if request.all_hits_of else Action.SCAN
    desk.require(action, "scan:new")
    now_us = microseconds(desk.clock())
    with desk.workspace.reading() as shelves:
        source = cases.source_of(shelves, request.source)
        authority = cases.authority_of(shelves, request.authority)
        keys, known = issuers.trusted(shelves), shelves[FlagListRow].where()
        clocks = declarations.clocks(shelves)
        proxies = declarations.source_proxies(shelves).get(source.source_id)
        times = declarations.source_times(shelves).get(source.source_id)
    cases.require_clock(request.declared(source))
    with desk.keeping_refusals(Seen.REFUSED_AUTHORITY, f"authority:{authority.authority_id}"):
        cases.require_in_force(authority, source, now_us)
        if request.all_hits_of:
            require_own_server(source, request.all_hits_of)
    return Ground(source, authority, keys, known, clocks=clocks, proxies=proxies, times=times)


def require_own_server(source: Source, indicator: str) -> None:
    """Raise NotAllowed unless the source is a seized server that the record names as the indicator's own."""
    if source.kind is not SourceKind.SEIZED_SERVER or not source.server_name:
        raise NotAllowed(
            f"--all-hits-of takes a whole log, and {source.name} is no seized server whose own name is recorded",
            hint="sightline source add --kind seized-server --server-name NAME, as the seizure memo has it",
        )
    name = source.server_name.lower()
    host = indicator.lower().partition("://")[2] or indicator.lower()
    host = host.partition("/")[0]
    if not (host == name or name.endswith(f".{host}")):
        raise NotAllowed(
            f"--all-hits-of {indicator}: the server of {source.name} is {name}", hint="name an indicator of that server"
        )


@contextmanager
def lists_at_hand(
    workspace: Workspace, request: ScanRequest, ground: Ground, now_us: int
) -> Iterator[tuple[Path, ...]]:
    """The files of the lists to scan with: those that were named, else the current ones of the workspace."""
    if request.lists:
        yield request.lists
        return
    current = current_lists(ground.known, {key.key_id for key in ground.keys}, now_us)
    if not current:
        raise UsageError(
            "the workspace has no list that is valid now",
            hint="name one: --list FILE, signed by an issuer that is enrolled",
        )
    with TemporaryDirectory(prefix="sightline-lists-") as folder:
        yield tuple(fetched(workspace, one, Path(folder)) for one in current)


def current_lists(known: Sequence[FlagListRow], trusted: set[str], now_us: int) -> list[FlagListRow]:
    """Of each issuer, category and use the newest list that is valid, and whose key is still trusted."""
    newest: dict[tuple[str, str | None, str], FlagListRow] = {}
    for one in known:
        kind = (one.issuer, one.category, one.use.value)
        if kind not in newest or is_older(newest[kind], one):
            newest[kind] = one
    return [one for one in newest.values() if one.valid_until_us > now_us and one.key_id in trusted]


def fetched(workspace: Workspace, one: FlagListRow, folder: Path) -> Path:
    """A copy of a list from the workspace, its signature beside it."""
    path = folder / f"{one.issuer}-{one.list_id[:12]}"
    workspace.segments.get(one.file, path)
    signature = f"{one.file}.minisig"
    if workspace.segments.exists(signature):
        workspace.segments.get(signature, Path(f"{path}.minisig"))
    return path


def is_older(one: FlagListRow, other: FlagListRow) -> bool:
    """Whether a list is older than another of the same kind: by version, if both are numbers, else by validity."""
    versions = one.version, other.version
    if all(version is not None and version.isdecimal() for version in versions):
        return int(versions[0] or 0) < int(versions[1] or 0)
    return one.valid_until_us < other.valid_until_us


def require_lists(desk: Desk, ground: Ground, opened: Sequence[OpenList[Any]]) -> None:
    """Raise unless every list is within the authority's scope, and none is older than one that was used before."""
    for one in opened:
        signature = one.signature
        assert signature is not None
        with desk.keeping_refusals(Seen.REFUSED_AUTHORITY, f"list:{one.list_id}"):
            cases.require_category(ground.authority, signature.category, one.path)
        with desk.keeping_refusals(Seen.REFUSED_LIST, f"list:{one.list_id}"):
            _require_newest(ground, one, signature)


def lists_for_server(ground: Ground, ready: Prepared, indicator: str) -> tuple[OpenList[Any], ...]:
    """Return the workspace's lists for a server's own log: those that flag the indicator, and others in scope.

    A current list that does not flag the server, and that the authority does not cover, is not needed.
    """
    return tuple(
        one for one in ready.lists if ready.engine.finds(one, indicator) or _is_in_scope(ground.authority, one)
    )


def _is_in_scope(authority: Authority, one: OpenList[Any]) -> bool:
    try:
        cases.require_category(authority, one.signature.category if one.signature else None, one.path)
    except NotAllowed:
        return False
    return True


def _require_newest(ground: Ground, one: OpenList[Any], signature: Signature) -> None:
    mine = row_of(one, signature, 0, "", "", 0)
    for other in ground.known:
        same = (other.issuer, other.category, other.use) == (mine.issuer, mine.category, mine.use)
        if same and other.list_id != mine.list_id and is_older(mine, other):
            raise UntrustedList(
                f"{one.path}: an older list than one that was used already: version {other.version or 'without number'}"
                f" of {other.issuer}, valid until later",
                hint="use the newest list; what it no longer flags must not be looked for",
            )


def row_of(
    one: OpenList[Any], signature: Signature, size_bytes: int, file: str, sha256: str, now_us: int
) -> FlagListRow:
    """The row of a list as it is registered."""
    return FlagListRow(
        one.list_id,
        signature.issuer,
        signature.version,
        signature.category,
        signature.use,
        microseconds(signature.valid_until),
        signature.key_id,
        signature.transcribed_by,
        signature.original_sha256,
        one.indicators,
        one.rejects,
        file,
        sha256,
        size_bytes,
        now_us,
    )


def require_enrolled(shelves: Shelves, why: UntrustedList) -> UntrustedList:
    """The refusal of a list in the words of a workspace: there keys are enrolled, not given."""
    known = sorted({one.issuer for one in shelves[IssuerKey].where() if one.revoked_at_us is None})
    hint = (
        f"issuers enrolled here: {', '.join(known) or 'none'}; enrol another with two officers: sightline issuer enrol"
    )
    return UntrustedList(str(why), hint=hint if "not trusted" in str(why) else why.hint)
