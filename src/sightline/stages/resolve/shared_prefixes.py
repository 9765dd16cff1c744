"""Find the longest IPv6 prefix around an assigned one in which another line has addresses at the same time.

A statement that gives each line a prefix of that length, or a shorter one, does not hold there.
"""

from __future__ import annotations

from ipaddress import ip_network

import polars as pl

from sightline.stages.resolve.inside_addresses import find_several_holders

LENGTHS = (48, 52, 56, 60, 64)
"""The lengths of prefixes that networks give to lines (RFC 6177)."""
MOST_PREFIXES = 20_000
"""The maximum number of different addresses and prefixes that are compared."""
SHARED_BITS = pl.UInt8()


def find_shared_bits(rows: pl.DataFrame) -> pl.DataFrame:
    """Return `row` and `shared_bits`: the longest of LENGTHS, shorter than the row's own prefix, with another holder.

    `rows`: `row ip holder start_us end_us`. Rows without an IPv6 prefix, and those that share none, are left out.
    """
    six = rows.filter(pl.col("ip").str.contains(":", literal=True)).drop_nulls(["holder", "start_us"])
    nothing = pl.DataFrame(schema={"row": pl.UInt32, "shared_bits": SHARED_BITS})
    texts = six["ip"].unique().sort().head(MOST_PREFIXES)
    if not texts.str.contains("/", literal=True).any() or six["holder"].n_unique() < 2:
        return nothing
    networks = [(text, ip_network(text, strict=False)) for text in texts]
    shared_rows = [nothing]
    for length in LENGTHS:
        around = [(text, str(one.supernet(new_prefix=length))) for text, one in networks if one.prefixlen > length]
        outer = pl.DataFrame(around, schema={"ip": pl.String, "outer": pl.String}, orient="row")
        beside = six.join(outer, on="ip").select("row", "ip", "outer", "holder", "start_us", "end_us")
        places = beside.with_row_index("at")
        shared = find_several_holders(places.drop("row").rename({"at": "row"}), ["outer"])
        some = places.filter(pl.col("at").is_in(shared.implode()), pl.col("ip").str.contains("/", literal=True))
        shared_rows.append(some.select(pl.col("row").cast(pl.UInt32), shared_bits=pl.lit(length, SHARED_BITS)))
    return pl.concat(shared_rows).group_by("row", maintain_order=True).agg(pl.max("shared_bits"))


def add_shared_bits(questions: pl.DataFrame, met: pl.DataFrame) -> pl.DataFrame:
    """Return `met` with `shared_bits` of rows of all replies of a licensee together, where that is more.

    `questions`: `notice` and `licensee_id`; `met` as `row_verdicts` takes it, with `shared_bits` of each reply alone.
    """
    whose = questions.select("notice", "licensee_id").unique("notice")
    places = met.with_row_index("at").join(whose, on="notice", how="left", maintain_order="left")
    frames = [pl.DataFrame(schema={"at": pl.UInt32, "of_all": SHARED_BITS})]
    for rows in places.partition_by("licensee_id"):
        each = rows.select("ip", "start_us", "end_us", row="at", holder="subscriber")
        frames.append(find_shared_bits(each).select(at="row", of_all="shared_bits"))
    beside = places.join(pl.concat(frames), on="at", how="left", maintain_order="left")
    return beside.with_columns(shared_bits=pl.max_horizontal("shared_bits", "of_all")).select(met.columns)
