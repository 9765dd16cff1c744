"""Generate patterns and ranges of crawlers, an agency's own addresses, and the boundaries of states."""

from __future__ import annotations

import json

import polars as pl

from sightline.exercise.addresses import format_network
from sightline.exercise.agents import PATTERNS
from sightline.exercise.networks import AGENCY, CRAWLERS
from sightline.exercise.states import STATES

CRAWLER_BITS, AGENCY_BITS = 6, 4


def write_patterns() -> str:
    """Return patterns of crawlers' agents, in the form of crawler-user-agents."""
    rows = [{"pattern": pattern, "url": url, "instances": [one]} for pattern, url, one in PATTERNS]
    return json.dumps(rows, indent=1) + "\n"


def write_ranges(made_at: str) -> str:
    """Return a crawler's published ranges, in the form of search engines."""
    prefixes = [{"ipv4Prefix": format_network(CRAWLERS, 32 - CRAWLER_BITS)}]
    return json.dumps({"creationTime": made_at, "prefixes": prefixes}, indent=1) + "\n"


def write_agency() -> str:
    """Return an agency's own addresses, as a flag list's rows, which the issuer signs."""
    return f"kind,value,category\ncidr,{format_network(AGENCY, 32 - AGENCY_BITS)},agency\n"


def build_machines() -> pl.DataFrame:
    """Return the content of both: `first_key`, `last_key`, `machine`."""
    rows = [
        (CRAWLERS, CRAWLERS + (1 << CRAWLER_BITS) - 1, "crawler"),
        (AGENCY, AGENCY + (1 << AGENCY_BITS) - 1, "agency"),
    ]
    return pl.DataFrame(rows, schema=["first_key", "last_key", "machine"], orient="row")


def write_boundaries() -> str:
    """Return the invented borders of the states as GeoJSON, with their codes."""
    features = []
    for state in STATES:
        ring = [[round(longitude, 4), round(latitude, 4)] for latitude, longitude in state.border]
        features.append(
            {
                "type": "Feature",
                "properties": {"shapeISO": state.code, "iso_3166_2": state.code, "name": state.name},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return json.dumps({"type": "FeatureCollection", "features": features}) + "\n"
