"""Read a resolution: each session as the command line shows it, and each subscriber, numbers masked or open."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

import polars as pl

from sightline.casework.identities.disclosures import open_identities
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.model import ResolutionVerdict, Stamp
from sightline.model.short_ids import parse_id_prefix, read_subscriber_number
from sightline.services.artifacts import resolution_files
from sightline.services.artifacts.current_results import read_version
from sightline.services.artifacts.identities import decrypt_identities
from sightline.services.artifacts.short_ids import has_short_id
from sightline.stages.resolve.corroboration import WORDS, CorroborationGap, SubscriberStanding
from sightline.stages.resolve.model import FindingKind, VerdictReason
from sightline.stages.resolve.reasons import explain_finding as found_in_words
from sightline.stages.resolve.reasons import explain_verdict as in_words
from sightline.storage.registered_files import list_row_files
from sightline.storage.rows import Licensee, Resolving
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.workspace.workspace import Workspace

ResolutionJson = dict[str, Any]


@dataclass(frozen=True)
class Resolutions:
    """One resolution with its tables. In an exercise, whose people are invented, numbers are open.

    `is_masked`: numbers are masked there too. `whom`: only these subscribers, or None for all.
    """

    workspace: Workspace
    resolution: Resolving
    licensees: Mapping[str, str]
    is_exercise: bool
    is_masked: bool = False
    whom: frozenset[str] | None = None

    @cached_property
    def sessions(self) -> pl.DataFrame:
        """Return SESSIONS of the model."""
        as_of, current = read_version(self.workspace, self.resolution), self.workspace.current
        return current.get_only(
            "sessions", as_of, lambda: resolution_files.read_table(self.workspace, self.resolution, "sessions")
        )

    @cached_property
    def visits(self) -> pl.DataFrame:
        """Return PARTS of the model."""
        as_of, current = read_version(self.workspace, self.resolution), self.workspace.current
        return current.get_only(
            "visits", as_of, lambda: resolution_files.read_table(self.workspace, self.resolution, "visits")
        )

    @cached_property
    def lines(self) -> pl.DataFrame:
        """Return lead columns of each `session_id` and `subscriber`, if a session has several lines."""
        as_of, current = read_version(self.workspace, self.resolution), self.workspace.current
        return current.get_only(
            "lines", as_of, lambda: resolution_files.read_table(self.workspace, self.resolution, "lines")
        )

    @cached_property
    def _doubts(self) -> dict[str, list[ResolutionJson]]:
        """By row of a notice, each row of a reply that causes a doubt about it, and what to ask the ISP."""
        as_of, current = read_version(self.workspace, self.resolution), self.workspace.current
        return current.get_only("doubts", as_of, self._read_doubts)

    def _read_doubts(self) -> dict[str, list[ResolutionJson]]:
        if "doubts" not in list_row_files(self.resolution):
            return {}
        replies = json.loads(self.resolution.inputs_json)["replies"]
        result: dict[str, list[ResolutionJson]] = {}
        for row in resolution_files.read_table(self.workspace, self.resolution, "doubts").iter_rows(named=True):
            doubt = {"kind": row["kind"], "reply_id": replies[row["reply"]], "row": row["row"]}
            result.setdefault(row["row_id"], []).append(doubt | {"text": found_in_words(FindingKind(row["kind"]), row)})
        return result

    @cached_property
    def subscribers(self) -> pl.DataFrame:
        """Return NAMED of the model, without what was purged."""
        as_of, current = read_version(self.workspace, self.resolution), self.workspace.current
        every = current.get_only(
            "subscribers", as_of, lambda: resolution_files.read_table(self.workspace, self.resolution, "subscribers")
        )
        if self.whom is not None:
            every = every.filter(pl.col("subscriber").is_in(sorted(self.whom)))
        return resolution_files.without_purged(self.workspace, every)

    @cached_property
    def recalled_lines(self) -> pl.DataFrame:
        """Return what was named earlier and no longer is."""
        return resolution_files.read_table(self.workspace, self.resolution, "recalled")

    @cached_property
    def numbers(self) -> dict[str, str]:
        """Return the number of each subscriber. Empty except in an exercise."""
        if self.is_masked or not self.is_exercise:
            return {}
        return {
            one: identity["number"]
            for one, identity in decrypt_identities(self.workspace, self.whom).items()
            if "number" in identity
        }

    @cached_property
    def _subscriber_rows(self) -> dict[str, ResolutionJson]:
        return {row["subscriber"]: row for row in self.subscribers.iter_rows(named=True)}

    def sort_sessions(self) -> pl.DataFrame:
        """Return the sessions, corroborated subscribers first, then by verdict and time."""
        corroborated = self.subscribers.filter(pl.col("standing") == SubscriberStanding.CORROBORATED.value)[
            "subscriber"
        ]
        is_carried = pl.col("subscribers").list.first().is_in(corroborated.implode())
        is_named = pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value
        return self.sessions.sort(~(is_named & is_carried).fill_null(value=False), "verdict", "first_us", "session_id")

    def to_json(self, sessions: pl.DataFrame) -> Iterator[ResolutionJson]:
        """Yield sessions as JSON objects, in their order, each with the parts of its visits."""
        visits = self.visits.join(sessions, on="session_id", how="semi", maintain_order="left")
        if self.whom is None:
            # Nothing is read or decrypted of other subscribers than those that these sessions name.
            yield from replace(self, whom=_list_named(sessions, visits)).to_json(sessions)
            return
        parts = visits.partition_by("session_id", as_dict=True, maintain_order=True)
        for row in sessions.iter_rows(named=True):
            yield {
                "session_id": row["session_id"],
                "lead_id": row["lead_id"],
                "source_ip": row["ip"],
                "source_port": row["port"],
                "first_seen": _format_time(row["first_us"]),
                "last_seen": _format_time(row["last_us"]),
                "verdict": row["verdict"],
                "subscribers": [
                    self.describe_subscriber(subscriber, row["licensee_id"]) for subscriber in row["subscribers"]
                ],
                "survivors_by_chance": row["survivors_by_chance"],
                "reasons": _list_reasons(row["why"]),
                "visit_count": row["visits"],
                "visits_named": row["visits_named"],
                "visits": [self._build_part(part) for part in parts[row["session_id"],].iter_rows(named=True)],
            }

    def _build_part(self, row: ResolutionJson) -> ResolutionJson:
        """Some visits of a session that have one answer."""
        return {
            "first_seen": _format_time(row["first_us"]),
            "last_seen": _format_time(row["last_us"]),
            "source_port": row["port"],
            "protocol": row["protocol"],
            "destination_ip": row["destination_ip"],
            "destination_port": row["destination_port"],
            "visits": row["visits"],
            "verdict": row["verdict"],
            "subscribers": [
                self.describe_subscriber(subscriber, row["licensee_id"]) for subscriber in row["subscribers"]
            ],
            "through": [
                self.describe_subscriber(*subscriber_row) for subscriber_row in zip(*_list_through(row), strict=True)
            ],
            "reasons": _list_reasons(row["why"]),
            "doubts": [doubt for row_id in row["row_ids"] for doubt in self._doubts.get(row_id, ())],
            "row_ids": row["row_ids"],
        }

    def list_sessions_of_lead(self, lead_id: str) -> Iterator[ResolutionJson]:
        """Yield the sessions of one lead, by its whole id."""
        sessions = self.sessions.filter(pl.col("lead_id") == lead_id)
        parts = self.visits.filter(pl.col("lead_id") == lead_id)
        whom = frozenset(
            subscriber
            for column in (sessions["subscribers"], parts["subscribers"])
            for subscribers in column
            for subscriber in subscribers
        )
        yield from replace(self, whom=whom).to_json(sessions)

    def list_rows(self, session_id: str) -> Iterator[ResolutionJson]:
        """Yield what replies say about each row asked for a session: valid answers and near misses.

        `why` and `near_misses` are the codes of `reasons` and `near`. `assignments` are pairs of a reply's id and a row
        of it.
        """
        known = json.loads(self.resolution.inputs_json)
        mine = resolution_files.read_table(self.workspace, self.resolution, "rows").filter(
            pl.col("session_id") == session_id
        )
        for row in mine.iter_rows(named=True):
            yield {
                "notice_id": known["notices"][row["notice"]],
                "row_id": row["row_id"],
                "verdict": row["verdict"],
                "holders": row["holders"],
                "is_certified": row["is_certified"],
                "why": row["why"],
                "near_misses": row["near"],
                "reasons": [in_words(VerdictReason(code)) for code in row["why"]],
                "near": [in_words(FindingKind(code)) for code in row["near"]],
                "doubts": self._doubts.get(row["row_id"], []),
                "assignments": [
                    (known["replies"][assignment >> 32], assignment & 0xFFFFFFFF) for assignment in row["assignments"]
                ],
            }

    def list_reply_ids(self, session_ids: Sequence[str]) -> list[str]:
        """Return the ids of the replies whose rows answer for these sessions."""
        replies = json.loads(self.resolution.inputs_json)["replies"]
        rows = resolution_files.read_table(self.workspace, self.resolution, "rows")
        mine = rows.filter(pl.col("session_id").is_in(session_ids))["assignments"].explode().drop_nulls()
        return [replies[at] for at in (mine // (1 << 32)).unique().sort().to_list()]

    def list_replies_by_subscriber(self) -> dict[str, list[str]]:
        """Return the ids of the replies whose rows answer for the sessions of each subscriber, in one pass."""
        if self.whom is not None:
            return self._read_replies()
        as_of = read_version(self.workspace, self.resolution)
        return self.workspace.current.get_only("replies by subscriber", as_of, self._read_replies)

    def _read_replies(self) -> dict[str, list[str]]:
        known = json.loads(self.resolution.inputs_json)["replies"]
        rows = resolution_files.read_table(self.workspace, self.resolution, "rows").select("session_id", "assignments")
        sessions = self.subscribers.select("subscriber", pl.col("sessions").alias("session_id")).explode("session_id")
        pairs = sessions.join(rows.explode("assignments").drop_nulls(), on="session_id").select(
            "subscriber", (pl.col("assignments") // (1 << 32)).alias("reply")
        )
        replies: dict[str, list[str]] = {}
        for subscriber, reply in pairs.unique().sort("subscriber", "reply").iter_rows():
            replies.setdefault(subscriber, []).append(known[reply])
        return replies

    def describe_subscriber(self, subscriber_id: str, licensee_id: str) -> ResolutionJson:
        """Return a subscriber: id, number (null unless open), licensee, and corroboration."""
        stands = self._subscriber_rows.get(subscriber_id)
        return {
            "subscriber": subscriber_id,
            "number": self.numbers.get(subscriber_id),
            "licensee": self.licensees.get(stands["licensee_id"] if stands else licensee_id),
            "standing": stands["standing"] if stands else None,
            "corroborated": bool(stands and stands["standing"] == SubscriberStanding.CORROBORATED),
        }

    def lacks(self, session_json: ResolutionJson) -> Iterator[str]:
        """Yield what the one subscriber of a session lacks to be corroborated, in words."""
        yield from (WORDS[CorroborationGap(code)] for code in self.list_lacks(session_json))

    def list_lacks(self, session_json: ResolutionJson) -> list[str]:
        """Return the codes of what it lacks."""
        stands = (
            self._subscriber_rows.get(session_json["subscribers"][0]["subscriber"])
            if len(session_json["subscribers"]) == 1
            else None
        )
        return list(stands["why"]) if stands else []

    def find_subscriber(self, text: str) -> ResolutionJson:
        """Return the subscriber (NAMED) with that id or short id. Raises UsageError."""
        rows = self.subscribers.filter(has_short_id(pl.col("subscriber"), read_subscriber_number(text)))
        if len(rows) != 1 or len(text) < 4:
            none = f"there is no subscriber with an id that begins or ends with {text!r}"
            what = f"several subscribers have an id that begins or ends with {text!r}" if len(rows) > 1 else none
            raise UsageError(what, hint="sightline resolve --subscribers shows their ids")
        return rows.row(0, named=True)

    def find_sessions(self, text: str) -> pl.DataFrame:
        """Return the sessions with that id, short id, lead or subscriber. Raises UsageError if there are none."""
        number = parse_id_prefix(text)
        condition = (
            has_short_id(pl.col("session_id"), text)
            | (has_short_id(pl.col("lead_id"), text) if number is None else pl.col("lead_id").str.starts_with(number))
            | pl.col("subscribers").list.eval(has_short_id(pl.element(), read_subscriber_number(text))).list.any()
        )
        rows = self.sessions.filter(condition) if len(text) >= 4 else self.sessions.head(0)
        if rows.is_empty():
            raise UsageError(
                f"no session that was asked for has an id, lead or subscriber that begins or ends with {text!r}",
                hint="give 4 digits or more: sightline resolve shows them",
            )
        return rows


def _list_named(*tables: pl.DataFrame) -> frozenset[str]:
    """Return the subscribers that sessions or parts of visits name, also as an operator between."""
    names = ("subscribers", "through")
    columns = (table[name] for table in tables for name in names if name in table.columns)
    return frozenset(who for column in columns for who in column.explode().drop_nulls().cast(pl.String).unique())


def find_newest_resolution(workspace: Workspace) -> Resolutions | None:
    """Return the current resolution with masked numbers, or None if none can be read."""
    try:
        return require_newest_resolution(workspace, is_masked=True)
    except UsageError:
        return None


def require_newest_resolution(workspace: Workspace, *, is_masked: bool = False) -> Resolutions:
    """Return the current resolution. Raises UsageError if there is none."""
    with workspace.read() as tables:
        resolution = tables[Resolving].find_last("number")
        licensees = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
        stamp = tables[WorkspaceRow].select()[0].stamp
    if resolution is None:
        raise UsageError("nothing was resolved yet", hint="after replies came: sightline resolve")
    if "lines" not in list_row_files(resolution):
        raise UsageError(
            f"resolution {resolution.number} was made by an older version, which named a line for whole sessions",
            hint="run it again: sightline resolve",
        )
    return Resolutions(workspace, resolution, licensees, stamp is Stamp.EXERCISE, is_masked)


def open_identity(
    officer_session: OfficerSession, resolutions: Resolutions, text: str, why: str
) -> tuple[ResolutionJson, dict[str, str]]:
    """Return one subscriber with the identity from replies, after a journal entry. Raises NotAllowed."""
    row = resolutions.find_subscriber(text)
    whom = row["subscriber"]
    open_identities(officer_session, [f"subscriber:{whom}"], why)
    return row, decrypt_identity(officer_session.workspace, resolutions, whom)


def decrypt_identity(workspace: Workspace, resolutions: Resolutions, whom: str) -> dict[str, str]:
    """Return the identity of a subscriber that was opened (`openings.open_identities`)."""
    named = resolutions.visits.filter(
        pl.col("verdict") == ResolutionVerdict.SUBSCRIBER.value, pl.col("subscribers").list.first() == whom
    )
    first, last = named["first_us"].min(), named["last_us"].max()
    visits = {} if first is None or last is None else {whom: (int(first), int(last))}  # type: ignore[arg-type]
    return decrypt_identities(workspace, [whom], visits=visits).get(whom, {})


def _list_through(part: ResolutionJson) -> tuple[list[str], list[str]]:
    """The operators' lines behind which the line of a part is, and who named each; none in older resolvings."""
    return part.get("through") or [], part.get("through_licensees") or []


def _list_reasons(codes: Sequence[str]) -> list[ResolutionJson]:
    return [{"code": code, "text": in_words(VerdictReason(code))} for code in codes]


def _format_time(at_us: int) -> str:
    """An instant in RFC 3339, UTC, to the microsecond."""
    whole, rest = divmod(at_us, 1_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"
