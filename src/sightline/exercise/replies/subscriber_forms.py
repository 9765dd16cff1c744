"""Generate an ISP's subscriber forms: invented people at invented addresses in their line's true state."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from sightline.exercise.dice import Dice
from sightline.exercise.networks import NETWORKS, NetworkPlan
from sightline.exercise.period import DAY_US
from sightline.exercise.replies import archive, notice_rows
from sightline.exercise.replies.archive import ReplyFile
from sightline.exercise.replies.line_names import (
    compute_area_of_line,
    compute_network_of_line,
    find_line_of_number,
    get_identifier_kind,
)
from sightline.exercise.replies.records import Isp
from sightline.exercise.states import STATES

GIVEN = "Asha Bala Chitra Deepak Esha Farid Gauri Hari Indu Jaya Kiran Leela Mohan Nila Omana Priya".split()
FAMILY = "Invented Madeup Nobody Sample Example Notreal Fictive Pretend".split()
FORM = (
    "name installation_address installation_state installation_district billing_address contact msisdn imsi imei cell"
    " application_form email"
).split()
"""The columns of a reply for subscribers, by its contract (docs/adr/0018)."""
HEADER = {
    "number": "Number",
    "name": "Name of Subscriber",
    "installation_address": "Installation Address",
    "installation_state": "Installation State",
    "installation_district": "Installation District",
    "billing_address": "Billing Address",
    "contact": "Contact No.",
    "msisdn": "MSISDN",
    "imsi": "IMSI",
    "imei": "IMEI",
    "cell": "Cell ID",
    "application_form": "CAF No.",
    "email": "Email",
}
SINCE = "2019-04-01"
"""The activation date of a world's lines, years before its visits, in the order year, month, day."""
RECYCLED_DAYS = 12
"""A number with an earlier holder got its present one on one of this many last days of the world."""
ELSEWHERE = 0.2
"""The part of fixed lines with another billing address."""


def write_subscriber_reply(isp: Isp, rows: pl.DataFrame, out: Path) -> archive.ArchivedReply:
    """Write a notice's reply of subscribers (`notice_rows.build_subscriber_rows`) to a folder and return its file."""
    result = build_forms(rows, isp.plan, isp.network, isp.faulty.share("reply-billing-address"))
    result = result.with_columns(_throw_since(isp).alias("since"))
    whole = isp.choose_fault(rows)
    path = out / "forms.csv"
    result.select(
        pl.col("row_id").alias("Row ID"),
        *(pl.col(name).alias(HEADER[name]) for name in ["number", *FORM]),
        pl.col("since").alias("Date of Activation"),
    ).write_csv(path, null_value="-")
    if result.is_empty():
        # An ISP has no form for numbers of other ISPs' lines.
        rows.select(
            pl.col("row_id").alias("Row ID"),
            pl.col("number").alias(HEADER["number"]),
            *(pl.lit(None, pl.String).alias(HEADER[name]) for name in FORM),
            pl.lit("No records found").alias("Remarks"),
        ).write_csv(path, null_value="-")
    file = ReplyFile(path, "subscriber-form", "Asia/Kolkata", None, certified=whole != "reply-uncertified")
    form_rows = result.select(
        "number",
        pl.lit(get_identifier_kind(isp.network)).alias("number_kind"),
        *FORM,
        pl.lit(0, pl.Int64).alias("file"),
        _compute_from_us().alias("valid_from_us"),
        pl.lit(None, pl.Int64).alias("valid_until_us"),
    )
    faults = pl.concat_list(
        pl.when("is_bill").then(pl.lit("reply-billing-address")),
        pl.when(pl.col("since") != SINCE).then(pl.lit("reply-recycled")),
        pl.lit(whole if whole == "reply-uncertified" else None, pl.String),
    )
    return archive.ArchivedReply(
        archive.name_reply_folder(isp.licensee, "subscribers", rows),
        isp.licensee,
        "subscribers",
        (file,),
        rows.select(notice_rows.SUBSCRIBERS),
        form_rows,
        result.select("row_id", faults.list.drop_nulls().alias("faults")),
    )


