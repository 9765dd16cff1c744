"""Fold hits into visits: hits of one address and time in one frame, or copies of it, with the rules that match them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from sightline.model import Ceiling, Opinion
from sightline.stages.leads.rule import RANKS, Rule
from sightline.stages.leads.rules import SEEING

READ = (
    "source_ip timestamp uncertainty_s source_port host url method status bytes user_agent referrer user "
    "record_kind indicator_id indicator_kind opinion vouched member byte_offset"
).split()
"""The columns of a segment that leads read; `raw` only where it may contain headers."""
RUN_COLUMNS = (
    "exhibit source is_zone_proven is_clock_backwards is_made_up is_moved_copy is_prefetch is_relayed is_crawler "
    "is_by_address is_from_elsewhere is_oversized back_us precision_us flags"
).split()
"""Known facts of a hit besides its own columns, when rules examine it. `flags`: see `report_flags`."""
LATER = "is_copied is_replayed is_in_burst".split()
"""Facts that are known only when visits of one address are adjacent."""
TEXTS = ("url", "user_agent", "referrer")
"""The columns whose distinct values are examined once."""
SITES = {"url": "site", "referrer": "referrer_site"}
"""The columns with a known host, and the host's name."""
PLACE_BITS = 40
"""A place is `ordinal << 40 | byte_offset`: log members must be below a tebibyte."""
WITH_PORT, WITHOUT_PORT = RANKS[Ceiling.SUBSCRIBER], RANKS[Ceiling.SHARED]
OK = 200
BURST_US = 2_000_000

SELF_DECLARED = (
    r"(?i)(?:^|[^u]|[^c]u)bot(?:\b|_)|crawl|spider|slurp|archiver|monitoring|uptime|pingdom|statuscake|synthetics"
    r"|fetcher|scrapy|headless|phantomjs|lighthouse|mediapartners-google|googleother|inspectiontool|externalhit"
    r"|externalagent|imgproxy"
    r"|(?:bing|web |link|url|uri|service )preview|url preview|zgrab|masscan|nmap|nikto|sqlmap|nuclei|wpscan|censys"
    r"|expanse|^(?:curl|wget|python|pycurl|go-http|java|libwww|libcurl|apache-http|axios|node|ruby|php|perl|lwp|httpx?"
    r"|aiohttp|postmanruntime|powershell|whatsapp)\b"
)
"""Agents that identify themselves as programs."""

MIX = 0x9E3779B97F4A7C15
"""An odd multiplier that spreads values over 64 bits (2^64 over the golden ratio)."""
BITS = {rule.id: pl.lit(1 << bit, pl.UInt64) for bit, rule in enumerate(SEEING)}
"""The bit of `saw` for each rule that saw the visit."""
OF_ALL = [BITS["address-hit"], BITS["seed-only"]]
"""Rules that see a visit only if they see all vouched hits of it: a name or an inspection in one hit is stronger."""


def is_seen_by(rule: Rule) -> pl.Expr:
    """Match visits that a rule saw."""
    return (pl.col("saw") & BITS[rule.id]) != 0


def _pack_bits(rules: Sequence[Rule], expressions: Sequence[pl.Expr]) -> pl.Expr:
    """The bits of rules whose expression holds."""
    none = pl.lit(0, pl.UInt64)
    set_ = [
        pl.when(expression.fill_null(False)).then(BITS[rule.id]).otherwise(none)
        for rule, expression in zip(rules, expressions, strict=True)
    ]
    return pl.sum_horizontal(none, *set_).cast(pl.UInt64)


def _is_early(rule: Rule) -> bool:
    """Return whether what a rule sees is known before visits stand beside each other."""
    return rule.visit_condition is None or not set(rule.visit_condition.meta.root_names()) & set(LATER)


EARLY = [rule for rule in SEEING if _is_early(rule)]
LATE = [rule for rule in SEEING if not _is_early(rule)]


