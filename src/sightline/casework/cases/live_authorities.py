"""Record authorities for live feeds: one officer asks, another approves, and the entry names its scope and its end."""

from __future__ import annotations

import json
from collections.abc import Mapping

from sightline.casework.cases import cases
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.instants import to_instant
from sightline.ledger.verbs import JournalVerb
from sightline.model import LIVE_KINDS, AuthorityKind
from sightline.storage.rows import Approval, Authority, Case, Source
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change

TERM_US = 60 * 86_400 * 1_000_000
"""The longest term of one authority, sixty days (rules of 2009 under IT Act s.69: rule 11)."""

PAPER = ("number", "issued_by", "issued_on", "document_name", "document_sha256", "keep_until_us")
SCOPE = ("valid_from_us", "valid_until_us", "sources_json", "categories_json")
TIMES = ("valid_from_us", "valid_until_us", "keep_until_us")


def ask(officer_session: OfficerSession, authority: Authority) -> Approval:
    """Ask for an authority for live feeds. Takes effect when another officer approves.

    Raises UsageError for one that names no source, or no end within sixty days.
    """
    what = f"authority:{authority.authority_id}"
    with officer_session.change(Action.AUTHORITY_LIVE, what, JournalVerb.REFUSED_AUTHORITY) as change:
        _require_bounds(authority)
        cases.require_new(change, authority)
        request = {name: getattr(authority, name) for name in (*PAPER, *SCOPE)}
        request |= {"case": authority.case_id, "kind": authority.kind.value}
        why = f"{authority.number} of {authority.issued_on}, by {authority.issued_by}"
        return approvals.ask(change, Action.AUTHORITY_LIVE, what, request, why)


def add_approved(change: Change, approval: Approval) -> Authority:
    """Record the authority that an approval names."""
    request = json.loads(approval.request_json)
    paper, scope = ({name: request[name] for name in names} for names in (PAPER, SCOPE))
    authority = Authority(
        authority_id=approval.thing.partition(":")[2],
        case_id=request["case"],
        kind=AuthorityKind(request["kind"]),
        **paper,
        **scope,
        added_at_us=0,
        added_by="",
    )
    cases.require_new(change, authority)
    stated = {name: scope[name] for name in SCOPE if name != "categories_json"}
    return cases.record_authority(change, authority, change.signer.officer_id, **stated)


def describe_request(tables: Tables, request: Mapping[str, object]) -> dict[str, str]:
    """Return what the parts of a request for such an authority stand for. Empty for any other request."""
    if request.get("kind") not in LIVE_KINDS:
        return {}
    at = {name: value for name in TIMES if isinstance(value := request.get(name), int)}
    result = {name: f"{to_instant(value):%Y-%m-%d %H:%M} UTC" for name, value in at.items()}
    case = tables[Case].get(str(request.get("case")))
    sources = [tables[Source].get(source_id) for source_id in json.loads(str(request.get("sources_json"))) or ()]
    result |= {"case": f"{case.number}, {case.station}"} if case else {}
    return result | {"sources_json": ", ".join(source.name for source in sources if source)}


def _require_bounds(authority: Authority) -> None:
    if authority.kind not in LIVE_KINDS:
        raise UsageError(f"an authority of the kind {authority.kind} is for no live feed", hint="choose live-feed")
    until = authority.valid_until_us
    if until is None or until - authority.valid_from_us > TERM_US:
        raise UsageError(
            "an authority for a live feed is in force for sixty days at the most, and says until when",
            hint="--until DATE; add a renewal as a separate authority",
        )
    if json.loads(authority.sources_json) is None:
        raise UsageError(
            "an authority for a live feed names the feeds that it is for",
            hint="register the feed first: sightline sources add --kind live-feed; then --source NAME",
        )
