"""Steps of leads held against their batches, which the ledger holds: none missing, added, or of another lead."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sqlalchemy import select

from sightline.engines.verifying.finding import Part, Report
from sightline.record.store.rows import LeadBatch
from sightline.record.store.schema import tables
from sightline.record.store.shelf import Shelves


def verify_steps(shelves: Shelves, report: Report, going_on: Callable[[], None]) -> None:
    """Recompute the digest of every batch over its steps."""
    steps = tables["lead_steps"].c
    query = select(steps.batch_id, steps.lead_id, steps.version).order_by(steps.batch_id, steps.lead_id)
    found: dict[str, tuple[int, str]] = {}
    of, count, whole = None, 0, hashlib.sha256()
    for batch_id, lead_id, version in shelves.connection.execute(query, execution_options={"yield_per": 10_000}):
        if batch_id != of:
            if of is not None:
                found[of] = count, whole.hexdigest()
                going_on()
            of, count, whole = batch_id, 0, hashlib.sha256()
        whole.update(f"{lead_id} {version}\n".encode())
        count += 1
    if of is not None:
        found[of] = count, whole.hexdigest()
    for batch in shelves[LeadBatch].each(damaged=lambda _key, _what: None):
        if found.pop(batch.batch_id, (0, "")) != (batch.leads, batch.leads_sha256):
            report.wrong(Part.THING, f"lead-batch:{batch.batch_id}", "its leads are not those that it was of")
    for batch_id in found:
        report.wrong(Part.THING, f"lead-batch:{batch_id}", "is not there, and leads say that it was of them")
