"""The completions of the query box on the leads page: its fields, and the values of those whose values are few."""

from __future__ import annotations

from collections.abc import Iterator

from sightline.casework.permissions.access import Action
from sightline.errors import UsageError
from sightline.ledger.verbs import Verb
from sightline.services.lead_index.lead_view import View
from sightline.services.lead_index.query_text import CHOICES, ME, NAMES, NOBODY, SEEN, WRITTEN
from sightline.stages.report import tiles
from sightline.web.context import RequestContext
from sightline.web.pages.leads.query import list_workers
from sightline.web.pages.leads.router import router
from sightline.web.responses import Json

MOST = 1_000
"""Maximum number of values of a field. More are not few."""
FIRST = ("isp", "reason", "status", "assignee", "place", SEEN, "ceiling", "address")
"""The fields that are shown first: those that officers filter by most."""
FROM_LEADS = ("isp", "circle", "country", "district")
FROM_SETS = ("issuer", "source")
BUT_LEADS = frozenset(Verb) - {Verb.LEADS_REBUILT}


@router.show("/leads/all/words", Action.LEADS_VIEW, None, "leads:all")
def list_query_words(context: RequestContext) -> Json:
    """Return the fields of the query box, and for each its values."""
    names = dict.fromkeys((*FIRST, *NAMES.values()))
    values: dict[str, list[str]] = {WRITTEN.get(name, name): [] for name in names}
    del values["since"], values["until"]
    values |= {name: list(some) for name, some in CHOICES.items()}
    values["place"] = [tile.code for tile in tiles.load_country().tiles] + ["undetermined"]
    values["owner"] = [ME, NOBODY, *(worker.name for worker in list_workers(context))]
    try:
        view = context.leads
    except UsageError:
        return Json({"values": values, "without": sorted(CHOICES)})
    key = ("query-words", view.read.generation.generation_id)
    values |= context.get_cached(key, lambda: dict(_list_values(view)), BUT_LEADS)
    return Json({"values": values, "without": sorted(CHOICES)})


def _list_values(view: View) -> Iterator[tuple[str, list[str]]]:
    """Yield the fields whose values are those of the leads, with these."""
    for name in FROM_LEADS:
        yield name, [word for word in view.columns.words[name] if word][:MOST]
    for name in FROM_SETS:
        yield name, sorted({value for some in view.columns.sets[name] for value in some})[:MOST]
