"""Enrich sessions: look up distinct addresses first, then the times, and record the data set of each answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from sightline.model import DatasetKind
from sightline.stages.enrich import independence, muted_datasets, relays, shared_addresses
from sightline.stages.enrich.address_numbers import join_halves, number_addresses
from sightline.stages.enrich.dataset_validity import Epochs
from sightline.stages.enrich.independence import find_independent
from sightline.stages.enrich.lookup import look_up_untimed
from sightline.stages.enrich.model import COLUMNS, DataSet
from sightline.stages.enrich.muted_datasets import Level, mark_muted
from sightline.stages.enrich.place import PLACE_FIELDS, find_places, judge_answers
from sightline.stages.enrich.session_columns import LINES, RELAYS, RESULT, cast_columns
from sightline.stages.enrich.weights import UNMEASURED, Weights


def add_enrichment(sessions: pl.DataFrame, sets: Sequence[DataSet], weights: Weights = UNMEASURED) -> pl.DataFrame:
    """Return the columns of ADR 16 for each session, in the order of `session`.

    `sessions`: `session` (u32), `address` (canonical text or null), `first_us` and `last_us`, extended by their
    uncertainty. A `*_dataset` is a position in `sets`, which are in the order of `sort_datasets`. `weights`:
    measurements of place data sets.
    """
    epochs = Epochs.from_sets(sets)
    addresses = number_addresses(sessions["address"]).with_row_index("index")
    visits = _build_visits(sessions, addresses, epochs)
    numbers = _number_addresses(addresses)
    asks = visits.select("ask", "address", "from", "to").unique("ask").sort("ask")
    questions, visits = _Questions(asks, numbers, sets, epochs), visits.drop("from", "to")
    network = _find_network(questions)
    enriched = cast_columns(
        pl.concat(
            [
                network,
                _find_place(questions, network, weights).drop("ask"),
                _find_agent(questions).drop("ask"),
                _find_ranges(questions).drop("ask"),
            ],
            how="horizontal",
        )
    )
    return _assemble_columns(visits, enriched, questions)


def _number_addresses(addresses: pl.DataFrame) -> pl.DataFrame:
    """The addresses as `address` (their index) and `number`, in the order of numbers."""
    number = join_halves(pl.col("hi"), pl.col("lo")).alias("number")
    rows = addresses.filter(pl.col("hi").is_not_null())
    return rows.select(pl.col("index").alias("address"), number).sort("number")


def _build_visits(sessions: pl.DataFrame, addresses: pl.DataFrame, epochs: Epochs) -> pl.DataFrame:
    """Sessions by begin, with the index of their address and `ask`: a distinct address at distinct epochs."""
    index = addresses.filter(pl.col("hi").is_not_null()).select("address", "index")
    rows = sessions.select("session", "address", "first_us", "last_us").join(index, on="address", how="left")
    rows = rows.select("session", pl.col("index").alias("address"), "first_us", "last_us").sort("first_us", "session")
    both = rows.with_columns(epochs.number(rows["first_us"]).alias("from"), epochs.number(rows["last_us"]).alias("to"))
    count = len(epochs.cuts) + 1
    place = pl.col("address").fill_null(addresses.height).cast(pl.UInt64)
    key = (place * count + pl.col("from")) * count + pl.col("to")
    return both.with_columns((key.rank("dense") - 1).cast(pl.UInt32).alias("ask"))


@dataclass(frozen=True, slots=True)
class _Questions:
    """The lookups, `ask, address, from, to` in order, and the data sets for them."""

    asks: pl.DataFrame
    numbers: pl.DataFrame
    sets: Sequence[DataSet]
    epochs: Epochs

    def find_places(self, kind: DatasetKind) -> list[int]:
        """Return the positions of the data sets of a kind."""
        return [place for place, one in enumerate(self.sets) if one.kind is kind]

    def list_spans(self) -> Iterator[tuple[int, int]]:
        """Return the first and last epochs of visits, each pair once."""
        return self.asks.select("from", "to").unique().sort("from", "to").iter_rows()

    def list_asking(self, kind: DatasetKind, *, whole_visit: bool = True) -> Iterator[tuple[int, pl.DataFrame]]:
        """Yield each data set of a kind that may answer, with its lookups: `ask, address`."""
        places = self.find_places(kind)
        spoken: dict[int, list[tuple[int, int]]] = {place: [] for place in places}
        for first, last in self.list_spans():
            for place in self._list_speaking(places, first, last, whole_visit=whole_visit):
                spoken[place].append((first, last))
        rows = self.asks.filter(pl.col("address").is_not_null())
        for place, spans in spoken.items():
            table = pl.DataFrame(spans, schema={"from": pl.UInt32, "to": pl.UInt32}, orient="row")
            chosen = rows.join(table, on=["from", "to"], how="semi", maintain_order="left")
            if chosen.height:
                yield place, chosen.select("ask", "address")

    def _list_speaking(self, places: list[int], first: int, last: int, *, whole_visit: bool) -> list[int]:
        if whole_visit:
            return self.epochs.list_covering(self.sets, places, first, last)
        return self.epochs.list_touching(places, first, last)

    def answers(self, kind: DatasetKind, columns: dict[str, pl.DataType]) -> tuple[pl.DataFrame, pl.Series]:
        """Return `ask, dataset` and each data set's columns, by ask, then position.

        Also returns whether any may answer each ask.
        """
        frames = [pl.DataFrame(schema={"ask": pl.UInt32, "dataset": pl.UInt16, **columns})]
        spoken = pl.repeat(value=False, n=self.asks.height, eager=True)
        for place, asking in self.list_asking(kind):
            spoken = spoken | pl.repeat(value=False, n=len(spoken), eager=True).scatter(asking["ask"], values=True)
            rows = look_up_untimed(self.sets[place].path, self.numbers, list(columns), _IS_ANSWER.get(kind))
            met = asking.join(rows, on="address", how="inner").with_columns(pl.lit(place, pl.UInt16).alias("dataset"))
            frames.append(met.select(frames[0].columns))
        return pl.concat(frames).sort("ask", "dataset"), spoken

    def list_asks(self, table: pl.DataFrame) -> pl.DataFrame:
        """Return one row for each ask, in order."""
        return self.asks.select("ask").join(table, on="ask", how="left", maintain_order="left")


_IS_ANSWER = {DatasetKind.AGENT: pl.col("pattern").is_null(), DatasetKind.RELAY: relays.IS_RANGE}


def _take_first(name: str) -> pl.Expr:
    return pl.col(name).drop_nulls().first()


def _find_network(questions: _Questions) -> pl.DataFrame:
    """`ask, asn, isp, line, network_dataset, circle_told`."""
    kind = DatasetKind.NETWORK
    answers, _ = questions.answers(kind, COLUMNS[kind])
    names = {"line": "line", "dataset": "network_dataset", "circle": "circle_told"}
    is_several = answers["ask"].is_duplicated()
    networks = pl.concat([answers.filter(~is_several), _merge_answers(answers.filter(is_several))])
    return questions.list_asks(
        networks.rename(names).select("ask", "asn", "isp", "line", "network_dataset", "circle_told")
    )


def _merge_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """What several data sets say of a network: the first that says it, and of lines the one that promises least."""
    rank = pl.col("line").replace_strict({line: at for at, line in enumerate(LINES)}, default=9, return_dtype=pl.UInt8)
    ranked = answers.with_columns(rank.fill_null(9).alias("rank")).sort("ask", "rank", "dataset")
    by_line = ranked.group_by("ask", maintain_order=True).agg(pl.col("line").first(), pl.col("dataset").first())
    one_circle = pl.col("circle").drop_nulls().n_unique() == 1
    others = answers.group_by("ask", maintain_order=True).agg(
        _take_first("asn"), _take_first("isp"), pl.when(one_circle).then(_take_first("circle")).alias("circle")
    )
    return by_line.join(others, on="ask").select(answers.columns)


def _find_place(questions: _Questions, network: pl.DataFrame, weights: Weights) -> pl.DataFrame:
    kind = DatasetKind.CITY
    answers, spoken = questions.answers(kind, {name: COLUMNS[kind][name] for name in PLACE_FIELDS})
    asks = questions.asks.select("ask", "address", network["circle_told"], spoken.alias("spoken"))
    if weights.mutes:
        answers = mark_muted(answers, network["isp"], questions.sets, muted_datasets.build_mutes(weights.mutes))
    judged = judge_answers(answers, questions.sets)
    measured: dict[Level, pl.DataFrame] = {}
    if weights.pairs:
        pairs = independence.build_pairs(weights.pairs)
        near = judged.filter("counts", "near")
        measured["state"] = find_independent(judged.filter("counts"), network, questions.sets, pairs, "state")
        measured["district"] = find_independent(near, network, questions.sets, pairs, "district")
    return find_places(asks, judged, measured)


def _find_agent(questions: _Questions) -> pl.DataFrame:
    """`ask, crawler, agency, agent_dataset`."""
    kind = DatasetKind.AGENT
    answers, _ = questions.answers(kind, {"crawler": pl.String(), "agency": pl.String()})
    of_agency = pl.col("dataset").filter(pl.col("agency").is_not_null()).first()
    agents = answers.group_by("ask").agg(
        _take_first("crawler"),
        _take_first("agency"),
        pl.coalesce(of_agency, pl.col("dataset").first()).alias("agent_dataset"),
    )
    return questions.list_asks(agents)


_SPEAKS = {"ask": pl.UInt32, "dataset": pl.UInt16, "speaks": pl.Boolean}


def _find_ranges(questions: _Questions) -> pl.DataFrame:
    """`ask, range_kind, range_dataset, range_us, range_listed`: by lists of relays' ranges."""
    listed = relays.find_listed(questions.numbers, questions.sets)
    asking = [
        asks.select("ask", pl.lit(place, pl.UInt16).alias("dataset"), pl.lit(value=True).alias("speaks"))
        for place, asks in questions.list_asking(DatasetKind.RELAY, whole_visit=False)
    ]
    speaking = pl.concat([pl.DataFrame(schema=_SPEAKS), *asking])
    rank = pl.col("relay").replace_strict({kind: at for at, kind in enumerate(RELAYS)}, return_dtype=pl.UInt8)
    begins = pl.concat([pl.Series([0], dtype=pl.Int64), questions.epochs.cuts])
    dates = pl.Series([set_.dated_us for set_ in questions.sets], dtype=pl.Int64)
    rows = questions.asks.join(listed, on="address").join(speaking, on=["ask", "dataset"], how="left")
    rows = rows.with_columns(
        pl.when("speaks").then(rank).alias("rank"),
        dates.gather(rows["dataset"]).alias("range_us"),
        (dates.gather(rows["dataset"]) - begins.gather(rows["from"])).abs().alias("away"),
    ).sort("ask", "speaks", "rank", "away", "dataset", nulls_last=True)
    ranges = rows.group_by("ask", maintain_order=True).agg(
        pl.when(pl.col("speaks").first()).then(pl.col("relay").first()).alias("range_kind"),
        pl.col("dataset").first().alias("range_dataset"),
        pl.col("range_us").first(),
        pl.lit(value=True).alias("range_listed"),
    )
    return questions.list_asks(ranges)


