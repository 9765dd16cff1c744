"""Cases, authorities and sources as an officer states them in a form or command: checked, and made into rows.

`named` gives the label of each field for errors. Officer and time are added at registration.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sightline.casework.cases import cases
from sightline.casework.input_checks import parse_instant, require_day, require_words, require_zone
from sightline.errors import UsageError
from sightline.ledger.append import encode_canonical
from sightline.model import AuthorityKind, ListUse, SourceKind
from sightline.stages.canonical.host import parse_host
from sightline.storage.rows import Authority, Case, Source
from sightline.storage.ulid import make_id

Named = Callable[[str], str]
CASE = ("number", "station", "sections", "io", "sho", "sp")
"""The texts of a case. The last two are optional."""
DEVICE = ("device", "make", "model", "colour", "serial", "identifiers", "more")
"""The fields that describe a device, each optional."""


def read_case(form: Mapping[str, str], named: Named, now: datetime) -> Case:
    """Return a case from CASE and `begun_on`. Raises UsageError."""
    text = {name: require_words(form[name], named(name), needed=name not in {"sho", "sp"}) for name in CASE}
    begun_on = require_day(form["begun_on"], named("begun_on"))
    officers = text["io"], text["sho"], text["sp"]
    return Case(make_id(now), text["number"], text["station"], text["sections"], *officers, begun_on, 0, "")


@dataclass(frozen=True, slots=True)
class AuthorityPaper:
    """The document of an authority. Only its digest is stored."""

    name: str
    sha256: str


def read_authority(
    form: Mapping[str, str | None], categories: Sequence[str], paper: AuthorityPaper, named: Named, now: datetime
) -> Authority:
    """Return an authority without a case, for any source.

    Fields: `kind number issued_by issued_on since until keep_until timezone`. Days begin in `timezone`; the last
    day of a term is included. Raises UsageError.
    """
    here = require_zone(form["timezone"]) or "UTC"
    issued_on = require_day(form["issued_on"] or "", named("issued_on"))
    since = parse_instant(form["since"] or issued_on, named("since"), here)
    until, keep_until = (
        parse_instant(text, named(name), here, is_end=True) if (text := form[name]) else None
        for name in ("until", "keep_until")
    )
    return Authority(
        make_id(now),
        "",
        AuthorityKind(form["kind"] or ""),
        require_words(form["number"] or "", named("number")),
        require_words(form["issued_by"] or "", named("issued_by")),
        issued_on,
        since,
        until,
        cases.encode_bounds(None),
        cases.encode_bounds([require_words(category, named("category")) for category in categories]),
        paper.sha256,
        require_words(paper.name, named("document")),
        keep_until,
        0,
        "",
    )


@dataclass(frozen=True, slots=True)
class ClockForm:
    """The declaration of a source's clock, and of the trusted proxies in front of it."""

    offset_s: float = 0.0
    uncertainty_s: int = cases.UNMEASURED_S
    trusted_hops: int = 0


def read_source(form: Mapping[str, str | None], clock: ClockForm, named: Named, now: datetime) -> Source:
    """Return a source. Raises UsageError.

    Fields: `kind name use timezone timezone_basis clock_measured server_name` and DEVICE.
    """
    basis = form["timezone_basis"]
    return Source(
        make_id(now),
        SourceKind(form["kind"] or ""),
        require_words(form["name"] or "", named("name")),
        ListUse(form["use"] or ""),
        require_zone(form["timezone"], named("timezone")),
        round(clock.offset_s * 1_000_000),
        clock.uncertainty_s,
        require_words(form["clock_measured"] or cases.NOT_MEASURED, named("clock_measured")),
        clock.trusted_hops,
        _parse_server(form["server_name"], named("server_name")),
        encode_canonical(_build_device(form, named)),
        0,
        "",
        None if basis is None else require_words(basis, named("timezone_basis")),
    )


def _parse_server(text: str | None, what: str) -> str | None:
    """Return the canonical name or address of a server."""
    if text is None:
        return None
    host_name = parse_host(text.encode(errors="replace"))
    if host_name is None:
        raise UsageError(f"{what} {text}: neither a host name nor an address", hint="board.example or 192.0.2.80")
    return host_name.text


def _build_device(form: Mapping[str, str | None], named: Named) -> dict[str, str]:
    """Return the particulars of the device, under the names that the certificate uses."""
    particulars = {
        "kind": form["device"],
        "make_and_model": " ".join(filter(None, (form["make"], form["model"]))) or None,
        "colour": form["colour"],
        "serial_number": form["serial"],
        "identifiers": form["identifiers"],
        "more": form["more"],
    }
    return {name: require_words(text, named(name)) for name, text in particulars.items() if text is not None}
