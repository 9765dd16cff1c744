"""Read the steps of leads as plain rows, because there may be several times as many steps as leads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import select

from sightline.storage.schema import schema_tables
from sightline.storage.table import Tables

STREAMED = 10_000
MANY = 500


def list_steps_by_batch(tables: Tables) -> Iterator[tuple[str, str, int]]:
    """Yield batch, lead and version of every step, in the order of batch and lead."""
    steps = schema_tables["lead_steps"].c
    query = select(steps.batch_id, steps.lead_id, steps.version).order_by(steps.batch_id, steps.lead_id)
    for row in tables.connection.execute(query, execution_options={"yield_per": STREAMED}):
        yield row.batch_id, row.lead_id, row.version


def list_lead_steps(tables: Tables, lead_ids: Sequence[str] | None = None) -> Iterator[tuple[str, int, str]]:
    """Yield lead, version and batch of every step, or of the steps of these leads, by lead and version."""
    steps = schema_tables["lead_steps"].c
    query = select(steps.lead_id, steps.version, steps.batch_id).order_by(steps.lead_id, steps.version)
    ids = None if lead_ids is None else sorted(set(lead_ids))
    parts = [None] if ids is None else [ids[at : at + MANY] for at in range(0, len(ids), MANY)]
    for part in parts:
        wanted = query if part is None else query.where(steps.lead_id.in_(part))
        for row in tables.connection.execute(wanted, execution_options={"yield_per": STREAMED}):
            yield row.lead_id, row.version, row.batch_id
