"""How far several resolutions carry one subscriber: named once, consistent, or corroborated."""

from __future__ import annotations

from enum import StrEnum

import polars as pl

from sightline.stages.resolve.model import FORM, JOINS_US, NumberKind
from sightline.stages.resolve.spans import may_hold, numbered

MOBILE = [NumberKind.MSISDN, NumberKind.IMSI]
OF_MOBILE = ["msisdn", "imsi", "imei", "cell", "application_form"]
OF_FIXED = ["installation_address"]


class Standing(StrEnum):
    """How far a subscriber is carried; of one whose identity was purged it is not told."""

    PURGED = "purged"
    NAMED = "named"
    CONSISTENT = "consistent"
    CORROBORATED = "corroborated"


class Lacks(StrEnum):
    """What a subscriber lacks to be corroborated."""

    ONE_SESSION = "one-session"
    ONE_LEASE = "one-lease"
    ONE_NOTICE = "one-notice"
    WITHOUT_CERTIFICATE = "without-certificate"
    NO_FORM = "no-form"
    FORM_INCOMPLETE = "form-incomplete"
    FORM_WITHOUT_CERTIFICATE = "form-without-certificate"


WORDS = {
    Lacks.ONE_SESSION: "one session alone names it",
    Lacks.ONE_LEASE: "all sessions are of one lease: two rows of one lease are consistent, no more",
    Lacks.ONE_NOTICE: "all sessions were asked for in one notice",
    Lacks.WITHOUT_CERTIFICATE: "the replies that name it lack the licensee's certificate",
    Lacks.NO_FORM: "nobody said yet who the number is: sightline notice follow",
    Lacks.FORM_INCOMPLETE: "the form lacks the installation address (or MSISDN, IMSI, IMEI, cell, application form)",
    Lacks.FORM_WITHOUT_CERTIFICATE: "the reply with the form lacks the licensee's certificate",
}
"""What a subscriber lacks, said to an officer."""


def corroborated(resolutions: pl.DataFrame, met: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """One row for each subscriber, by id: `subscriber`, `standing`, `sessions`, `leases`, `notices`, `lacks`.

    `resolutions`: rows (VERDICTS) of the sessions whose own verdict is `subscriber`. `met`: as for `verdicts`. `forms`:
    `subscriber`, `number_kind`, FORM and `is_certified` of standing replies. Assignments of one number, on whichever
    address, that meet or follow each other within 1 s are one lease; so is all that names a session.
    """
    each = resolutions.select(
        "session_id", "notice", "is_certified", "assignments", subscriber=pl.col("subscribers").list.first()
    )
    held = met.select(
        "notice", "subscriber", *may_hold(), place=pl.col("reply").cast(pl.UInt64) * (1 << 32) + pl.col("row")
    )
    spans = each.explode("assignments").join(
        held, left_on=["notice", "subscriber", "assignments"], right_on=["notice", "subscriber", "place"]
    )
    sessions = spans.group_by("subscriber", "session_id").agg(pl.min("may_from"), pl.max("may_until"))
    leases = numbered(sessions, ["subscriber"], "may_from", "may_until", JOINS_US)
    rows = each.join(leases.select("subscriber", "session_id", "span"), on=["subscriber", "session_id"])
    certified = pl.col("is_certified").all().over("subscriber", "session_id", "notice")
    said = (
        rows.with_columns(certified)
        .group_by("subscriber")
        .agg(
            pl.col("session_id").n_unique().alias("sessions"),
            pl.col("span").n_unique().alias("leases"),
            pl.col("notice").n_unique().alias("notices"),
            proven_leases=pl.col("span").filter("is_certified").n_unique(),
            proven_notices=pl.col("notice").filter("is_certified").n_unique(),
        )
    )
    known = said.join(_forms(forms), on="subscriber", how="left").sort("subscriber")
    judged = known.with_columns(_lacks().alias("lacks"))
    standing = (
        pl.when(pl.col("lacks").list.len() == 0)
        .then(pl.lit(Standing.CORROBORATED))
        .when(pl.col("sessions") > 1)
        .then(pl.lit(Standing.CONSISTENT))
        .otherwise(pl.lit(Standing.NAMED))
    )
    return judged.select("subscriber", standing.alias("standing"), "sessions", "leases", "notices", "lacks")


def _forms(forms: pl.DataFrame) -> pl.DataFrame:
    """Of each subscriber, whether a form is whole, and whether one that is whole has a certificate."""
    filled = pl.col(FORM).str.strip_chars().fill_null("") != ""
    of_kind = pl.col("number_kind").is_in([one.value for one in MOBILE])
    whole = pl.when(of_kind).then(pl.all_horizontal(OF_MOBILE)).otherwise(pl.all_horizontal(OF_FIXED))
    rows = forms.select("subscriber", "is_certified", "number_kind", filled).with_columns(is_whole=whole)
    proven = pl.col("is_whole") & pl.col("is_certified")
    return rows.group_by("subscriber").agg(
        pl.col("is_whole").any(), is_proven=proven.any(), has_form=pl.lit(value=True)
    )


def _lacks() -> pl.Expr:
    """Two leases and two notices among the certified ones: then two of them differ in both."""
    several = (pl.col("leases") > 1) & (pl.col("notices") > 1)
    proven = (pl.col("proven_leases") > 1) & (pl.col("proven_notices") > 1)
    lacks = {
        Lacks.ONE_SESSION: pl.col("sessions") == 1,
        Lacks.ONE_LEASE: (pl.col("sessions") > 1) & (pl.col("leases") == 1),
        Lacks.ONE_NOTICE: (pl.col("sessions") > 1) & (pl.col("notices") == 1),
        Lacks.WITHOUT_CERTIFICATE: several & ~proven,
        Lacks.NO_FORM: pl.col("has_form").is_null(),
        Lacks.FORM_INCOMPLETE: ~pl.col("is_whole"),
        Lacks.FORM_WITHOUT_CERTIFICATE: pl.col("is_whole") & ~pl.col("is_proven"),
    }
    return pl.concat_list([pl.when(held).then(pl.lit(code.value)) for code, held in lacks.items()]).list.drop_nulls()
