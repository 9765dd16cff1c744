"""Search subscribers by what an ISP calls them, by their number here or the beginning of their id; opens nothing.

The ids that a number has with each licensee are computed under the workspace's secret, so nobody can try numbers
elsewhere. A purged identity is not found: the existence of its number was purged too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl
from sqlalchemy import or_

from sightline.casework.identities import identities
from sightline.message_text import count_noun
from sightline.model.short_ids import format_subscriber_number, read_subscriber_number
from sightline.services.artifacts import resolution_files
from sightline.services.search.entities import HEX, LEAST_ID
from sightline.services.search.result import ResultKind, SearchMatch
from sightline.stages.resolve.model import NumberKind
from sightline.stages.resolve.replies import cell_text, stated_ids, subscriber_numbers
from sightline.storage.rows import IdentityKey, Licensee, Resolving
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace


def search_subscribers(workspace: Workspace, tables: Tables, text: str, most: int) -> Iterator[SearchMatch]:
    """Yield the subscribers with that number, or whose id begins so."""
    ids = [*_find_ids_of_number(tables, text), *_find_by_id(tables, read_subscriber_number(text).casefold(), most)]
    result = sorted(identities.find_keys(tables, ids))[:most]
    if not result:
        return
    licensees = {licensee.licensee_id: licensee.name for licensee in tables[Licensee].select()}
    known = _find_named(workspace, tables, result)
    for subscriber in result:
        row = known.get(subscriber)
        detail = "in a reply; the newest resolution names it for no session"
        facts: tuple[tuple[str, str | int], ...] = (("state", "unnamed"),)
        if row is not None:
            whose = f"{row['number_kind']} of {licensees.get(row['licensee_id'], 'a licensee')}"
            detail = f"{whose}, {row['standing']}; {count_noun(len(row['leads']), 'lead')}"
            isp = licensees.get(row["licensee_id"], "")
            facts = (*((("text", isp),) if isp else ()), ("standing", row["standing"]), ("leads", len(row["leads"])))
        yield SearchMatch(ResultKind.SUBSCRIBER, subscriber, format_subscriber_number(subscriber), detail, facts)


def _find_ids_of_number(tables: Tables, text: str) -> list[str]:
    """Return the possible ids of a number: one for each kind and licensee."""
    own = tables[IdentityKey].get(identities.OWN)
    if own is None or own.key is None:
        return []
    numbers = list(_read_numbers(text))
    return [
        identities.compute_subscriber_id(own.key, licensee.licensee_id, kind, number)
        for licensee in tables[Licensee].select()
        for kind, number in numbers
    ]


def _read_numbers(text: str) -> Iterator[tuple[str, str]]:
    """Yield kind and canonical number, as replies are read."""
    readers = dict.fromkeys(NumberKind, stated_ids.read_name_of_line)
    readers |= {NumberKind.MSISDN: subscriber_numbers.parse_msisdn, NumberKind.IMSI: subscriber_numbers.parse_imsi}
    for kind, reader in readers.items():
        try:
            stated = cell_text.clean_text(text)
            if stated is not None:
                yield kind.value, reader(stated)
        except cell_text.UnreadableValue:
            continue


def _find_by_id(tables: Tables, text: str, most: int) -> Sequence[str]:
    if len(text) < LEAST_ID or not set(text) <= HEX:
        return ()
    table = tables[IdentityKey]
    key = table.get_column("subscriber_id")
    has_key = table.get_column("key").is_not(None)
    result = []
    for identity_key in table.read_each(or_(key.startswith(text), key.endswith(text)), has_key):
        result.append(identity_key.subscriber_id)
        if len(result) > most:
            break
    return result


def _find_named(workspace: Workspace, tables: Tables, subscribers_met: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Return what the newest resolution says about each subscriber."""
    newest = tables[Resolving].find_last("number")
    if newest is None:
        return {}
    columns = ["subscriber", "licensee_id", "number_kind", "standing", "leads"]
    rows = resolution_files.read_table(workspace, newest, "subscribers", columns).filter(
        pl.col("subscriber").is_in(list(subscribers_met))
    )
    return {row["subscriber"]: row for row in rows.iter_rows(named=True)}
