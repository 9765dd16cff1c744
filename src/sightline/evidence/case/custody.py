"""Graph nodes for the provenance of an exhibit: officers, custody, authorities, cases."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from sightline.evidence.case.exhibit_facts import ExhibitProvenance
from sightline.evidence.case.node import Value, build_instant, refer_to
from sightline.stages.scan.hit_rows import format_timestamp
from sightline.storage.rows import Authority, Case, Custody

Make: TypeAlias = "Callable[[str, Mapping[str, Value | None]], UUID]"
Say: TypeAlias = "Callable[[Iterable[UUID], Mapping[str, str | int | bool | None]], None]"
ACTION, RECORD = "case-investigation:InvestigativeAction", "case-investigation:ProvenanceRecord"


@dataclass(frozen=True, slots=True)
class CustodyGraph:
    """Writes provenance nodes with `make` and statements about them with `say`. Each is written once."""

    facts: ExhibitProvenance
    exhibit: UUID
    make: Make
    say: Say

    def write_officer(self, officer_id: str) -> UUID:
        """Write an officer: name, role and designation, or the designation alone if names might reveal other people."""
        officer = self.facts.officers[officer_id]
        duty = f"{officer.role.value}, {officer.designation}"
        named: dict[str, Value | None] = {
            "uco-core:name": officer.name if self.facts.is_whole else duty,
            "uco-core:description": [f"{duty}, {officer.unit}"] if self.facts.is_whole else None,
            "uco-core:tag": [f"officer:{officer_id}"],
        }
        return self.make("uco-identity:Person", named)

    def write_authority(self, authority_id: str) -> UUID:
        """Write the legal instrument under which the exhibit is held."""
        authority = next(each for each in self.facts.authorities if each.authority_id == authority_id)
        by = f" by {authority.issued_by}" if self.facts.is_whole else ""
        given: dict[str, Value | None] = {
            "uco-core:description": [f"issued{by} on {authority.issued_on}"],
            "case-investigation:authorizationType": authority.kind.value,
            "case-investigation:authorizationIdentifier": [authority.number],
            "uco-core:startTime": build_instant(format_timestamp(authority.valid_from_us)),
            "uco-core:endTime": _build_until(authority),
        }
        uuid = self.make("case-investigation:Authorization", given)
        ended = None if authority.ended_at_us is None else format_timestamp(authority.ended_at_us)
        why = authority.ended_why if self.facts.is_whole else None
        thing = self.cite_entry(f"authority:{authority_id}")
        self.say([uuid], {"document_sha256": authority.document_sha256, "ended_at": ended, "ended_why": why, **thing})
        return uuid

    def write_custody(self) -> list[UUID]:
        """Write the chain of custody, each step linked to the previous one, and the exhibit's place in the ledger."""
        ledger, steps = self.facts.ledger, list[UUID]()
        self.say(
            [self.exhibit],
            {
                "ledger": ledger.origin,
                "checkpoint_size": ledger.size,
                "checkpoint_root": ledger.root,
                **self.cite_entry(f"exhibit:{self.facts.exhibit_sha256}"),
            },
        )
        for custody in self.facts.custody:
            steps.append(self._write_step(custody, steps[-1:]))
        return steps

    def write_cases(self, acts: Sequence[UUID]) -> list[UUID]:
        """Write each matter with its authorities, the exhibit and the acts on it, and how the exhibit is held."""
        for holding in self.facts.holdings:
            source = next(source for source in self.facts.sources if source.source_id == holding.source_id)
            properties: dict[str, str | int | bool | None] = {
                "held_since": format_timestamp(holding.since_us),
                "source_kind": source.kind.value,
                "source": source.name if self.facts.is_whole else None,
                "path": holding.path if self.facts.is_whole else None,
                **self.cite_entry(f"holding:{holding.holding_id}"),
            }
            self.say([self.exhibit, self.write_authority(holding.authority_id)], properties)
        return [self._make_case(case, acts) for case in self.facts.cases]

    def cite_entry(self, thing: str) -> dict[str, int]:
        """Return the index of a thing's ledger entry as a statement, or nothing without one."""
        seq = self.facts.ledger.entries.get(thing)
        return {} if seq is None else {"ledger_entry": seq}

    def _write_step(self, custody: Custody, before: Sequence[UUID]) -> UUID:
        is_whole = self.facts.is_whole
        properties: dict[str, Value | None] = {"uco-core:name": f"custody {custody.custody_id}"}
        result = self.make(RECORD, properties | {"uco-core:object": [refer_to(self.exhibit)]})
        act: dict[str, Value | None] = {
            "uco-core:name": custody.event.value,
            "uco-action:startTime": build_instant(format_timestamp(custody.at_us)),
            "uco-action:performer": refer_to(self.write_officer(custody.recorded_by)),
            "uco-action:participant": [refer_to(self._make_person(custody.person))]
            if is_whole and custody.person
            else None,
            "uco-action:location": [refer_to(self.make("uco-location:Location", {"uco-core:name": custody.place}))]
            if is_whole
            else None,
            "uco-action:object": [refer_to(self.exhibit)],
            "uco-action:result": [refer_to(result)],
            "case-investigation:wasInformedBy": [refer_to(each) for each in before] or None,
        }
        uuid = self.make(ACTION, act)
        words = {"how": custody.how, "why": custody.why} if is_whole else {}
        recorded = format_timestamp(custody.recorded_at_us)
        self.say([uuid], {**words, "recorded_at": recorded, **self.cite_entry(f"custody:{custody.custody_id}")})
        return uuid

    def _make_person(self, words: str) -> UUID:
        """Make the node of a person or an agent in a custody step, in the officer's words."""
        return self.make("uco-identity:Identity", {"uco-core:name": words})

    def _make_case(self, case: Case, acts: Sequence[UUID]) -> UUID:
        under = [authority.authority_id for authority in self.facts.authorities if authority.case_id == case.case_id]
        matter: dict[str, Value | None] = {
            "uco-core:name": f"{case.number}, {case.station}",
            "uco-core:description": [case.sections],
            "uco-core:object": [refer_to(self.exhibit), *map(refer_to, acts)],
            "case-investigation:investigationForm": "case",
            "case-investigation:relevantAuthorization": [refer_to(self.write_authority(each)) for each in under]
            or None,
        }
        uuid = self.make("case-investigation:Investigation", matter)
        named = {
            "investigating_officer": case.investigating_officer,
            "station_officer": case.station_officer,
            "superintendent": case.superintendent,
        }
        properties = {"begun_on": case.begun_on} | (named if self.facts.is_whole else {})
        self.say([uuid], {**properties, **self.cite_entry(f"case:{case.case_id}")})
        return uuid


def _build_until(authority: Authority) -> Value | None:
    return None if authority.valid_until_us is None else build_instant(format_timestamp(authority.valid_until_us))
