"""Register a signed list for the next scans, without scanning a log."""

from __future__ import annotations

from pathlib import Path

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.casework.reference_data import issuers
from sightline.errors import UntrustedList
from sightline.ledger.verbs import JournalVerb
from sightline.services.match.engine import choose_engine
from sightline.services.scan import scan_context as contexts
from sightline.services.scan.list_replacements import Agree, find_replacements
from sightline.services.scan.register import register_lists
from sightline.services.scan.scan import require_agreement, store_list_files
from sightline.stages.lists.list_versions import derive_series
from sightline.storage.rows import ListSignature
from sightline.workspace.list_signatures import build_signature_row, compute_signature_id


def add_list(officer_session: OfficerSession, path: Path, agree: Agree) -> ListSignature:
    """Register a list whose signature, `PATH.minisig`, is by an issuer that the workspace trusts.

    `agree` is asked before it takes the place of another that flags more. Adding it again has no effect. Raises
    UntrustedList, which the journal records, Refused, UsageError and NotAllowed.
    """
    officer_session.require(Action.SCAN, "list:new")
    with officer_session.workspace.read() as tables:
        keys, list_signatures = issuers.list_trusted_keys(tables), tables[ListSignature].select()
    now = officer_session.clock()
    _, reader = choose_engine()
    with officer_session.record_refusals(JournalVerb.REFUSED_LIST, "list:new"):
        try:
            opened = reader.open_list(path, keys, now, None)
        except UntrustedList as error:
            with officer_session.workspace.read() as tables:
                raise contexts.explain_untrusted_list(tables, _hide_folder(error, path)) from None
        signature = opened.signature
        assert signature is not None  # an unsigned list is not opened
        id_ = compute_signature_id(signature.minisig)
        list_signature = next((signature for signature in list_signatures if signature.signature_id == id_), None)
        mine = list_signature or build_signature_row(
            opened.list_id, signature, signature.series or derive_series(path), 0
        )
        contexts.require_newest(mine, list_signatures, path.name)
    require_agreement(find_replacements(officer_session.workspace, (opened,), (mine,), list_signatures, now), agree)
    register_lists(officer_session, store_list_files(officer_session, (opened,), (mine,)))
    return mine


def _hide_folder(why: UntrustedList, path: Path) -> UntrustedList:
    """Return the error with the name of the file alone: its folder is the workspace's own."""
    return UntrustedList(str(why).replace(str(path), path.name), hint=why.hint, details=why.details)