def examine_hits(
    hits: pl.DataFrame, crawlers: Sequence[str], seed: int = 0, limits: pl.DataFrame | None = None
) -> pl.DataFrame:
    """Return hits with the bits of the rules that saw them, and without texts.

    `hits`: READ, `hi lo`, and the first of RUN_COLUMNS.

    `from_us` and `until_us` (half-open) bound the visit: its recorded time with the clock's uncertainty, from when the
    request may have begun (`back_us` before it) until the last instant that the written time can mean (`precision_us`
    after it). `indicator` is the hash of its id under a seed that gives no two of the workspace's ids the same hash.
    `limits` gives `url_code exhibit limit`: the size above which an answer is larger than its page otherwise is
    (`suspicion.compute_size_limits`).
    """
    coded = pl.concat([hits, *(_look_up_texts(hits[name], crawlers) for name in TEXTS)], how="horizontal").lazy()
    is_seen = [pl.lit(True) if rule.visit_condition is None else rule.visit_condition for rule in EARLY]
    of_text = pl.sum_horizontal(*(pl.col(f"{name}_saw").fill_null(0) for name in TEXTS)).cast(pl.UInt64)
    without_text = pl.sum_horizontal(*(BITS[rule.id] for rule in EARLY if rule.text_condition is None)).cast(pl.UInt64)
    port = pl.when(pl.col("source_port") > 0).then(pl.col("source_port")).cast(pl.UInt16)
    place = pl.col("exhibit").cast(pl.UInt64) * (1 << PLACE_BITS) + pl.col("byte_offset").cast(pl.UInt64)
    uncertain = pl.col("uncertainty_s").cast(pl.Int64) * 1_000_000
    coded = coded.with_columns(_hash_site().alias("site")).with_columns(
        pl.col("is_crawler").fill_null(False),
        pl.col("referrer_site").ne(pl.col("site")).fill_null(True).alias("is_from_elsewhere"),
        pl.col("indicator_kind").is_in(["ip", "cidr"]).alias("is_by_address"),
        pl.lit(False).alias("is_oversized"),
    )
    if limits is not None and len(limits):
        coded = coded.join(limits.lazy(), on=["url_code", "exhibit"], how="left", maintain_order="left").with_columns(
            (pl.col("status").eq(OK) & (pl.col("bytes") > pl.col("limit"))).fill_null(False).alias("is_oversized")
        )
    return coded.select(
        "hi",
        "lo",
        pl.col("timestamp").dt.epoch("us").alias("t"),
        _hash_content().alias("content"),
        place.alias("place"),
        (pl.col("timestamp").dt.epoch("us") - uncertain - pl.col("back_us")).alias("from_us"),
        (pl.col("timestamp").dt.epoch("us") + uncertain + pl.col("precision_us")).alias("until_us"),
        pl.col("uncertainty_s").cast(pl.UInt32),
        port.alias("port"),
        pl.col("user_agent_code").alias("agent"),
        "site",
        pl.col("indicator_id").hash(seed).alias("indicator"),
        "user",
        "source",
        "vouched",
        pl.col("opinion").is_in([Opinion.CLEARED, Opinion.DISPUTED]).alias("is_blocked"),
        ((of_text | without_text) & _pack_bits(EARLY, is_seen)).alias("saw"),
    ).collect()


def _hash_site() -> pl.Expr:
    """The hash of the site of a hit. A report is no site: many reports in a moment are not many sites in a moment."""
    of_tip = pl.when(pl.col("record_kind").str.starts_with("tip")).then(pl.lit("tip").hash())
    return pl.coalesce(of_tip, _hash(pl.col("host")), "site", pl.col("indicator_id").hash())


def _hash(text: pl.Expr) -> pl.Expr:
    """The hash of a text; null of none, which has one too."""
    return pl.when(text.is_not_null()).then(text.hash())


