"""List the other ids that a row gives beside its line: IMSI, SIM number, account, session, the customer's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from sightline.stages.resolve.model import IDS
from sightline.stages.resolve.replies import cell_text
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import reduce_heading, split_words
from sightline.stages.resolve.replies.distinct import Readers

_OF_FIELDS = {"imsi": "imsi", "account": "account", "session": "session", "delegated_prefix": "prefix"}
_MANGLED = r"^[0-9.,]+e[+-]?[0-9]+$|^[0-9]{10,}00000$"
"""What a spreadsheet made of a long number: many have it."""
_NETWORK = r"^-?(40[456]-?[0-9]{2,3})-"
"""The mobile network in the id of a cell: country and network (ITU-T E.212)."""
_OF_DEVICES = frozenset({"nas", "bng", "bras", "node", "device", "gateway", "ggsn", "pgw", "router"})
LOGINS = "logins"
"""The kind of a column that says how many sessions a login may have at once."""
OF_WORDS = ("name", "place")
"""Kinds of which each word counts by itself: names and places are written in several ways."""
_OF_HEADINGS = {
    **dict.fromkeys(("iccid", "iccidno", "iccidnumber", "sim", "simno", "simnumber"), "sim"),
    **dict.fromkeys(("imsi", "imsino", "imsinumber"), "imsi"),
    **dict.fromkeys(("sessionid", "acctsessionid", "accountingsessionid", "chargingid"), "session"),
    **dict.fromkeys(("customername", "subscribername", "nameofcustomer", "nameofsubscriber"), "name"),
    **dict.fromkeys(("imei", "imeino", "imeinumber"), "imei"),
    **dict.fromkeys(("mac", "macaddress", "macid", "clientmac", "callingstationid", "cpemac", "devicemac"), "mac"),
    **dict.fromkeys(("recordid", "cdrid", "recordno", "recordnumber"), "record"),
    **dict.fromkeys(("district", "installationdistrict", "districtname"), "district"),
    **dict.fromkeys(("pin", "pincode", "postalcode", "zipcode", "installationpincode"), "pin"),
    **dict.fromkeys(("installationaddress", "addressofinstallation", "installedat", "serviceaddress"), "place"),
    **dict.fromkeys(("olt", "oltid", "oltname", "oltno", "oltip"), "olt"),
    **dict.fromkeys(
        ("activationdate", "activatedon", "dateofactivation", "doa", "simactivationdate", "dateofsimactivation"),
        "active",
    ),
    **dict.fromkeys(("circle", "circlename", "telecomcircle", "lsa", "lsaname", "servicearea"), "circle"),
    **dict.fromkeys(
        "cell cellid cgi ecgi ncgi cellglobalid firstcell firstcellid firstcgi startcell startcellid".split(), "network"
    ),
    **dict.fromkeys(("caf", "cafno", "cafnumber", "cafid", "cafserialno"), "caf"),
    **dict.fromkeys(
        (
            "simultaneoususe simultaneoussessions simultaneouslogins concurrentsessions sessionlimit loginlimit"
            " maxconcurrentsessions maxsessions maxlogins allowedsessions sessionsallowed allowedlogins loginsallowed"
            " portlimit"
        ).split(),
        LOGINS,
    ),
    **dict.fromkeys(("account", "accountno", "accountnumber", "accountid", "customeraccountnumber"), "account"),
}


def find_sim_column(places: Mapping[str, int], marks: Sequence[SideColumn]) -> int | None:
    """Return the column of the SIMs' IMSI, or None."""
    if "imsi" in places:
        return places["imsi"]
    return next((mark.at for mark in marks if _OF_HEADINGS.get(reduce_heading(mark.heading)) == "imsi"), None)


def list_columns(headings: Sequence[str], places: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return the columns of other ids, each with its kind, once."""
    columns = [(kind, places[field]) for field, kind in _OF_FIELDS.items() if field in places]
    columns += [
        (kind, at) for at, heading in enumerate(headings) if (kind := _OF_HEADINGS.get(reduce_heading(heading)))
    ]
    return list(dict.fromkeys(columns))


def list_ids(
    frame: pl.DataFrame, headings: Sequence[str], places: Mapping[str, int], readers: Readers | None = None
) -> pl.DataFrame | None:
    """Return `row` and `ids` (IDS) of the rows of a frame of text; None where the table has no such column.

    `headings`: of all columns; `places`: the columns of fields. Days are compared as days, by `readers`, if given.
    """
    columns = list_columns(headings, places)
    if "user_id" in places and {"msisdn", "line", "circuit"} & places.keys():
        columns.append(("user", places["user_id"]))  # the line has a number of its own
    if any(_OF_DEVICES & {*split_words(heading)} for heading in headings):
        columns = [column for column in columns if column[0] != "session"]  # each device counts its own sessions
    if readers is None:
        columns = [column for column in columns if column[0] != "active"]
    if not columns:
        return None
    result = []
    for kind, at in columns:
        blank = " " if kind in OF_WORDS else ""
        text = pl.col(f"c{at}").str.strip_chars(" \t'\u00a0").str.to_lowercase().str.replace_all(r"[\s.,]+", blank)
        if kind == "mac":
            text = text.str.replace_all("[^0-9a-f]", "")
        if kind == "network":
            text = text.str.replace_all("[^0-9]+", "-").str.extract(_NETWORK).fill_null("")
        if kind == "active" and readers is not None:
            text = pl.lit(readers.read_days(frame[f"c{at}"].str.strip_chars().str.slice(0, 40))["day"].cast(pl.String))
        is_id = ~text.is_in(list(cell_text.ABSENT)) & ~text.str.contains(_MANGLED)
        result.append(pl.when(is_id).then(pl.concat_str(pl.lit(f"{kind}:"), text)))
    return frame.select("row", pl.concat_list(result).list.drop_nulls().cast(IDS).alias("ids"))
