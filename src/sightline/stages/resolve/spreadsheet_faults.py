"""Find columns of a reply that a spreadsheet or a clerk filled down, repeated, sorted alone, or moved by a row."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from sightline.stages.resolve.file_signs import MINUTE_US, NEARLY_ALL
from sightline.stages.resolve.first_rows import FirstRows
from sightline.stages.resolve.model import ASSIGNED, FindingKind

FILLED_NUMBERS, FILLED, FILLED_PART, FILLED_ON_SCHEDULE = 4, 5, 6, 10
"""Rows that follow each other in equal steps: all numbers of a file, all times of one, the numbers of a part, and all
times on half hours. A spreadsheet fills a column so; a licensee with some neighbouring numbers has fewer of them, or
others between.
"""
FEW_FILLED = 3
"""The number of rows that show it in a file of three or four rows, if their numbers have many figures."""
_LEAST_OF_FEW, _LEAST_OF_NUMBERS = 10_000, 100_000_000
"""Three larger numbers follow one another by chance in less than one of 10,000 files."""
_SMALL = 12
"""The maximum number of rows of a file in which four long numbers that follow each other are a sign too."""
_LEAST_APART = 1_000_000
"""How far apart the numbers of such a file are at least: a firm's own series alone may follow each other."""
_LEAST_LONG = 1_000
"""Numbers of fewer figures may follow one another by chance."""
MOVED = 2
"""Assignments whose rows give them to two lines, one of them that of the next assignment. One alone may be a slip."""
SPLIT, MOST_SPLIT = 4, 0.75
"""How many assignments that stand in several rows have two lines, at least, and which share of all such, if the column
of numbers moved by a row. In the one world that they were chosen by (field world, seed 9310) seven files had a share of
0.98 to 1, one had 0.8, and all others with five such assignments or more had at most 0.6.
"""
_MOST_LINES = 3
"""The maximum number of lines that a row of a table takes, blank ones included: a record of a log takes more."""
_LEAST_REPEATED = 0.1
"""The minimum share of assignments that stand in several rows, if these rows are different records."""
REPEATED, SORTED, MOVED_TIMES = 8, 8, 5
"""The minimum number of rows for a repeated pattern, of lines in order (chance: 1 in 40,320), and for moved times."""
SORTED_PART = 10
"""The minimum number of rows in order, if others of the file are not."""
PASTED, MOST_PASTED = 4, 50
"""The minimum and maximum number of rows of a block of numbers that stands again right below itself."""
MOST_COMPARED = 2_000
"""The maximum number of rows of a file that is examined for patterns, and for times that moved."""
MOST_FITTING = 0.75
"""The part of the rows whose times fit their questions above which times have not moved."""
MOST_FIGURES = 15
SAME_ASSIGNMENT = ["ip", "port_from", "port_to", "start_us", "end_us", "protocol", "destination_ip", "destination_port"]
_OTHER_FACTS = ["inside_ip", "is_exclusive", "is_static", "is_operator", "says", "doubted_by", "space"]
"""What rows of one record have in common, beside the assignment."""
_COMPARED = ["row", "ip", "port_from", "port_to", "start_us", "end_us", "number"]
Sign = tuple[FindingKind, pl.Series, bool]
"""A sign, the rows that show it, and whether it doubts the whole file."""


