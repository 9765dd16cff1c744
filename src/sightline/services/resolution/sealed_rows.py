"""Rows of a reply as stored, with ids instead of what names people, and identities sealed each under its own key."""

from __future__ import annotations

import re

import polars as pl

from sightline.casework.identities import identities
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.ledger.instants import to_microseconds
from sightline.services.artifacts.identities import VALIDITY
from sightline.services.resolution.subscriber_forms import PRIVATE
from sightline.stages.resolve.model import IDS, LINE_STATEMENTS, NumberKind
from sightline.stages.resolve.reply_series import NEXT
from sightline.storage.rows import IdentityKey

SEALED = {"subscriber": pl.String, "sealed": pl.Binary, "from_us": pl.Int64, "until_us": pl.Int64}
SEALED |= {"doubted_by": pl.String}
"""An identity, the half-open time for which it is valid, and the note that doubts it, if it is of a form."""


def seal_rows(
    officer_session: OfficerSession, licensee_id: str, met: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], list[IdentityKey]]:
    """Return the matching rows with ids instead of numbers, and the identities, each sealed under its own key."""
    secret = identities.load_secret(officer_session.workspace, officer_session.clock())
    rows = met.with_columns(identities.compute_subscriber_ids(secret, licensee_id, met).alias("subscriber"))
    rows = rows.with_columns(_digest_ids(secret, licensee_id, rows).alias("ids"))
    rows = _add_next_numbers(secret, licensee_id, rows)
    private = [column for column in rows.columns if column in PRIVATE]
    # A number with two holders, one after the other, has two forms, each for its own time.
    times = [pl.col(column) if column in rows.columns else pl.lit(None, pl.Int64).alias(column) for column in VALIDITY]
    doubted_by = pl.col("doubted_by") if "installation_address" in rows.columns else pl.lit(None, pl.String)
    distinct = rows.select("subscriber", *private, *times, doubted_by.alias("doubted_by")).drop_nulls("subscriber")
    distinct = distinct.unique(["subscriber", *VALIDITY], maintain_order=True)
    with officer_session.workspace.read() as tables:
        keys, new = identities.find_or_make_keys(
            tables, distinct["subscriber"].unique(maintain_order=True), to_microseconds(officer_session.clock())
        )
    beside = [
        (
            row["subscriber"],
            identities.seal(keys[row["subscriber"]], row["subscriber"], _to_plain_row(row)),
            *_get_validity(row),
            row["doubted_by"],
        )
        for row in distinct.iter_rows(named=True)
        if row["subscriber"] in keys
    ]
    opaque = pl.DataFrame(beside, schema=SEALED, orient="row")
    stored = rows.with_columns((pl.col(column).is_not_null()).alias(f"has_{column}") for column in private).drop(
        private
    )
    return {"met": stored, "identities": opaque}, new


def _digest_ids(secret: bytes, licensee_id: str, rows: pl.DataFrame) -> pl.Series:
    """Return the `ids` of each row, with keyed digests in the place of what names a SIM, a device or a person.

    Of a name or place each word has its own digest: two ways of writing it have some in common.
    """
    given = _list_ids_of_forms(rows) if "installation_address" in rows.columns else rows["ids"]
    plain = given.explode().drop_nulls().unique().to_list()
    digests = {}
    for identifier in plain:
        kind, _, value = identifier.partition(":")
        words = sorted({*re.findall(_WORDS[kind], value)}) if kind in _WORDS else [value]
        digests[identifier] = [
            f"{kind}:{identities.compute_subscriber_id(secret, licensee_id, f'id {kind}', word)}" for word in words
        ]
    table = pl.DataFrame(
        {"id": list(digests), "digests": list(digests.values())}, schema={"id": pl.String, "digests": IDS}
    )
    each = pl.DataFrame({"ids": given}).with_row_index("at").explode("ids").join(table, left_on="ids", right_on="id")
    of_rows = each.group_by("at").agg(pl.col("digests").explode(empty_as_null=False).unique().sort())
    return pl.DataFrame({"at": pl.int_range(rows.height, dtype=pl.UInt32, eager=True)}).join(
        of_rows, on="at", how="left", maintain_order="left"
    )["digests"]


