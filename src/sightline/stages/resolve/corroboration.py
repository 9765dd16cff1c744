"""Classify how well several resolutions support a subscriber: named once, consistent, or corroborated."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from sightline.stages.resolve.assignment_spans import FOREVER_US, may_hold, number_spans
from sightline.stages.resolve.model import FORM, IDS, JOINS_US, NumberKind

MOBILE = [NumberKind.MSISDN, NumberKind.IMSI]
OF_MOBILE = ["msisdn", "imsi", "imei", "cell", "application_form"]
OF_FIXED = ["installation_address"]


class SubscriberStanding(StrEnum):
    """How well a subscriber is supported. It is not reported if the identity was purged."""

    PURGED = "purged"
    NAMED = "named"
    CONSISTENT = "consistent"
    CORROBORATED = "corroborated"


class CorroborationGap(StrEnum):
    """What a subscriber lacks for corroboration."""

    ONE_SESSION = "one-session"
    ONE_LEASE = "one-lease"
    ONE_NOTICE = "one-notice"
    WITHOUT_CERTIFICATE = "without-certificate"
    SAME_EXPORT = "same-export"
    NO_FORM = "no-form"
    FORM_OF_ANOTHER_TIME = "form-of-another-time"
    TWO_HOLDERS = "two-holders"
    FORM_INCOMPLETE = "form-incomplete"
    FORM_WITHOUT_DATE = "form-without-date"
    FORM_WITHOUT_CERTIFICATE = "form-without-certificate"
    OPERATOR = "operator"
    OTHER_FACTS = "other-facts"
    FALLEN = "fallen"


WORDS = {
    CorroborationGap.ONE_SESSION: "one session alone names it",
    CorroborationGap.ONE_LEASE: (
        "all sessions are of one assignment: two rows of one assignment are consistent, no more"
    ),
    CorroborationGap.ONE_NOTICE: "all sessions were asked for in one notice",
    CorroborationGap.WITHOUT_CERTIFICATE: "the replies that name it lack the ISP's certificate",
    CorroborationGap.SAME_EXPORT: (
        "the replies that name it are one export: the same file, or the same rows, under two notices"
    ),
    CorroborationGap.FORM_OF_ANOTHER_TIME: "the form says whose the number was at another time than that of the visits",
    CorroborationGap.TWO_HOLDERS: "the number had two holders in the time of the visits: they are not one subscriber's",
    CorroborationGap.NO_FORM: "nobody said yet who the number is: sightline notices follow-up",
    CorroborationGap.FORM_INCOMPLETE: (
        "the form lacks the installation address (or MSISDN, IMSI, IMEI, cell, application form)"
    ),
    CorroborationGap.FORM_WITHOUT_DATE: (
        "the form does not say since when the number is this subscriber's: numbers are given to new subscribers"
    ),
    CorroborationGap.FORM_WITHOUT_CERTIFICATE: "the reply with the form lacks the ISP's certificate",
    CorroborationGap.OPERATOR: (
        "the form says that its holder has guests or customers behind the line:"
        " sightline notices follow-up --operator NAME"
    ),
    CorroborationGap.OTHER_FACTS: (
        "the replies and the form do not give the line one and the same customer, SIM, account, form and place"
    ),
    CorroborationGap.FALLEN: (
        "something that it rested on is no longer valid: sightline leads rebuild, then sightline resolve"
    ),
}
"""The sentence to an officer for each thing that a subscriber lacks."""


MOST_PAIRED = 200
"""The maximum number of a subscriber's resolutions that are compared in pairs. More make it no stronger."""


