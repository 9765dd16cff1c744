"""Check a reply against its notice: which rows match, and what must be reported about the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.assignment_spans import may_hold
from sightline.stages.resolve.clock_shift import find_reach, find_unaffected
from sightline.stages.resolve.file_doubts import add_doubts, add_doubts_inside, list_doubts_of_rows
from sightline.stages.resolve.findings import Findings
from sightline.stages.resolve.matched_rows import (
    IS_ASSIGNED,
    MET,
    UNMET,
    add_assignments,
    add_shared_bits_of_reply,
    find_repeated,
    get_numbers,
    group_numbers_by_row,
    select_unanswered_near_misses,
    without_all_ports,
    without_own_chain,
)
from sightline.stages.resolve.model import ASSIGNED, BESIDE, DOUBTS, NEAR_MISSES, OF_COLUMN, FindingKind, RowStatement
from sightline.stages.resolve.near_matches import (
    drop_lone_near_misses,
    find_mistyped,
    find_near_misses,
    find_shifted,
    find_vetoes,
)
from sightline.stages.resolve.neighbours import find_chains, find_neighbours
from sightline.stages.resolve.plausibility import Plausibility
from sightline.stages.resolve.replies.nat_join import find_prefixes_around
from sightline.stages.resolve.row_match import NoticeIndex, list_row_spans
from sightline.stages.resolve.searched_questions import find_searched_elsewhere, split_searches
from sightline.stages.resolve.spread_networks import add_networks
from sightline.stages.resolve.time_signs import widen_times
from sightline.stages.resolve.unaddressed_rows import match_unaddressed_rows

MOST_KEPT = 50_000
"""The maximum number of unmatched rows stored until the end: of requested addresses, and as many of others."""
FEW = 2
"""The maximum number of unmatched rows that are still answers in a reply with no more matches."""
MOST_INSIDE = 50_000
"""The maximum number of stored access log rows. Of a longer log only rows for addresses in a NAT log are stored."""
AROUND_US = 86_400_000_000
"""Access log rows are stored within this time of a request: a NAT may translate for that long."""
NOTHING = {**ASSIGNED, **BESIDE, "asked": pl.String(), "doubts": DOUBTS, "is_doubted": pl.Boolean()}
QUESTION = "session_id lead_id first_us last_us from_us until_us uncertainty_s".split()
PAIRS = {"at": pl.UInt32(), "asked": pl.UInt32()}


@dataclass(frozen=True, slots=True)
class ReplyCheckResult:
    """The result: `met`: assignments with `asked` (a row id of the notice); FINDINGS; counts of each kind; NEAR_MISSES.

    Each row of `met` has its `doubts`: `contradicts`, `near`, a sign (SIGNS), or OF_COLUMN and a heading; `is_doubted`:
    whether it has any. `inside`: rows of an access log (ASSIGNED, `doubts`, `is_doubted`) that may be the second step
    of an answer; `left_out`: whether there were too many, and no NAT log selected the relevant ones.
    """

    met: pl.DataFrame
    findings: pl.DataFrame
    counts: dict[FindingKind, int]
    near: pl.DataFrame
    inside: pl.DataFrame
    left_out: bool = False


class ReplyCheck:
    """The check of one reply: `take` its rows in order, in batches, then `done`."""

    def __init__(
        self,
        questions: pl.DataFrame,
        *,
        zones: Sequence[str] = ("Asia/Kolkata",),
        received_us: int | None = None,
        inside: pl.Series | None = None,
        others: pl.DataFrame | None = None,
    ) -> None:
        """`questions`: the rows (ASKED) of the one notice; `inside`: addresses that NAT logs gave for its rows, or for
        those (ASKED) of the `others` that it belongs with. The rest as `Plausibility` takes it.
        """
        times = [table.select("from_us", "until_us") for table in (questions, others) if table is not None]
        self._times = pl.concat(times).sort("until_us")
        self._given = pl.Series("of_ip", [], pl.String) if inside is None else inside
        self._lines: list[pl.DataFrame] = []
        self._steps: list[pl.DataFrame] = []
        self._plausibility = Plausibility(zones, received_us)
        self._index = NoticeIndex(questions)
        self._ids = self._index.rows.select("asked", "row_id")
        self._findings = Findings()
        self._met: list[pl.DataFrame] = []
        self._unmatched: dict[bool, list[pl.DataFrame]] = {True: [], False: []}
        self._space_left = {True: max(MOST_KEPT, questions.height + 1), False: MOST_KEPT}
        self._has_none_of_all = False
        self._of_every: list[pl.DataFrame] = []
        self._near = pl.DataFrame(schema=NEAR_MISSES)

    @property
    def fingerprint(self) -> int:
        """Return a fingerprint of the reply's rows; 0 if no row has a time."""
        return self._plausibility.fingerprint

    def take(
        self, assigned: pl.DataFrame, rejects: pl.DataFrame | None = None, inside: pl.DataFrame | None = None
    ) -> None:
        """Process some rows: ASSIGNED with extra columns, REJECTS of the same rows of the file, and `inside`."""
        missing = [pl.lit(None, kind).alias(name) for name, kind in BESIDE.items() if name not in assigned.columns]
        assigned = add_networks(assigned.with_columns(missing))
        if inside is not None and inside.height:
            lines = inside.filter(~pl.col("row").is_in(assigned["row"].implode()))
            self._plausibility.take(lines, is_inside=True)
            self._lines.append(self._select_around(inside))
        is_joined = pl.col("inside_row").is_not_null() if "inside_row" in assigned.columns else pl.lit(value=False)
        if assigned["inside_ip"].null_count() < assigned.height:
            self._plausibility.take_translated(assigned.filter(is_joined | pl.col("number").is_null()))
        if "inside_row" in assigned.columns:
            self._steps.append(assigned.select("row", "inside_row").drop_nulls())
            assigned = assigned.drop("inside_row")
        assigned, searched = split_searches(assigned)
        is_none = assigned["says"] == RowStatement.NO_RECORDS
        if is_none.any():
            self._take_none(assigned.filter(is_none))
            assigned = assigned.filter(~is_none)
        backwards = None if rejects is None else rejects.filter(code=ReplyCode.ENDS_BEFORE_START.value)["row"]
        self._plausibility.take(assigned, backwards)
        assigned = assigned.drop("duration_s", "is_reckoned", strict=False)
        own = None
        if assigned["ip"].has_nulls():
            assigned, own = self._match_by_id(assigned)
        rows = assigned.with_columns(may_hold())
        known_rows = self._index.match_addresses(rows["ip"])
        times = rows.select("may_from", "may_until")[known_rows["at"]]
        likely = self._index.match_likely(known_rows.hstack(times)).select("at", "address")
        met, kinds = self._find_pairs(list_row_spans(rows, likely))
        if own is not None:
            of_id = self._ids["row_id"][met["asked"]] == rows["row_id"][met["at"]]
            met = met.filter((~own[met["at"]] | of_id).fill_null(value=False))
        contradicting = self._find_contradicting(rows["row_id"], met)
        if searched is not None:
            elsewhere = find_searched_elsewhere(searched, rows["row"], met, self._index.rows)
            contradicting = pl.concat([contradicting, elsewhere]).unique().sort("at", "asked")
        kinds = [known_rows.select("at"), *kinds, contradicting.select("at"), met.select("at")]
        kind = pl.zeros(rows.height, pl.UInt8, eager=True)
        for value, places in enumerate(kinds, 1):
            kind.scatter(places.to_series(), value)
        self._add_met(assigned, met, met["at"].is_in(contradicting["at"].implode()))
        self._findings.add(FindingKind.CONTRADICTS, self._list_row_ids(assigned["row"], contradicting))
        columns = assigned["doubted_by"][met["at"]].alias("column")
        met_rows = self._list_row_ids(assigned["row"], met).with_columns(columns)
        self._findings.add(FindingKind.HEDGED, met_rows.filter(pl.col("column").is_not_null()))
        self._keep_unmatched(rows.with_columns(kind=kind))

    def finish(self) -> ReplyCheckResult:
        """Return the matches and all findings."""
        met = pl.concat(self._met) if self._met else pl.DataFrame(schema=NOTHING)
        rows = self._index.rows
        assigned = met.filter(IS_ASSIGNED)
        unmet = rows.join(assigned.select(row_id="asked"), on="row_id", how="anti")
        silent = unmet.join(met.select(row_id="asked"), on="row_id", how="anti")
        self._findings.add(FindingKind.MISSING, silent.select(pl.lit(None, pl.UInt32).alias("row"), "row_id"))
        self._findings.add(FindingKind.DUPLICATE, find_repeated(assigned))
        inside, left_out = self._select_inside()
        if self._met:
            met, inside = self._with_doubts(met, unmet, inside)
        if self._of_every:
            met = pl.concat([met, pl.concat(self._of_every).unique("asked", keep="first").sort("asked")])
        return ReplyCheckResult(
            met, self._findings.to_frame(), self._findings.count_kinds(), self._near, inside, left_out
        )

    def _select_around(self, inside: pl.DataFrame) -> pl.DataFrame:
        """The rows of an access log that lie in the time around what was asked. Of IPv6, where that was asked for too,
        only those around an address that a NAT log gave.
        """
        spans = inside.with_columns(may_hold())
        questions = self._times.with_columns(first=pl.col("from_us").reverse().cum_min().reverse())
        beside = (
            spans.with_columns(since=pl.col("may_from") - AROUND_US)
            .sort("since")
            .join_asof(questions.select("until_us", "first"), left_on="since", right_on="until_us", strategy="forward")
        )
        near_rows = beside.filter(pl.col("first") <= pl.col("may_until") + AROUND_US)["row"]
        is_kept = pl.col("row").is_in(near_rows.implode())
        if self._index.addresses["ip"].str.contains(":", literal=True).any():
            is_kept &= ~pl.col("ip").str.contains(":", literal=True) | self._is_given(inside)
        return inside.filter(is_kept)

    def _is_given(self, inside: pl.DataFrame) -> pl.Expr:
        """Whether a row of an access log is of an address that a NAT log gave, or of a prefix of one."""
        around = find_prefixes_around(self._given, inside["ip"])["ip"]
        return pl.col("ip").is_in(pl.concat([self._given.alias("ip"), around]).implode())

    def _select_inside(self) -> tuple[pl.DataFrame, bool]:
        """The rows of an access log that are kept, with doubts of their columns; and whether others would have been."""
        rows = pl.concat([pl.DataFrame(schema=ASSIGNED), *self._lines])
        is_over = rows.height > MOST_INSIDE
        if is_over:
            rows = rows.filter(self._is_given(rows))
        column = pl.when(pl.col("doubted_by").is_not_null()).then(pl.concat_str(pl.lit(OF_COLUMN), "doubted_by"))
        doubts = pl.concat_list(column).list.drop_nulls().cast(DOUBTS).alias("doubts")
        inside_rows = self._with_slack(
            rows.with_columns(doubts).with_columns(is_doubted=pl.col("doubts").list.len() > 0)
        )
        return inside_rows, is_over and self._given.is_empty()

    def _with_doubts(
        self, met: pl.DataFrame, unmet: pl.DataFrame, inside: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Report near misses, and return `met` and `inside` with the doubts that these and signs of the file cause."""
        unmatched = pl.concat([*self._unmatched[False], *self._unmatched[True]]).sort("row")
        met = self._with_slack(add_shared_bits_of_reply(without_all_ports(met, unmatched), unmatched))
        # A block that moved from line to line is several rows here, and one that matches answers for its row.
        unmatched = unmatched.filter(~pl.col("row").is_in(met.filter(IS_ASSIGNED)["row"].implode()))
        strangers = unmatched.filter(pl.col("kind") > 0)
        beside = find_neighbours(strangers, met.filter(IS_ASSIGNED))
        near_rows, vetoes = self._find_near(met, unmet, unmatched, beside)
        if strangers.height > self._index.rows["session_id"].n_unique():
            near_rows = near_rows.clear()
            if unmet.height:
                # Of all that a licensee has of an address, the row that answers one question may be another's.
                of_address, unanswered = add_assignments(strangers, met), NoticeIndex(unmet.drop("asked", "address"))
                near_rows = self._find_near_rows(of_address, find_shifted(of_address, unanswered), unanswered)
        alone = strangers.join(beside, on="row", how="anti", maintain_order="left")
        signs = self._find_signs(met, inside, alone, unmet, near_rows)
        of_file = signs.filter("is_whole")["kind"].unique(maintain_order=True).to_list()
        unaffected = self._find_unaffected(met, strangers, unmet) if FindingKind.ONE_SHIFT.value in of_file else None
        of_rows = list_doubts_of_rows(signs, self._steps)
        return add_doubts(met, of_file, of_rows, vetoes, unaffected), add_doubts_inside(inside, of_file, of_rows)

    def _find_near(
        self, met: pl.DataFrame, unmet: pl.DataFrame, unmatched: pl.DataFrame, beside: pl.DataFrame
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Report near misses; return them, and those that would be another's, were the time of their row mistyped.

        Where more rows meet nothing than sessions were asked about, or a quarter more than meet one, the reply is no
        answer to each, but all that the licensee has of these addresses, or everyone who had them before and after:
        somebody else at another hour is not strange in it. Nor is one who is beside an answer as in a broad export.
        """
        answering = met.filter(IS_ASSIGNED)
        by_asked = group_numbers_by_row(answering)
        rows = self._index.rows.drop("asked", "address")
        several = rows.join(by_asked.filter(pl.col("numbers").list.len() > 1), on="row_id", how="semi")
        index = NoticeIndex(pl.concat([unmet.drop("asked", "address"), several]))
        near = self._find_near_rows(unmatched, find_near_misses(unmatched, index), index)
        others = near.head(0)
        strangers = unmatched.filter(pl.col("kind") > 0)
        most = min(rows["session_id"].n_unique(), max(FEW, 5 * answering["row"].n_unique() // 4))
        if strangers.height <= most:
            index = NoticeIndex(rows)
            strange = strangers.join(beside.filter("is_explained"), on="row", how="anti", maintain_order="left")
            named = self._find_near_rows(strange, find_mistyped(strange, index), index)
            others = named.filter(pl.col("number").is_not_null()).unique(["row", "row_id"], maintain_order=True)
            others = select_unanswered_near_misses(others, strangers, answering)
            others = without_own_chain(others, find_chains(strangers, answering), answering)
        self._near = pl.concat(
            [near.with_columns(is_told=pl.lit(value=True)), others.with_columns(is_told=pl.lit(value=False))]
        ).select(list(NEAR_MISSES))
        answers = answering.with_columns(get_numbers(answering).alias("number"), row_id="asked")
        vetoes = find_vetoes(drop_lone_near_misses(others, answers, "number"), by_asked)
        self._report_near(pl.concat([near, vetoes]).unique("row", keep="first", maintain_order=True))
        return near, vetoes

    def _find_unaffected(self, met: pl.DataFrame, strangers: pl.DataFrame, unmet: pl.DataFrame) -> pl.DataFrame | None:
        """`row`, `asked` of assignments that a shift of all times does not change; None where not all rows are kept."""
        reach = find_reach(add_assignments(strangers, met), unmet) if self._space_left[True] else None
        return reach and find_unaffected(met.filter(IS_ASSIGNED), strangers, self._index.rows, reach)

    def _with_slack(self, met: pl.DataFrame) -> pl.DataFrame:
        """With a minute of slack where the file has no seconds."""
        met, slack_rows = widen_times(met)
        slack_rows = slack_rows.unique().sort().head(1)
        self._findings.add(
            FindingKind.WITHOUT_SECONDS, slack_rows.to_frame().with_columns(row_id=pl.lit(None, pl.String))
        )
        return met

    def _find_signs(
        self,
        met: pl.DataFrame,
        inside: pl.DataFrame,
        strangers: pl.DataFrame,
        unmet: pl.DataFrame,
        near_rows: pl.DataFrame,
    ) -> pl.DataFrame:
        """Signs about the file, as `Plausibility` tells them; they are named among the findings."""
        questions = self._index.rows.select(pl.col("row_id").alias("asked"), *QUESTION)
        assignments = met.filter(IS_ASSIGNED).with_columns(get_numbers(met.filter(IS_ASSIGNED)).alias("number"))
        assignments = assignments.join(questions, on="asked", maintain_order="left")
        lines = self._find_beside_questions(inside.with_columns(get_numbers(inside).alias("number")))
        signs = self._plausibility.find_signs(self._index.rows, assignments, strangers, unmet, near_rows, lines)
        by = near_rows.filter(kind=FindingKind.SHIFTED).select("row", "by_us").unique("row", keep="first")
        for (kind,), rows in signs.join(by, on="row", how="left").partition_by("kind", as_dict=True).items():
            named = rows.select("row", pl.lit(None, pl.String).alias("row_id"), "by_us")
            self._findings.add(FindingKind(kind), named.unique("row", maintain_order=True))
        return signs

    def _find_beside_questions(self, inside: pl.DataFrame) -> pl.DataFrame:
        """Rows of an access log whose time is that of a question, each with the last of these."""
        questions = self._index.rows.select(pl.col("row_id").alias("asked"), *QUESTION).sort("from_us")
        spans = inside.with_columns(may_hold()).sort("may_until")
        beside = spans.join_asof(questions, left_on="may_until", right_on="from_us", strategy="backward")
        return beside.filter(pl.col("until_us") >= pl.col("may_from")).sort("row").drop("may_from", "may_until")

    def _match_by_id(self, assigned: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
        """The rows with an address, and which of them answer the row alone whose id they repeat.

        One without an address has that of the row of the notice whose id it repeats; where it has one from inside
        instead, it answers that row alone. The others, whose time is known, may be of any address: of each row of the
        notice whose time and connection one meets.
        """
        by_id = self._index.rows.select("row_id", of_id="ip")
        rows = assigned.join(by_id, on="row_id", how="left", maintain_order="left")
        own = pl.col("ip").is_null() & pl.col("inside_ip").is_not_null() & pl.col("of_id").is_not_null()
        rows = rows.with_columns(own.alias("is_own"), pl.coalesce("ip", "of_id").alias("ip")).drop("of_id")
        others = rows.filter(pl.col("ip").is_null(), pl.col("start_us").is_not_null() | pl.col("end_us").is_not_null())
        self._of_every.append(match_unaddressed_rows(others.drop("is_own"), self._index.rows))
        addressed = rows.filter(pl.col("ip").is_not_null())
        return addressed.drop("is_own"), addressed["is_own"]

    def _find_pairs(self, spans: pl.DataFrame) -> tuple[pl.DataFrame, list[pl.DataFrame]]:
        """Pairs that meet; and the places of rows that fit but for the port, the destination, the protocol."""
        ways = [
            pl.all_horizontal("fits_port", "fits_destination", "fits_protocol"),
            ~pl.col("fits_port"),
            pl.col("fits_port") & ~pl.col("fits_destination"),
            pl.col("fits_port") & pl.col("fits_destination") & ~pl.col("fits_protocol"),
        ]
        result = [[pl.DataFrame(schema=PAIRS)] for _ in ways]
        for pairs in self._index.match_times(spans):
            for at, condition in enumerate(ways):
                some = pairs.filter(condition).select(*PAIRS)
                result[at].append(some if at == 0 else some.unique("at"))
        met, *others = (pl.concat(some) for some in result)
        return met, [other.select("at") for other in others]

    def _find_contradicting(self, ids: pl.Series, met: pl.DataFrame) -> pl.DataFrame:
        """Rows that repeat the id of a row of the notice, which they do not meet: `at`, `asked`."""
        if ids.null_count() == len(ids):
            return pl.DataFrame(schema=PAIRS)
        repeated = ids.alias("row_id").to_frame().with_row_index("at").join(self._ids, on="row_id")
        return repeated.select(*PAIRS).join(met, on=["at", "asked"], how="anti").sort("at", "asked")

    def _take_none(self, rows: pl.DataFrame) -> None:
        """Rows that say that there are no records: of a row id, of an address and time, or of all that was asked."""
        by_id = rows.select("row_id").with_row_index("at").join(self._ids, on="row_id").select(*PAIRS)
        ends = pl.coalesce("end_us", "start_us")
        spans = rows.with_columns(ends.alias("end_us")).with_columns(may_hold())
        known_rows = self._index.match_addresses(rows["ip"]).join(by_id, on="at", how="anti")
        by_address, _ = self._find_pairs(list_row_spans(spans, known_rows))
        pairs = [by_id, by_address]
        of_all = (rows["ip"].is_null() & rows["row_id"].is_null()).arg_true()
        if len(of_all) and not self._has_none_of_all:
            self._has_none_of_all = True
            pairs.append(self._ids.select(pl.lit(of_all[0], pl.UInt32).alias("at"), "asked"))
        met = pl.concat(pairs).sort("at", "asked")
        self._add_met(rows, met)
        self._findings.add(FindingKind.NO_RECORDS, self._list_row_ids(rows["row"], met))
        unmet = rows.with_row_index("at").join(met, on="at", how="anti").filter(~pl.col("at").is_in(of_all.implode()))
        self._findings.add(FindingKind.EXTRA, unmet.select("row", pl.lit(None, pl.String).alias("row_id")))

    def _add_met(self, rows: pl.DataFrame, pairs: pl.DataFrame, contradicts: pl.Series | None = None) -> None:
        """Add rows that meet: `pairs` of them with `asked`, and of each whether it repeats the id of another one."""
        asked = self._ids["row_id"][pairs["asked"]].alias("asked")
        met = rows[pairs["at"]].with_columns(asked)
        says_else = pl.repeat(value=False, n=met.height, eager=True) if contradicts is None else contradicts
        column = pl.when(IS_ASSIGNED & pl.col("doubted_by").is_not_null()).then(
            pl.concat_str(pl.lit(OF_COLUMN), "doubted_by")
        )
        contradiction = pl.when(says_else).then(pl.lit(FindingKind.CONTRADICTS.value))
        doubts = pl.concat_list(contradiction, column).list.drop_nulls().alias("doubts")
        self._met.append(met.with_columns(doubts).with_columns(is_doubted=pl.col("doubts").list.len() > 0))

    def _list_row_ids(self, rows: pl.Series, pairs: pl.DataFrame) -> pl.DataFrame:
        return pl.DataFrame([rows[pairs["at"]], self._ids["row_id"][pairs["asked"]]])

    def _keep_unmatched(self, rows: pl.DataFrame) -> None:
        """Count what meets nothing, and keep the first ones."""
        counts = dict(rows["kind"].value_counts().iter_rows())
        for value, kind in enumerate(UNMET):
            if kind is not FindingKind.CONTRADICTS and value in counts:
                of_kind = (
                    rows.lazy().filter(pl.col("kind") == value).select("row", pl.lit(None, pl.String).alias("row_id"))
                )
                self._findings.add_first(kind, of_kind, counts[value])
        for is_known, condition in ((False, pl.col("kind") == 0), (True, pl.col("kind").is_between(1, MET - 1))):
            if self._space_left[is_known]:
                chosen_rows = rows.filter(condition).head(self._space_left[is_known])
                self._space_left[is_known] -= chosen_rows.height
                self._unmatched[is_known].append(chosen_rows)

    def _find_near_rows(self, unmatched: pl.DataFrame, missed: pl.DataFrame, index: NoticeIndex) -> pl.DataFrame:
        """Near misses with `row` and `number` of the reply, `was` (what else it is), and `row_id` of the notice."""
        at = missed["at"]
        facts = [unmatched["row"][at], unmatched["number_kind"][at], get_numbers(unmatched)[at].alias("number")]
        facts.append(unmatched["kind"][at].alias("was"))
        return missed.with_columns(*facts, index.rows["row_id"][missed["asked"]])

    def _report_near(self, near_rows: pl.DataFrame) -> None:
        for value, kind in enumerate(UNMET):
            if kind is not FindingKind.CONTRADICTS:
                self._findings.take_back(kind, near_rows.filter(pl.col("was") == value))
        for near_kind in (FindingKind.SHIFTED, FindingKind.DAY_MONTH, FindingKind.ONE_DIGIT):
            self._findings.add(near_kind, near_rows.filter(pl.col("kind") == near_kind).sort("row", "row_id"))
