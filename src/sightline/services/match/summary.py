"""Summary of a match: lists, exhibits, every frame accounted for."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sightline.model import DAMAGE, RejectCode
from sightline.services.match.copies import CopiedLog, PossibleCopy
from sightline.services.match.folders import SkippedFile
from sightline.services.match.inputs import ChosenExhibit
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.opened_list import OpenList


@dataclass(frozen=True, slots=True)
class ListAccount:
    """One list. `untestable`: indicators of kinds that no exhibit can show, unless a request itself names a host.

    `by_request`: those of them that such a request can meet.

    `origin`: whose it is, in words. A transcribed list also names its transcriber and the SHA-256 of the agency's
    original.
    """

    path: str
    list_id: str
    issuer: str | None
    origin: str
    transcribed_by: str | None
    original_sha256: str | None
    indicators: int
    rejects: int
    untestable: int
    by_request: int


@dataclass(frozen=True, slots=True)
class ExhibitAccount:
    """One exhibit in the summary of `match`. `frames = records + comments + sum(rejects)`.

    `not_matched`: fields of its format that may name a flagged site and that are not searched. `members`: those that
    were read, of an archive of which this is only the part in one format.
    """

    path: str
    sha256: str
    size_bytes: int
    format: str
    format_reason: str
    frames: int
    records: int
    comments: int
    hit_records: int
    hits: int
    unmatched: int
    outside_window: int
    rejects: Mapping[str, int]
    seconds: float
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    format_notes: tuple[str, ...] = ()
    """What `format_reason` says besides the format: of its years, and of its visitors' addresses."""
    not_matched: tuple[str, ...] = ()
    members: tuple[str, ...] = ()

    @property
    def reject_count(self) -> int:
        """Return the number of rejects of all codes."""
        return sum(self.rejects.values())

    @property
    def limited_reject_count(self) -> int:
        """Return the number of rejects that `--max-rejects` limits: a last line without a line end is none of them."""
        last_lines = min(self.rejects.get(RejectCode.CUT_OFF, 0), max(1, len(self.members)))
        return self.reject_count - last_lines

    @property
    def is_damaged(self) -> bool:
        """Return whether the input itself broke off."""
        return any(RejectCode(code) in DAMAGE for code in self.rejects)


NOT_MATCHED = ("referrer",)
"""Fields that name the site a visitor came from. They make no hit (docs/how-to/lists.md)."""
GREW = "it grew while it was read: only what was there at first was read"
BROKEN = (
    "it breaks off, or its bytes were altered (broken-stream; --rejects says where). Where packed bytes were altered,"
    " lines come out that nobody wrote: hold each hit of it against another copy"
)
OVER_A_LIMIT = (
    "it unpacks to more than a limit allows, and nothing after that point was read (decompression-limit): to more than"
    " --max-ratio times its size or than --max-unpacked, to over a million members, or to archives more than four deep."
    " Unpack it yourself if you trust it, or raise the limit"
)
LOCKED = "it has members with a password, which were not read (member-encrypted): unpack it, then read what it holds"
HEADER_ONLY = (
    "its lines name no address that connected: only X-Forwarded-For, which anybody can write, names the visitor."
    " It is read only with --trusted-hops or --trusted-proxy"
)
TERMINAL_ONLY = frozenset({"by_request", "examples", "notes", "format_notes"})


