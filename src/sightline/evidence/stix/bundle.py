"""Write a STIX bundle in a stream: one sighting for each hit, one observed-data for each record."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from uuid import UUID, uuid5

from sightline.evidence.identifiers import SIGHTLINE_NAMESPACE, IssuedIdentifiers, canonical, derive_identifier
from sightline.evidence.origin import ListOrigin, Origins
from sightline.evidence.stix import extension
from sightline.evidence.stix.observable import Property, build_observables
from sightline.evidence.stix.pattern import build_pattern
from sightline.evidence.survey import HitSurvey, Span, StatedIndicator, build_statement
from sightline.evidence.visit import RECORD_COLUMNS, get_file_digest
from sightline.model import Hit, Opinion
from sightline.stages.scan.hit_rows import format_timestamp

TLP = {
    "amber": "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82",
    "red": "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
}
"""The markings of STIX 2.1, section 7.2.1.4. Weaker ones are not offered, because hits name lines and flagged sites."""

TYPES = {Opinion.CLEARED: ["benign"], Opinion.FLAGGED: ["malicious-activity"]}
"""The indicator-type-ov term of each opinion. Other opinions are `unknown`."""

_OF_RECORD = tuple(field.name for field in fields(Hit) if field.name in {*RECORD_COLUMNS, "timestamp_us"})


@dataclass(slots=True)
class _PreviousRow:
    """The previous row's record and its identifier. Rows of one record are adjacent."""

    record: tuple[object, ...] = ()
    ref: str = ""