def _add_next_numbers(secret: bytes, licensee_id: str, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows with the id of the line whose mobile number is one higher among their `ids` (`next:...`).

    So series of numbers are found over several replies (`reply_series`), although no number can be read there.
    """
    number = pl.col("number")
    is_mobile = (pl.col("number_kind") == NumberKind.MSISDN.value) & number.str.contains("^[1-9][0-9]{9,14}$")
    following = rows.select(
        "number_kind", number=pl.when(is_mobile).then((number.cast(pl.Int64, strict=False) + 1).cast(pl.String))
    )
    after = pl.concat_str(pl.lit(NEXT), identities.compute_subscriber_ids(secret, licensee_id, following))
    return rows.with_columns(ids=pl.concat_list(pl.col("ids").fill_null([]), pl.concat_list(after).list.drop_nulls()))


_WORDS = {"name": r"[^\W\d_]+", "place": r"[^\W_]+"}
"""What is a word, by kind of id."""
_OF_CELLS = r"^(?:account|pin|olt|district):"
"""Kinds of ids that forms state in columns of their own."""
_OF_FORMS = {
    "name": "name",
    "imsi": "imsi",
    "application_form": "caf",
    "installation_district": "district",
    "installation_address": "place",
}


def _list_ids_of_forms(forms: pl.DataFrame) -> pl.Series:
    """Return the ids that forms (SUBSCRIBERS) state: customer, SIM, application form, account and place."""
    conditions: list[pl.Expr] = []
    for column, kind in _OF_FORMS.items():
        text = pl.col(column).str.strip_chars().str.to_lowercase()
        text = text if kind in _WORDS else text.str.replace_all(r"[\s.,]+", "")
        conditions.append(pl.when(text != "").then(pl.concat_str(pl.lit(f"{kind}:"), text)))
    code = pl.col("installation_address").str.extract(r"(?:^|[^0-9])([1-9][0-9]{2} ?[0-9]{3})(?:[^0-9]|$)")
    conditions.append(pl.concat_str(pl.lit("pin:"), code.str.replace_all(" ", "")))
    of_cells = pl.col("ids").fill_null([]).list.eval(pl.element().filter(pl.element().str.contains(_OF_CELLS)))
    each = pl.concat_list(pl.concat_list(conditions).list.drop_nulls().cast(IDS), of_cells)
    return forms.select(each.list.unique(maintain_order=True).alias("ids"))["ids"]


def seal_near_misses(officer_session: OfficerSession, licensee_id: str, near: pl.DataFrame) -> pl.DataFrame:
    """Return near misses with ids instead of numbers. No identity is stored unless a row matches the notice."""
    secret = identities.load_secret(officer_session.workspace, officer_session.clock())
    ids = identities.compute_subscriber_ids(secret, licensee_id, near).alias("subscriber")
    return near.with_columns(ids).drop("number", "number_kind")


def seal_statements(officer_session: OfficerSession, licensee_id: str, statements: pl.DataFrame) -> pl.DataFrame:
    """Return LINE_STATEMENTS: what a reply says of lines, with ids instead of numbers."""
    secret = identities.load_secret(officer_session.workspace, officer_session.clock())
    ids = identities.compute_subscriber_ids(secret, licensee_id, statements).alias("subscriber")
    return statements.with_columns(ids).select(list(LINE_STATEMENTS))


def _get_validity(row: dict[str, object]) -> tuple[object, ...]:
    return tuple(row[column] for column in VALIDITY)


def _to_plain_row(row: dict[str, object]) -> dict[str, object]:
    beside = {"subscriber", "doubted_by", *VALIDITY}
    return {name: value for name, value in row.items() if value is not None and name not in beside}
