"""Replace an ISP's answer that names an operator's line with the operator's own answer to a second notice."""

from __future__ import annotations

import polars as pl

from sightline.model import ResolutionVerdict
from sightline.stages.resolve.assignment_spans import FOREVER_US
from sightline.stages.resolve.model import VerdictReason

MOST_STEPS = 4
"""The maximum number of operators in a chain."""
_OF_GUESTS = (
    r"hostels?|hotels?|motels?|resorts?|home ?stays?|serviced? apartments?|lodges?|lodging|guest house"
    r"|backpackers?|paying guests?|pg for|(?:boys|girls|ladies|gents|men'?s|women'?s) pg|dormitory|co-?living"
    r"|house ?boats?|p\.? ?g\.? (?:accommodations?|homes?|house|residency)|residency pg|tourist homes?|rest house"
    r"|yatri niwas|yatri nivas|dharam?shalas?|y\.?[mw]\.?c\.?a|[a-z]{2,20} inn|students? (?:housing|residences?)"
)
"""Houses of guests, or of lodgers."""
_OF_LODGERS = (
    r"oyo|zostel|treebo|fab ?hotels?|stanza living|zolo(?:stays)?|nestaway|hostelworld|goibibo|moustache|wework"
    r"|awfis|91springboard|smartworks|regus|innov8|cowrks|indiqube|starbucks|caf[eé] coffee day|barista"
)
"""Brands of rooms, shared offices and cafes."""
_CARRIERS = (
    r"(?:reliance|rel\.?) jio|jio infocomm|jio platforms|bharti (?:airtel|hexacom|telemedia)|airtel ltd|airtel limited"
    r"|vodafone(?: idea)?|vi ltd|bsnl|mtnl|bharat sanchar|mahanagar telephone"
    r"|tata (?:communications?|tele ?services|play)|rail ?tel|sify|hathway|tikona|excitel|gtpl|meghbela"
    r"|asianet satellite|kerala vision|power ?grid"
    r"|atria convergence|gailtel|pgcil|stpi|ernet|national knowledge network|bharatnet|bbnl|kfon"
)
"""Carriers of India by name. A given name alone (Jio) is none."""
_COMPANY = r"(?:pvt|private|ltd|limited|llp|inc|p)"
_TRADE = (
    rf"tele ?com(?:munications?)?s?|tele ?services|(?:net|tele) ?links?|netcom"
    rf"|(?:info|fib(?:er|re)|opti|tele|web|sky|speed) ?nets?|broad ?band|band ?width solutions|v-?sat|wisp"
    rf"|data ?com|info ?comm?|fib(?:er|re) (?:services?|networks?|optics?)|digital cable"
    rf"|net(?:work)? services?|networks|communications? {_COMPANY}|isp|broadband"
    rf"|m?vno|noc|network operations? cent(?:er|re)"
    rf"|internet (?:services?|service providers?|solutions?|{_COMPANY})|(?:sky|air|net|web|city) ?links? internet"
    rf"|(?:ip|internet) transit|vpn services?|(?:city|siti|star|local) cable|multi system operators?"
    rf"|cable (?:tv|vision|networks?|operators?|net)"
    rf"|colo(?:cation)?|data ?cent(?:er|re)s?|cloud services"
)
"""What a firm calls itself that sells connections, or carries those of others."""
NAMES_OF_OPERATORS = (
    rf"\b(?:{_OF_GUESTS}|{_OF_LODGERS}|{_CARRIERS}|{_TRADE}"
    r"|co-?work(?:s|ing)?|browsing (?:cent(?:er|re)s?|zones?)|xerox|(?:public )?librar(?:y|ies)|reading rooms?"
    r"|internet (?:parlours?|kiosks?|cent(?:er|re)s?|zones?)|(?:and|&) internet|free internet"
    r"|csc (?:cent(?:er|re)s?|vle)|(?:jan|e-?) ?seva (?:kendras?|cent(?:er|re)s?)|rwa"
    r"|shared offices?|virtual offices?|lounges?"
    r"|(?:owners?|residents?)'? (?:welfare )?assn|(?:owners?|residents?)'? (?:welfare )?associations?"
    r"|franchisees?|mso|hot spots?|kiosks?|gaming zones?|boarding"
    r"|cyber ?caf[eé]s?|caf[eé]s?|akshaya|common service cent(?:er|re)s?|wi-?fi|hotspots?|reseller"
    r"|lco|pm-?wani|pdoa?)\b"
    r"|होटल|हॉस्टल|छात्रावास|गेस्ट हाउस|लॉज|होमस्टे|ഹോട്ടൽ|ഹോസ്റ്റൽ|ലോഡ്ജ്|ഗസ്റ്റ് ഹൗസ്|ഹോം ?സ്റ്റേ"
    r"|ಹೋಟೆಲ್|ಹಾಸ್ಟೆಲ್|ಕೇಬಲ್ ನೆಟ್|விடுதி|ஹோட்டல்|கேபிள் நெட்|హోటల్|హాస్టల్"
)
"""What the name of a customer has that tells of guests, or of customers of its own, behind the line."""
PLACES_OF_GUESTS = rf"\b(?:{_OF_GUESTS}|{_OF_LODGERS})\b"
ONLY_NEAR_GUESTS = (
    r"\b(?:near(?:by)?|nr|opp(?:osite)?|behind|besides?|next to|adjacent(?: to)?|above|below|front of|towards?"
    r"|back ?side of|b/h|before|after|between|off)\b[^,;|]*"
    rf"|\b(?:{_OF_GUESTS})\W{{1,2}}(?:[a-z.]{{1,20}} )?(?:road|rd|street|st|lane|junction|jn|jct|bus|stop|circle|nagar"
    r"|colony|layout|cross|main|ward|po|post|market|bazaar|avenue|gate|signal|hill|kavala|mukku|padi)\b"
)
"""What an address of installation has if the line is in a house of guests; and parts of one that only say where it is.
"""
PASSED: dict[str, pl.DataType] = {
    "part_index": pl.UInt32(),
    "through": pl.List(pl.String()),
    "through_licensees": pl.List(pl.String()),
    "passed_rows": pl.List(pl.String()),
    "passed_certified": pl.Boolean(),
    "next_licensee": pl.String(),
}
"""For each `part_index` with an operator's answer: the lines passed, who named each, in which rows, and who is next.
"""