def _look_up_texts(texts: pl.Series, crawlers: Sequence[str]) -> pl.DataFrame:
    """Return what is known of each row's text, in the order of rows; null for none."""
    name, code = texts.name, f"{texts.name}_code"
    codes = texts.to_frame().select(_hash(pl.col(name)).alias(code))
    firsts = codes[code].arg_unique()
    distinct = pl.DataFrame([texts.gather(firsts), codes[code].gather(firsts)]).drop_nulls()
    rows = _examine_distinct(distinct, name, crawlers)
    if name == "user_agent" and not rows["is_crawler"].any() and not rows[f"{name}_saw"].max():
        return codes.with_columns(pl.lit(0, pl.UInt64).alias(f"{name}_saw"), pl.lit(False).alias("is_crawler"))
    return codes.join(rows, on=code, how="left", maintain_order="left")


def _examine_distinct(rows: pl.DataFrame, name: str, crawlers: Sequence[str]) -> pl.DataFrame:
    """Of distinct texts, each with its code: the bits of rules that look at it, and what else it says."""
    rules = [
        rule for rule in EARLY if rule.text_condition is not None and rule.text_condition.meta.root_names()[0] == name
    ]
    result = rows.with_columns(
        _pack_bits(rules, [rule.text_condition for rule in rules if rule.text_condition is not None]).alias(
            f"{name}_saw"
        )
    )
    if name == "user_agent":
        itself = pl.col(name).str.contains(SELF_DECLARED)
        result = result.with_columns((itself | pl.col(name).is_in(list(crawlers))).alias("is_crawler"))
    if name in SITES:
        result = result.with_columns(_hash(pl.col(name).str.extract(r"^(?:[a-z]+:)?//([^/:?#]+)")).alias(SITES[name]))
    return result.drop(name)


def _hash_content() -> pl.Expr:
    """A hash of what must be equal, beside address and time, for two frames to be copies of each other."""
    codes = [pl.col(f"{name}_code").fill_null(0) for name in TEXTS]
    rest = [pl.col(name).hash().fill_null(0) for name in ("host", "method", "record_kind", "status", "bytes")]
    parts = [*codes, *rest, pl.col("source_port").hash().fill_null(0)]
    # Each is multiplied by an odd number of its own: exchanging two parts changes the sum.
    return pl.sum_horizontal(part * pl.lit(MIX * (2 * at + 1) % (1 << 64), pl.UInt64) for at, part in enumerate(parts))


def fold_visits(hits: pl.DataFrame) -> pl.DataFrame:
    """Fold examined hits into visits, in order of address, time and place; copies and indicators become one.

    Adds `hits` (the number of vouched indicators), `indicators` (which, where several hits were folded), the bits of
    all rules, and `base`, the rank of the visit's own ceiling.
    """
    order = hits.select(_compute_order(hits)).to_series()
    by = order.arg_sort()
    sorted_order = order.gather(by)
    again = (sorted_order == sorted_order.shift(1)).fill_null(False)
    folded = _mark_single_hits(hits[by]) if not again.any() else _fold(hits, by, again)
    late = _pack_bits(LATE, [rule.visit_condition for rule in LATE if rule.visit_condition is not None])
    seen = folded.with_columns(_is_in_burst()).with_columns(pl.col("saw") | late)
    return seen.with_columns(_compute_base())


