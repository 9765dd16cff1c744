"""Issuers of flag lists: two officers enrol the key that signs for one."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

from sightline.casework.input_checks import name_thing
from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.stages.lists.signature import PublicKey
from sightline.storage.rows import Approval, IssuerKey
from sightline.storage.table import Tables
from sightline.workspace.workspace import Change


def enrol(officer_session: OfficerSession, key: PublicKey, why: str) -> Approval:
    """Ask to trust an issuer's key. Takes effect when another officer approves."""
    with officer_session.change(Action.ISSUER_ENROL, name_thing("issuer-key", key.key_id)) as change:
        _require_new(change.tables, key.key_id)
        request = {"issuer": key.issuer, "key_id": key.key_id, "public_key": base64.b64encode(key.raw).decode()}
        return approvals.ask(change, Action.ISSUER_ENROL, f"issuer-key:{key.key_id}", request, why)


def enrol_approved(change: Change, approval: Approval) -> IssuerKey:
    """Trust the key that an approval names."""
    request = json.loads(approval.request_json)
    _require_new(change.tables, request["key_id"])
    raw = base64.b64decode(request["public_key"])
    enrolled = IssuerKey(request["key_id"], request["issuer"], raw, approval.approval_id, change.now_us)
    change.add(Verb.ISSUER_ENROLLED, enrolled, public_key=request["public_key"], issuer=request["issuer"])
    return enrolled


def _require_new(tables: Tables, key_id: str) -> None:
    issuer_key = tables[IssuerKey].get(key_id)
    if issuer_key is not None:
        there = f"the key {key_id} of {issuer_key.issuer} is enrolled already"
        what = f"the key {key_id} of {issuer_key.issuer} is revoked already" if issuer_key.revoked_at_us else there
        raise UsageError(what, hint="sightline issuers list")


def revoke(officer_session: OfficerSession, key_id: str, why: str) -> IssuerKey:
    """Stop trusting a key: lists that it signed are refused, and no lead or name rests on them any more."""
    with officer_session.change(Action.ISSUER_REVOKE, name_thing("issuer-key", key_id)) as change:
        issuer_key = change.tables[IssuerKey].get(key_id)
        if issuer_key is None or issuer_key.revoked_at_us is not None:
            raise UsageError(f"no key {key_id} is trusted", hint="sightline issuers list shows which are")
        over = replace(issuer_key, revoked_at_us=change.now_us, revoked_why=why)
        change.put(Verb.ISSUER_REVOKED, over, why=why, issuer=issuer_key.issuer)
    return over


def list_trusted_keys(tables: Tables) -> list[PublicKey]:
    """Return the currently trusted keys."""
    return [
        PublicKey(issuer_key.issuer, issuer_key.key_id, issuer_key.public_key)
        for issuer_key in tables[IssuerKey].select()
        if issuer_key.revoked_at_us is None
    ]


def list_issuer_keys(tables: Tables) -> list[IssuerKey]:
    """Return every key that was ever trusted, by issuer, oldest first."""
    return sorted(tables[IssuerKey].select(), key=lambda issuer_key: (issuer_key.issuer, issuer_key.enrolled_at_us))
