"""Read rows of a table of assignments into batches: by columns if possible, else one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import polars as pl

from sightline.errors import UnknownFormat
from sightline.model import ReplyCode
from sightline.stages.resolve.model import ASSIGNED, REJECTS, SUBSCRIBERS, ReplyBatch, RowStatement
from sightline.stages.resolve.replies import (
    address_values,
    cell_text,
    port_sets,
    row_batches,
    single_rows,
    stated_ids,
    time_declarations,
)
from sightline.stages.resolve.replies.column_names import find_zone, reduce_heading
from sightline.stages.resolve.replies.delimited import FAULT, OVER
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.side_columns import MARK_COLUMNS
from sightline.stages.resolve.replies.single_rows import AssignedRow, RowFault

Rejected = tuple[int, str, str]
Read = Callable[[Mapping[str, str]], AssignedRow | RowFault]


def require_agreement(
    frame: pl.DataFrame, twice: Sequence[tuple[str, int, int]], headings: Sequence[str], readers: Readers
) -> pl.DataFrame:
    """Return the frame with the agreed value of two columns for one fact. Raises UnknownFormat if they differ.

    An empty one of two columns for a line's number differs too: they may be of two lines. So does one of two zones.
    """
    for field, one, other in twice:
        texts = [frame[f"c{at}"].str.strip_chars() for at in (one, other)]
        bare = [text.str.to_lowercase() for text in texts]
        is_said = [~text.is_in(list(cell_text.ABSENT)) for text in bare]
        is_row = frame[FAULT].is_null() & (frame[OVER] == "") & (bare[0] != headings[one].strip().lower())
        each = [_choose_readers(field, headings[at], readers) for at in (one, other)]
        both = is_said[0] & is_said[1] & is_row
        is_one_zone = each[0].rules.zone == each[1].rules.zone
        if is_one_zone:
            both &= bare[0] != bare[1]
        differs = both & ~_compare_columns(field, frame.filter(both), {one: each[0], other: each[1]}, both)
        if field in single_rows.NUMBERS or not is_one_zone:
            differs = differs | (is_row & (is_said[0] != is_said[1]))
        if differs.any():
            raise UnknownFormat(
                f"two columns may both be the {field}, and they differ in row {frame['row'].filter(differs)[0]}:"
                f" {headings[one].strip()!r} and {headings[other].strip()!r}",
                hint="say which is which in a layout of your own: --layout FILE.toml (docs/reference/replies.md)",
            )
        stated = pl.select(pl.when(is_said[0]).then(frame[f"c{one}"]).otherwise(frame[f"c{other}"])).to_series()
        frame = frame.with_columns(stated.alias(f"c{one}"))
    return frame


def _choose_readers(field: str, heading: str, readers: Readers) -> Readers:
    """The readers of a column: of times in the zone that its heading says, if it says one."""
    zone = find_zone(heading) if field in _TIMES else None
    return readers if zone is None else Readers(time_declarations.derive_zone_rules(readers.rules, zone))


_TIMES = frozenset({"start", "end", "seen", "event_time"})


def _align_steps(read: Sequence[pl.DataFrame]) -> list[pl.DataFrame]:
    """Two columns of times with those of the finer one in the steps of the coarser: 16:41 is one with 16:41:10."""
    step = pl.max_horizontal(*(pl.lit(table["slack_us"]) for table in read)).fill_null(1).clip(1)
    return [table.with_columns(us=pl.col("us") // step * step).drop("slack_us") for table in read]


def _compare_columns(field: str, frame: pl.DataFrame, readers: Mapping[int, Readers], mask: pl.Series) -> pl.Series:
    """Of each row whether two columns say one thing in two ways; false where `mask` is. `readers`: of each column."""
    columns_of = [(one, frame[f"c{at}"]) for at, one in readers.items()]
    if field.endswith("ip") or field in ADDRESSES:
        read = [one.read_addresses(text) for one, text in columns_of]
    elif field in single_rows.NUMBERS:
        read = [one.read_numbers(field, text) for one, text in columns_of]
    elif field in _TIMES:
        read = _align_steps([one.read_instants(text) for one, text in columns_of])
    else:
        return pl.repeat(value=False, n=len(mask), dtype=pl.Boolean, eager=True)
    is_good = ~read[0]["is_bad"].fill_null(value=False) & ~read[1]["is_bad"].fill_null(value=False)
    names = [name for name in read[0].columns if name != "is_bad"]
    is_same = pl.select(pl.all_horizontal(*(read[0][name].eq_missing(read[1][name]) for name in names))).to_series()
    alike = pl.DataFrame(
        {"at": mask.arg_true(), "is_alike": is_good & is_same}, schema={"at": pl.UInt32, "is_alike": pl.Boolean}
    )
    return alike.join(pl.DataFrame({"at": pl.int_range(len(mask), dtype=pl.UInt32, eager=True)}), on="at", how="right")[
        "is_alike"
    ].fill_null(value=False)


ADDRESSES = ("ip", "framed_ip6", "framed_prefix", "delegated_prefix")
"""Fields that each give a RADIUS row an address, or a prefix."""


def read_batch(frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str], readers: Readers) -> ReplyBatch:
    """Read the rows of a frame of text under those headings. `places`: the column of each field.

    A RADIUS session is an assignment of each address and prefix that it got.
    """
    if "prefix_length" in places:
        frame = port_sets.join_lengths(frame, places)
        places = {field: at for field, at in places.items() if field != "prefix_length"}
    if port_sets.has_rules(places):
        both = read_batch(frame, port_sets.without_rules(places), headings, readers)
        mapped = _read_batch(*port_sets.apply_rules(frame, places), headings, readers)
        rejects = pl.concat([both.rejects, mapped.rejects]).unique("row", keep="first", maintain_order=True)
        whole = pl.concat([both.assigned, mapped.assigned]).sort("row", maintain_order=True)
        return ReplyBatch(whole, both.subscribers, rejects.sort("row"))
    given = [field for field in ADDRESSES if field in places]
    if given in ([], ["ip"]):
        return _read_batch(frame, places, headings, readers)
    others = {field: at for field, at in places.items() if field not in ADDRESSES}
    is_stated = [
        ~frame[f"c{places[field]}"].str.strip_chars().str.to_lowercase().is_in(cell_text.ABSENT) for field in given
    ]
    # Without an address column the first column is read: a row that lacks an address is reported.
    is_stated[0] |= ~pl.select(pl.any_horizontal(is_stated)).to_series()
    parts = [
        _read_batch(frame.filter(mask), {**others, "ip": places[field]}, headings, readers)
        for field, mask in zip(given, is_stated, strict=True)
    ]
    assigned, rejects = pl.concat([batch.assigned for batch in parts]), pl.concat([batch.rejects for batch in parts])
    assigned_rows = assigned.unique(maintain_order=True).sort("row", maintain_order=True)
    return ReplyBatch(
        assigned_rows, parts[0].subscribers, rejects.unique("row", keep="first", maintain_order=True).sort("row")
    )


def _read_batch(
    frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str], readers: Readers
) -> ReplyBatch:
    frame, places = port_sets.spread_ranges(_without_lasting(frame, places), places)
    texts = frame.select("row", *(pl.col(f"c{at}").alias(field) for field, at in places.items()))
    assigned, is_good = row_batches.read_columns(texts, readers)
    is_over = frame[OVER] != ""
    if is_over.any():
        is_over = frame[OVER].str.strip_chars() != ""
    is_whole = frame[FAULT].is_null() & ~is_over
    is_kept = is_good & is_whole & ~_may_deny_records(frame, places)
    if is_kept.all():
        return make_batch(assigned, [])
    assigned = assigned.filter(is_kept.filter(is_good))
    read, rejected = read_one_by_one(
        frame.filter(~is_kept), places, headings, lambda texts: single_rows.read_row(texts, readers.rules)
    )
    if read:
        assigned = pl.concat([assigned, row_batches.as_frame(read)]).sort("row")
    return make_batch(assigned, rejected)


def with_marks(batch: ReplyBatch, statements: pl.DataFrame) -> ReplyBatch:
    """Return the batch with the statements of columns beside the facts (`side_columns.read_marks`).

    An inside address beside a public one without ports means that several lines share the public one.
    """
    stated = statements.select("row", pl.col("doubted_by", "is_one_to_one", "act", *MARK_COLUMNS).name.prefix("said_"))
    joined = batch.assigned.join(stated, on="row", how="left", maintain_order="left")
    is_behind = pl.col("inside_ip").is_not_null() & pl.col("ip").is_not_null() & pl.col("port_from").is_null()
    says = pl.col("says") == RowStatement.ASSIGNED
    # If columns contradict each other, the address is shared.
    exclusive = (
        pl.when(~pl.col("said_is_exclusive"))
        .then(pl.lit(value=False))
        .when("is_exclusive")
        .then(pl.lit(value=True))
        .when(says & is_behind & ~pl.col("said_is_one_to_one").fill_null(value=False))
        .then(pl.lit(value=False))
        .otherwise("said_is_exclusive")
    )
    made = joined.with_columns(
        pl.when(says).then(pl.coalesce("doubted_by", "said_doubted_by")).alias("doubted_by"),
        pl.coalesce("protocol", "said_protocol").alias("protocol"),
        exclusive.alias("is_exclusive"),
        pl.coalesce("is_static", "said_is_static").alias("is_static"),
        pl.coalesce("is_operator", "said_is_operator").alias("is_operator"),
        pl.coalesce("space", "said_space").alias("space"),
    )
    # Only a table with a column of events has the act of each row.
    extra = ["said_act"] if statements["act"].null_count() < statements.height else []
    return replace(batch, assigned=made.select(*ASSIGNED, *extra).rename(dict.fromkeys(extra, "act")))


def _without_lasting(frame: pl.DataFrame, places: Mapping[str, int]) -> pl.DataFrame:
    """Return the frame without `till date` and the like where an end would be: there is none yet."""
    ends = [f"c{places[field]}" for field in ("end", "end_date", "end_clock") if field in places]
    lasting = list(load_shared_words().confirming["permanent"])
    # Those words begin with a letter, and nearly all times with a figure.
    may_say = [(pl.col(end) < "0") | (pl.col(end) >= ":") for end in ends]
    if not ends or frame.filter(pl.any_horizontal(may_say)).is_empty():
        return frame
    says = [pl.col(end).str.strip_chars().str.to_lowercase().is_in(lasting) for end in ends]
    if not frame.select(pl.any_horizontal(*(expression.any() for expression in says))).item():
        return frame
    return frame.with_columns(
        pl.when(is_stated).then(pl.lit("")).otherwise(pl.col(one)).alias(one)
        for one, is_stated in zip(ends, says, strict=True)
    )


def _may_deny_records(frame: pl.DataFrame, places: Mapping[str, int]) -> pl.Series:
    """Of each row whether its remark says anything that may be that there are no records."""
    if "remark" not in places:
        return pl.repeat(value=False, n=frame.height, dtype=pl.Boolean, eager=True)
    return frame[f"c{places['remark']}"].str.contains("(?i)no|nil")


def read_one_by_one(
    frame: pl.DataFrame, places: Mapping[str, int], headings: Sequence[str], read: Read
) -> tuple[list[tuple[int, AssignedRow]], list[Rejected]]:
    """Return the readable and the unreadable rows, without repeated headings and footnotes.

    A partly readable row is both: it is kept without a number, and identifies no subscriber.
    """
    result: list[tuple[int, AssignedRow]] = []
    rejected: list[Rejected] = []
    names = [f"c{at}" for at in range(len(headings))]
    for row, fault, over, *cells in frame.select("row", FAULT, OVER, *names).iter_rows():
        one = _read_one(cells, fault, over, places, headings, read)
        if isinstance(one, AssignedRow):
            result.append((row, one))
        elif one is not None:
            rejected.append((row, one.field, one.code.value))
            if one.stands is not None:
                result.append((row, one.stands))
    return result, rejected


def _read_one(
    cells: Sequence[str], fault: str | None, over: str, places: Mapping[str, int], headings: Sequence[str], read: Read
) -> AssignedRow | RowFault | None:
    """What a row says; None where it is no row of the table."""
    stand = list_filled_cells(cells, over)
    texts = {field: cells[at] for field, at in places.items()}
    if fault not in {None, ReplyCode.COLUMN_COUNT.value}:
        return RowFault("", ReplyCode(fault), _without_name(read(texts)) if stand else None)
    if not stand or is_heading(cells, headings):
        return None
    if any(load_shared_words().says_no_records(cell) for cell in stand):
        result = read(texts)
        is_named = isinstance(result, AssignedRow) and result.number is not None
        if not is_named or over.strip() or fault is not None or not _has_no_remark(cells, headings):
            return _read_no_records(stand, texts, read)
    if len(stand) <= 2 and load_shared_words().is_footnote(stand[0]):
        return None
    if over.strip():
        return RowFault("", ReplyCode.COLUMN_COUNT, _without_name(read(texts)))
    if fault is not None:
        return RowFault("", ReplyCode.COLUMN_COUNT, _read_short_row(cells, places, read))
    result = read(texts)
    if isinstance(result, RowFault) and result.stands is not None:
        is_of_no_row = result.stands.ip is None and load_shared_words().is_footnote(stand[0])
        return replace(result, stands=None) if is_of_no_row else result
    return result


_OF_REMARKS = frozenset({"remark", "remarks", "remarksifany", "anyremarks", "comment", "comments"})


def _has_no_remark(cells: Sequence[str], headings: Sequence[str]) -> bool:
    """Whether all that could say that there are no records is `Nil` as a remark."""
    denying = [
        heading for heading, cell in zip(headings, cells, strict=False) if load_shared_words().says_no_records(cell)
    ]
    bare = {cell.strip().lower() for cell in cells if load_shared_words().says_no_records(cell)}
    return bare == {"nil"} and all(reduce_heading(heading) in _OF_REMARKS for heading in denying)


def _read_short_row(cells: Sequence[str], places: Mapping[str, int], read: Read) -> AssignedRow | None:
    """What a row that ends early says for sure: what stands before its last cell, which may be cut. It names nobody.

    Of a block of ports whose last one is cut off the first one is known: it has none below. A first port that stands
    last is whole if no port has its figures and one more.
    """
    last = max((at for at, cell in enumerate(cells) if cell.strip()), default=0)
    if last == places.get("port_from") and last < places.get("port_to", 0) and _is_whole_port(cells[last].strip()):
        last += 1
    texts = {field: cells[at] if at < last else "" for field, at in places.items()}
    first = texts.get("port_from", "").strip() if "port_to" in texts else ""
    is_open = bool(first) and not texts["port_to"].strip()
    stands = _without_name(read(texts | {"port_to": first} if is_open else texts))
    if stands is not None and is_open and stands.port_from is not None:
        stands = replace(stands, port_to=address_values.LAST_PORT)
    return None if stands is None else replace(stands, end_us=None, end_slack_us=0)


def _is_whole_port(text: str) -> bool:
    return (
        text.isascii() and text.isdigit() and address_values.LAST_PORT // 10 < int(text[:9]) <= address_values.LAST_PORT
    )


def _without_name(assignment: AssignedRow | RowFault) -> AssignedRow | None:
    """What a row says, without the line that it names."""
    stands = assignment.stands if isinstance(assignment, RowFault) else assignment
    return None if stands is None else replace(stands, number=None, number_kind=None)


def list_filled_cells(cells: Sequence[str], over: str) -> list[str]:
    """Return the cells of a row that have a value."""
    return [cell.strip() for cell in (*cells, over) if cell.strip()]


def is_heading(cells: Sequence[str], headings: Sequence[str]) -> bool:
    """Return whether the row repeats the headings."""
    return [reduce_heading(cell) for cell in cells] == [reduce_heading(cell) for cell in headings]


def _read_no_records(stand: Sequence[str], texts: Mapping[str, str], read: Read) -> AssignedRow | RowFault:
    """That there are none: with the id of the notice's row if it repeats one, and its address and ports.

    A row that says so and names a line says two things.
    """
    result = read(texts)
    if isinstance(result, AssignedRow) and result.number is not None:
        return RowFault("remark", ReplyCode.REPEATED_FIELD, replace(result, number=None, number_kind=None))
    ids = [one for cell in stand if (one := stated_ids.read_row_id(cell)) is not None]
    named = [endpoint for cell in stand for endpoint in address_values.find_endpoints(cell)]
    ip, port = named[0] if len(named) == 1 else (None, None)
    ports = (port, port)
    try:
        if (stated := cell_text.clean_text(texts.get("ip", ""))) is not None:
            stands = result.stands if isinstance(result, RowFault) else result
            ip = address_values.parse_endpoint(stated)[0]
            ports = (None, None) if stands is None else (stands.port_from, stands.port_to)
    except cell_text.UnreadableValue:
        pass
    return AssignedRow(ip, *ports, row_id=ids[0] if ids else None, says=RowStatement.NO_RECORDS.value)


def make_batch(assigned: pl.DataFrame, rejected: Sequence[Rejected]) -> ReplyBatch:
    """Return the batch of some assignments and rejects."""
    return ReplyBatch(
        assigned, pl.DataFrame(schema=SUBSCRIBERS), pl.DataFrame(list(rejected), schema=REJECTS, orient="row")
    )