def _compute_order(hits: pl.DataFrame) -> pl.Expr:
    """One number by which hits stand in the order of address, time and content: a fifth of the time of three columns.

    What is alike in it is alike in all, or so nearly that `visits` tells it apart; it stays as it came.
    """
    is_four = bool(((hits["hi"] == 0) & (hits["lo"] // (1 << 32) == 0xFFFF)).all())
    address = pl.col("lo") % (1 << 32) if is_four else pl.struct("hi", "lo").rank("dense") - 1
    wide = pl.UInt128
    return (
        address.cast(wide) * pl.lit(1 << 96, wide)
        + (pl.col("t") + (1 << 62)).cast(wide) * pl.lit(1 << 32, wide)
        + (pl.col("content") // (1 << 32)).cast(wide)
    ).alias("order")


def _mark_single_hits(ordered: pl.DataFrame) -> pl.DataFrame:
    no = pl.lit(False)
    return ordered.with_columns(
        pl.lit(1, pl.UInt32).alias("hits"),
        pl.lit(None, pl.List(pl.UInt64)).alias("indicators"),
        no.alias("is_copied"),
        no.alias("is_replayed"),
    )


def _fold(hits: pl.DataFrame, by: pl.Series, again: pl.Series) -> pl.DataFrame:
    """One row a visit, in order: the first of its hits, with what all of them say; visits of one hit only pass by.

    Hits are of one visit where their order is alike; where, once in billions, their content is not, they fall apart.
    """
    visit = (~again).cum_sum() - 1
    many = again | again.shift(-1, fill_value=False)
    several = (
        hits[by.filter(many)]
        .with_columns(visit.filter(many).alias("visit"))
        .sort("visit", "content", "place", "indicator")
    )
    place = pl.col("place")
    exhibit = place // (1 << PLACE_BITS)
    key = ["visit", "content"]
    met = pl.col("indicator").filter("vouched").unique()
    of_all = pl.sum_horizontal(OF_ALL)
    folds = {
        "saw": (pl.col("saw").bitwise_or() & ~of_all)
        | (pl.col("saw").filter("vouched").bitwise_and().fill_null(0) & of_all),
        "uncertainty_s": pl.col("uncertainty_s").max(),
        "from_us": pl.col("from_us").min(),
        "until_us": pl.col("until_us").max(),
        "indicator": pl.coalesce(met.min(), pl.col("indicator").min()),
        "indicators": pl.when(met.len() > 1).then(met.sort().implode()),
        "vouched": pl.col("vouched").any(),
        "is_blocked": pl.col("is_blocked").any(),
        "hits": met.len().cast(pl.UInt32),
        "is_copied": (exhibit != exhibit.first()).any(),
        "is_replayed": ((exhibit == exhibit.first()) & (place != place.first())).any(),
    }
    rest = [pl.col(name).first() for name in several.columns if name not in {*folds, *key}]
    folded = several.group_by(key, maintain_order=True).agg(*rest, **folds)
    whole = _mark_single_hits(hits[by.filter(~again)])
    if folded["visit"].is_duplicated().any():
        apart = pl.concat(
            [whole.with_row_index("visit").join(folded, on="visit", how="anti").select(folded.columns), folded]
        )
        return apart.sort("visit", "content").select(whole.columns)
    at = folded["visit"]
    # A column that equals the first hit's is not needed.
    firsts = whole[at]
    changed = {name for name in folds if name != "indicators" and not folded[name].equals(firsts[name])}
    changed |= {name for name in ("place", "site", "source", "user") if not folded[name].equals(firsts[name])}
    rows = whole.with_columns(whole[name].scatter(at, folded[name]) for name in whole.columns if name in changed)
    if folded["indicators"].null_count() == len(folded):
        return rows
    row = pl.repeat(None, len(whole), dtype=pl.UInt32, eager=True).scatter(at, pl.int_range(len(at), eager=True))
    return rows.with_columns(folded["indicators"].gather(row))


def _is_in_burst() -> pl.Expr:
    """Return whether a visit is one of three in a row to three sites within two seconds."""
    site, t = pl.col("site"), pl.col("t")
    second, third = site.shift(-1), site.shift(-2)
    same = (pl.col("hi").shift(-2) == pl.col("hi")) & (pl.col("lo").shift(-2) == pl.col("lo"))
    begins = same & (t.shift(-2) - t < BURST_US) & (site != second) & (second != third) & (site != third)
    begins = begins.fill_null(False)
    return (begins | begins.shift(1, fill_value=False) | begins.shift(2, fill_value=False)).alias("is_in_burst")


def _compute_base() -> pl.Expr:
    """The rank of the lowest ceiling that holds for the visit alone; else by whether it has a port."""
    ranks = [pl.when(is_seen_by(rule)).then(RANKS[rule.ceiling]) for rule in SEEING if rule.ceiling is not None]
    port = pl.when(pl.col("port").is_not_null()).then(WITH_PORT).otherwise(WITHOUT_PORT)
    return pl.min_horizontal(*ranks, port).cast(pl.UInt8).alias("base")
