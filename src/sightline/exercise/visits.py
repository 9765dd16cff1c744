"""Generate the true visits of sessions: time, address and port, page, and answer."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from sightline.exercise import agents
from sightline.exercise.channels import CHANNELS
from sightline.exercise.dice import Dice
from sightline.exercise.networks import (
    AGENCY,
    CRAWLERS,
    HOSTING,
    INSIDE,
    VPN,
    compute_address_key,
    compute_lease_end,
    compute_line_number,
    find_holder,
    is_resale,
)
from sightline.exercise.relays import BUSINESS, Relays
from sightline.exercise.sessions import OWN, number_origin
from sightline.exercise.shared_ports import compute_next_slot, compute_port, compute_port_end
from sightline.exercise.sites import FLOWS, ROOMS, SERVERS, Sites

PAGES = {"/": 0.22, "/room/": 0.4, "/img/": 0.25, "/login": 0.05, "/search?q=": 0.05, "/upload": 0.03}
"""The requested pages and their frequencies, with a number if possible. `page` is the position here."""
ROOM, IMAGE, LOGIN, SEARCH, UPLOAD = 1, 2, 3, 4, 5
GET, POST, HEAD, CONNECT = range(4)
METHODS = ("GET", "POST", "HEAD", "CONNECT")
SECOND_US = 1_000_000
STRANGERS = 1 << 50
"""Line numbers from here on belong to no network of the world."""
_WITH_ACCOUNTS = [place for place, one in enumerate(CHANNELS) if one.name in {"board", "proxy"}]
_FLOWS = [place for place, one in enumerate(CHANNELS) if one.format == "zeek-conn"]
_WRITES_END = [place for place, one in enumerate(CHANNELS) if one.fault == "log-end"]
LONGEST_US = 600_000_000
"""The longest request in a log that writes the end of requests."""
_SERVED = [-1 if channel.server is None else channel.server for channel in CHANNELS]


@dataclass(frozen=True)
class Visits:
    """Converts sessions to visits."""

    dice: Dice
    sites: Sites
    relays: Relays

    def make_visits(self, sessions: pl.DataFrame) -> pl.DataFrame:
        """Return one row for each visit, in the order of sessions, with the columns of its session."""
        visits = (
            sessions.with_columns(self._to_one_server().alias("served"))
            .with_columns(self._count_burst().alias("visits"))
            .with_columns(pl.int_ranges(0, "visits", dtype=pl.Int64).alias("n"))
            .explode("n")
        )
        visits = visits.with_columns(
            (pl.col("start_us") + self._draw_gap_us().cum_sum().over("session")).cast(pl.Int64).alias("true_us")
        )
        visits = self._add_subscribers(self._reallocate(self._hand_over(visits))).with_columns(
            self._choose_slot().alias("slot")
        )
        visits = visits.with_columns(self._choose_key().alias("key"), self._choose_site().alias("site"))
        took = (self.dice.draw_unit("took", "session", "n") ** 2 * (LONGEST_US // 1000)).cast(pl.Int64) * 1000
        return self._add_requests(visits).with_columns(
            self._draw_port().alias("port"),
            self._choose_agent().alias("agent"),
            pl.when(pl.col("channel").is_in(_WRITES_END)).then(took).otherwise(0).alias("took_us"),
        )

    def _hand_over(self, visits: pl.DataFrame) -> pl.DataFrame:
        """With `own_key`; of `reassigned` sessions the second half is of the line that gets the address next.

        Of `handover` sessions the second half comes from the address that the line gets next.
        """
        half, ends = pl.col("visits") // 2, compute_lease_end("start_us")
        expression = self._is("reassigned") & (pl.col("n") >= half)
        before = pl.col("start_us") + (ends - pl.col("start_us")) * pl.col("n") // half
        after = ends + (30 + 20 * (pl.col("n") - half)) * SECOND_US
        at = pl.when(expression).then(after).when(self._is("reassigned")).then(before).otherwise("true_us")
        # A mobile line that reconnects has another address: its leases end then.
        attached = pl.when(pl.col("n") < half).then(-15).otherwise(5)
        around = ends + (attached + 20 * (pl.col("n") - half)) * SECOND_US
        at = pl.when(self._is("handover")).then(around).otherwise(at)
        visits = visits.with_columns(at.alias("true_us"))
        stays = self._is("reassigned") | self._is("reallocated")
        whose = pl.when(stays).then(compute_address_key("start_us")).otherwise(compute_address_key("true_us"))
        visits = visits.with_columns(whose.alias("own_key"))
        return visits.with_columns(
            pl.when(expression).then(find_holder("true_us", "own_key", "n")).otherwise("index").alias("index")
        )

    def _reallocate(self, visits: pl.DataFrame) -> pl.DataFrame:
        """With `first_index`; of `reallocated` sessions the second half is of the line that gets the ports next."""
        moves, half = self._is("reallocated"), pl.col("visits") // 2
        edges = visits.with_columns(compute_port_end(self.dice, "start_us", "session").alias("edge_us"))
        group = find_holder("edge_us", "own_key", "n", first_of_many=True)
        edges = edges.with_columns((group + compute_next_slot()).alias("next"))
        expression = moves & (pl.col("n") >= half) & (pl.col("next") < pl.col("held"))
        before = pl.col("edge_us") - 15 * SECOND_US * (pl.col("visits") - pl.col("n"))
        after = pl.col("edge_us") + (30 + 20 * (pl.col("n") - half)) * SECOND_US
        return edges.with_columns(
            pl.when(expression).then(after).when(moves).then(before).otherwise("true_us").alias("true_us"),
            pl.when(expression).then("next").otherwise("index").alias("index"),
            pl.col("index").alias("first_index"),
        ).drop("edge_us", "next")

    def _add_subscribers(self, visits: pl.DataFrame) -> pl.DataFrame:
        """With `subscriber`, the line that visits."""
        # A person who rents another's line has a line of their own, which no record of this world shows.
        elsewhere = STRANGERS + self.dice.draw_below(1 << 40, "stranger", "session")
        # So have the customers of an operator who is a customer.
        behind = (pl.col("network") == BUSINESS) & is_resale("index")
        whose = pl.when(self._is("residential-proxy") | behind).then(elsewhere).otherwise(compute_line_number("index"))
        return visits.with_columns(whose.alias("subscriber"))

    def _is(self, name: str) -> pl.Expr:
        return pl.col("origin") == number_origin(name)

    def _to_one_server(self) -> pl.Expr:
        return pl.lit(pl.Series(_SERVED, dtype=pl.Int64)).gather("channel")

    def _count_burst(self) -> pl.Expr:
        """An advertisement opens six sites at once; of one server's own log only one of them is seen."""
        burst = pl.when(pl.col("served") < 0).then(6).otherwise(1)
        expression = pl.when(self._is("pop-under")).then(burst).otherwise("visits").cast(pl.Int64)
        moves = self._is("reassigned") | self._is("reallocated") | self._is("handover")
        return pl.when(moves).then(expression.clip(2, 12)).otherwise(expression)

    def _draw_gap_us(self) -> pl.Expr:
        """The time since the visit before: 3 s to 15 min, short ones mostly."""
        thrown = self.dice.draw_unit("gap", "session", "n")
        expression = (3 + 900 * thrown**5) * SECOND_US
        expression = pl.when(self._is("crawler")).then((1 + 5 * thrown) * SECOND_US).otherwise(expression)
        expression = pl.when(self._is("monitor")).then(300 * SECOND_US).otherwise(expression)
        expression = pl.when(self._is("pop-under")).then(250_000).otherwise(expression)
        return pl.when(pl.col("n") == 0).then(0).otherwise(expression)

    def _choose_slot(self) -> pl.Expr:
        return self.dice.draw_below(self.relays.slots, "exit", "session")

    def _choose_key(self) -> pl.Expr:
        """Return the address that the site or the keeper of the log saw."""
        dice = self.dice

        def at(first: int, size: int, name: str) -> pl.Expr:
            return first + dice.draw_below(size, name, "session")

        elsewhere = dice.draw_unit("crawler elsewhere", "session") < 0.2
        exits, proxies = self.relays.exits["key"], self.relays.open_proxies["key"]
        result = (
            pl.when(self._is("tor"))
            .then(pl.lit(exits).gather(self.relays.find_exit().clip(0, len(exits) - 1)))
            .when(self._is("home-exit"))
            .then(self.relays.find_home_key("true_us", "session"))
            .when(self._is("open-proxy"))
            .then(pl.lit(proxies).gather(dice.draw_below(len(proxies), "proxy", "session")))
            .when(self._is("vpn"))
            .then(at(VPN, 4096, "vpn"))
            .when(self._is("hosting"))
            .then(at(HOSTING, 8192, "hosting"))
            .when(self._is("crawler") & ~elsewhere)
            .then(at(CRAWLERS, 64, "crawler"))
            .when(self._is("agency"))
            .then(at(AGENCY, 16, "agency"))
            .when(self._is("inside-address"))
            .then(at(INSIDE, 1 << 16, "inside"))
        )
        return result.otherwise("own_key")

    def _choose_site(self) -> pl.Expr:
        """One site of a session mostly; a proxy or a resolver sees others too. Popular ones by far the most."""
        dice = self.dice

        def often(*on: str) -> pl.Expr:
            return (dice.draw_unit("site", *on) ** 3 * (len(self.sites) - len(SERVERS))).cast(pl.Int64)

        strays = (dice.draw_unit("stray", "session", "n") < 0.2) | self._is("pop-under")
        expression = len(SERVERS) + pl.when(strays).then(often("session", "n")).otherwise(often("session"))
        flow = FLOWS.start + dice.draw_below(len(FLOWS), "flow site", "session")
        expression = pl.when(pl.col("channel").is_in(_FLOWS)).then(flow).otherwise(expression)
        return pl.when(pl.col("served") >= 0).then("served").otherwise(expression)

    def _add_requests(self, visits: pl.DataFrame) -> pl.DataFrame:
        """With what was asked for (`page`, `room`, `method`, `ahead`) and answered (`status`, `bytes`)."""
        dice = self.dice
        on = ("session", "n")
        thrown = dice.draw_unit("status", *on)
        status = pl.when(thrown < 0.88).then(200).when(thrown < 0.93).then(302).when(thrown < 0.98).then(404)
        first = pl.col("n") == 0
        referrer = (
            pl.when(self._is("pop-under"))
            .then(agents.ADVERTISEMENT)
            .when(first & (dice.draw_unit("search", *on) < 0.15))
            .then(agents.SEARCH)
        )
        return visits.with_columns(
            pl.when(first).then(0).otherwise(dice.choose_position(PAGES, "page", *on)).alias("page"),
            dice.draw_below(ROOMS, "room", *on).alias("room"),
            status.otherwise(304).alias("status"),
            referrer.when(first).then(0).otherwise(agents.SITE).alias("referrer"),
            self._is("prefetch").alias("ahead"),
            self._choose_account().alias("account"),
        ).with_columns(
            pl.when(pl.col("page").is_in([LOGIN, UPLOAD]))
            .then(POST)
            .when(dice.draw_unit("head", *on) < 0.01)
            .then(HEAD)
            .otherwise(GET)
            .alias("method"),
            # An object has one size: a page is equally large for everybody.
            pl.when(pl.col("status") == 200)
            .then(400 + dice.draw_below(60_000, "size", "site", "page", "room"))
            .otherwise(150)
            .alias("bytes"),
        )

    def _choose_account(self) -> pl.Expr:
        """The name under which some are logged in: a line's own, on one server and on the proxy."""
        named = (self.dice.draw_unit("account", "subscriber") < 0.1) & pl.col("channel").is_in(_WITH_ACCOUNTS)
        is_person = self._is("nat") | self._is("shared-wifi") | (pl.col("origin") == OWN)
        name = pl.format("user{}", self.dice.draw_below(1 << 40, "name of an account", "subscriber"))
        return pl.when(named & is_person).then(name).otherwise(pl.lit("-"))

    def _draw_port(self) -> pl.Expr:
        """The source port: of the line's own block where it has one."""
        ports = pl.col("ports")
        slot = pl.col("index") % pl.col("lines_each")
        block = pl.col("first_port") + slot * ports + self.dice.draw_below(ports, "port", "session", "n")
        is_own = pl.col("key") == pl.col("own_key")
        is_shared = (pl.col("lines_each") > 1) & (ports == 0)
        return (
            pl.when(is_own & (ports > 0))
            .then(block)
            .when(is_own & self._is("reallocated"))
            .then(compute_port(self.dice, "start_us", "session", index="first_index"))
            .when(is_own & is_shared)
            .then(compute_port(self.dice, "true_us", "session", "n"))
            .otherwise(self.dice.draw_below(64_000, "port", "session", "n") + 1100)
        )

    def _choose_agent(self) -> pl.Expr:
        """One of a line mostly; behind a shared one a new one each time; a crawler in its own range may hide."""
        own = self.dice.draw_below(agents.FIRST_CRAWLER, "agent", "subscriber")
        several = self.dice.draw_below(agents.FIRST_CRAWLER, "agent of many", "session", "n")
        says = agents.FIRST_CRAWLER + self.dice.draw_below(len(agents.CRAWLERS), "crawler", "session")
        hides = (self.dice.draw_unit("hides", "session") < 0.25) & (pl.col("key") != pl.col("own_key"))
        expression = pl.when(self._is("shared-wifi")).then(several).otherwise(own)
        return pl.when(self._is("crawler") & ~hides).then(says).otherwise(expression)
