"""Write files to the segment store so that a crash leaves either all of them, registered, or none that a reader sees.

The order never changes: a row with a lease (an intent), the files under its id, then one transaction that registers
both. If the process dies in between, the next one sweeps the files (`leases.sweep_intents`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sightline.errors import Interrupted, OutputUnwritable, StoreUnreachable
from sightline.ledger.append import Signer
from sightline.storage.rows import Intent
from sightline.storage.segments import Staging
from sightline.storage.table import Tables
from sightline.workspace import leases
from sightline.workspace.workspace import Workspace


@contextmanager
def open_staged_write(
    workspace: Workspace, signer: Signer, clock: Callable[[], datetime], *, has_files: bool = True
) -> Iterator[StagedWrite]:
    """Yield a new staged write.

    If the block fails, its files are removed; if the store is unreachable then, a later process sweeps. With
    `has_files=False` only the lease exists.
    """
    intent = leases.begin_intent(workspace, signer, clock())
    try:
        with ExitStack() as files:
            staging = files.enter_context(workspace.segments.open_staging(intent.intent_id)) if has_files else None
            yield StagedWrite(workspace, clock, intent, staging, files)
    except StoreUnreachable:
        # A store that did not answer is not contacted again to remove files.
        with suppress(StoreUnreachable, OutputUnwritable):
            leases.mark_given_up(workspace, intent)
        raise
    except BaseException:
        # Whatever ended the write, Ctrl+C too: its files are removed and its lease ends.
        with suppress(StoreUnreachable, OutputUnwritable):
            leases.give_up(workspace, intent)
        raise


class StagedWrite:
    """Files that are being written: `intent.intent_id` is their prefix in the store."""

    def __init__(
        self,
        workspace: Workspace,
        clock: Callable[[], datetime],
        intent: Intent,
        staging: Staging | None,
        files: ExitStack,
    ) -> None:
        self.intent = intent
        self._workspace, self._clock, self._staging, self._files = workspace, clock, staging, files
        self._renewed = time.monotonic()

    @property
    def folder(self) -> Path:
        """Return the folder to write the files to. It has no subfolders."""
        assert self._staging is not None, "this write has no files"
        return self._staging.folder

    def renew(self, every_s: float = 0.0) -> None:
        """Extend the lease, unless that was done less than `every_s` seconds ago."""
        if time.monotonic() - self._renewed >= every_s:
            leases.renew_lease(self._workspace, self.intent, self._clock())
            self._renewed = time.monotonic()

    def publish(self) -> None:
        """Make the files durable in the store. No reader sees them until they are registered."""
        assert self._staging is not None, "this write has no files"
        self._staging.publish()
        self._files.close()

    def discard(self) -> None:
        """Remove the files that were not published."""
        self._files.close()

    def settle(self, tables: Tables, refusal: str) -> None:
        """End the write, in the transaction that registers its files.

        Raises Interrupted (`refusal`) if the lease expired and another process swept the files.
        """
        if not leases.settle_intent(tables, self.intent):
            raise Interrupted(refusal)
