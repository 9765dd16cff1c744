"""The runs of an exhibit whose hits can be shown: for whose lists each is the newest, and which took its place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sightline.casework.exhibits import Shown
from sightline.errors import DamagedInput
from sightline.record.store.rows import Run, RunList, Segment
from sightline.record.workspace import Workspace
from sightline.records import ListUse


@dataclass(frozen=True, slots=True)
class Standing:
    """A run for leads that was not purged.

    `issuers`: those of whose lists no newer run was made, so that its hits of them count; none where all were.
    `superseded_by`: the newest runs for the other issuers.
    """

    run: Run
    lists: tuple[RunList, ...]
    segments: tuple[Segment, ...]
    issuers: frozenset[str]
    superseded_by: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Whether some of its hits count."""
        return bool(self.issuers)


def standings(shown: Shown) -> list[Standing]:
    """The runs of an exhibit in order of registration; those for statistics hold no hit and are left out."""
    runs = [run for run in shown.runs if run.use is ListUse.LEADS]
    lists = {run.run_id: tuple(one for one in shown.lists if one.run_id == run.run_id) for run in runs}
    newest = {one.issuer: run.run_id for run in runs for one in lists[run.run_id]}
    return [_standing(run, shown, lists[run.run_id], newest) for run in runs if run.row_key is not None]


def _standing(run: Run, shown: Shown, lists: tuple[RunList, ...], newest: dict[str, str]) -> Standing:
    issuers = frozenset(one.issuer for one in lists)
    current = frozenset(issuer for issuer in issuers if newest[issuer] == run.run_id)
    by = sorted({newest[issuer] for issuer in issuers - current})
    segments = tuple(one for one in shown.segments if one.run_id == run.run_id)
    return Standing(run, lists, segments, current, tuple(by))


def held_under(shown: Shown, runs: Sequence[Standing], *, is_whole: bool) -> Shown:
    """The exhibit with these runs and their lists; not whole: only the authorities, sources and cases of these runs.

    Another authority, or another case, would tell of others than the one visitor whose rows are wanted.
    """
    run_ids = {one.run.run_id for one in runs}
    used = {(one.run.authority_id, one.run.source_id) for one in runs}
    holdings = [one for one in shown.holdings if is_whole or (one.authority_id, one.source_id) in used]
    under = {one.authority_id for one in holdings}
    authorities = tuple(one for one in shown.authorities if one.authority_id in under)
    return replace(
        shown,
        holdings=tuple(holdings),
        runs=tuple(one.run for one in runs),
        lists=tuple(one for one in shown.lists if one.run_id in run_ids),
        segments=tuple(one for one in shown.segments if one.run_id in run_ids),
        authorities=authorities,
        sources=tuple(one for one in shown.sources if one.source_id in {each.source_id for each in holdings}),
        cases=tuple(one for one in shown.cases if one.case_id in {each.case_id for each in authorities}),
    )


@contextmanager
def opened(workspace: Workspace, segment: Segment) -> Iterator[Path]:
    """A segment's file to read. Raises DamagedInput where it is not the one that was sealed: nothing rests on it."""
    with workspace.segments.local_path(segment.file) as path:
        with path.open("rb") as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()
        if found != segment.sha256:
            raise DamagedInput(
                f"segment {segment.segment_id} ({segment.file}) is not the file that was sealed",
                hint="sightline verify --rows says what is left of it; restore it from a backup",
            )
        yield path
