"""Check the columns beside a row's facts: whether each confirms the row, and what it states about the line.

See `docs/reference/replies.md`.

Every column of a table is understood, or doubts its rows. A column that no field of the layout takes has a *kind*, by
its heading. A value of a kind such as `number` or `mac` must look like one. A value of any other column must be one of
the words that confirm an assignment (`[confirming]` in words.toml). All checks run over distinct values.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache

import polars as pl

from sightline.stages.resolve.operators import NAMES_OF_OPERATORS
from sightline.stages.resolve.replies import address_spaces
from sightline.stages.resolve.replies.column_kinds import Mark
from sightline.stages.resolve.replies.names import canonical
from sightline.stages.resolve.replies.names import words as words_of
from sightline.stages.resolve.replies.shared_words import shared_words

MOST_LETTERS = 300
"""The maximum length of a value that is checked. A longer one is a doubt."""
TYPED = frozenset("number mac address id token name place phone email instant asked".split())
"""Kinds whose values must look alike."""
_BLANKS = " \t\r\n\u00a0\ufeff'"
_FORMS = {
    "number": (
        r"^[+-]?[0-9][0-9,.]*(?: ?(?:b|[kmgt]i?b|byte|bytes|octets|packets|s|sec|secs|seconds|min|mins|minutes"
        r"|[kmg]bps|%))?$"
    ),
    "mac": (
        r"^(?:[0-9a-f]{2}[:.-]?){5,7}[0-9a-f]{2}$|^(?:[0-9a-f]{4}[.:-]){2,3}[0-9a-f]{4}$"
        r"|^[0-9]{14,17}$|^\+?[0-9]{10,13}$"
    ),
    "address": r"^[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?:[:/][0-9]{1,5})?$|^\[?[0-9a-f]*:[0-9a-f:.]*\]?(?:/[0-9]{1,3})?$",
    "id": r"^[\pL\pM\pN._:/@+#=~\\()\[\]-]*\pN[\pL\pM\pN._:/@+#=~\\()\[\]-]*$",
    "token": r"^[\pL\pM\pN._:/@+#=~\\()\[\]*,%&?-]+(?: [\pL\pM\pN._:/@+#=~\\()\[\]-]+){0,3}$",
    "name": r"^[\pL\pM\pN\pZ\r\n._:/@+#=~\\()\[\]*,&'\x{2019}\"-]+$",
    "place": r"^[\pL\pM\pN\pZ._/()&,'-]+$",
    "phone": r"^[+0-9][0-9 ()/,-]{3,40}$",
    "email": r"^[^\s@]{1,100}@[^\s@]{1,100}$",
    "instant": r"^[0-9][0-9a-z/:., +-]{3,40}$",
}
"""The look of each kind's values, in lowercase, for the engine of Polars, which never backtracks."""
_FORMS["asked"] = _FORMS["instant"]
_IGNORED = ("number", "mac", "address", "id", "instant")
"""The allowed look of values in a column that a layout ignores. Words must confirm."""
_NAMES_OF_PROTOCOLS = {
    "1": "icmp", "2": "igmp", "4": "ipip", "6": "tcp", "17": "udp", "27": "rdp", "41": "ipv6", "47": "gre", "50": "esp",
    "51": "ah",    "58": "icmpv6", "89": "ospf", "103": "pim", "115": "l2tp", "132": "sctp", "136": "udplite",
}  # fmt: skip
_PROTOCOLS = {**_NAMES_OF_PROTOCOLS, **{name: name for name in _NAMES_OF_PROTOCOLS.values()}, "ipv6-icmp": "icmpv6"}
_ASK_FOR_NAT = frozenset({"nat", "natted", "isnatted", "isnat", "natstatus", "natyesno", "cgnat"})
_YES, _NO = frozenset({"yes", "y", "true"}), frozenset({"no", "n", "false"})
_OF_NO_PROTOCOL = frozenset(
    {"ip", "ipv4", "any", "all", "0", "tcp udp", "udp tcp", "tcp and udp", "udp and tcp", "both"}
)
"""Values that name no one protocol, including that of a web page: it may be either."""
_SIGNS = frozenset(" -_/.,:;()[]'\"&|+")
"""Characters that do not change the meaning of a value."""


SAID: dict[str, pl.DataType] = {
    "protocol": pl.String(),
    "is_exclusive": pl.Boolean(),
    "is_static": pl.Boolean(),
    "is_operator": pl.Boolean(),
    "space": pl.String(),
}
"""Columns of ASSIGNED that marks fill."""