def _assemble_columns(visits: pl.DataFrame, answers: pl.DataFrame, questions: _Questions) -> pl.DataFrame:
    """All columns of each session."""
    whole = _find_relay(visits, answers, questions).sort("session")
    sharing_told, assigned_told = shared_addresses.read_statements(questions.numbers, questions.sets, questions.epochs)
    for how, statements in (
        (shared_addresses.decide_sharing, sharing_told),
        (shared_addresses.find_assignments, assigned_told),
    ):
        part = how(visits, statements).sort("session")
        whole = whole.join(part, on="session", how="left", maintain_order="left")
    # In one chunk: taking rows from lists in several chunks costs ten times as much, in time and in memory.
    answered = answers.drop(*_RANGES, "ask", "circle_told").rechunk()
    statements = answered.select(pl.all().gather(whole["ask"]))
    return pl.concat([whole.drop("ask"), statements], how="horizontal").select(list(RESULT))


_RANGES = ("range_kind", "range_dataset", "range_us", "range_listed")


def _find_relay(visits: pl.DataFrame, answers: pl.DataFrame, questions: _Questions) -> pl.DataFrame:
    """`session, ask` and the verdict on relays of each visit."""
    by_history = relays.read_histories(visits, questions.numbers, questions.sets)
    by_range = answers.select(pl.col(_RANGES).gather(visits["ask"]))
    return pl.concat([visits.select("session", "ask"), by_history, by_range], how="horizontal").select(
        "session", "ask", *relays.judge_relays()
    )
