"""Read the leads of a generation by filter, in the JSON form of the command line, with reasons in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from sightline.errors import UsageError
from sightline.ledger.instants import format_day_in_india
from sightline.model.short_ids import parse_id_prefix
from sightline.services.artifacts import reported_danger
from sightline.services.artifacts.aliases import list_files
from sightline.services.artifacts.parquet_files import map_read_errors
from sightline.services.artifacts.place_overrides import OVERRULED, apply_place_overrides, find_overruled_places
from sightline.services.artifacts.short_ids import has_short_id
from sightline.services.sessions.empty_leads import make_empty_leads
from sightline.stages.leads.reasons import RuleReason, list_reasons, list_reasons_against, select_reasons_of_side
from sightline.stages.leads.rule import Side
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.triage import DANGER
from sightline.stages.leads.verdicts import Band
from sightline.storage import generations
from sightline.storage.rows import Dataset, Generation, LeadMark
from sightline.storage.table import Tables
from sightline.workspace import superseded_leads
from sightline.workspace.workspace import Workspace

LeadJson = dict[str, Any]
BATCH = 10_000
BANDS = [band.value for band in Band]


@dataclass(frozen=True)
class Leads:
    """The leads of one generation, with its files open.

    `answered`: leads of reports that ask for high priority, which an officer confirmed or answered since.
    """

    generation: Generation
    datasets: tuple[Dataset, ...]
    marks: Mapping[str, LeadMark]
    files: Mapping[str, list[Path]]
    overrides: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=OVERRULED))
    answered: frozenset[str] = frozenset()

    @cached_property
    def places(self) -> dict[int, tuple[str, str | None]]:
        """Return exhibit and member by ordinal."""
        return {
            number: (exhibit, member) for number, exhibit, member in pl.read_parquet(self.files["places"]).iter_rows()
        }

    @cached_property
    def indicators(self) -> dict[int, tuple[str, str]]:
        """Return id and kind by an indicator's key."""
        rows = pl.read_parquet(self.files["indicators"])
        return {key: (one, kind) for one, kind, key in rows.iter_rows()}

    def open_frame(self) -> pl.LazyFrame:
        """Return all leads, in the order of their files, with marks and replies applied."""
        files = self.files["leads"]
        rows = pl.concat(pl.scan_parquet(path) for path in files) if files else make_empty_leads().lazy()
        return self.apply_marks_and_replies(with_interval(rows))

    def apply_marks_and_replies(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Apply marks and replies: a marked lead is urgent, and a reply's place overrides every data set."""
        marked = sorted(self.marks)
        urgent = pl.col("lead_id").is_in(marked)
        return apply_place_overrides(rows, self.overrides).with_columns(
            pl.when(urgent).then(pl.lit(Band.URGENT.value)).otherwise(pl.col("priority")).alias("priority")
        )

    def list_reported(self) -> frozenset[str]:
        """Return the leads of reports that ask for high priority, answered or not."""
        files = [*self.files["leads"], *self.files["sessions"]]
        return frozenset(lead_id for path in files for lead_id, _ in reported_danger.list_reported(path))

    def list_answered(self, tables: Tables) -> frozenset[str]:
        """Return the leads whose reported danger an officer confirmed or answered."""
        files = [*self.files["leads"], *self.files["sessions"]]
        return reported_danger.list_answered(tables, files, lambda: self.places, self.find_current_id)

    def list_lost_marks(self) -> list[LeadMark]:
        """Return the marks whose lead no longer exists, because it was purged, cleared, or superseded."""
        marked = pl.LazyFrame({"lead_id": sorted(self.marks)}, schema={"lead_id": pl.String})
        gone = marked.join(self.open_frame(), on="lead_id", how="anti").collect()["lead_id"]
        return [self.marks[lead_id] for lead_id in gone]

    def list_others_of_address(self, lead_json: LeadJson) -> Iterator[LeadJson]:
        """Yield the other leads of a lead's address. They are shown beside it, not added to it."""
        same = (pl.col("source_ip") == lead_json["source_ip"]) & (pl.col("lead_id") != lead_json["lead_id"])
        yield from self.to_json(self.open_frame().filter(same))

    def find_current_id(self, lead_id: str) -> str:
        """Return the id of the lead that now has the visit of an older id."""
        if not self.files["aliases"]:
            return lead_id
        moved = pl.scan_parquet(self.files["aliases"]).filter(pl.col("old_id") == lead_id).collect()
        return str(moved["lead_id"][0]) if len(moved) else lead_id

    def list_ids(self, lead_id: str) -> set[str]:
        """Return every current and earlier id of a lead, given any one of them."""
        now = self.find_current_id(lead_id)
        if not self.files["aliases"]:
            return {lead_id, now}
        older = pl.scan_parquet(self.files["aliases"]).filter(pl.col("lead_id") == now).select("old_id").collect()
        return {lead_id, now, *older["old_id"]}

    def find_lead(self, text: str) -> LeadJson:
        """Return the lead with that number, id or short id, or an earlier id. Raises UsageError."""
        if (prefix := parse_id_prefix(text)) is not None:
            return self._find_lead_by_prefix(text, prefix)
        if len(text) < 4 or not set(text) <= set("0123456789abcdef"):
            raise UsageError(
                f"{text!r} is not an id of a lead", hint="give 4 digits or more of it: sightline leads list"
            )
        # Most ids are whole, and comparing costs far less than looking at the ends of millions of texts.
        ids = self._list_ids(pl.col("lead_id") == text)
        if len(ids) == 0:
            ids = self._list_ids(has_short_id(pl.col("lead_id"), text))
        if len(ids) == 0 and self.files["aliases"]:
            old = pl.scan_parquet(self.files["aliases"]).filter(has_short_id(pl.col("old_id"), text))
            ids = old.select(pl.col("lead_id").unique().sort()).head(2).collect()["lead_id"]
        if len(ids) != 1:
            none = f"there is no lead with an id that begins or ends with {text}"
            what = f"several leads have an id that begins or ends with {text}" if len(ids) else none
            raise UsageError(what, hint="sightline leads list shows their ids")
        return next(self.to_json(self.open_frame().filter(pl.col("lead_id") == ids[0])))

    def _list_ids(self, condition: pl.Expr) -> pl.Series:
        """Return the ids of leads that meet a condition on ids, two at most."""
        return self.open_frame().filter(condition).select("lead_id").head(2).collect()["lead_id"]

    def find_whole_ids(self, texts: Sequence[str]) -> list[str]:
        """Return the ids of leads with these numbers, ids or short ids, as `find_lead`. Raises UsageError.

        Whole ids are looked up all at once.
        """
        known = set(
            self.open_frame().filter(pl.col("lead_id").is_in(list(texts))).select("lead_id").collect()["lead_id"]
        )
        return [text if text in known else str(self.find_lead(text)["lead_id"]) for text in texts]

    def _find_lead_by_prefix(self, number: str, prefix: str) -> LeadJson:
        """Return the lead whose id, now or in an older generation, begins with what a number stands for."""
        begins = pl.col("lead_id").str.starts_with(prefix)
        ids = self.open_frame().filter(begins).select("lead_id").head(2).collect()["lead_id"]
        if len(ids) == 0 and self.files["aliases"]:
            old = pl.scan_parquet(self.files["aliases"]).filter(pl.col("old_id").str.starts_with(prefix))
            ids = old.select(pl.col("lead_id").unique().sort()).head(2).collect()["lead_id"]
        if len(ids) != 1:
            text = number.strip()
            what = f"several leads have the number {text}" if len(ids) else f"there is no lead with the number {text}"
            raise UsageError(what, hint="sightline leads list shows ids; give more of one")
        return next(self.to_json(self.open_frame().filter(pl.col("lead_id") == ids[0])))

    def to_json(self, leads: pl.LazyFrame) -> Iterator[LeadJson]:
        """Yield leads as JSON objects of the command line, in the order of the frame."""
        for rows in leads.collect_batches(chunk_size=BATCH, maintain_order=True):
            joined = self._read_joined_sessions(rows.filter(pl.col("sessions") > 1)["lead_id"])
            for row in rows.iter_rows(named=True):
                yield self._build_lead(row, joined.get(row["lead_id"], []))

    def build_row_json(self, row: Mapping[str, Any]) -> LeadJson:
        """Return one lead as JSON, from a row that has the columns of a lead."""
        return self._build_lead({"joined_by": None} | dict(row), [])

    def _read_joined_sessions(self, ids: pl.Series) -> dict[str, list[LeadJson]]:
        """The sessions of leads that join several, by lead, in the order of time."""
        result: dict[str, list[LeadJson]] = {}
        if len(ids) and self.files["sessions"]:
            sessions = with_interval(pl.scan_parquet(self.files["sessions"])).filter(
                pl.col("lead_id").is_in(ids.implode())
            )
            for row in sessions.sort("first_us", "session_id").collect().iter_rows(named=True):
                result.setdefault(row["lead_id"], []).append(self._build_session(row))
        return result

    def _build_lead(self, row: Mapping[str, Any], joined: list[LeadJson]) -> LeadJson:
        mark = self.marks.get(row["lead_id"])
        lead_json = {"lead_id": row["lead_id"]} | self._build_common(row)
        lead_json["priority"] = row["priority"]
        lead_json["priority_why"] = mark.why if mark else None
        is_asked = bool(row.get(RULES[DANGER].count)) and row["lead_id"] not in self.answered
        lead_json["reported_danger"] = is_asked
        lead_json["keep_until"] = format_day_in_india(row["keep_until_us"])
        lead_json["joined_by"] = row["joined_by"]
        lead_json["joined"] = joined
        return lead_json

    def _build_session(self, row: Mapping[str, Any]) -> LeadJson:
        return {"session_id": row["session_id"], "lead_id": row["lead_id"]} | self._build_common(row)

    def _build_common(self, row: Mapping[str, Any]) -> LeadJson:
        lead_reasons = list_reasons(row, self.places)
        indicators = [self.indicators[key] for key in row["indicators"]]
        return {
            "source_ip": row["source_ip"],
            "source_port": row["source_port"],
            "first_seen": _format_time(row["first_us"]),
            "last_seen": _format_time(row["last_us"]),
            "earliest": _format_time(row["from_us"]),
            "latest": _format_time(row["until_us"]),
            "uncertainty_s": row["uncertainty_s"],
            "visits": row["visits"],
            "hits": row["hits"],
            "indicators": [{"indicator_id": one, "kind": kind} for one, kind in sorted(indicators)],
            "sessions": row["sessions"],
            "ceiling": row["ceiling"],
            "candidates": row["candidates"],
            "place": self._place(row),
            "network": {"asn": row["asn"], "isp": row["isp"], "line": row["line"]}
            | {"dataset": self._cite_dataset(row["network_dataset"])},
            "relay": {"kind": row["relay_kind"], "verdict": row["relay"]}
            | {"dataset": self._cite_dataset(row["relay_dataset"])}
            | {"dataset_date": row["relay_date_us"] and _format_time(row["relay_date_us"])},
            "reasons_for": self._build_reasons(select_reasons_of_side(lead_reasons, Side.FOR)),
            "reasons_against": self._build_reasons(list_reasons_against(lead_reasons)),
            "reasons_ceiling": self._build_reasons(select_reasons_of_side(lead_reasons, Side.CEILING)),
            "notes": self._build_reasons(select_reasons_of_side(lead_reasons, Side.NOTE)),
            "user": row["user"],
        }

    def _place(self, row: Mapping[str, Any]) -> LeadJson:
        answers = [
            {"dataset": self._cite_dataset(place_answer["dataset"])}
            | {name: place_answer[name] for name in ("country", "state", "district", "radius_km")}
            for place_answer in row["place_answers"] or ()
        ]
        return {name: row[name] for name in ("country", "state", "circle", "district")} | {
            "verdict": row["place"],
            "why": row["place_why"],
            "radius_km": row["radius_km"],
            "datasets": [self._cite_dataset(place_dataset) for place_dataset in row["place_datasets"] or ()],
            "answers": answers,
        }

    def _build_reasons(self, lead_reasons: Sequence[RuleReason]) -> list[LeadJson]:
        return [
            {
                "rule": reason.rule,
                "version": reason.version,
                "text": reason.text,
                "where": [
                    {"exhibit": at.exhibit, "member": at.member, "byte_offset": at.byte_offset} for at in reason.where
                ],
                "element": reason.element,
                "ceiling": reason.ceiling,
                "dataset": self._cite_dataset(reason.dataset),
            }
            for reason in lead_reasons
        ]

    def _cite_dataset(self, position: int | None) -> LeadJson | None:
        """A data set as an answer cites it."""
        if position is None:
            return None
        dataset = self.datasets[position]
        return {"name": dataset.name, "date": _format_time(dataset.dated_us)[:10], "dataset_id": dataset.dataset_id}


def with_interval(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Return leads or sessions with `from_us` and `until_us`, in older generations from times and uncertainty."""
    if "from_us" in rows.collect_schema():
        return rows
    around = pl.col("uncertainty_s").cast(pl.Int64) * 1_000_000
    return rows.with_columns(
        (pl.col("first_us") - around).alias("from_us"), (pl.col("last_us") + around + 1).alias("until_us")
    )


def _format_time(at_us: int) -> str:
    """Return an instant in RFC 3339, UTC, to the microsecond."""
    whole, rest = divmod(at_us, 1_000_000)
    return f"{datetime.fromtimestamp(whole, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


@contextmanager
def open_generation(workspace: Workspace, number: int | None = None, *, with_replies: bool = True) -> Iterator[Leads]:
    """Open a generation: the current one, or one by number. Raises UsageError if there is none.

    Without replies, places come from data sets alone, which is faster.
    """
    with workspace.read() as tables:
        generation = tables[Generation].find_last("number") if number is None else tables[Generation].get(number)
        marks = {
            lead_mark.lead_id: lead_mark for lead_mark in tables[LeadMark].select() if lead_mark.lifted_at_us is None
        }
        if generation is None:
            what = "there are no leads yet" if number is None else f"there are no generation {number} of leads"
            raise UsageError(what, hint="make them: sightline leads rebuild")
        if generations.is_of_purged_runs(tables, generation):
            what = f"the leads of generation {generation.number} went with an exhibit that was purged"
            raise UsageError(what, hint="make them of what is left: sightline leads rebuild")
        if number is not None and not superseded_leads.is_kept(tables, generation):
            what = f"generation {number} of leads is not kept any more: newer ones replaced it, and nothing names it"
            raise UsageError(what, hint="the last generation of each day in India is kept: name that one")
        ids = generations.list_generation_datasets(generation)
        by_id = {dataset.dataset_id: dataset for dataset in tables[Dataset].select_within("dataset_id", ids)}
    with map_read_errors(workspace, generation), ExitStack() as stack:
        kinds = ("leads-", "sessions", "places", "indicators", "aliases")
        files = {
            kind.rstrip("-"): [
                stack.enter_context(workspace.segments.open_local(name)) for name in list_files(generation, kind)
            ]
            for kind in kinds
        }
        leads = Leads(generation, tuple(by_id[id_] for id_ in ids if id_ in by_id), {}, files)
        current = {leads.find_current_id(lead_id): mark for lead_id, mark in marks.items()}
        with workspace.read() as tables:
            answered = leads.list_answered(tables)
        overrides = find_overruled_places(workspace) if with_replies else leads.overrides
        yield replace(leads, marks=current, overrides=overrides, answered=answered)