def read_marks(frame: pl.DataFrame, marks: Sequence[Mark]) -> pl.DataFrame:
    """Return what the columns under `marks` state about each row of a frame of text (`row`, `c0`, `c1`, ...).

    Columns: `row`, `doubted_by`, those of SAID, `is_one_to_one`, and `act` of an event; null if no column states it.
    """
    texts = {mark: frame[f"c{mark.at}"] for mark in marks}
    doubts = [
        pl.when(mask).then(pl.lit(mark.heading.strip().lstrip("\ufeff") or f"column {mark.at + 1}"))
        for mark, column in sorted(texts.items(), key=lambda one: one[0].kind == "space")
        if (mask := find_doubted(column, mark)) is not None
    ]
    doubts += [
        pl.when(mask).then(pl.lit(heading))
        for kind in ("protocol", "event", "zone")
        if (found := _find_contradiction(texts, kind)) is not None
        for heading, mask in [found]
    ]
    doubts += [
        pl.when(mask).then(pl.lit(mark.heading.strip().lstrip("\ufeff")))
        for mark, column in texts.items()
        if (mask := _find_other_services(column, mark)) is not None
    ]
    statements = {
        "protocol": _combine_marks(texts, {"protocol"}, _protocol, pl.String()),
        "is_exclusive": _combine_marks(texts, {"allocation"}, is_exclusive, pl.Boolean(), _find_shared_pools(texts)),
        "is_static": _combine_marks(texts, {"allocation"}, is_static, pl.Boolean()),
        "is_operator": _combine_marks(
            texts, {"customer", "token"}, is_operator, pl.Boolean(), _matches_operator(texts)
        ),
        "space": address_spaces.read_spaces({mark.heading: column for mark, column in texts.items()}),
        "is_one_to_one": _combine_marks(texts, {"allocation"}, _is_one_to_one, pl.Boolean()),
        "act": _combine_marks(texts, {"event"}, _parse_act, pl.String()),
    }
    types = {**SAID, "is_one_to_one": pl.Boolean(), "act": pl.String()}
    return frame.select("row").with_columns(
        (pl.coalesce(*doubts) if doubts else pl.lit(None, pl.String)).alias("doubted_by"),
        *((pl.lit(None, types[name]) if one is None else one).alias(name) for name, one in statements.items()),
    )


_OTHER_SERVICES = {
    ("apn", "dnn"): r"^(?:ims|mms|xcap|sos|emergency|supl|wap\.mms)(?:[._-].*)?$",
    ("service", "application", "app", "traffic"): (
        r"^(?:sms|mms|volte|vowifi|voip|voice|ims|iptv|dns|ntp|icmp|telephony|circuit switched)$"
    ),
    ("qci", "5qi"): "^[125]$|^6[569]$",
}
"""Of words of a heading, the values of bearers and services that carry no web page (3GPP TS 23.203, table 6.1.7)."""


def _find_other_services(texts: pl.Series, mark: Mark) -> pl.Series | None:
    """Return where a bearer or service is one that carries no page of the web; None of a column that does not say."""
    heading = {*words_of(mark.heading)}
    for names, pattern in _OTHER_SERVICES.items():
        if heading.isdisjoint(names):
            continue
        found = texts.str.strip_chars(_BLANKS).str.to_lowercase().str.contains(pattern).fill_null(value=False)
        return found if found.any() else None
    return None


def _find_contradiction(texts: Mapping[Mark, pl.Series], kind: str) -> tuple[str, pl.Series] | None:
    """The second of two columns of one kind, and where it says another thing than the first; None of one column."""
    columns = [(mark, column) for mark, column in texts.items() if mark.kind == kind]
    if len(columns) < 2:
        return None
    nothing = list(shared_words().confirming["nothing"])
    bare = [column.str.strip_chars(_BLANKS).str.to_lowercase() for _, column in columns[:2]]
    is_said = ~bare[0].is_in(nothing) & ~bare[1].is_in(nothing)
    if kind == "protocol":
        bare = [column.replace_strict({one: protocol(one) or one for one in column.unique()}) for column in bare]
    differs = (bare[0] != bare[1]) & is_said
    return columns[1][0].heading.strip(), differs.fill_null(value=False)


def find_doubted(texts: pl.Series, mark: Mark) -> pl.Series | None:
    """Return for each value whether it fails to confirm its row; None if all confirm."""
    distinct = texts.unique()
    bare = distinct.str.strip_chars(_BLANKS).str.to_lowercase()
    confirmed = shared_words().confirming
    says_nothing = {""} if _asks_for_result(mark) else confirmed["nothing"]
    left = pl.DataFrame({"text": distinct, "bare": bare}).filter(~pl.col("bare").is_in(list(says_nothing)))
    if mark.kind in TYPED or mark.kind == "ignored":
        kinds = _IGNORED if mark.kind == "ignored" else (mark.kind,)
        looks = pl.any_horizontal(*(pl.col("bare").str.contains(_FORMS[kind]) for kind in kinds))
        is_short = pl.col("bare").str.len_bytes() <= 4 * MOST_LETTERS
        left = left.filter(~(looks & is_short) | shared_words().denied(left["bare"]))
    is_odd = [not _confirms(text, mark) for text in left["bare"]]
    odd = left["text"].filter(pl.Series(is_odd, dtype=pl.Boolean))
    return None if odd.is_empty() else texts.is_in(odd.implode())


