"""Release a file with people's rows: two officers agree, it is written whole, and the ledger records it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, TypeVar

from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import OutputExists, name_output_on_error
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.services.match import outputs
from sightline.storage.table import Tables

W = TypeVar("W")


@dataclass(frozen=True, slots=True)
class HandingOver:
    """One file to release: its kind, subject, reason, and exactly what was agreed.

    `facts`: what its entry says openly beside kind, digest and rows. `details`: what the asking officer must know
    first.
    """

    kind: str
    thing: str
    why: str
    out: Path
    agreed: approvals.Request
    facts: Mapping[str, str | int] = field(default_factory=dict)
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReleaseSummary:
    """The result of writing a release: the digest that covers all of it, and the number of rows."""

    digest: str
    rows: int


def hand_over_file(
    officer_session: OfficerSession,
    handing_over: HandingOver,
    write: Callable[[Tables, Path], tuple[ReleaseSummary, W]],
) -> tuple[ReleaseSummary, W]:
    """Write a file after two officers agreed to exactly this, and record its digest in the ledger.

    The file gets its name only after the ledger entry, so no more is released than the ledger says. `write` sees
    the tables as of one instant.
    """
    check_new(handing_over.out)
    approval = approvals.require_approval(
        officer_session, Action.BUNDLE, handing_over.thing, handing_over.agreed, handing_over.why, handing_over.details
    )
    with outputs.write_all_or_none([handing_over.out]) as beside:
        with officer_session.read(Action.BUNDLE, handing_over.thing, JournalVerb.EXPORT_HITS) as tables:
            written, more = write(tables, beside[handing_over.out])
        with name_output_on_error(handing_over.out), beside[handing_over.out].open("rb") as stream:
            os.fsync(stream.fileno())
        with officer_session.change(Action.BUNDLE, handing_over.thing) as change:
            approvals.use(change, approval)
            facts: dict[str, str | int] = {"kind": handing_over.kind, "bundle": written.digest, "rows": written.rows}
            facts |= handing_over.facts
            change.ledger.append(
                Verb.BUNDLE_MADE, change.signer, handing_over.thing, facts=facts, tells={"why": handing_over.why}
            )
    return written, more


def map_write_errors(out: BinaryIO, path: Path) -> Callable[[bytes], None]:
    """Return the `write` of an open file, with errors that name the file."""

    def write(text: bytes) -> None:
        with name_output_on_error(path):
            out.write(text)

    return write


def check_new(path: Path) -> None:
    """Refuse a file that exists, or cannot be created, before anything is asked for."""
    if os.path.lexists(path):
        raise OutputExists(f"{path} exists already", hint="name another file: what left the record is not replaced")
    outputs.check_one(path, (), overwrite=False)
