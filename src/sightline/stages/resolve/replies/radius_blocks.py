"""Read RADIUS detail files: blocks of attributes as events of accounting sessions (RFC 2866)."""

from __future__ import annotations

import re
from collections.abc import Mapping

import polars as pl

from sightline.model import ReplyCode
from sightline.stages.resolve.model import NumberKind
from sightline.stages.resolve.replies import confirming_values, logs, wireless_lan
from sightline.stages.resolve.replies.address_values import parse_area
from sightline.stages.resolve.replies.column_kinds import SideColumn, find_attribute_kind
from sightline.stages.resolve.replies.distinct import Readers
from sightline.stages.resolve.replies.event_pairs import EVENTS, EventEffect
from sightline.stages.resolve.replies.logs import Faults
from sightline.stages.resolve.replies.radius_bytes import BYTES, sum_bytes
from sightline.stages.resolve.replies.shared_words import load_shared_words

HEAD = re.compile(r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}$", re.MULTILINE)
_ATTRIBUTE = r"^[ \t]+([A-Za-z0-9][A-Za-z0-9-]*) (?:\+=|:=|=) (.*)$"
_FIRST = r"^[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} [0-9]{4}$"
_WANTED = {
    "Acct-Status-Type": "status",
    "Acct-Session-Id": "session",
    "NAS-IP-Address": "nas",
    "NAS-IPv6-Address": "nas6",
    "NAS-Identifier": "nas_name",
    "Framed-IP-Address": "ip",
    "Framed-IPv6-Address": "ip6",
    "Framed-IPv6-Prefix": "prefix",
    "Delegated-IPv6-Prefix": "delegated",
    "User-Name": "user",
    "Calling-Station-Id": "station",
    "3GPP-IMSI": "imsi",
    "NAS-Port": "port_of_nas",
    "NAS-Port-Id": "port_id",
    "Event-Timestamp": "event",
    "Timestamp": "received",
    "Acct-Delay-Time": "delay",
    "Acct-Session-Time": "lasted",
    "written": "written",
}
_ACTS = {
    "Start": EventEffect.START.value,
    "Interim-Update": EventEffect.INTERIM.value,
    "Alive": EventEffect.INTERIM.value,
    "Stop": EventEffect.STOP.value,
}
_ACTS |= {"1": EventEffect.START.value, "3": EventEffect.INTERIM.value, "2": EventEffect.STOP.value}
_RESTARTS = ["Accounting-On", "Accounting-Off", "7", "8"]
"""The NAS starts or stops its accounting: no session of it continues, and it may reuse their ids (RFC 2866, 5.1)."""
_SEVERAL = ["Framed-IPv6-Address", "Framed-IPv6-Prefix", "Delegated-IPv6-Prefix"]
"""Attributes that a request may have more than once (RFC 3162, RFC 4818, RFC 6911)."""
_OF_V6 = ("ip6", "prefix", "delegated")
_NO_ADDRESS = ["0.0.0.0", "255.255.255.254", "255.255.255.255"]  # noqa: S104 (nothing is bound)
"""Values that leave the choice to the NAS or the user (RFC 2865, 5.8)."""
_LETTERS = r" [A-Z]{3,5}$"
_MOBILE = r"^(?:\+?91|0)?([6-9][0-9]{9})(?:@.*)?$"
"""A mobile number as the name of a user."""


def is_detail(text: str) -> bool:
    """Return whether a text begins as a detail file does."""
    return bool(HEAD.search(text)) and bool(re.search(_ATTRIBUTE, text, re.MULTILINE))


