"""Summary of a reading of tips: every frame accounted for, and how far the evidence reaches."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from sightline.model import TIP_DAMAGE, Ceiling, Party, TipCode
from sightline.stages.tabular.table_rows import RowPlace
from sightline.stages.tips.model import ChosenKind, Item, TipComment, TipEvent, TipNote, TipReject
from sightline.stages.tips.sessions import Session, TipDeclaration

MAX_LISTED = 3


@dataclass(frozen=True, slots=True)
class TipContent:
    """One exhibit, read: its items in file order."""

    path: str
    sha256: str
    size_bytes: int
    items: Sequence[Item]
    seconds: float


@dataclass(frozen=True, slots=True)
class TipAccount:
    """One exhibit in the summary of `tips read`. `frames = records + comments + sum(rejects)`.

    `kinds`: the kind as which it, or each of its members, was read. `places` of rejects go to the terminal only.
    """

    path: str
    sha256: str
    size_bytes: int
    kinds: tuple[ChosenKind, ...]
    frames: int
    records: int
    comments: int
    rejects: Mapping[str, int]
    notes: tuple[str, ...]
    seconds: float
    places: Mapping[str, tuple[RowPlace, ...]]

    @property
    def reject_count(self) -> int:
        """Return the number of rejects of all codes."""
        return sum(self.rejects.values())

    @property
    def is_damaged(self) -> bool:
        """Return whether it may contain something that was not read."""
        return any(TipCode(code) in TIP_DAMAGE for code in self.rejects)


@dataclass(frozen=True, slots=True)
class TipSummary:
    """The summary of a reading of tips, and its exit code."""

    source: str
    authority: str
    exercise: bool
    exhibits: tuple[TipAccount, ...]
    sessions: int
    ceilings: Mapping[str, int]
    parties: Mapping[str, int]

    def to_json(self) -> str:
        """Return what `--summary` writes."""
        exhibits = [
            {key: cell for key, cell in asdict(tip_account).items() if key != "places"} for tip_account in self.exhibits
        ]
        whole = {"trial": True, **{key: cell for key, cell in asdict(self).items() if key != "exhibits"}}
        return json.dumps({**whole, "exhibits": exhibits}, ensure_ascii=False, indent=2)

    def choose_exit_code(self, max_rejects_percent: float) -> int:
        """Return 4 for a damaged exhibit, 1 for one with more rejects than allowed, else 0."""
        if any(exhibit.is_damaged for exhibit in self.exhibits):
            return 4
        too_many = any(exhibit.reject_count * 100 > max_rejects_percent * exhibit.frames for exhibit in self.exhibits)
        return 1 if too_many else 0


def build_account(read: TipContent) -> TipAccount:
    """Return the account of an exhibit."""
    records = sum(isinstance(item, TipEvent) for item in read.items)
    return build_tip_account(read, read.items, records, sum(isinstance(item, TipComment) for item in read.items))


def build_tip_account(read: TipContent, others: Sequence[Item], records: int, comments: int) -> TipAccount:
    """Return the account of an exhibit from its counts, and its frames that are neither records nor comments."""
    places: dict[str, list[RowPlace]] = {}
    for item in others:
        if isinstance(item, TipReject):
            places.setdefault(item.code.value, []).append(item.place)
    rejects = {code: len(places[code]) for code in sorted(places)}
    return TipAccount(
        path=read.path,
        sha256=read.sha256,
        size_bytes=read.size_bytes,
        kinds=tuple(item for item in others if isinstance(item, ChosenKind)),
        frames=records + comments + sum(rejects.values()),
        records=records,
        comments=comments,
        rejects=rejects,
        notes=tuple(item.text for item in others if isinstance(item, TipNote)),
        seconds=round(read.seconds, 6),
        places={code: tuple(result[:MAX_LISTED]) for code, result in places.items()},
    )


def build_summary(reads: Sequence[TipContent], sessions: Sequence[Session], declared: TipDeclaration) -> TipSummary:
    """Return the summary of the whole run."""
    ceilings = Counter(session.reasons[0].ceiling for session in sessions)
    parties = Counter(session.first.party for session in sessions)
    return TipSummary(
        source=declared.source,
        authority=declared.authority,
        exercise=declared.exercise,
        exhibits=tuple(build_account(read) for read in reads),
        sessions=len(sessions),
        ceilings={ceiling.value: ceilings[ceiling] for ceiling in Ceiling if ceilings[ceiling]},
        parties={party.value: parties[party] for party in Party if parties[party]},
    )