def _confirms(bare: str, mark: Mark) -> bool:
    """Whether a value that does not look like one of its kind confirms a row, in words."""
    if len(bare) > MOST_LETTERS:
        return False
    confirming_words = normalise_words(bare)
    if confirming_words is None:
        return False
    if confirming_words in mark.confirming:
        return True
    if _asks_for_result(mark) and bare in shared_words().confirming["nothing"]:
        return False
    allowed = _allowed(mark.kind)
    if mark.kind == "status" and _asks_whether(mark.heading):
        allowed = allowed | shared_words().confirming["positive"]
    if mark.kind == "allocation" and canonical(mark.heading) in _ASK_FOR_NAT:
        allowed = allowed | _YES | _NO
    if confirming_words in allowed:
        return True
    if mark.kind == "protocol":
        return protocol(bare) is not None or confirming_words in _OF_NO_PROTOCOL
    if mark.kind == "zone":
        return True  # an invalid zone is a reject of its row
    parts = [part for one in re.split(r"[,;|/&+()]", bare) if (part := normalise_words(one))]
    return len(parts) > 1 and all(part in allowed for part in parts)


@cache
def _allowed(kind: str) -> frozenset[str]:
    words = shared_words().confirming
    own = {
        "cause": words["status"] | words["cause"] | {str(code) for code in range(1, 24)},
        "direction": words["outgoing"],
        "event": words["start"] | words["interim"] | words["stop"] | words["whole"],
        "packet": words["packet"] | words["start"] | words["stop"] | words["interim"],
        "allocation": words["exclusive"] | words["shared"] | words["static"] | words["dynamic"],
        "customer": words["customer"] | words["operator"],
        "status-or-place": words["status"] | words["places"],
        "kea-state": frozenset({"0", "default"}),
        "protocol": frozenset(),
    }
    return own.get(kind, words["status"])


def _asks_for_result(mark: Mark) -> bool:
    """Whether `None` in a column means that nothing was found."""
    return _asks_whether(mark.heading) or (mark.kind == "status" and canonical(mark.heading) in {"result", "results"})


def _asks_whether(heading: str) -> bool:
    """Whether `yes` under a heading says that the row is good."""
    asked_words = normalise_words(heading.lower())
    good = "verified verification match found record found records found is active active valid validity confirmed"
    return asked_words is not None and (
        asked_words in good.split() or asked_words in {"record found", "records found", "is active", "match found"}
    )


@cache
def normalise_words(text: str) -> str | None:
    """Return the words of a value with one blank between them; None if it has a character that may change them."""
    normal = unicodedata.normalize("NFKC", text).lower().strip()
    letters = []
    for one in normal:
        if unicodedata.category(one)[0] in "LMN":
            letters.append(one)
        elif one in _SIGNS or one.isspace():
            letters.append(" ")
        else:
            return None
    return " ".join("".join(letters).split())


def _combine_marks(
    texts: Mapping[Mark, pl.Series],
    kinds: set[str],
    says: Callable[[str, Mark], object],
    kind: pl.DataType,
    found: Sequence[pl.Series] = (),
) -> pl.Expr | None:
    """What the columns of some kinds say, by `says` of each distinct value, and what was `found` in others.

    False wins over True. None: no column.
    """
    found = list(found)
    for mark, column in texts.items():
        if mark.kind not in kinds:
            continue
        distinct = column.unique()
        facts = [says(text.strip(_BLANKS), mark) for text in distinct]
        if all(fact is None for fact in facts):
            continue
        found.append(column.replace_strict(distinct, pl.Series(facts, dtype=kind), return_dtype=kind))
    if not found:
        return None
    if kind == pl.Boolean() and len(found) > 1:
        return pl.max_horizontal(*found) if says is is_operator else pl.min_horizontal(*found)
    return pl.coalesce(*found)


def _protocol(text: str, _: Mark) -> str | None:
    return protocol(text)


def protocol(text: str) -> str | None:
    """Return the name of a protocol, by IANA name or number: `tcp` for `TCP`, `6` or `TCP(6)`."""
    bare = text.strip().lower()
    if bare.isdigit():
        bare = str(int(bare))
    if bare in _PROTOCOLS:
        return _PROTOCOLS[bare]
    parts = [one for one in re.split(r"[\s()/:-]+", bare) if one and one not in {"ip", "proto", "protocol"}]
    names = {_PROTOCOLS.get(one) for one in parts}
    return names.pop() if len(names) == 1 else None