def read_blocks(lines: pl.DataFrame, readers: Readers) -> tuple[pl.DataFrame, Faults]:
    """Return the events of a detail file, and its unreadable blocks, whose row is their first line."""
    is_blank = pl.col("line").str.strip_chars() == ""
    parted = lines.with_columns(block=is_blank.cum_sum()).filter(~is_blank)
    parsed = parted.with_columns(
        first=pl.col("row").min().over("block"),
        name=pl.when(pl.col("line").str.contains(_FIRST))
        .then(pl.lit("written"))
        .otherwise(pl.col("line").str.extract(_ATTRIBUTE)),
        value=pl.when(pl.col("line").str.contains(_FIRST))
        .then("line")
        .otherwise(pl.col("line").str.extract(_ATTRIBUTE, 2)),
    )
    is_cut = pl.col("value").str.starts_with('"') & ~pl.col("value").str.contains(r'^"(?:[^"\\]|\\.)*"$')
    broken = parsed.filter(pl.col("name").is_null() | is_cut.fill_null(value=False))["first"].unique()
    wanted_rows = parsed.filter(pl.col("name").is_in(list(_WANTED)))
    counted = wanted_rows.group_by("first", "name", maintain_order=True).agg(pl.col("value").str.join(" "), n=pl.len())
    twice = counted.filter(pl.col("n") > 1, ~pl.col("name").is_in(_SEVERAL))["first"].unique()
    table = counted.pivot("name", index="first", values="value", maintain_order=True)
    table = table.select(
        "first",
        *(
            (pl.col(name) if name in table.columns else pl.lit(None, pl.String)).alias(short)
            for name, short in _WANTED.items()
        ),
    )
    unquoted = pl.all().exclude("first").str.strip_chars_start('"').str.replace('"$', "")
    addresses = pl.col("ip6", "prefix", "delegated").str.replace_all('"', "")
    bad = sorted({*broken.to_list(), *twice.to_list()})
    faults: Faults = [(row, "", ReplyCode.NO_PATTERN.value) for row in bad]
    # A block that is no accounting, or gives no address, describes no assignment.
    table = table.with_columns(unquoted).with_columns(addresses)
    # Another request of their session may have the value that counts.
    unread = table.filter(pl.col("first").is_in(bad))
    table = table.filter(~pl.col("first").is_in(bad))
    restarts = table.filter(pl.col("status").is_in(_RESTARTS))
    odd = pl.concat([unread, table.filter(~pl.col("status").is_in([*_ACTS, *_RESTARTS]))]).drop_nulls("session")
    table = table.filter(pl.col("status").is_in(list(_ACTS)))
    of_odd = table.join(odd, on=["session", "nas"], how="semi", nulls_equal=True)["first"]
    odd_blocks = pl.DataFrame({"row": of_odd, "doubted_by": pl.repeat("Acct-Status-Type", len(of_odd), eager=True)})
    doubts = pl.concat([_find_doubts(parsed), odd_blocks]).unique("row", keep="first", maintain_order=True)
    events, more = _read_events(_split_addresses(table).with_columns(user=_unescape_value("user")), restarts, readers)
    of_blocks = events.select("row").join(doubts, on="row", how="left", maintain_order="left")["doubted_by"]
    events = events.with_columns(doubted_by=pl.coalesce(of_blocks, "doubted_by"))
    return events.join(sum_bytes(parsed), on="row", how="left", maintain_order="left"), faults + more


_OF_A_NAT = re.compile(r"nat.*(?:port|range|pool|outside|public)|port-?(?:range|block|set)|cgn", re.IGNORECASE)
"""Names of attributes for which the address is a NAT's, such as `Alc-Nat-Port-Range`: the line has some ports of it."""


