"""The steps of leads, by batch, without holding all at once: what their digest is made of."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from sightline.record.store.schema import tables
from sightline.record.store.shelf import Shelves

STREAMED = 10_000


def steps_by_batch(shelves: Shelves) -> Iterator[tuple[str, str, int]]:
    """Yield batch, lead and version of every step, in the order of batch and lead."""
    steps = tables["lead_steps"].c
    query = select(steps.batch_id, steps.lead_id, steps.version).order_by(steps.batch_id, steps.lead_id)
    for row in shelves.connection.execute(query, execution_options={"yield_per": STREAMED}):
        yield row.batch_id, row.lead_id, row.version
