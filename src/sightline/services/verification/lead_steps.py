"""Check steps of leads against their batches in the ledger: none missing, added, or of another lead."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from itertools import groupby

from sightline.services.verification.finding import Part, Report
from sightline.storage.rows import LeadBatch
from sightline.storage.steps import steps_by_batch
from sightline.storage.table import Tables


def verify_steps(tables: Tables, report: Report, going_on: Callable[[], None]) -> None:
    """Recompute the digest of every batch over its steps."""
    found: dict[str, tuple[int, str]] = {}
    for batch_id, steps in groupby(steps_by_batch(tables), key=lambda one: one[0]):
        going_on()
        count, whole = 0, hashlib.sha256()
        for _, lead_id, version in steps:
            whole.update(f"{lead_id} {version}\n".encode())
            count += 1
        found[batch_id] = count, whole.hexdigest()
    for batch in tables[LeadBatch].each(damaged=lambda _key, _what: None):
        if found.pop(batch.batch_id, (0, "")) != (batch.leads, batch.leads_sha256):
            report.wrong(Part.THING, f"lead-batch:{batch.batch_id}", "its leads are not those that it was of")
    for batch_id in found:
        report.wrong(Part.THING, f"lead-batch:{batch_id}", "is not there, and leads say that it was of them")