def corroborate_subscribers(
    resolutions: pl.DataFrame,
    met: pl.DataFrame,
    forms: pl.DataFrame,
    parts: pl.DataFrame | None = None,
    exports: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return one row for each subscriber, by id: `subscriber`, `standing`, `sessions`, `leases`, `notices`, `lacks`.

    `resolutions`: rows (VERDICTS) whose own verdict is `subscriber`. `met`: as for `verdicts`. `forms`: `subscriber`,
    `number_kind`, FORM, `from_us`, `until_us` and `is_certified` of valid replies. `parts`: PARTS that name it, whose
    times select the forms; without them all forms apply. `exports`: the `export` of each `reply`; replies from one
    export count as one. Assignments of one number, on any address, that overlap or follow each other within 1 s are one
    lease; so are all that name a session. Two resolutions corroborate if they differ in lease, notice and all exports.
    """
    each = resolutions.select(
        "session_id", "notice", "is_certified", "assignments", subscriber=pl.col("subscribers").list.first()
    )
    spans, leases = _find_leases(each, met)
    rows = each.join(leases.select("subscriber", "session_id", "span"), on=["subscriber", "session_id"])
    certified = pl.col("is_certified").all().over("subscriber", "session_id", "notice")
    rows = rows.with_columns(certified, _derive_exports(exports).alias("exports"))
    evidence: pl.DataFrame = rows.group_by("subscriber").agg(
        pl.col("session_id").n_unique().alias("sessions"),
        pl.col("span").n_unique().alias("leases"),
        pl.col("notice").n_unique().alias("notices"),
    )
    pairs = _find_independent(rows, is_apart=False), _find_independent(rows, is_apart=True)
    proven = [_find_independent(rows.filter("is_certified"), is_apart=apart) for apart in (False, True)]
    for name, some in zip(("several", "apart", "proven", "proven_apart"), (*pairs, *proven), strict=True):
        evidence = evidence.with_columns(pl.col("subscriber").is_in(some.implode()).alias(name))
    leased = spans.join(leases.select("subscriber", "session_id", "span"), on=["subscriber", "session_id"])
    is_in = {"is_copied": _find_copied(leased), "has_others": _find_other_facts(leased, forms)}
    evidence = evidence.with_columns(
        pl.col("subscriber").is_in(some.implode()).alias(name) for name, some in is_in.items()
    )
    known_rows = evidence.join(_derive_forms(forms, parts), on="subscriber", how="left").sort("subscriber")
    judged = known_rows.with_columns(_explain_gaps().alias("lacks"))
    is_doubtful = pl.any_horizontal("is_of_another_time", "has_two_holders").fill_null(value=False)
    subscriber_standing = (
        pl.when(pl.col("lacks").list.len() == 0)
        .then(pl.lit(SubscriberStanding.CORROBORATED))
        .when((pl.col("sessions") > 1) & ~is_doubtful)
        .then(pl.lit(SubscriberStanding.CONSISTENT))
        .otherwise(pl.lit(SubscriberStanding.NAMED))
    )
    return judged.select("subscriber", subscriber_standing.alias("standing"), "sessions", "leases", "notices", "lacks")


def _find_leases(each: pl.DataFrame, met: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return the assignments of resolutions, with their times and `ids`; and the lease (`span`) of each session."""
    ids = pl.col("ids") if "ids" in met.columns else pl.lit(None, IDS).alias("ids")
    place = pl.col("reply").cast(pl.UInt64) * (1 << 32) + pl.col("row")
    assignments = met.select("notice", "subscriber", "start_us", "end_us", *may_hold(), ids, place=place)
    spans = each.explode("assignments").join(
        assignments, left_on=["notice", "subscriber", "assignments"], right_on=["notice", "subscriber", "place"]
    )
    sessions = spans.group_by("subscriber", "session_id").agg(pl.min("may_from"), pl.max("may_until"))
    leases = number_spans(sessions, ["subscriber"], "may_from", "may_until", JOINS_US)
    return spans, leases


_OF_ONE_LINE = ["account", "caf", "district", "pin", "active", "olt"]
"""Kinds of ids of which a line has one as long as it is one customer's."""
_MINUTE_US, _DAY_US = 60_000_000, 86_400_000_000


def _find_copied(leased: pl.DataFrame) -> pl.Series:
    """Subscribers with two leases that are one row twice: with one session id, or the same clock times on two days."""
    each = leased.select("subscriber", "span", id="ids").explode("id").drop_nulls()
    sessions = each.filter(pl.col("id").str.contains("^(?:session|record):"))
    lasts = pl.col("end_us") - pl.col("start_us")
    timed = leased.filter(pl.col("start_us") % _MINUTE_US != 0, lasts % _MINUTE_US != 0)
    clocks = timed.select("subscriber", "span", clock=pl.col("start_us") % _DAY_US, lasts=lasts)
    result = [
        sessions.filter(pl.col("span").n_unique().over("subscriber", "id") > 1)["subscriber"],
        clocks.filter(pl.col("span").n_unique().over("subscriber", "clock", "lasts") > 1)["subscriber"],
    ]
    return pl.concat(result).unique()


def _find_other_facts(leased: pl.DataFrame, forms: pl.DataFrame) -> pl.Series:
    """Subscribers whose assignments and forms give several accounts, forms or places, or names that differ.

    Of two names one must have all words of the other, of two places half of them. A customer may have a new SIM: a form
    must have one of those of the assignments.
    """
    of_forms = (
        forms.select("subscriber", "ids") if "ids" in forms.columns else leased.select("subscriber", "ids").head(0)
    )
    of_form = pl.lit(value=True).alias("of_form")
    both = [leased.select("subscriber", "ids", of_form=~of_form), of_forms.with_columns(of_form)]
    sources = pl.concat(both).with_row_index("source")
    each = sources.explode("ids").drop_nulls("ids").with_columns(kind=pl.col("ids").str.extract("^([a-z]+):"))
    single = each.filter(pl.col("kind").is_in(_OF_ONE_LINE))
    several = single.filter(pl.col("ids").n_unique().over("subscriber", "kind") > 1)["subscriber"]
    sims = each.filter(kind="imsi").group_by("subscriber", "ids").agg(pl.col("of_form").n_unique())
    shared_sims = sims.filter(pl.col("of_form") > 1)["subscriber"]
    of_both = each.filter(kind="imsi").filter(pl.col("of_form").n_unique().over("subscriber") > 1)
    other_sims = of_both.filter(~pl.col("subscriber").is_in(shared_sims.implode()))["subscriber"]
    apart = [_find_apart(each.filter(kind=kind), share) for kind, share in _LEAST_COMMON.items()]
    return pl.concat([several, other_sims, *apart]).unique()


_LEAST_COMMON = {"name": 1.0, "place": 0.5}
"""The share of the words of the shortest name, or place, that all others have too: places are written in many ways."""


def _find_apart(words: pl.DataFrame, share: float) -> pl.Series:
    """Subscribers whose names, or places, of `words` (`subscriber source ids`) have too few words in common."""
    sources = pl.col("source").n_unique().over("subscriber")
    common = words.with_columns(is_common=pl.col("source").n_unique().over("subscriber", "ids") == sources)
    each = common.group_by("subscriber", "source").agg(pl.col("is_common").sum(), pl.len().alias("words"))
    fewest = each.group_by("subscriber").agg(pl.col("words").min(), pl.col("is_common").min())
    return fewest.filter(pl.col("is_common") < share * pl.col("words"))["subscriber"]


def _derive_exports(exports: pl.DataFrame | None) -> pl.Expr:
    """The exports that a resolution rests on; without more knowledge each reply is its own."""
    replies = pl.col("assignments").list.eval((pl.element() // (1 << 32)).cast(pl.UInt32).unique())
    if exports is None:
        return replies
    old, new = exports["reply"].cast(pl.UInt32), exports["export"].cast(pl.UInt32)
    return replies.list.eval(pl.element().replace(old, new).unique())


def _find_independent(rows: pl.DataFrame, *, is_apart: bool) -> pl.Series:
    """Subscribers with two resolutions of different leases from different notices; apart: and of other exports."""
    distinct = rows.select("subscriber", "span", "notice", "exports").unique(maintain_order=True)
    several = distinct.filter(
        (pl.col("span").n_unique().over("subscriber") > 1) & (pl.col("notice").n_unique().over("subscriber") > 1)
    )
    if not is_apart:
        return several["subscriber"].unique()
    some = several.sort("subscriber", "notice", "span").filter(pl.int_range(pl.len()).over("subscriber") < MOST_PAIRED)
    pairs = some.join(some, on="subscriber", suffix="_other").filter(
        pl.col("span") < pl.col("span_other"), pl.col("notice") != pl.col("notice_other")
    )
    common = pl.col("exports").list.set_intersection("exports_other").list.len()
    return pairs.filter(common == 0)["subscriber"].unique()


def find_fitting_forms(forms: pl.DataFrame, parts: pl.DataFrame | None) -> pl.DataFrame:
    """Return the forms with `holds` and `touches`.

    Whether each is valid for all visits that name its subscriber, and whether for any.

    A form without dates is valid, and corroborates nothing: the number may have been given to another person. `parts`
    as for `corroborated`.
    """
    rows = forms
    for name in ("from_us", "until_us"):
        if name not in rows.columns:
            rows = rows.with_columns(pl.lit(None, pl.Int64).alias(name))
    if parts is None:
        return rows.with_columns(holds=pl.lit(value=True), touches=pl.lit(value=True))
    named = parts.select("first_us", "last_us", subscriber=pl.col("subscribers").list.first())
    of = named.group_by("subscriber").agg(pl.min("first_us"), pl.max("last_us"))
    beside = rows.with_row_index("form").join(of, on="subscriber", how="left", maintain_order="left")
    begins, ends = pl.col("from_us").fill_null(-FOREVER_US), pl.col("until_us").fill_null(FOREVER_US)
    holds = (begins <= pl.col("first_us")) & (pl.col("last_us") < ends)
    each = beside.select("form", "subscriber", begins=begins, ends=ends).join(named, on="subscriber")
    touched = each.filter((pl.col("begins") <= pl.col("last_us")) & (pl.col("first_us") < pl.col("ends")))["form"]
    covering = beside.with_columns(holds=holds.fill_null(value=True), touches=pl.col("form").is_in(touched.implode()))
    return covering.drop("form", "first_us", "last_us")


def _derive_forms(forms: pl.DataFrame, parts: pl.DataFrame | None) -> pl.DataFrame:
    """Of each subscriber, whether a form that holds is whole, and whether one of these has a certificate."""
    filled = pl.col(FORM).str.strip_chars().fill_null("") != ""
    of_kind = pl.col("number_kind").is_in([number_kind.value for number_kind in MOBILE])
    whole = pl.when(of_kind).then(pl.all_horizontal(OF_MOBILE)).otherwise(pl.all_horizontal(OF_FIXED))
    fitting_forms = find_fitting_forms(forms, parts)
    validity = ["from_us", "until_us", "holds", "touches"]
    if "is_operator" not in fitting_forms.columns:
        fitting_forms = fitting_forms.with_columns(is_operator=pl.lit(value=False))
    rows = fitting_forms.select("subscriber", "is_certified", "number_kind", filled, *validity, "is_operator")
    rows = rows.with_columns(is_whole=whole & pl.col("holds"))
    dated = pl.col("is_whole") & pl.col("from_us").is_not_null()
    proven = dated & pl.col("is_certified")
    periods = pl.struct("from_us", "until_us").filter("touches").n_unique()
    return rows.group_by("subscriber").agg(
        pl.col("is_whole").any(),
        is_dated=dated.any(),
        is_proven=proven.any(),
        is_operator=(pl.col("is_operator") & pl.col("holds")).any(),
        has_form=pl.lit(value=True),
        is_of_another_time=~pl.col("holds").any(),
        has_two_holders=(periods > 1) & ~pl.col("holds").any(),
    )


def _explain_gaps() -> pl.Expr:
    """What it lacks. Two leases and two notices: then two of the resolutions differ in both."""
    another_time = pl.col("is_of_another_time").fill_null(value=False)
    lacks = {
        CorroborationGap.ONE_SESSION: pl.col("sessions") == 1,
        CorroborationGap.ONE_LEASE: (pl.col("sessions") > 1) & ((pl.col("leases") == 1) | pl.col("is_copied")),
        CorroborationGap.ONE_NOTICE: (pl.col("sessions") > 1) & (pl.col("notices") == 1),
        CorroborationGap.SAME_EXPORT: pl.col("several") & ~pl.col("apart"),
        CorroborationGap.WITHOUT_CERTIFICATE: pl.col("several")
        & (~pl.col("proven") | (pl.col("apart") & ~pl.col("proven_apart"))),
        CorroborationGap.NO_FORM: pl.col("has_form").is_null(),
        CorroborationGap.FORM_OF_ANOTHER_TIME: another_time & ~pl.col("has_two_holders"),
        CorroborationGap.TWO_HOLDERS: pl.col("has_two_holders"),
        CorroborationGap.FORM_INCOMPLETE: ~pl.col("is_whole") & ~another_time,
        CorroborationGap.FORM_WITHOUT_DATE: pl.col("is_whole") & ~pl.col("is_dated"),
        CorroborationGap.FORM_WITHOUT_CERTIFICATE: pl.col("is_dated") & ~pl.col("is_proven"),
        CorroborationGap.OTHER_FACTS: pl.col("has_others"),
        CorroborationGap.OPERATOR: pl.col("is_operator").fill_null(value=False),
    }
    return pl.concat_list(
        [pl.when(condition).then(pl.lit(code.value)) for code, condition in lacks.items()]
    ).list.drop_nulls()