def is_exclusive(text: str, mark: Mark) -> bool | None:
    """Return whether a type of address means one line (True), or several that share it (False)."""
    own_words, words = normalise_words(text), shared_words().confirming
    if not own_words:
        return None
    if canonical(mark.heading) in _ASK_FOR_NAT and own_words in _YES | _NO:
        return own_words in _NO
    if own_words in words["exclusive"]:
        return True
    return False if own_words in words["shared"] or words["shared"] & {*own_words.split()} else None


_NAT = r"(?:^|[^a-z])(?:cg[ _-]?nat|cgn|lsn|nat(?:44|444|64|ted|ed|users?)?|napt)(?:$|[^a-z])"
_NO_NAT = r"(?:^|[^a-z])(?:no|non|without|1[: ]?1|static)[ _-]?nat(?:ted|ed)?(?:$|[^a-z])"
_OF_NAT = frozenset({"nat", "cgn", "cgnat", "natted", "lsn"})


def _find_shared_pools(texts: Mapping[Mark, pl.Series]) -> list[pl.Series]:
    """False where a pool, profile or realm is one of a NAT, by its heading or its name: several lines share it."""
    found = []
    for mark, column in texts.items():
        if mark.kind != "token":
            continue
        text = column.str.strip_chars(_BLANKS).str.to_lowercase()
        is_nat = text.str.contains(_NAT) & ~text.str.contains(_NO_NAT)
        if _OF_NAT & {*words_of(mark.heading)}:
            is_nat |= ~text.is_in(list(shared_words().confirming["nothing"])) & ~text.is_in(
                ["no", "n", "false", "none"]
            )
        if is_nat.any():
            found.append(pl.select(pl.when(is_nat).then(pl.lit(value=False))).to_series())
    return found


def _is_one_to_one(text: str, _: Mark) -> bool | None:
    """Return True where a type of address says that an address inside has the public one alone."""
    own_words = normalise_words(text)
    return True if own_words and own_words.removesuffix(" nat") in {"1 1", "1 to 1", "one to one"} else None


def is_static(text: str, _: Mark) -> bool | None:
    """Return whether a type of address means a permanent one."""
    own_words, words = normalise_words(text), shared_words().confirming
    if not own_words:
        return None
    parts = {own_words, *own_words.split()}
    is_dynamic = bool({"dynamic"} & parts) or own_words in words["dynamic"]
    return False if is_dynamic else True if words["static"] & parts else None


def is_operator(text: str, mark: Mark) -> bool | None:
    """Return True if a type of customer is one with customers of its own behind the line."""
    own_words = normalise_words(text)
    if not own_words:
        return None
    operators = shared_words().confirming["operator"]
    bare = f" {own_words} "
    if own_words in operators or (mark.kind == "customer" and any(f" {one} " in bare for one in operators)):
        return True
    return None


_IN_SERVICES = r"\b(?:isp|reseller|resale|wholesale|hostels?|hotels?|cyber ?caf[eé]s?|internet caf[eé]s?|lco)\b"
_OF_PLANS = frozenset({"plan", "package", "tariff", "scheme"})
_IN_PLANS = r"\b(?:re-?sale|re-?sellers?|wholesale|whole sale|hotspots?|franchisees?|sub-?isp|lco|transit|downstream)\b"
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
_OF_PLACES = frozenset({"exchange", "address", "father"})


def _matches_operator(texts: Mapping[Mark, pl.Series]) -> list[pl.Series]:
    """True where the name of a customer, or of the service, is one of an operator, a hotel or a hostel; else null."""
    found = []
    for mark, column in texts.items():
        if (pattern := _pattern_of_operators(mark)) is None:
            continue
        is_one = column.str.to_lowercase().str.contains(pattern)
        if is_one.any():
            found.append(pl.select(pl.when(is_one).then(pl.lit(value=True))).to_series())
    return found


def _pattern_of_operators(mark: Mark) -> str | None:
    """What a value of a column has if the line is an operator's; None of a column that does not say so."""
    heading = {*words_of(mark.heading)}
    if mark.kind not in {"name", "token"}:
        return None
    if heading & _OF_PLANS:
        return _IN_PLANS
    if not heading & _OF_CUSTOMERS or heading & (_OF_OTHERS | _OF_PLACES):
        return None
    return NAMES_OF_OPERATORS if mark.kind == "name" else _IN_SERVICES


def _parse_act(text: str, _: Mark) -> str | None:
    """Return `start`, `interim` or `stop` of an event; None of a whole record."""
    act_words, words = normalise_words(text), shared_words().confirming
    return next((name for name in ("start", "interim", "stop") if act_words in words[name]), None)