def is_operators_line() -> pl.Expr:
    """Match answers (VERDICTS) that lack nothing except that the named line is an operator's."""
    is_one = (pl.col("verdict") == ResolutionVerdict.CANDIDATES.value) & (pl.col("holders") == 1)
    return is_one & (pl.col("why").list.len() == 1) & (pl.col("why").list.first() == VerdictReason.OPERATOR.value)


def mark_operators(met: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Return assignments with `is_operator` where a form of that time says that the holder has customers behind it.

    `met`: `subscriber start_us end_us is_operator`; `forms`: `subscriber is_operator from_us until_us`.
    """
    operators = forms.filter(pl.col("is_operator"))
    if operators.is_empty() or met.is_empty():
        return met
    begins, ends = pl.col("from_us").fill_null(-FOREVER_US), pl.col("until_us").fill_null(FOREVER_US)
    beside = met.select("subscriber", "start_us", "end_us").with_row_index("at")
    beside = beside.join(operators.select("subscriber", "from_us", "until_us"), on="subscriber")
    is_then = (begins < pl.col("end_us").fill_null(FOREVER_US)) & (pl.col("start_us").fill_null(-FOREVER_US) < ends)
    marked = beside.filter(is_then)["at"].unique()
    is_marked = pl.int_range(pl.len(), dtype=pl.UInt32).is_in(marked.implode())
    return met.with_columns(is_operator=pl.col("is_operator").fill_null(value=False) | is_marked)


def follow_operators(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the counted answers of each part, and PASSED.

    `rows`: `part_index` and VERDICTS, with `licensee_id` of the licensee asked, and `through`: the line about which an
    operator was asked, null for the first question. An operator's answer counts if all earlier answers name that very
    line, and lack nothing except that it is an operator's. If the ISP names another line by now, it does not count.
    """
    is_first = pl.col("through").is_null()
    current, others = rows.filter(is_first), rows.filter(~is_first)
    passed = pl.DataFrame(schema=PASSED)
    if others.is_empty():
        return current, passed
    is_silent = pl.col("why").list.first() == VerdictReason.NOT_ANSWERED.value
    steps = []
    for step in range(MOST_STEPS):
        answered = current.filter(~is_silent).group_by("part_index", maintain_order=True)
        ready = answered.agg(
            is_operators_line().all().alias("is_ready"),
            pl.col("subscribers").list.first().n_unique().alias("lines"),
            pl.col("subscribers").list.first().first().alias("line"),
            pl.col("licensee_id").first().alias("by"),
            pl.col("row_id").alias("rows"),
            pl.col("is_certified").all(),
        )
        ready = ready.filter(pl.col("is_ready") & (pl.col("lines") == 1) & pl.col("line").is_not_null())
        answered_rows = others.filter(~is_silent)
        result = answered_rows.join(
            ready.select("part_index", through="line"), on=["part_index", "through"], how="semi"
        )
        if result.is_empty():
            break
        whom = result.group_by("part_index", maintain_order=True).agg(next_licensee=pl.col("licensee_id").first())
        steps.append(ready.join(whom, on="part_index").with_columns(step=pl.lit(step)))
        current = pl.concat([current.join(result, on="part_index", how="anti"), result])
        others = others.join(result, on=["part_index", "through"], how="anti")
    if steps:
        passed = (
            pl.concat(steps)
            .sort("part_index", "step")
            .group_by("part_index", maintain_order=True)
            .agg(
                through="line",
                through_licensees="by",
                passed_rows=pl.col("rows").explode(empty_as_null=False, keep_nulls=False),
                passed_certified=pl.col("is_certified").all(),
                next_licensee=pl.col("next_licensee").last(),
            )
            .select(pl.col(name).cast(kind) for name, kind in PASSED.items())
        )
    return current.sort("part_index", maintain_order=True), passed


def add_passed_evidence(named: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return answers that name a line. Those of operators have the assignments and certificates behind their question.

    `named` and `rows` (all answers) as VERDICTS with `through`, each for its sessions.
    """
    of_operators = rows.filter(is_operators_line()).select(
        "session_id",
        before="through",
        through=pl.col("subscribers").list.first(),
        beneath="assignments",
        beneath_certified="is_certified",
    )
    result = named
    line = pl.col("through")
    for _ in range(MOST_STEPS):
        if result.select(line.is_null().all()).item():
            break
        beside = of_operators.group_by("session_id", "through").agg(
            pl.col("beneath").explode(empty_as_null=False, keep_nulls=False).unique().sort(),
            pl.col("beneath_certified").all(),
            pl.col("before").drop_nulls().first(),
        )
        joined = result.join(beside, on=["session_id", "through"], how="left", maintain_order="left")
        result = joined.with_columns(
            assignments=pl.concat_list("assignments", pl.col("beneath").fill_null([])).list.unique().list.sort(),
            is_certified=pl.col("is_certified")
            & pl.when(line.is_null())
            .then(pl.lit(value=True))
            .otherwise(pl.col("beneath_certified").fill_null(value=False)),
            through=pl.col("before"),
        ).select(named.columns)
    return result