class SpreadsheetFaults:
    """Collects the columns of a file, batch by batch: `take` each, then `find_signs`."""

    def __init__(self) -> None:
        self._counted = 0
        self._filled = {name: FirstRows() for name in ("number", "start_us", "end_us")}
        self._longest = dict.fromkeys(self._filled, 0)
        self._moved = {at: FirstRows() for at in (1, -1)}
        self._runs, self._split = 0, 0
        self._repeated = {"rows": 0, "records": 0}
        self._split_rows = {name: FirstRows() for name in self._repeated}
        self._compared = [pl.DataFrame(schema={name: ASSIGNED[name] for name in _COMPARED})]

    def take(self, assigned: pl.DataFrame, *, is_inside: bool = False) -> None:
        """Process the assignments of a batch (ASSIGNED). `is_inside`: of an access log, which a NAT log repeats."""
        rows = _select_first_assignments(assigned)
        self._take_steps(rows)
        self._take_neighbours(rows)
        if self._counted <= MOST_COMPARED and not is_inside:
            self._compared.append(assigned.select(_COMPARED).unique("row", keep="first").sort("row"))

    def find_signs(self, questions: pl.DataFrame, assignments: pl.DataFrame) -> Iterator[Sign]:
        """Yield the signs.

        `questions`: rows of the notice; `assignments`: assignments that match one, with its id (`asked`).
        """
        yield from self._find_filled_down()
        yield from self._find_moved_numbers()
        yield from _find_sorted_numbers(questions, assignments)
        if self._counted <= MOST_COMPARED:
            rows = pl.concat(self._compared)
            yield from _find_few_in_steps(rows)
            yield from _find_repeated_numbers(rows)
            yield from _find_sorted_numbers_and_ports(rows)
            yield from _find_moved_times(rows, questions)

    def _take_steps(self, assigned: pl.DataFrame) -> None:
        """Note rows whose number, start or end is one step from those of the row before and the row after.

        Times are a sign only if nearly all rows of the file have it: a batch that is less of it has none.
        """
        rows = assigned.select("row", "number", "start_us", "end_us")
        self._counted += rows.height
        if rows.height < FILLED_NUMBERS:
            return
        numbered = _split_numbers(rows.drop_nulls("number") if rows["number"].has_nulls() else rows)
        is_whole = _is_nearly_all(rows.height, self._counted)
        is_same_kind = pl.col("prefix") == pl.col("prefix").shift()
        is_of_another = pl.col("number") != pl.col("number").shift()
        for name, some, column, counts in (
            ("number", numbered, "tail", is_same_kind),
            ("start_us", rows, "start_us", is_of_another),
            ("end_us", rows, "end_us", is_of_another),
        ):
            if name != "number" and not is_whole:
                continue
            runs = _find_stepped_runs(some, column, counts)
            self._longest[name] = max(self._longest[name], int(runs["rows"].max() or 0))  # type: ignore[arg-type]
            least = FILLED_PART if name == "number" else FILLED
            if name != "number":
                times = runs[column]
                share = (times % (30 * MINUTE_US) == 0).mean() if len(times) else None
                on_schedule = float(share or 0.0)  # type: ignore[arg-type]
                least = FILLED_ON_SCHEDULE if on_schedule >= NEARLY_ALL else FILLED
            if name == "number" and _is_nearly_all(self._longest[name], rows.height):
                is_long = numbered.select((pl.col("tail") >= _LEAST_LONG).all()).item()
                least = FILLED_NUMBERS if is_long else FILLED
            elif name == "number" and numbered.height <= _SMALL and _is_spread(numbered["tail"]):
                least = FILLED_NUMBERS
            self._filled[name].add(runs["row"].filter(runs["rows"] >= least))

    def _take_neighbours(self, rows: pl.DataFrame) -> None:
        """Note assignments that stand in several rows, one below the other, and which of them are given to two lines.

        Among these, those whose second line is that of the assignment before or after, if that one has two lines too:
        beside an assignment that stands once, a second line may be a slip.
        """
        # Most files give no assignment twice: they need no runs.
        is_again = [rows[name].eq_missing(rows[name].shift()) for name in ("ip", "start_us")]
        if not (is_again[0] & is_again[1]).any():
            self._runs += rows.height
            return
        rows = rows.with_columns(run=pl.struct(SAME_ASSIGNMENT).rle_id())
        runs = rows.group_by("run", maintain_order=True).agg(
            pl.col("row").first().alias("first_row"),
            pl.col("row").last().alias("last_row"),
            pl.col("number").first().alias("first"),
            pl.col("number").last().alias("last"),
            pl.len().alias("rows"),
            pl.all_horizontal(pl.col(_OTHER_FACTS).n_unique() == 1).alias("is_one_record"),
            (pl.col("number").n_unique() > 1).alias("is_split"),
            (pl.col("number").drop_nulls().n_unique() > pl.col("number_kind").drop_nulls().n_unique()).alias("is_two"),
        )
        self._runs += runs.height
        self._split += int(runs["is_split"].sum())
        lines = pl.col("last_row") - pl.col("first_row")
        repeated = runs.filter(pl.col("rows") > 1, lines <= _MOST_LINES * (pl.col("rows") - 1))
        for name, some in (("rows", repeated), ("records", repeated.filter("is_one_record"))):
            self._repeated[name] += some.height
            self._split_rows[name].add(some.filter("is_two")["last_row"])
        is_up = pl.col("is_split") & pl.col("is_split").shift(-1) & (pl.col("last") == pl.col("first").shift(-1))
        is_down = pl.col("is_split") & pl.col("is_split").shift() & (pl.col("first") == pl.col("last").shift())
        self._moved[1].add(runs.filter(is_up)["last_row"])
        self._moved[-1].add(runs.filter(is_down)["first_row"])

    def _find_moved_numbers(self) -> Iterator[Sign]:
        """Assignments that are given to two lines, all but one of them to that of the next too: a column that moved.

        Of a clerk's slips none knows the line of the next row. At the end of the column any line may stand. Where most
        assignments stand once, no neighbour shows that: then most that stand in several rows have two lines. These rows
        are one record, or there are many of them: a clerk also gives an assignment two lines in two records. A log has
        no columns.
        """
        for name, split_rows in self._split_rows.items():
            is_often = name == "records" or self._repeated[name] >= _LEAST_REPEATED * self._runs
            if is_often and split_rows.count >= max(SPLIT, MOST_SPLIT * self._repeated[name]):
                yield FindingKind.NUMBERS_MOVED, split_rows.to_series(), True
                return
        for moved in self._moved.values():
            if moved.count >= max(MOVED, NEARLY_ALL * (self._split - 1)):
                yield FindingKind.NUMBERS_MOVED, moved.to_series(), True

    def _find_filled_down(self) -> Iterator[Sign]:
        """Rows that a spreadsheet filled down: of numbers a part too, of times all."""
        for name, filled in self._filled.items():
            is_whole = _is_nearly_all(self._longest[name], self._counted)
            if filled.count and (is_whole or name == "number"):
                yield FindingKind.FILLED_DOWN, filled.to_series(), is_whole


