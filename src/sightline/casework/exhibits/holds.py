"""Legal holds on an exhibit, or on everything that an authority or case holds. A hold prevents every purge."""

from __future__ import annotations

from dataclasses import replace

from sightline.casework.cases import cases
from sightline.casework.exhibits.exhibits import find_exhibit
from sightline.casework.input_checks import name_thing
from sightline.casework.permissions.access import Action
from sightline.casework.permissions.officer_session import OfficerSession
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb, Verb
from sightline.storage.rows import Authority, Hold, Holding, Run
from sightline.storage.table import Tables
from sightline.storage.ulid import make_id

KINDS = ("exhibit", "authority", "case")


def set_hold(officer_session: OfficerSession, named: str, why: str) -> Hold:
    """Set a hold on `exhibit:`, `authority:` or `case:` and an id (or number). Raises UsageError."""
    kind, _, name = named.partition(":")
    with officer_session.change(Action.HOLD_SET, name_thing(kind if kind in KINDS else "hold", name)) as change:
        hold = Hold(
            make_id(change.now),
            _find_thing(change.tables, named),
            why,
            change.now_us,
            officer_session.officer.officer_id,
        )
        change.add(Verb.HOLD_SET, hold, thing=hold.thing)
    return hold


def lift_hold(officer_session: OfficerSession, hold_id: str, why: str) -> Hold:
    """Lift a hold. Raises UsageError if there is none, or if it was lifted already."""
    with officer_session.change(Action.HOLD_LIFT, name_thing("hold", hold_id)) as change:
        hold = change.tables[Hold].get(hold_id)
        if hold is None or hold.lifted_at_us is not None:
            what = f"the hold {hold_id} is lifted already" if hold else f"the hold {hold_id} is not there"
            raise UsageError(what, hint="sightline holds list shows the current ones")
        lifted = replace(hold, lifted_at_us=change.now_us, lifted_why=why)
        change.put(Verb.HOLD_LIFTED, lifted, thing=hold.thing)
    return lifted


def list_holds(officer_session: OfficerSession) -> list[Hold]:
    """Return every hold, in order, including lifted ones."""
    with officer_session.read(Action.EXHIBIT_VIEW, "hold:all", JournalVerb.VIEW_CASE) as tables:
        return tables[Hold].select()


def list_holds_on_exhibit(tables: Tables, exhibit_id: str) -> list[Hold]:
    """Return the current holds on an exhibit: its own, and those of the authorities and cases that hold it."""
    authorities = {holding.authority_id for holding in tables[Holding].select(exhibit_id=exhibit_id)}
    authorities |= {run.authority_id for run in tables[Run].select(exhibit_id=exhibit_id)}
    held_by = tables[Authority].select_within("authority_id", sorted(authorities))
    things = {f"exhibit:{exhibit_id}"}
    things |= {f"authority:{authority.authority_id}" for authority in held_by} | {
        f"case:{authority.case_id}" for authority in held_by
    }
    return [hold for hold in tables[Hold].select_within("thing", sorted(things)) if hold.lifted_at_us is None]


def list_held_exhibits(tables: Tables) -> set[str]:
    """Return the ids of the exhibits on hold: by themselves, or by an authority or a case that holds them."""
    things = [hold.thing.partition(":") for hold in tables[Hold].select(lifted_at_us=None)]
    named = {kind: {name for each, _, name in things if each == kind} for kind in ("exhibit", "authority", "case")}
    authorities = tables[Authority].select_within("case_id", sorted(named["case"]))
    under = sorted(named["authority"] | {authority.authority_id for authority in authorities})
    result = named["exhibit"]
    for table in (tables[Holding], tables[Run]):
        if under:
            result |= set(table.list_values("exhibit_id", table.get_column("authority_id").in_(under)))
    return result


def _find_thing(tables: Tables, named: str) -> str:
    kind, _, name = named.partition(":")
    if kind == "exhibit":
        return f"exhibit:{find_exhibit(tables, name).exhibit_id}"
    if kind == "authority":
        return f"authority:{cases.find_authority(tables, name).authority_id}"
    if kind == "case":
        return f"case:{cases.find_case(tables, name).case_id}"
    raise UsageError(f"{named!r} cannot be put on hold", hint="exhibit:SHA256, authority:NUMBER or case:NUMBER")
