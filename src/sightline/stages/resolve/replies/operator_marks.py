"""Find rows whose customer is an operator, a hotel or the like: others use the line too."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from sightline.stages.resolve.operators import NAMES_OF_OPERATORS, ONLY_NEAR_GUESTS, PLACES_OF_GUESTS
from sightline.stages.resolve.replies.column_kinds import SideColumn
from sightline.stages.resolve.replies.column_names import split_words as words_of
from sightline.stages.resolve.replies.shared_words import load_shared_words
from sightline.stages.resolve.replies.value_words import normalise_words


def is_operator(text: str, mark: SideColumn) -> bool | None:
    """Return True if a type of customer is one with customers of its own behind the line."""
    own_words = normalise_words(text)
    if not own_words:
        return None
    operators = load_shared_words().confirming["operator"]
    bare = f" {own_words} "
    if own_words in operators or (mark.kind == "customer" and any(f" {operator} " in bare for operator in operators)):
        return True
    return None


_OF_GUESTS = (
    r"(?:hostels?|hotels?|paying guests?|lodg(?:e|es|ing)|dormitor(?:y|ies)|co-?living|guest ?houses?"
    r"|(?:cyber|internet|net) ?caf[eé]s?|franchisees?|franchises?)"
)
_IN_SERVICES = rf"\b(?:isp|reseller|resale|wholesale|lco|pg|{_OF_GUESTS})\b"
_OF_PLANS = frozenset({"connection", "plan", "package", "tariff", "scheme", "product"})
_IN_PLANS = (
    rf"\b(?:{_OF_GUESTS}|pg (?:accommodation|hostel|house|users?|broadband|internet|wi-?fi)"
    r"|isp (?:bandwidth|link|uplink|circuit|plan)"
    r"|re-?sale|re-?sellers?|wholesale|whole sale|hotspots?|sub-?isp|lco|transit|downstream"
    r"|managed wi-?fi|bulk|campus|guest|visitors?|community|passpoint|hotspot 2\.?0|wi-?fi off-?load"
    r"|neutral host|small ?cells?|in-?building|backhaul|sd-?wan|mpls|l[23]vpn|ip-?vpn|vpls|metro ethernet|nni|peering"
    r"|shared (?:lan|wi-?fi|internet|access|line|bandwidth)|multi-?(?:tenant|dwelling)|mdu|public wi-?fi|pm-?wani"
    r"|wi-?fi (?:zones?|public))\b"
)
"""What a plan has that is sold to operators."""
_OF_CUSTOMERS = frozenset({"name", "customer", "subscriber", "organization", "organisation", "company", "service"})
_OF_OTHERS = frozenset(
    {
        "lco",
        "cable",
        "franchise",
        "franchisee",
        "partner",
        "isp",
        "operator",
        "tsp",
        "licensee",
        "provider",
        "plan",
        "package",
        "tariff",
        "pop",
        "site",
    }
)
_OF_ADDRESSES = frozenset({"installation", "installed", "premises", "service", "site"})
_OF_PLACES = frozenset({"exchange", "address", "father"})


def find_operators(texts: Mapping[SideColumn, pl.Series]) -> list[pl.Series]:
    """Return columns that are True where the name of a customer or service is an operator's or a hotel's; else null."""
    result = []
    for mark, column in texts.items():
        if (pattern := _build_operator_pattern(mark)) is None:
            continue
        texts_here = column.str.to_lowercase()
        if pattern is PLACES_OF_GUESTS:
            texts_here = texts_here.str.replace_all(ONLY_NEAR_GUESTS, "")
        is_one = texts_here.str.contains(pattern)
        if is_one.any():
            result.append(pl.select(pl.when(is_one).then(pl.lit(value=True))).to_series())
    return result


def _build_operator_pattern(mark: SideColumn) -> str | None:
    """What a value of a column has if the line is an operator's; None of a column that does not say so."""
    heading = {*words_of(mark.heading)}
    if mark.kind in {"name", "place"} and "address" in heading and heading & _OF_ADDRESSES:
        return PLACES_OF_GUESTS
    if mark.kind not in {"name", "token"}:
        return None
    if heading & _OF_PLANS:
        return _IN_PLANS
    is_type = mark.kind == "token" and "type" in heading
    if not (heading & _OF_CUSTOMERS or is_type) or heading & (_OF_OTHERS | _OF_PLACES):
        return None
    return NAMES_OF_OPERATORS if mark.kind == "name" else _IN_SERVICES
