"""A unit with leads in two states and in none, and another force that is enrolled, in a few words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import pyrage

from sightline.casework import decisions
from sightline.casework.forces import forces
from sightline.casework.permissions.officer_session import OfficerSession as OwnSession
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.model import AuthorityKind, DatasetKind, RequestWay, Role, Stamp
from sightline.services.referrals.drafts import DraftResult, ReferralDraftRequest, draft_referral
from sightline.stages.lists import signature
from sightline.storage import rows
from tests.casework.conftest import Clock, Staff
from tests.copies import copied
from tests.office import found_office
from tests.services.leads.office import START, LeadOffice, Visit

PLACES = """\
cidr,country,state,district,latitude,longitude,radius_km
198.51.100.0/26,IN,IN-KL,Ernakulam,9.98,76.28,20
198.51.100.64/26,IN,IN-KA,Mysuru,12.30,76.64,20
"""
NETWORKS = """\
cidr,asn,isp,line,circle
198.51.100.0/26,AS64500,Alpha Broadband,fixed,KL
198.51.100.64/26,AS64500,Alpha Broadband,fixed,KA
198.51.100.128/25,AS64501,Beta Broadband,fixed,
"""
KERALA, KARNATAKA, NOWHERE = "198.51.100.7", "198.51.100.70", "198.51.100.200"
IN_MARCH = (1_772_303_400_000_000, 1_774_981_800_000_000)
"""March 2026 in India."""


@dataclass(frozen=True)
class Keys:
    """What another force keeps to itself, and what it hands over."""

    secret: signature.SecretKey
    identity: pyrage.x25519.Identity

    def to_form(self, *states: str) -> forces.ForceForm:
        name = f"Cyber Police of {self.secret.issuer}"
        return forces.ForceForm(self.secret.derive_public(), name, states, str(self.identity.to_public()))


def new_keys(code: str) -> Keys:
    return Keys(signature.create_key(code), pyrage.x25519.Identity.generate())


@dataclass(frozen=True)
class World:
    """The unit (`lead_office`), and the forces of Karnataka and Kerala with their keys."""

    officer_session: LeadOffice
    clock: Clock
    karnataka: Keys
    kerala: Keys

    def __getitem__(self, role: Role) -> OwnSession:
        return self.officer_session.office[role]

    @property
    def io(self) -> OwnSession:
        return self.officer_session.office.io

    def approve(self, approval_id: str | None, *, give: bool = True) -> None:
        assert approval_id is not None
        decisions.decide(self[Role.SUPERINTENDENT], approval_id, give=give, why="seen with its papers")

    def enrol(self, keys: Keys, *states: str) -> None:
        self.approve(forces.enrol(self[Role.SUPERVISOR], keys.to_form(*states), "order 5/2026").approval_id)

    def ask(self, code: str = "KA-CYBER", **other: object) -> rows.ForceRequest:
        request_form = forces.RequestForm(
            code,
            "Cr. 41/2026",
            AuthorityKind.PRODUCTION,
            "s.94 order 3/2026",
            "Magistrate, Mysuru",
            "2026-05-20",
            "a" * 64,
            "request.pdf",
            "2026-06-01",
            RequestWay.PAPER,
        )
        return forces.register_force_request(self.io, replace(request_form, **other))  # type: ignore[arg-type]

    def draft(self, **other: object) -> DraftResult:
        request = ReferralDraftRequest(self.officer_session.office.case.number, "they asked", force="KA-CYBER")
        return draft_referral(self.io, replace(request, **other))  # type: ignore[arg-type]

    def approved(self, **other: object) -> rows.Referral:
        referral = self.draft(**other).referral
        self.approve(referral.approval_id)
        return self.referral(referral.number)

    def referral(self, number: str) -> rows.Referral:
        with self.officer_session.office.workspace.read() as tables:
            return next(one for one in tables[rows.Referral].select() if one.number == number)


def new_world(folder: Path) -> World:
    """Visits of a line in Kerala, two in Karnataka, one that no data set places, and a program in Karnataka."""
    return copied("referring", _make_world, folder)


def _make_world(folder: Path) -> World:
    clock = Clock(datetime(2026, 6, 5, tzinfo=UTC))
    office = found_office(folder / "workspace", clock=clock, stamp=Stamp.EXERCISE)
    staff = Staff(office, clock, office.officer_sessions)
    for role in (Role.STATION_OFFICER, Role.SUPERINTENDENT):
        office.officer_sessions[role] = staff.enrolled(role, f"{role.value} of the demo")
    sets = [
        (DatasetKind.NETWORK, "isp", NETWORKS),
        (DatasetKind.CITY, "one", PLACES),
        (DatasetKind.CITY, "other", PLACES.replace(",20\n", ",25\n")),
    ]
    for kind, name, text in sets:
        path = folder / f"{name}.csv"
        path.write_text(text)
        import_dataset(office.io, DatasetRequest(path, kind, date(2026, 3, 1), name=name))
    officer_session = LeadOffice(office, folder)
    visits = [
        Visit(0, KERALA),
        Visit(30, KERALA, "/room/2"),
        Visit(60, KARNATAKA),
        Visit(90, KARNATAKA, "/room/3"),
        Visit(120, "198.51.100.71", port=41_000),
        Visit(150, NOWHERE),
        Visit(180, "198.51.100.72", agent="curl/8.5.0"),
    ]
    officer_session.scan(officer_session.log("web.log", visits), officer_session.flags(), format="zeek-http")
    officer_session.rebuild()
    world = World(officer_session, clock, new_keys("KA-CYBER"), new_keys("KL-CYBER"))
    world.enrol(world.karnataka, "Karnataka")
    world.enrol(world.kerala, "IN-KL")
    return world


__all__ = ["START"]
