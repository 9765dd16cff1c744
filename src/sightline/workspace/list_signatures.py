"""Convert flag list signatures to rows: from a signature file's text, or from an older Sightline's registrations."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from functools import lru_cache

from sightline.errors import SightlineError, StoreUnreachable, UntrustedList
from sightline.ledger.append import Ledger, Signer, name_row_thing
from sightline.ledger.instants import to_microseconds
from sightline.ledger.verbs import Verb
from sightline.stages.lists import compiled, trust
from sightline.stages.lists.model import Signature
from sightline.storage.rows import FlagListRow, ListSignature, Run, RunList
from sightline.storage.segments import SegmentStore
from sightline.storage.table import Tables


def compute_signature_id(minisig: str) -> str:
    """Return the identity of a signature: the SHA-256 of its file's text."""
    return hashlib.sha256(minisig.encode()).hexdigest()


def build_signature_row(list_id: str, signature: Signature, series: str | None, now_us: int) -> ListSignature:
    """Return the row of a signature. `series` is the effective one, which an older signature does not name."""
    return ListSignature(
        compute_signature_id(signature.minisig),
        list_id,
        signature.issuer,
        series,
        signature.version,
        signature.category,
        signature.use,
        to_microseconds(signature.valid_until),
        signature.key_id,
        signature.transcribed_by,
        signature.original_sha256,
        signature.minisig,
        now_us,
    )


def is_series_signed(signature: ListSignature) -> bool:
    """Return whether the signature itself names its series. For an older one the file's name did."""
    return signature.series is not None and _read_signed_series(signature.minisig) == signature.series


@lru_cache(maxsize=4096)
def _read_signed_series(minisig: str) -> str | None:
    return trust.read_unverified(minisig, "a signature of the record").series


def keep_signatures(tables: Tables, ledger: Ledger, log: Signer, segments: SegmentStore) -> int:
    """Store the signatures that runs used, and those of lists whose runs were purged. Return their number.

    Older versions stored only the first signature of each list: those of renewed lists, and of lists that two issuers
    signed, are in the manifests of the runs. Existing rows do not change.
    """
    known = {list_signature.signature_id for list_signature in tables[ListSignature].select()}
    before = len(known)

    def keep(list_id: str, minisig: str, at_us: int) -> str | None:
        """Store one signature unless it is stored, and return its id. None if the text is no signature."""
        try:
            signature = trust.read_unverified(minisig, list_id)
        except UntrustedList:
            # No scan used such a list: `verify` names the holder of this text.
            return None
        row = build_signature_row(list_id, signature, signature.series, at_us)
        if row.signature_id not in known:
            known.add(row.signature_id)
            tables[ListSignature].add(row)
            facts = {"list": list_id, "issuer": row.issuer}
            ledger.append(Verb.LIST_SIGNATURE_KEPT, log, name_row_thing(row), facts=facts, state=row)
        return row.signature_id

    lists = {flag_list_row.list_id: flag_list_row for flag_list_row in tables[FlagListRow].select()}
    signed: set[str] = set()
    for run in sorted(tables[Run].select(), key=lambda one: (one.registered_at_us, one.run_id)):
        run_lists = json.loads(run.manifest_json)["lists"] if run.manifest_json else []
        for run_list in tables[RunList].select(run_id=run.run_id):
            if run_list.signature_id is None and run_list.position < len(run_lists):
                added = keep(run_list.list_id, str(run_lists[run_list.position]["minisig"]), run.registered_at_us)
                if added is not None:
                    tables[RunList].put(replace(run_list, signature_id=added))
                    signed.add(run_list.list_id)
    for list_id in sorted(lists.keys() - signed):
        minisig = _find_signature(segments, lists[list_id])
        if minisig is not None:
            keep(list_id, minisig, lists[list_id].registered_at_us)
    return len(known) - before


def _find_signature(segments: SegmentStore, flag_list_row: FlagListRow) -> str | None:
    """The signature that lies with a list's file, or within a compiled one; None where it cannot be read."""
    try:
        if flag_list_row.sha256 == flag_list_row.list_id:
            with segments.open_local(f"{flag_list_row.file}.minisig") as path:
                return trust.read_small_text(path)
        with segments.open_local(flag_list_row.file) as path, path.open("rb") as stream:
            return compiled.read_head(stream, flag_list_row.file).minisig
    except StoreUnreachable:
        # The upgrade is made once: it waits for a store that answers, and leaves no signature out.
        raise
    except (SightlineError, OSError, ValueError):
        # `verify` reports a missing or altered file.
        return None
