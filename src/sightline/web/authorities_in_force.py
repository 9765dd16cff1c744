"""The authorities in force for sources of a kind: the choices of a form that uploads evidence."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.casework.cases import cases
from sightline.errors import NotAllowed
from sightline.ledger.instants import to_microseconds
from sightline.model import SourceKind
from sightline.storage.rows import Authority, Case, Source
from sightline.web.context import RequestContext


@dataclass(frozen=True, slots=True)
class CoveredSource:
    """An authority in force, with a source that it covers."""

    authority: Authority
    source: Source
    case: Case | None

    @property
    def key(self) -> str:
        """Return both ids, as a form sends them."""
        return f"{self.authority.authority_id}:{self.source.source_id}"


def list_covered_sources(context: RequestContext, *kinds: SourceKind) -> list[CoveredSource]:
    """Return the sources of these kinds with each authority in force that covers them, the newest authority first."""
    now_us = to_microseconds(context.officer_session.clock())
    with context.read() as tables:
        sources = [source for kind in kinds for source in tables[Source].select(kind=kind)]
        authorities = tables[Authority].select() if sources else []
        by_id = {
            case.case_id: case
            for case in tables[Case].select_within("case_id", [authority.case_id for authority in authorities])
        }
    return [
        CoveredSource(authority, source, by_id.get(authority.case_id))
        for authority in sorted(authorities, key=lambda one: -one.added_at_us)
        for source in sources
        if _is_in_force(authority, source, now_us)
    ]


def _is_in_force(authority: Authority, source: Source, now_us: int) -> bool:
    try:
        cases.require_in_force(authority, source, now_us)
    except NotAllowed:
        return False
    return True