def _throw_since(isp: Isp) -> pl.Expr:
    """The day on which the present holder got the number."""
    dice = isp.plan.dice
    ago = (1 + dice.draw_below(RECYCLED_DAYS, "day of a new holder", "line")) * DAY_US
    day = pl.from_epoch(isp.ends_us - ago, "us").dt.strftime("%Y-%m-%d")
    is_recycled = dice.draw_unit("recycled", "line") < isp.faulty.share("reply-recycled")
    return pl.when(is_recycled).then(day).otherwise(pl.lit(SINCE))


def _compute_from_us() -> pl.Expr:
    """From when on a form surely holds: a day alone counts from its end, in India."""
    day = pl.col("since").str.to_datetime("%Y-%m-%d", time_unit="us").dt.offset_by("1d")
    return day.dt.replace_time_zone("Asia/Kolkata").dt.epoch("us")


def build_forms(rows: pl.DataFrame, plan: NetworkPlan, network: int, bills_only: float) -> pl.DataFrame:
    """Return one row for each number of this network's lines: `number`, `line`, `is_bill`, and FORM.

    `bills_only`: the share of forms of fixed lines with only the billing address.
    """
    table = plan.table.select("network", "held")
    lines = (
        rows.with_columns(find_line_of_number(pl.col("number")).alias("line"))
        .with_columns(compute_network_of_line("line").alias("network"), compute_area_of_line("line").alias("area"))
        .filter(pl.col("network") == network, pl.col("area") < len(NETWORKS[network].states))
        .join(table, on="network", how="left", maintain_order="left")
        .filter(pl.col("line") % (1 << 40) < pl.col("held"))
    )
    return lines.with_columns(_build_form_values(plan.dice, network, bills_only)).select(
        "row_id", "number", "line", "is_bill", *FORM
    )


def _build_form_values(dice: Dice, network: int, bills_only: float) -> list[pl.Expr]:
    one = NETWORKS[network]
    names = pl.Series([STATES[state].name for state in one.states])
    districts = pl.Series([name for state in one.states for name in STATES[state].districts])
    district = pl.lit(districts).gather(pl.col("area") * 4 + dice.draw_below(4, "district", "line"))
    home = _throw_street(dice, "home")
    moved = (dice.draw_unit("billed elsewhere", "line") < ELSEWHERE) & pl.lit(one.line != "mobile")
    bill = pl.when(moved).then(_throw_street(dice, "bill")).otherwise(home)
    is_mobile = pl.lit(one.line == "mobile")
    is_bill = ~is_mobile & (dice.draw_unit("bill", "line") < bills_only)

    def of_fixed(value: pl.Expr) -> pl.Expr:
        return pl.when(~is_mobile & ~is_bill).then(value)

    def of_mobile(value: pl.Expr) -> pl.Expr:
        return pl.when(is_mobile).then(value)

    result = {
        "name": pl.format(
            "{} {}", _throw_one_of(GIVEN, dice, "given name"), _throw_one_of(FAMILY, dice, "family name")
        ),
        "installation_address": of_fixed(home),
        "installation_state": of_fixed(pl.lit(names).gather("area")),
        "installation_district": of_fixed(district),
        "billing_address": bill,
        "contact": pl.lit("0000000000"),
        "msisdn": of_mobile(pl.col("number")),
        "imsi": of_mobile(pl.format("40400{}", _throw_digits(dice, "imsi", 10))),
        "imei": of_mobile(pl.format("00440{}", _throw_digits(dice, "imei", 10))),
        "cell": of_mobile(pl.format("404-00-{}-{}", pl.col("area") + 1, dice.draw_below(60_000, "cell", "line"))),
        "application_form": pl.format("CAF{}", _throw_digits(dice, "application form", 9)),
        "email": pl.format("line{}@mail.example", dice.draw_below(1 << 40, "mail", "line")),
    }
    return [is_bill.alias("is_bill"), *(value.alias(name) for name, value in result.items())]


def _throw_street(dice: Dice, purpose: str) -> pl.Expr:
    return pl.format(
        "House {}, Ward {}, Made-up Road",
        1 + dice.draw_below(400, f"house of {purpose}", "line"),
        1 + dice.draw_below(40, f"ward of {purpose}", "line"),
    )


def _throw_one_of(names: list[str], dice: Dice, purpose: str) -> pl.Expr:
    return pl.lit(pl.Series(names)).gather(dice.draw_below(len(names), purpose, "line"))


def _throw_digits(dice: Dice, purpose: str, count: int) -> pl.Expr:
    return dice.draw_below(10**count, purpose, "line").cast(pl.String).str.zfill(count)