def _find_doubts(parsed: pl.DataFrame) -> pl.DataFrame:
    """`row` of the blocks, and `doubted_by`: the first attribute whose value does not confirm an assignment.

    An attribute of results (`Packet-Type`, `Reply-Message`) must confirm; any other must not deny.
    """
    others = parsed.filter(~pl.col("name").is_in(list(_WANTED)))
    frames = [pl.DataFrame(schema={"row": pl.UInt32(), "line": pl.UInt32(), "doubted_by": pl.String()})]
    for (name,), some in others.group_by("name", maintain_order=True):
        if not isinstance(name, str):
            continue
        texts = some["value"].str.strip_chars('"')
        kind = find_attribute_kind(name)
        if _OF_A_NAT.search(name):
            frames.append(some.select(pl.col("first").alias("row"), line="row", doubted_by=pl.lit(name)))
            continue
        mask = (
            confirming_values.find_doubted(texts, SideColumn(0, name, kind))
            if kind
            else load_shared_words().match_denied(texts)
        )
        if wireless_lan.ATTRIBUTES.search(name):
            mask = texts != ""
        if name in _DENYING:
            mask = texts.str.contains(_DENYING[name]).fill_null(value=False)
        if mask is not None:
            doubted = some.filter(mask).select(row="first", line="row", doubted_by=pl.lit(name))
            frames.append(doubted.cast({"row": pl.UInt32(), "line": pl.UInt32()}))
    frames += [_find_renamed(parsed), _find_translated(parsed), _find_idle(parsed)]
    first = pl.concat(frames).sort("row", "line").unique("row", keep="first", maintain_order=True)
    return first.select("row", "doubted_by")


_DENYING = {
    "NAS-Port-Type": rf"(?i){wireless_lan.PORT_OF_WIRELESS_LAN}",
    "Called-Station-Id": rf"(?i){wireless_lan.SSID_BEHIND_MAC}",
    "Service-Type": r"(?i)^(?:administrative|nas-prompt|authenticate-only|call-check|callback-admin|(?:[678]|1[01])$)",
    "Framed-Pool": r"(?i)nat|cgn|private|walled|expired|suspended|block",
    "Framed-IPv6-Pool": r"(?i)walled|expired|suspended|block",
}
"""Values of attributes of a session that is no customer's own on the Internet (RFC 2865, 5.6; RFC 2869, 5.18)."""


def _find_renamed(parsed: pl.DataFrame) -> pl.DataFrame:
    """The blocks whose `Stripped-User-Name` is another user's: `row`, `line`, `doubted_by`."""
    names = parsed.filter(pl.col("name").is_in(["User-Name", "Stripped-User-Name"]))
    own = pl.col("value").str.strip_chars('"').str.to_lowercase()
    whole, bare = own.filter(name="User-Name").first(), own.filter(name="Stripped-User-Name").first()
    both = names.group_by("first").agg(whole=whole, bare=bare, line=pl.col("row").max()).drop_nulls()
    is_part = pl.col("whole").str.contains(pl.col("bare"), literal=True)
    return both.filter(~is_part).select(row="first", line="line", doubted_by=pl.lit("Stripped-User-Name"))


def _find_translated(parsed: pl.DataFrame) -> pl.DataFrame:
    """The blocks of a hotspot whose device has another address than the framed one: others may share that one."""
    names = parsed.filter(pl.col("name").is_in(["Framed-IP-Address", "Mikrotik-Host-IP"]))
    own, framed = (
        pl.col("value").str.strip_chars('"').filter(name=attribute).first()
        for attribute in ("Mikrotik-Host-IP", "Framed-IP-Address")
    )
    both = names.group_by("first").agg(own=own, framed=framed, line=pl.col("row").max()).drop_nulls()
    others = both.filter(pl.col("own") != pl.col("framed"))
    return others.select(row="first", line="line", doubted_by=pl.lit("Mikrotik-Host-IP"))


def _find_idle(parsed: pl.DataFrame) -> pl.DataFrame:
    """The blocks at whose end nothing was sent or received: no visit was on such a session."""
    is_zero = parsed.filter(pl.col("name").is_in(BYTES), pl.col("value").str.contains("^0+$"))
    blocks = is_zero.group_by("first").agg(pl.col("name").n_unique().alias("n"), line=pl.col("row").min())
    stops = parsed.filter(pl.col("name") == "Acct-Status-Type", pl.col("value").is_in(["Stop", "2"]))["first"]
    idle = blocks.filter(pl.col("n") == len(BYTES), pl.col("first").is_in(stops.implode()))
    return idle.select(row="first", line="line", doubted_by=pl.lit(BYTES[0]))


