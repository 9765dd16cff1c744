"""Compare two generations: new, gone and moved leads, changed columns, and the rules behind each change."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import polars as pl

from sightline.services.artifacts.lead_files import Leads
from sightline.stages.leads.rules import RULES

WATCHED = tuple(
    "ceiling candidates place country state circle district relay relay_kind line priority visits sessions".split()
)
"""The columns whose changes are reported."""
LEAST = {"lead_id": pl.String, **dict.fromkeys(WATCHED, pl.String)}


@dataclass(frozen=True, slots=True)
class GenerationDifference:
    """Two generations compared. `causes`: inputs that only one of the two generations rests on."""

    older: int
    newer: int
    causes: tuple[str, ...]
    added: int
    gone: int
    moved: int
    changes: pl.DataFrame
    """`column was now leads`: the number of leads for each change, largest first."""
    leads: pl.DataFrame
    """`lead_id change column was now rules`: one row for each change of a lead, by id."""

    def count_totals(self) -> dict[str, Any]:
        """Return the totals of the difference, for JSON."""
        return {
            "older": self.older,
            "newer": self.newer,
            "causes": list(self.causes),
            "added": self.added,
            "gone": self.gone,
            "moved": self.moved,
            "changes": self.changes.to_dicts(),
        }


def compare_generations(older: Leads, newer: Leads) -> GenerationDifference:
    """Return what differs in the newer generation."""
    old, new = _to_texts(older), _to_texts(newer)
    aliases = _read_aliases(newer)
    old = old.join(aliases, left_on="lead_id", right_on="old_id", how="left")
    moved = old.filter(pl.col("now_id").is_not_null())
    old = old.with_columns(pl.coalesce("now_id", "lead_id").alias("lead_id")).drop("now_id")
    added = new.join(old, on="lead_id", how="anti")
    gone = old.join(new, on="lead_id", how="anti")
    in_both = new.join(old.unique("lead_id", keep="first"), on="lead_id", suffix="_was").collect()
    changed = _list_changed_columns(in_both)
    return GenerationDifference(
        older.generation.number,
        newer.generation.number,
        tuple(_explain_causes(json.loads(older.generation.inputs_json), json.loads(newer.generation.inputs_json))),
        _count_leads(added),
        _count_leads(gone),
        _count_leads(moved),
        changed.group_by("column", "was", "now")
        .len("leads")
        .sort("leads", "column", "was", "now", descending=[True, False, False, False]),
        pl.concat(
            [
                _label_change(added, "added"),
                _label_change(gone, "gone"),
                changed.with_columns(pl.lit("changed").alias("change")),
            ],
            how="diagonal",
        )
        .select("lead_id", "change", "column", "was", "now", "rules")
        .sort("lead_id", "change", "column"),
    )


def _to_texts(leads: Leads) -> pl.LazyFrame:
    """Return the watched columns of each lead as texts, and the ids of the rules that hold."""
    frame = leads.open_frame()
    there = set(frame.collect_schema())
    rule_ids = [pl.when(pl.col(rule.count) > 0).then(pl.lit(rule.id)) for rule in RULES.values() if rule.count in there]
    return frame.select(
        "lead_id",
        *(pl.col(name).cast(pl.String) for name in WATCHED),
        pl.concat_list(rule_ids).list.drop_nulls().alias("rules"),
    )


def _read_aliases(leads: Leads) -> pl.LazyFrame:
    if not leads.files["aliases"]:
        return pl.LazyFrame(schema={"old_id": pl.String, "now_id": pl.String})
    return pl.scan_parquet(leads.files["aliases"]).rename({"lead_id": "now_id"})


def _list_changed_columns(both: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each changed column, with the rules that now hold (+) or no longer hold (-)."""
    gained = pl.col("rules").list.set_difference("rules_was").list.sort()
    lost = pl.col("rules_was").list.set_difference("rules").list.sort()
    rules = pl.concat_list(
        gained.list.eval(pl.format("+{}", pl.element())), lost.list.eval(pl.format("-{}", pl.element()))
    ).list.join(" ")
    parts = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}_was"))).select(
            "lead_id",
            pl.lit(name).alias("column"),
            pl.col(f"{name}_was").alias("was"),
            pl.col(name).alias("now"),
            rules.alias("rules"),
        )
        for name in WATCHED
    ]
    return pl.concat(parts)


def _label_change(leads: pl.LazyFrame, change: str) -> pl.DataFrame:
    return leads.select("lead_id", pl.lit(change).alias("change")).collect()


def _count_leads(leads: pl.LazyFrame) -> int:
    return int(leads.select(pl.len()).collect().item())


def _explain_causes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """Return a sentence for each input that differs between the generations."""
    result = []
    for kind, what in (("runs", "run"), ("datasets", "data set")):
        was = {json.dumps(input_json) for input_json in old[kind]}
        now = {json.dumps(input_json) for input_json in new[kind]}
        result += [f"{what} {_parse_id(input_json)} is new" for input_json in sorted(now - was)]
        result += [f"{what} {_parse_id(input_json)} is no longer current" for input_json in sorted(was - now)]
    muted = [{(name, isp, level) for name, isp, level in content.get("mutes", ())} for content in (old, new)]
    for name, isp, level in sorted(muted[1] - muted[0]):
        result.append(f"data set {name} was measured, and names no {level} for {isp} any more")
    for name, isp, level in sorted(muted[0] - muted[1]):
        result.append(f"data set {name} may name a {level} for {isp} again")
    paired = [{tuple(pair) for pair in content.get("independent", ())} for content in (old, new)]
    for first, second, isp, level in sorted(paired[1] - paired[0]):
        result.append(
            f"data sets {first} and {second} were measured as independent: a {level} that both name for {isp} counts"
        )
    for first, second, isp, level in sorted(paired[0] - paired[1]):
        result.append(
            f"data sets {first} and {second} do not count as independent for {isp} any more: they name no {level}"
        )
    rules = {**old["rules"], **new["rules"]}
    for rule in sorted(rules):
        was, now = old["rules"].get(rule), new["rules"].get(rule)
        if was != now:
            result.append(f"rule {rule}: version {was or 'none'} before, {now or 'none'} now")
    if old["version"] != new["version"]:
        result.append(f"version {old['version']} before, {new['version']} now")
    return result


def _parse_id(text: str) -> str:
    one = json.loads(text)
    return str(one if isinstance(one, str) else one[0])[:12]