class StixBundle:
    """Takes hits in file order and writes the bundle. Memory holds only the identifiers of written objects."""

    def __init__(self, write: Callable[[bytes], object], survey: HitSurvey, origins: Origins, tlp: str) -> None:
        self._write, self._marking = write, TLP[tlp]
        self._given, self._last = IssuedIdentifiers(), _PreviousRow()
        self._digest = hashlib.sha256()
        self._indicators: dict[StatedIndicator, str] = {}
        self.objects: Counter[str] = Counter()
        self.repeated = 0
        self._begin(survey, origins, tlp)

    def add(self, hit: Hit) -> None:
        """Write a hit's sighting and, unless already written, the objects that it refers to."""
        time = format_timestamp(hit.timestamp_us)
        sighting: dict[str, Property] = {
            "type": "sighting",
            **_build_creation_time(hit.timestamp_us),
            "first_seen": time,
            "last_seen": time,
            "count": 1,
            "sighting_of_ref": self._indicators[build_statement(hit)],
            "observed_data_refs": [self._record(hit, time)],
            "extensions": {extension.EXTENSION_ID: extension.build_sighting_extension(hit)},
        }
        written = self.objects["sighting"]
        self._write_object(sighting)
        self.repeated += written == self.objects["sighting"]

    def end(self) -> None:
        """Write the end of the bundle: its identifier, which covers all that it holds."""
        self._write(b'\n],"id":"bundle--%s"}\n' % str(derive_identifier("bundle", self._digest.hexdigest())).encode())

    def _begin(self, survey: HitSurvey, origins: Origins, tlp: str) -> None:
        self._write(b'{"type":"bundle","objects":[\n')
        self._put(UUID(self._marking[-36:]), _build_marking(tlp))
        for fixed in extension.build_definition():
            self._put(UUID(str(fixed["id"])[-36:]), fixed)
        for indicator, span in survey.stated.items():
            self._indicators[indicator] = self._write_indicator(indicator, span, origins.lists[indicator.list_id])

    def _write_indicator(self, stated: StatedIndicator, span: Span, origin: ListOrigin) -> str:
        issuer = self._make_identity(stated.issuer, "organization") if stated.issuer else None
        author = self._make_identity(origin.transcribed_by, "unknown") if origin.transcribed_by else issuer
        text, language = build_pattern(stated.kind, stated.value)
        issuer_name = stated.issuer or "no issuer"
        indicator: dict[str, Property] = {
            "type": "indicator",
            **_build_creation_time(span.first_us),
            "name": f"{stated.kind.value} {stated.indicator_id}",
            "description": f"{stated.opinion.value} on list {stated.list_id} of {issuer_name}: {origin.origin}",
            "indicator_types": TYPES.get(stated.opinion, ["unknown"]),
            "pattern": text,
            "pattern_type": language,
            "valid_from": format_timestamp(span.from_us),
            "valid_until": format_timestamp(span.until_us),
            "external_references": [_build_reference(stated, origin)],
            "extensions": {extension.EXTENSION_ID: extension.build_indicator_extension(stated, origin, issuer)},
        }
        if stated.category:
            indicator["labels"] = [stated.category]
        if author and origin.is_known:
            indicator["created_by_ref"] = author
        return self._write_object(indicator)

    def _make_identity(self, name: str, kind: str) -> str:
        dated: dict[str, Property] = {"created": extension.PUBLISHED, "modified": extension.PUBLISHED}
        return self._write_object({"type": "identity", **dated, "name": name, "identity_class": kind})

    def _record(self, hit: Hit, time: str) -> str:
        """Write the record's observed-data and what it shows; gives its identifier."""
        record = (get_file_digest(hit), *(getattr(hit, name) for name in _OF_RECORD))
        if record != self._last.record:
            objects = build_observables(hit)
            for observable in objects:
                named: dict[str, Property] = {"type": observable.type, "id": observable.id, "spec_version": "2.1"}
                self._put(observable.uuid, {**named, **observable.properties, **self._build_marks()})
            observed: dict[str, Property] = {
                "type": "observed-data",
                **_build_creation_time(hit.timestamp_us),
                "first_observed": time,
                "last_observed": time,
                "number_observed": 1,
                "object_refs": [object_.id for object_ in objects],
                "extensions": {extension.EXTENSION_ID: extension.build_record_extension(hit)},
            }
            self._last = _PreviousRow(record, self._write_object(observed))
        return self._last.ref

    def _write_object(self, thing: dict[str, Property]) -> str:
        """Write an object whose identifier is over all it says, so that none has two versions; gives it."""
        text = canonical(thing | {"spec_version": "2.1"} | self._build_marks())
        uuid = uuid5(SIGHTLINE_NAMESPACE, text)
        reference = f"{thing['type']}--{uuid}"
        if self._given.is_first(uuid):
            self._write_line(str(thing["type"]), f'{{"id":"{reference}",{text[1:]}')
        return reference

    def _build_marks(self) -> dict[str, Property]:
        return {"object_marking_refs": [self._marking]}

    def _put(self, uuid: UUID, thing: Mapping[str, Property]) -> None:
        if self._given.is_first(uuid):
            self._write_line(str(thing["type"]), canonical(thing))

    def _write_line(self, kind: str, text: str) -> None:
        line = text.encode()
        self._write((b",\n" if self.objects else b"") + line)
        self._digest.update(line)
        self.objects[kind] += 1


def _build_creation_time(timestamp_us: int) -> dict[str, Property]:
    """Return when the record was made, to the millisecond (section 3.2): no clock is read here."""
    time = f"{format_timestamp(timestamp_us)[:-4]}Z"
    return {"created": time, "modified": time}


def _build_marking(tlp: str) -> dict[str, Property]:
    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": TLP[tlp],
        "created": "2017-01-20T00:00:00.000Z",
        "definition_type": "tlp",
        "name": f"TLP:{tlp.upper()}",
        "definition": {"tlp": tlp},
    }


def _build_reference(indicator: StatedIndicator, origin: ListOrigin) -> dict[str, Property]:
    source = f"flag list of {indicator.issuer or 'no issuer'}"
    return {"source_name": source, "description": origin.origin, "external_id": indicator.indicator_id}