def read_rows(frame: pl.DataFrame, places: Mapping[str, int], readers: Readers) -> tuple[pl.DataFrame, Faults]:
    """Return the events in the rows of a table, and the rows without an event."""
    by_short = {"session_time": "lasted", "user_id": "user", "event_time": "event"}
    by_short |= {"framed_ip6": "ip6", "framed_prefix": "prefix", "delegated_prefix": "delegated"}
    given = {by_short.get(field, field): f"c{at}" for field, at in places.items()}
    table = frame.select(
        pl.col("row").alias("first"),
        *(
            pl.col(given[short]).str.strip_chars().replace("", None).alias(short)
            if short in given
            else pl.lit(None, pl.String).alias(short)
            for short in _WANTED.values()
        ),
    )
    is_known = pl.col("status").is_in(list(_ACTS)).fill_null(value=False)
    odd = table.filter(~is_known).select("session", "nas", odd=pl.lit(value=True)).unique()
    is_restart = pl.col("status").is_in(_RESTARTS).fill_null(value=False)
    strange = table.filter(~is_known & ~is_restart)
    bad = [(row, "status", ReplyCode.NO_PATTERN.value) for row in strange["first"].to_list()]
    rows = table.filter(is_known)
    addressed = _split_addresses(rows)
    doubted = addressed.join(odd, on=["session", "nas"], how="semi", nulls_equal=True)["first"].unique()
    without = rows.join(addressed, on="first", how="anti")["first"].to_list()
    bad += [(row, "Framed-IP-Address", ReplyCode.MISSING_FIELD.value) for row in without]
    events, more = _read_events(addressed, table.filter(is_restart), readers)
    # A session with a request that is no accounting (an Access-Reject) is in doubt.
    by = pl.when(pl.col("row").is_in(doubted.implode())).then(pl.lit("status"))
    return events.with_columns(doubted_by=pl.coalesce("doubted_by", by)), bad + more


def _split_addresses(table: pl.DataFrame) -> pl.DataFrame:
    """The rows once for each `address` that they give; without those that give none, and so tell of no assignment.

    `slot`: the attribute that gives it.
    """
    given = {
        "ip": pl.when(~pl.col("ip").is_in(_NO_ADDRESS)).then("ip"),
        **{attribute: pl.col(attribute) for attribute in _OF_V6},
    }
    each = [
        table.with_columns(address=text.str.extract_all(r"\S+"), slot=pl.lit(slot)).filter(
            pl.col("address").list.len() > 0
        )
        for slot, text in given.items()
    ]
    return pl.concat(each).sort("first", maintain_order=True).explode("address", empty_as_null=False)


def _unescape_value(name: str) -> pl.Expr:
    """A quoted value without its backslashes before quotes and backslashes."""
    return pl.col(name).str.replace_all(r'\\(["\\])', "$1")