@dataclass(frozen=True, slots=True)
class MatchSummary:
    """The counts of a match, and its exit code."""

    lists: tuple[ListAccount, ...]
    exhibits: tuple[ExhibitAccount, ...]
    copies: tuple[CopiedLog, ...] = ()
    alike: tuple[PossibleCopy, ...] = ()
    left_out: tuple[SkippedFile, ...] = ()
    engine: str = "kernel"

    def to_json(self) -> str:
        """Return what `--summary` writes. Masked examples and notes go to the terminal only."""

        def as_dict(
            account: ListAccount | ExhibitAccount | CopiedLog | PossibleCopy | SkippedFile,
        ) -> dict[str, object]:
            return {key: _escape_text(value) for key, value in asdict(account).items() if key not in TERMINAL_ONLY}

        parts: dict[str, Sequence[ListAccount | ExhibitAccount | CopiedLog | PossibleCopy | SkippedFile]] = {
            "lists": self.lists,
            "exhibits": self.exhibits,
            "copies": self.copies,
            "alike": self.alike,
            "left_out": self.left_out,
        }
        whole = {name: [as_dict(item) for item in part] for name, part in parts.items()}
        return json.dumps(whole, ensure_ascii=False, indent=2)

    def choose_exit_code(self, max_rejects_percent: float) -> int:
        """Return 4 for damaged input, 1 for an exhibit with more rejects than allowed, else 0."""
        if any(exhibit.is_damaged for exhibit in self.exhibits):
            return 4
        too_many = any(
            exhibit.limited_reject_count * 100 > max_rejects_percent * exhibit.frames for exhibit in self.exhibits
        )
        return 1 if too_many else 0


def _escape_text(value: object) -> object:
    r"""Return a text that JSON can hold, with bytes of a file's name that are not UTF-8 as `\xHH`; others unchanged."""
    return value.encode(errors="surrogateescape").decode(errors="backslashreplace") if isinstance(value, str) else value


def list_account(open_list: OpenList[Any], exhibits: Sequence[ChosenExhibit]) -> ListAccount:
    """Return the account of a list. A kind is untestable if no exhibit's format can show it."""
    formats = [exhibit.format for exhibit in exhibits]
    blind = {
        kind: count
        for kind, count in open_list.counts.items()
        if all(kind in format_.untestable for format_ in formats)
    }
    by_request = sum(count for kind, count in blind.items() if any(kind in format_.by_request for format_ in formats))
    signature = open_list.signature
    return ListAccount(
        path=open_list.path,
        list_id=open_list.list_id,
        issuer=signature.issuer if signature else None,
        origin=open_list.origin,
        transcribed_by=signature.transcribed_by if signature else None,
        original_sha256=signature.original_sha256 if signature else None,
        indicators=open_list.indicators,
        rejects=open_list.rejects,
        untestable=sum(blind.values()),
        by_request=by_request,
    )


def build_exhibit_account(chosen_exhibit: ChosenExhibit, scanned: ExhibitScan) -> ExhibitAccount:
    """Return the account of an exhibit."""
    fields = {rule.field for rule in chosen_exhibit.format.program.fields}
    flags = {
        HEADER_ONLY: scanned.hits > 0 and "forwarded" in fields and not fields & {"source", "source_ip"},
        GREW: scanned.grew,
        BROKEN: RejectCode.BROKEN_STREAM in scanned.rejects,
        OVER_A_LIMIT: RejectCode.DECOMPRESSION_LIMIT in scanned.rejects,
        LOCKED: RejectCode.MEMBER_ENCRYPTED in scanned.rejects,
    }
    return ExhibitAccount(
        path=chosen_exhibit.scan.name,
        sha256=scanned.sha256,
        size_bytes=scanned.size_bytes,
        format=chosen_exhibit.format.name,
        format_reason=chosen_exhibit.reason,
        frames=scanned.frames,
        records=scanned.records,
        comments=scanned.comments,
        hit_records=scanned.hit_records,
        hits=scanned.hits,
        unmatched=scanned.unmatched,
        outside_window=scanned.outside_window,
        rejects={code.value: count for code, count in scanned.rejects.items()},
        seconds=round(scanned.seconds, 6),
        examples={code.value: frames for code, frames in scanned.examples.items()},
        notes=tuple(note for note, holds in flags.items() if holds),
        format_notes=chosen_exhibit.notes,
        not_matched=tuple(name for name in NOT_MATCHED if name in fields),
        members=chosen_exhibit.members,
    )
