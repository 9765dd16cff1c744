"""A generation of made-up leads: registered as a rebuild registers one, its columns drawn from a seed."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from sightline.casework.permissions import approvals
from sightline.casework.permissions.access import Action
from sightline.casework.reference_data import issuers
from sightline.ledger.verbs import Verb
from sightline.model import SourceKind
from sightline.services.artifacts.parquet_files import describe_files
from sightline.services.leads.part_files import write_leads
from sightline.services.sessions.empty_leads import make_empty_leads
from sightline.stages.leads.rules import RULES
from sightline.stages.lists import signature
from sightline.stages.lists.comment import ListComment
from sightline.storage import generations
from sightline.storage.rows import Generation
from sightline.workspace.staged_write import open_staged_write
from sightline.workspace.workspace import Workspace
from tests.services.leads.office import LeadOffice, Visit

BEGINS_S = 1_767_225_600
DAYS = 80
MICRO = 1_000_000
STATES = (
    "IN-KL IN-TN IN-KA IN-MH IN-DL IN-UP IN-WB IN-GJ IN-RJ IN-OD IN-TS IN-BR IN-AS IN-PB IN-HR IN-UK US-CA NP-P3"
).split()
CIRCLES = "Kerala,Tamil Nadu,Karnataka,Maharashtra,Mumbai,Delhi,UP East,UP West,West Bengal".split(",")
INDICATORS = 60
"""How many sites there are, the first half on one issuer's list, the last two thirds on the other's."""
SEES = [rule for rule in RULES.values() if rule.at in make_empty_leads().columns]


@dataclass(frozen=True)
class Shape:
    """How large a generation is, and of how many words its columns are."""

    leads: int
    addresses: int
    districts: int = 40
    networks: int = 30
    in_file: int = 50_000
    seed: int = 1


def ground(officer_session: LeadOffice) -> Generation:
    """A small generation of real logs: two sources, two issuers, INDICATORS sites."""
    other = signature.create_key("POLICE")
    asked = issuers.enrol(officer_session.office.io, other.derive_public(), "letter of the police")
    second = officer_session.office.supervisor
    with second.change(Action.APPROVAL_LIST, f"approval:{asked.approval_id}") as change:
        given = approvals.decide(second, change, asked.approval_id, give=True, why="compared by telephone")
        issuers.enrol_approved(change, given)
        approvals.use(change, given)
    officer_session.office.add_source(kind=SourceKind.SEIZED_SERVER, name="server")
    first = officer_session.flags(_list(range(INDICATORS // 2)))
    theirs = _sign_text(officer_session.folder / "theirs.csv", _list(range(INDICATORS // 3, INDICATORS)), other)
    for at, source in enumerate((None, "server")):
        visits = [Visit(at + 40 * site, f"198.51.100.{site}", host=_site(site)) for site in range(INDICATORS)]
        officer_session.scan(officer_session.log(f"{at}.log", visits), first, theirs, source=source)
    return officer_session.rebuild().generation


def generation(officer_session: LeadOffice, like: Generation, shape: Shape) -> Generation:
    """A generation of that shape over the runs of another, registered; it is the current one now."""
    workspace, clock = officer_session.office.workspace, officer_session.office.io.clock
    with open_staged_write(workspace, officer_session.office.io.signer, clock) as staged:
        prefix = staged.intent.intent_id
        keys, ordinals = _same(workspace, like, staged.folder)
        for at, begins in enumerate(range(0, shape.leads, shape.in_file)):
            count = min(shape.in_file, shape.leads - begins)
            write_leads(leads(shape, at, count, keys, ordinals), staged.folder / f"leads-{at:06}.parquet")
        files = describe_files(staged.folder, prefix)
        staged.publish()
        with officer_session.office.io.change(Action.LEADS_REBUILD, "leads:all") as change:
            staged.settle(change.tables, "swept")
            last = change.tables[Generation].find_last("number")
            assert last is not None
            made = replace(
                like,
                number=last.number + 1,
                intent_id=prefix,
                made_at_us=change.now_us,
                files_json=json.dumps(files),
            )
            change.add(Verb.LEADS_REBUILT, made, leads=shape.leads, sessions=shape.leads)
    return made


def leads(shape: Shape, at: int, count: int, keys: list[int], ordinals: int) -> pl.DataFrame:
    """So many leads of one file, in the order in which a rebuild writes them."""
    dice: Any = np.random.default_rng((shape.seed, at))
    files = -(-shape.leads // shape.in_file)
    block = max(1, shape.addresses // files)
    number = np.sort(dice.integers(0, block, count)) + at * block
    is_six = number % 17 == 5
    first = dice.integers(BEGINS_S, BEGINS_S + DAYS * 86_400, count) * MICRO
    last = first + dice.integers(0, 7_200, count) * MICRO
    found: dict[str, pl.Series] = {
        "lead_id": pl.Series(
            [f"{one:016x}{other:016x}" for one, other in dice.integers(0, 1 << 63, (count, 2)).tolist()]
        ),
        "hi": pl.Series(np.where(is_six, 0x20010DB8 << 32, 0).astype("u8")),
        "lo": pl.Series(np.where(is_six, number, (0xFFFF << 32) + (198 << 24) + (18 << 16) + number).astype("u8")),
        "first_us": pl.Series(first),
        "last_us": pl.Series(last),
        "from_us": pl.Series(first),
        "until_us": pl.Series(last + 1),
        "keep_until_us": pl.Series(last + 730 * 86_400 * MICRO),
        "visits": pl.Series(dice.geometric(0.05, count)),
        "hits": pl.Series(dice.geometric(0.04, count)),
        "span_us": pl.Series(last - first),
        "sessions": pl.Series(np.ones(count, dtype="u4")),
        "uncertainty_s": pl.Series(dice.integers(0, 3, count)),
        "agents": pl.Series(dice.integers(1, 4, count)),
        **{name: pl.Series(dice.integers(0, 4, count)) for name in ("later", "blocked", "sequential")},
        "source_port": pl.Series(dice.integers(1_024, 60_000, count)),
        "first_at": _at(dice, count, ordinals),
        "radius_km": pl.Series(dice.integers(1, 40, count)),
        "priority": _draw_values(dice, count, ["high", "normal", "low", "low", "low"]),
        "ceiling": _draw_values(
            dice, count, "subscriber subscriber shared relay automated connection-only time-unproven".split()
        ),
        "state": _draw_values(dice, count, [*STATES, None]),
        "country": _draw_values(dice, count, ["IN"] * 9 + ["NP", None]),
        "place": _draw_values(dice, count, ["agreed"] * 4 + ["undetermined"]),
        "place_why": _draw_values(dice, count, ["agreed", "disagree"]),
        "district": _draw_values(dice, count, [f"District {one}" for one in range(shape.districts)] + [None]),
        "circle": _draw_values(dice, count, [*CIRCLES, None]),
        "isp": _draw_values(dice, count, [f"Network {one} of the demo" for one in range(shape.networks)] + [None]),
        "asn": _draw_values(dice, count, [*range(64_496, 64_496 + shape.networks), None]),
        "line": _draw_values(dice, count, ["fixed", "mobile", "business", "hosting", None]),
        "relay": _draw_values(dice, count, ["yes", "no", "unknown", "unknown"]),
        "user": _draw_values(dice, count, [None] * 9 + ["somebody"]),
        "indicators": _draw_met(dice, count, keys),
    }
    for rule in RULES.values():
        holds = dice.random(count) < 0.15
        found[rule.count] = pl.Series(holds * dice.geometric(0.2, count))
        if rule in SEES:
            found[rule.at] = pl.select(pl.when(pl.Series(holds)).then(_at(dice, count, ordinals))).to_series()
    return _typed(found, count).with_columns(_text().alias("source_ip"))


def _typed(found: dict[str, pl.Series], count: int) -> pl.DataFrame:
    """The columns of a generation, those that are not given empty; a place is told by two data sets."""
    schema = {name: kind for name, kind in make_empty_leads().schema.items() if name not in ("session", "rank")}
    absent = {name: pl.Series([None], dtype=kind).new_from_index(0, count) for name, kind in schema.items()}
    frame = pl.DataFrame([one.alias(name) for name, one in (absent | found).items()])
    frame = frame.with_columns(pl.col(name).cast(kind) for name, kind in schema.items())
    answer = pl.struct(pl.lit(None, pl.UInt16).alias("dataset"), "country", "state", "district", "radius_km")
    return frame.with_columns(pl.concat_list(answer, answer).cast(schema["place_answers"]).alias("place_answers"))


def _text() -> pl.Expr:
    """The texts of addresses, as a rebuild writes them."""
    octets = [(pl.col("lo") // (1 << 8 * at)) % 256 for at in (3, 2, 1, 0)]
    six = pl.col("lo").map_elements(
        lambda lo: f"2001:db8::{lo:x}" if lo < 1 << 16 else f"2001:db8::{lo >> 16:x}:{lo & 0xFFFF:x}"
    )
    return pl.when(pl.col("hi") > 0).then(six).otherwise(pl.format("{}.{}.{}.{}", *octets))


def _draw_values(dice: Any, count: int, values: list[Any]) -> pl.Series:
    return pl.Series(values).gather(dice.integers(0, len(values), count))


def _at(dice: Any, count: int, ordinals: int) -> pl.Series:
    """Places in one of the first exhibits, mostly in the very first."""
    ordinal = dice.integers(0, ordinals, count) * (dice.random(count) < 0.05)
    return pl.Series(((ordinal << 40) | dice.integers(0, 1 << 32, count)).astype("u8"))


def _draw_met(dice: Any, count: int, keys: list[int]) -> pl.Series:
    one, two = (pl.Series(keys, dtype=pl.UInt64).gather(dice.integers(0, len(keys), count)) for _ in range(2))
    is_two = pl.Series(dice.random(count) < 0.2)
    pair = pl.DataFrame({"one": one, "two": two, "is": is_two})
    met = pl.when("is").then(pl.concat_list("one", "two").list.unique().list.sort()).otherwise(pl.concat_list("one"))
    return pair.select(met).to_series()


def _same(workspace: Workspace, like: Generation, folder: Path) -> tuple[list[int], int]:
    """Copy indicators and places of a generation; the keys of the one, and how many the others are."""
    for file in generations.list_generation_files(like):
        name = file.file.rpartition("/")[2]
        if name in ("indicators.parquet", "places.parquet"):
            workspace.segments.get(file.file, folder / name)
    keys = pl.read_parquet(folder / "indicators.parquet")["key"].to_list()
    return keys, pl.read_parquet(folder / "places.parquet").height


def _site(at: int) -> str:
    return f"site{at}.example"


def _list(sites: range) -> str:
    return "kind,value,category\n" + "".join(f"domain,{_site(site)},csam\n" for site in sites)


def _sign_text(path: Path, text: str, key: signature.SecretKey) -> Path:
    path.write_text(text, encoding="utf-8")
    comment = ListComment(key.derive_public().issuer, "1", "2099-01-01", "csam", "leads", None, None).to_text()
    with path.open("rb") as stream:
        Path(f"{path}.minisig").write_text(
            signature.sign_digest(signature.hash_stream(stream), key, comment), encoding="utf-8"
        )
    return path