def _read_events(table: pl.DataFrame, restarts: pl.DataFrame, readers: Readers) -> tuple[pl.DataFrame, Faults]:
    """Events of rows with the attributes by their short names, and one `address` each; `first` is their row.

    What comes after a restart of its NAS (`restarts`) is of another session than what came before it.
    """
    when = _read_event_times(table, readers)
    ip = readers.read_addresses(table["address"])
    msisdn = table["station"].str.extract(r"^\+?(91[0-9]{10})$")
    user = readers.read_numbers("user_id", table["user"])
    kind = pl.when(msisdn.is_not_null()).then(pl.lit(NumberKind.MSISDN.value)).otherwise(user["kind"])
    nas = pl.coalesce("nas", "nas6", "nas_name", pl.lit(""))
    since = _count_restarts(
        table.select(nas=nas, status="status", us=when["us"]),
        restarts.select(nas=nas, us=_read_event_times(restarts, readers)["us"]),
    )
    nothing = {name: pl.repeat(None, table.height, dtype=kind, eager=True) for name, kind in EVENTS.items()}
    made = pl.DataFrame(
        {
            **nothing,
            "row": table["first"],
            "act": table["status"].replace_strict(_ACTS, default=None, return_dtype=pl.String),
            "us": when["us"],
            "slack_us": when["slack_us"],
            "lasted_s": readers.read_session_seconds(table["lasted"])["s"],
            # An event without an id is a session of its own.
            "session": table.select(
                pl.concat_str(pl.col("session").fill_null(pl.format("row {}", "first")), nas, since, separator=" ")
            ).to_series(),
            "ip": _read_addresses(table["address"], ip),
            "number": pl.select(pl.coalesce(msisdn, user["number"])).to_series(),
            "number_kind": pl.select(kind).to_series(),
            "is_faulty": pl.repeat(value=False, n=table.height, dtype=pl.Boolean, eager=True),
            "space": table.select(pl.when(nas != "").then(pl.concat_str(pl.lit("nasipaddress="), nas))).to_series(),
        },
        schema=EVENTS,
    )
    codes = (
        ("Calling-Station-Id", ReplyCode.REPEATED_FIELD, _names_two_lines(table["user"], msisdn)),
        ("Event-Timestamp", ReplyCode.BAD_TIME, made["us"].is_null() | when["is_bad"]),
        ("Framed-IP-Address", ReplyCode.BAD_ADDRESS, ip["is_bad"] | ip["ip"].is_null()),
        ("Framed-IP-Address", ReplyCode.INSIDE_ADDRESS, ip["is_inside"].fill_null(value=False)),
        ("Acct-Session-Id", ReplyCode.MISSING_FIELD, table["session"].is_null()),
        ("User-Name", ReplyCode.MANGLED_NUMBER, user["is_bad"] & msisdn.is_null()),
    )
    made = made.with_columns(doubted_by=_doubt_names(made["us"], table, readers, msisdn, user).to_series())
    return logs.mark_faulty(_doubt_changes(made.with_columns(table["slot"]), table), codes)


_LATEST_US = 120 * 1_000_000
"""A request is received after its event, but for clocks that differ."""
_PHONE = r"^\+?[0-9]{10,15}$"
_MOBILE_ID = r"^(?:(?:\+?91|0)?[6-9][0-9]{9}|[0-9]{14,15})(?:@.*)?$"
"""The name of a user of a mobile network: its number or its IMSI."""


def _doubt_names(
    times: pl.Series, table: pl.DataFrame, readers: Readers, msisdn: pl.Series, user: pl.DataFrame
) -> pl.DataFrame:
    """Return what doubts each event: it was received before it happened, or its name or number may be another's.

    A name that comes with several telephone numbers is no line's: all users of an APN may have it. Of a user with an
    id of its own, outside of a mobile network, the number may be that of a contact.
    """
    of_phone = msisdn.is_not_null()
    has_own_id = table["user"].str.contains(r"[0-9]") & ~table["user"].str.contains(_MOBILE_ID) & ~user["is_bad"]
    received = readers.read_instants(table.select(pl.coalesce("received", "written")).to_series())["us"]
    is_phone = pl.col("station").str.contains(_PHONE)
    phones = pl.when(is_phone).then(pl.col("station").str.slice(-10))
    is_common = pl.col("user").is_not_null() & (phones.drop_nulls().n_unique().over("user") > 1)
    return table.select(
        pl.coalesce(
            pl.when(pl.lit((times > received + _LATEST_US).fill_null(value=False))).then(pl.lit("Event-Timestamp")),
            pl.when(_has_other_weekday(pl.col("written"))).then(pl.lit("date of the block")),
            pl.when(is_common & pl.lit(~of_phone)).then(pl.lit("User-Name")),
            pl.when(pl.lit(of_phone & has_own_id) & pl.col("imsi").is_null()).then(pl.lit("Calling-Station-Id")),
        )
    )


def _has_other_weekday(written: pl.Expr) -> pl.Expr:
    """Match heads of blocks, such as `Thu Mar  5 16:12:07 2026`, whose date is of another day of the week."""
    day = written.str.slice(4).str.to_datetime("%b %e %H:%M:%S %Y", strict=False)
    return (day.dt.to_string("%a") != written.str.slice(0, 3)).fill_null(value=False)