def _find_few_in_steps(rows: pl.DataFrame) -> Iterator[Sign]:
    """Three rows, all of a file but one at most, whose long numbers go up or down by the same step."""
    some = _split_numbers(rows.drop_nulls("number"))
    if not FEW_FILLED <= some.height <= FEW_FILLED + 1 or some["number"].n_unique() < some.height:
        return
    tails, step = some["tail"], some["tail"].diff()
    is_same = (step == step.shift()) & (step.shift(1).abs() > 0) & (some["prefix"] == some["prefix"].shift())
    is_near = (tails >= _LEAST_OF_FEW) & ((step.abs() == 1) | (tails >= _LEAST_OF_NUMBERS))
    if (is_same & is_near).fill_null(value=False).any():
        yield FindingKind.FILLED_DOWN, some["row"], True


def _find_repeated_numbers(rows: pl.DataFrame) -> Iterator[Sign]:
    """All numbers of a file repeat with one period, each time at another address: cells that were copied down.

    Numbers that ascend within the period are no sign: a file for each day, sorted by number, looks so.
    """
    some = rows.drop_nulls("number")
    numbers, addresses = some["number"], some["ip"]
    if pasted := _find_pasted_block(some):
        yield FindingKind.FILLED_DOWN, some["row"].slice(*pasted), True
        return
    if some.height < REPEATED or numbers.n_unique() > some.height // 2 or numbers.n_unique() < 2:
        return
    ends = (numbers.head(some.height // 2 + 1) == numbers[0]).arg_true().to_list()
    period = next((at for at in ends if at > 1 and (numbers[at:] == numbers[:-at]).all()), None)
    if period is None or numbers[:period].is_sorted() or numbers[:period].is_sorted(descending=True):
        return
    if float((addresses[period:] != addresses[:-period]).mean() or 0.0) >= NEARLY_ALL:  # type: ignore[arg-type]
        yield FindingKind.FILLED_DOWN, some["row"], True


def _find_pasted_block(rows: pl.DataFrame) -> tuple[int, int] | None:
    """Return where numbers stand that repeat those right above them, in their order, and how many; or None.

    PASTED different ones at least, neither ascending nor descending, at other addresses and other times.
    """
    numbers = rows["number"]
    times = rows.select("ip", begins="start_us", ends=pl.col("end_us").fill_null(pl.col("start_us")))
    for length in range(PASTED, min(rows.height // 2, MOST_PASTED) + 1):
        later, earlier = times.slice(length), times.head(rows.height - length)
        is_apart = (later["begins"] >= earlier["ends"]) | (earlier["begins"] >= later["ends"])
        is_same = (numbers.slice(length) == numbers.head(rows.height - length)) & is_apart
        is_same &= later["ip"] != earlier["ip"]
        for at in (is_same.fill_null(value=False).cast(pl.Int32).rolling_sum(length) == length).arg_true():
            block = numbers.slice(at - length + 1, length)
            is_ordered = block.is_sorted() or block.is_sorted(descending=True)
            if block.n_unique() == length and not is_ordered:
                return at + 1, length
    return None


def _find_sorted_numbers(questions: pl.DataFrame, assignments: pl.DataFrame) -> Iterator[Sign]:
    """Lines with ports whose numbers ascend from row to row, while the rows are in the order of the questions.

    One of both orders is a clerk's: a sort of whole rows by number loses the order of the questions. Where a
    network gives out whole addresses one after the other, numbers and questions may ascend together.
    """
    order = questions.select(asked="row_id", place=pl.int_range(pl.len()))
    rows = assignments.unique("row", keep="first").sort("row").join(order, on="asked", maintain_order="left")
    rows = rows.drop_nulls("number").filter(pl.col("number") != pl.col("number").shift().fill_null(""))
    if (part := _find_sorted_part(rows)) is not None:
        yield FindingKind.NUMBERS_SORTED, part, True
        return
    if rows.height < SORTED or rows["port_from"].has_nulls() or rows["number"].n_unique() < rows.height:
        return
    numbers = rows.sort(pl.col("number").str.len_chars(), "number")["row"]
    is_sorted = numbers.is_sorted() or numbers.is_sorted(descending=True)
    if is_sorted and (rows["place"].is_sorted() or rows["from_us"].is_sorted()):
        yield FindingKind.NUMBERS_SORTED, rows["row"], True


def _find_sorted_part(rows: pl.DataFrame) -> pl.Series | None:
    """Return SORTED_PART rows or more, each of a later question and with a higher number than the one above; or None.

    One in 3,628,800 orders of ten numbers is so. `rows`: `row number place port_from`.
    """
    lengths = pl.col("number").str.len_chars()
    is_higher = (pl.col("number") > pl.col("number").shift()) & (lengths == lengths.shift())
    is_later = pl.col("place") > pl.col("place").shift()
    steps = rows.with_columns(is_up=(is_higher & is_later & pl.col("port_from").is_not_null()).fill_null(value=False))
    steps = steps.with_columns(run=(~pl.col("is_up")).cum_sum()).with_columns(rows=pl.len().over("run"))
    part = steps.filter(pl.col("rows") >= SORTED_PART)
    return part["row"] if part.height else None


def _find_sorted_numbers_and_ports(rows: pl.DataFrame) -> Iterator[Sign]:
    """Numbers that ascend from row to row together with the ports of one address, while the times do not.

    A NAT gives its blocks out by none of the numbers: one of both columns was sorted alone.
    """
    some = rows.drop_nulls(["number", "port_from", "start_us"])
    lengths = some["number"].str.len_chars()
    for result in some.filter(lengths.n_unique() == 1).partition_by("ip"):
        if result.height < SORTED or result["start_us"].is_sorted() or result["start_us"].is_sorted(descending=True):
            continue
        ports, numbers = result["port_from"].cast(pl.Int64).diff(), result["number"]
        is_ascending = (numbers > numbers.shift()).drop_nulls()
        if (ports.drop_nulls() > 0).all() and (is_ascending.all() or not is_ascending.any()):
            yield FindingKind.NUMBERS_SORTED, result["row"], True


def _find_moved_times(rows: pl.DataFrame, question_rows: pl.DataFrame) -> Iterator[Sign]:
    """The times of nearly all rows fit the question of the row above, or below, and not their own."""
    questions = question_rows.select("ip", "port", "from_us", "until_us")
    beside = rows.join(questions, on="ip", maintain_order="left").filter(
        pl.col("port").is_null() | pl.col("port_from").is_null() | pl.col("port").is_between("port_from", "port_to")
    )
    beside = beside.group_by("row", maintain_order=True).agg(
        pl.col("from_us").min(), pl.col("until_us").max(), pl.col("start_us").first(), pl.col("end_us").first()
    )
    if beside.height < MOVED_TIMES:
        return

    def fits(by: int) -> int:
        starts, ends = (pl.col(edge).shift(by) for edge in ("start_us", "end_us"))
        return int(beside.select(((starts <= pl.col("until_us")) & (ends >= pl.col("from_us"))).sum()).item())

    if fits(0) < MOST_FITTING * beside.height and max(fits(1), fits(-1)) >= NEARLY_ALL * (beside.height - 1):
        yield FindingKind.TIMES_MOVED, beside["row"], True


def _select_first_assignments(assigned: pl.DataFrame) -> pl.DataFrame:
    """Return the first assignment of each row, in the order of the rows."""
    apart = assigned["row"].cast(pl.Int64).diff()
    return assigned if (apart > 0).all() else assigned.unique("row", keep="first").sort("row")


def _is_spread(tails: pl.Series) -> bool:
    """Whether numbers are long, and far apart from the first to the last."""
    smallest, largest = tails.min(), tails.max()
    if not isinstance(smallest, int) or not isinstance(largest, int):
        return False
    return smallest >= _LEAST_OF_NUMBERS and largest - smallest >= _LEAST_APART


def _split_numbers(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the figures that end their number (`tail`), and what is before them (`prefix`)."""
    numbers = numbered["number"]
    tails = numbers.cast(pl.Int64, strict=False)
    is_signed = numbers.str.starts_with("+").any() or numbers.str.starts_with("-").any()
    if not tails.has_nulls() and not is_signed and (numbers.str.len_bytes() <= MOST_FIGURES).all():
        return numbered.with_columns(prefix=pl.lit(""), tail=tails)
    parts = numbers.str.extract_groups(r"^(.*?)(\d{1,15})$")
    return numbered.with_columns(prefix=parts.struct.field("1"), tail=parts.struct.field("2").cast(pl.Int64))


def _find_stepped_runs(rows: pl.DataFrame, column: str, counts: pl.Expr) -> pl.DataFrame:
    """Return runs of FILLED_NUMBERS rows or more in which a column changes by one step a row; `rows`: how many it has.

    `counts`: whether a row can go on from the one before at all. A row that was refused between two leaves its place.
    """
    change, apart = rows[column].diff(), rows["row"].cast(pl.Int64).diff()
    is_each_row = (apart.drop_nulls() == 1).all()
    # Most files have no three steps in a row that are alike: they need no runs.
    if is_each_row and not _has_three_alike(change):
        return rows.head(0).select("row", column, rows=pl.lit(0, pl.UInt32))
    step = pl.when(counts & (pl.lit(change) != 0) & (pl.lit(change) % apart == 0)).then(pl.lit(change) // apart)
    result = rows.with_columns(step=step)
    if not _has_three_alike(result["step"]):
        return result.head(0).select("row", column, rows=pl.lit(0, pl.UInt32))
    result = result.with_columns(run=pl.col("step").rle_id())
    # A run has one row more than steps: the row before its first step.
    long = pl.when(pl.col("step").is_not_null()).then(pl.len().over("run") + 1).otherwise(0)
    result = result.with_columns(long=long)
    result = result.with_columns(rows=pl.max_horizontal("long", pl.col("long").shift(-1).fill_null(0)))
    return result.filter(pl.col("rows") >= FILLED_NUMBERS).select("row", column, "rows")


def _has_three_alike(steps: pl.Series) -> bool:
    """Whether a step other than zero is followed by two like it."""
    is_same = (steps == steps.shift()) & (steps != 0)
    return bool((is_same & is_same.shift()).any())


def _is_nearly_all(rows: int, count: int) -> bool:
    return rows >= min(NEARLY_ALL * count, count - 1)