_OF_DEVICE = {
    "station": "Calling-Station-Id",
    "imsi": "3GPP-IMSI",
    "port_of_nas": "NAS-Port",
    "port_id": "NAS-Port-Id",
}
"""Columns with what a session keeps as long as it lasts."""


def _doubt_changes(events: pl.DataFrame, table: pl.DataFrame) -> pl.DataFrame:
    """Return events with a doubt where one session of one number is of two devices, SIMs or ports."""
    for name, attribute in _OF_DEVICE.items():
        if name not in table.columns:
            continue
        bare = table[name].str.to_lowercase().str.replace_all(r"[^0-9a-z]", "")
        several = events.with_columns(bare.alias("bare")).select(
            pl.col("bare").drop_nulls().n_unique().over("session", "number") > 1
        )
        doubt = pl.when(several.to_series()).then(pl.lit(attribute))
        events = events.with_columns(doubted_by=pl.coalesce("doubted_by", doubt))
    return events


def _names_two_lines(users: pl.Series, msisdn: pl.Series) -> pl.Series:
    """Where the name of a user is a mobile number, and the station another."""
    own = users.str.extract(_MOBILE)
    return (own.is_not_null() & (own != msisdn.str.slice(-10))).fill_null(value=False)


def _count_restarts(events: pl.DataFrame, restarts: pl.DataFrame) -> pl.Series:
    """Of each event (`nas status us`) how many restarts of its NAS came before it; a start may come in their second."""
    counted = restarts.drop_nulls("us").sort("us").with_columns(count=pl.int_range(1, pl.len() + 1).over("nas"))
    if counted.is_empty():
        return pl.repeat("", events.height, dtype=pl.String, eager=True)
    is_start = pl.col("status").replace_strict(_ACTS, default=None, return_dtype=pl.String) == EventEffect.START
    at = events.select("nas", place=pl.int_range(pl.len()), us=pl.col("us") - pl.when(is_start).then(0).otherwise(1))
    joined = at.sort("us", nulls_last=True).join_asof(counted, on="us", by="nas", check_sortedness=False)
    return joined.sort("place")["count"].cast(pl.String).fill_null("")


def _read_addresses(texts: pl.Series, rows: pl.DataFrame) -> pl.Series:
    """The addresses; of a text that is several of them, the prefix that holds these."""
    bad = texts.filter(rows["is_bad"].fill_null(value=False)).unique().drop_nulls()
    areas = pl.DataFrame(
        {"text": bad, "area": [parse_area(one.strip()) for one in bad]}, schema={"text": pl.String, "area": pl.String}
    )
    beside = texts.alias("text").to_frame().join(areas, on="text", how="left", maintain_order="left")
    return pl.select(pl.coalesce(rows["ip"], beside["area"])).to_series()


def _read_event_times(table: pl.DataFrame, readers: Readers) -> pl.DataFrame:
    """When each row's event happened: `us`, `slack_us`, and `is_bad` where its own time cannot be read.

    Event-Timestamp is when it happened; Timestamp when it was received, Acct-Delay-Time later.
    """
    # Letters for a zone other than UTC, GMT and IST are ambiguous: the declared zone applies.
    event = pl.col("event").str.replace(
        _LETTERS,
        pl.when(pl.col("event").str.contains(" (?:UTC|GMT|IST)$"))
        .then(pl.col("event").str.extract(f"({_LETTERS})"))
        .otherwise(pl.lit("")),
    )
    times = table.select(event=event, received=pl.coalesce("received", "written"))
    own, received = readers.read_instants(times["event"]), readers.read_instants(times["received"])
    late_us = readers.read_seconds(table["delay"])["s"].fill_null(0) * 1_000_000
    return pl.select(
        us=pl.coalesce(own["us"], received["us"] - late_us),
        slack_us=pl.coalesce(own["slack_us"], received["slack_us"]),
        is_bad=own["is_bad"],
    )
