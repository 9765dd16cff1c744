"""Write hits as a CASE graph in a stream: exhibits, lists, the scan, its result, and a node for each observed thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar
from uuid import UUID

from sightline import __version__
from sightline.evidence.case.node import (
    CONTEXT,
    Node,
    Value,
    build_annotation,
    build_content,
    build_facet,
    build_iri,
    build_node,
    build_relationship,
    refer_to,
)
from sightline.evidence.case.observable import RecordObservables, build_record_shown
from sightline.evidence.identifiers import IssuedIdentifiers, canonical, derive_identifier
from sightline.evidence.origin import ExhibitOrigin, ListOrigin, Origins
from sightline.evidence.survey import HitSurvey, StatedIndicator, build_statement
from sightline.evidence.visit import list_record_columns
from sightline.model import Hit

UUID_BYTES = 16


@dataclass(slots=True)
class _Exhibit:
    """An exhibit's node, and the records found in it: 16 bytes for each."""

    uuid: UUID
    members: dict[str, UUID] = field(default_factory=dict)
    records: bytearray = field(default_factory=bytearray)


class Graph:
    """Takes hits in file order and writes the graph. Memory holds only the identifiers of written nodes."""

    context: ClassVar[Mapping[str, str]] = CONTEXT

    def __init__(self, write: Callable[[bytes], object], survey: HitSurvey, origins: Origins, tlp: str) -> None:
        self._write, self._given = write, IssuedIdentifiers()
        self.objects: Counter[str] = Counter()
        self.repeated = 0
        self._indicators: dict[StatedIndicator, UUID] = {}
        self._lists: dict[str, UUID] = {}
        write(b'{"@context":' + canonical(self.context).encode() + b',"@graph":[\n')
        self._marking = self._mark(tlp)
        self._exhibits = {
            exhibit_origin.sha256: self._write_exhibit(exhibit_origin) for exhibit_origin in origins.exhibits.values()
        }
        for origin in origins.lists.values():
            self._lists[origin.list_id] = self._list(origin)
        for indicator in survey.stated:
            self._indicators[indicator] = self._write_indicator(indicator, origins.lists[indicator.list_id])

    def add(self, hit: Hit) -> None:
        """Write a hit's annotation and, unless already written, its subjects."""
        self._add(hit)

    def _add(self, hit: Hit) -> UUID:
        """The hit's record, after all of it was written."""
        record = build_record_shown(hit)
        if self._given.is_first(record.record.uuid):
            self._record(hit, record)
        indicator = self._indicators[build_statement(hit)]
        uuid = derive_identifier("hit", str(record.record.uuid), str(indicator), str(hit.vouched))
        if self._given.is_first(uuid):
            about = {"opinion": hit.opinion.value, "vouched": hit.vouched, "indicator_id": hit.indicator_id}
            self._put(build_annotation(uuid, (record.record.uuid, indicator), about))
        else:
            self.repeated += 1
        return record.record.uuid

    def end(self) -> None:
        """Write the scan, whose results are the records, and the export; then the end of the graph."""
        scans = [self._scan(sha256, exhibit) for sha256, exhibit in self._exhibits.items()]
        tool = self._write_tool({"uco-tool:version": __version__})
        export: dict[str, Value | None] = {
            "uco-core:name": "sightline export",
            "uco-action:instrument": refer_to(tool),
            "uco-action:object": [refer_to(self._make_result(sha256)) for sha256 in self._exhibits] or None,
            "case-investigation:wasInformedBy": [refer_to(scan) for scan in scans] or None,
        }
        self._put(
            build_node(
                derive_identifier("export", *map(str, scans), __version__),
                "case-investigation:InvestigativeAction",
                export,
            )
        )
        self._write(b"\n]}\n")

    def _mark(self, tlp: str) -> UUID:
        uuid = derive_identifier("MarkingDefinition", tlp)
        statement: dict[str, Value | None] = {
            "uco-marking:definitionType": "statement",
            "uco-marking:statement": f"TLP:{tlp.upper()}",
        }
        definition: dict[str, Value | None] = {
            "uco-marking:definitionType": "statement",
            "uco-marking:definition": build_facet(uuid, "uco-marking:StatementMarking", statement),
        }
        self._put(build_node(uuid, "uco-marking:MarkingDefinition", definition), is_marked=False)
        return uuid

    def _write_exhibit(self, origin: ExhibitOrigin) -> _Exhibit:
        uuid = derive_identifier("exhibit", origin.sha256)
        facets: list[Value] = [build_content(uuid, origin.sha256, origin.size_bytes)]
        if origin.name is not None:
            facets.append(build_facet(uuid, "uco-observable:FileFacet", {"uco-observable:fileName": origin.name}))
        self._put(build_node(uuid, "uco-observable:File", {"uco-core:hasFacet": facets}))
        return _Exhibit(uuid)

    def _list(self, origin: ListOrigin) -> UUID:
        uuid = derive_identifier("list", origin.list_id)
        if origin.original_sha256 is not None:
            original = derive_identifier("original", origin.original_sha256)
            facets: list[Value] = [build_content(original, origin.original_sha256)]
            self._put(build_node(original, "uco-observable:File", {"uco-core:hasFacet": facets}))
            derived = derive_identifier("transcription", origin.list_id, origin.original_sha256)
            self._put(build_relationship(derived, [uuid], original, "Related_To"))
        what = "tip" if origin.is_tip else "flag list"
        described: dict[str, Value | None] = {
            "uco-core:description": f"{what} of {origin.issuer or 'no issuer'}: {origin.origin}",
            "uco-core:hasFacet": [build_content(uuid, origin.list_id)],
        }
        self._put(build_node(uuid, "uco-observable:File", described))
        return uuid

    def _write_indicator(self, indicator: StatedIndicator, origin: ListOrigin) -> UUID:
        """Return what the issuer asserts. It is dated by nothing that a hit holds."""
        uuid = derive_identifier("indicator", indicator.indicator_id, indicator.opinion.value, indicator.category or "")
        issuer = derive_identifier("issuer", indicator.issuer) if indicator.issuer else None
        if issuer and self._given.is_first(issuer):
            self._put(build_node(issuer, "uco-identity:Organization", {"uco-core:name": indicator.issuer}))
        columns = {"opinion": indicator.opinion.value, "category": indicator.category, "list_id": indicator.list_id}
        asserted: dict[str, str | int | bool | None] = {
            "indicator_id": indicator.indicator_id,
            "indicator_kind": indicator.kind.value,
            "indicator": indicator.value,
            "issuer": indicator.issuer,
            "origin": origin.origin,
            "transcribed_by": origin.transcribed_by,
            "original_sha256": origin.original_sha256,
        }
        about = [self._lists[indicator.list_id], *([issuer] if issuer else [])]
        self._put(build_annotation(uuid, about, asserted | columns))
        return uuid

    def _record(self, hit: Hit, observed: RecordObservables) -> None:
        """A record, where it stands, what its line says, and what can be extracted from it."""
        record = observed.record.uuid
        exhibit = self._exhibits[hit.exhibit_sha256]
        exhibit.records += record.bytes
        self._put(observed.record.node)
        for observable in observed.extracted:
            if self._given.is_first(observable.uuid):
                self._put(observable.node)
        holder = self._write_member(exhibit, hit.member) if hit.member is not None else exhibit.uuid
        place = derive_identifier("place", str(record))
        within: dict[str, Value | None] = {
            "uco-observable:rangeOffset": hit.byte_offset,
            "uco-observable:rangeOffsetType": "file",
            "uco-observable:rangeSize": len(hit.raw),
        }
        bounds = build_facet(place, "uco-observable:DataRangeFacet", within)
        self._put(build_relationship(place, [record], holder, "Contained_Within", [bounds]))
        if observed.extracted:
            extracted = [record_observable.uuid for record_observable in observed.extracted]
            self._put(
                build_relationship(derive_identifier("extracted", str(record)), extracted, record, "Extracted_From")
            )
        columns: Mapping[str, str | int | bool | None] = list_record_columns(hit)
        texts = {name: value for name, value in columns.items() if name != "raw"}
        self._put(build_annotation(derive_identifier("columns", str(record)), [record], texts))

    def _write_member(self, exhibit: _Exhibit, name: str) -> UUID:
        """The node of a file in an archive."""
        if name not in exhibit.members:
            uuid = exhibit.members[name] = derive_identifier("member", str(exhibit.uuid), name)
            facets: list[Value] = [build_facet(uuid, "uco-observable:FileFacet", {"uco-observable:filePath": name})]
            self._put(build_node(uuid, "uco-observable:File", {"uco-core:hasFacet": facets}))
            place = derive_identifier("place", str(uuid))
            path = build_facet(place, "uco-observable:PathRelationFacet", {"uco-observable:path": name})
            self._put(build_relationship(place, [uuid], exhibit.uuid, "Contained_Within", [path]))
        return exhibit.members[name]

    def _scan(self, sha256: str, exhibit: _Exhibit) -> UUID:
        """The scan of an exhibit, by a version that no hit names, and its result: the records with hits."""
        result, scan = self._make_result(sha256), derive_identifier("scan", sha256, *sorted(self._lists))
        self._put_long(result, "case-investigation:ProvenanceRecord", exhibit.records)
        acted: dict[str, Value | None] = {
            "uco-core:name": "sightline match",
            "uco-action:instrument": refer_to(
                self._write_tool({"uco-core:description": "of a version that the hits do not name"})
            ),
            "uco-action:object": [refer_to(exhibit.uuid), *(refer_to(list_) for list_ in self._lists.values())],
            "uco-action:result": refer_to(result),
        }
        self._put(build_node(scan, "case-investigation:InvestigativeAction", acted))
        return scan

    def _write_tool(self, known: Mapping[str, Value | None]) -> UUID:
        uuid = derive_identifier("tool", canonical(known))
        if self._given.is_first(uuid):
            self._put(build_node(uuid, "uco-tool:AnalyticTool", {"uco-core:name": "Sightline", **known}))
        return uuid

    @staticmethod
    def _make_result(sha256: str) -> UUID:
        return derive_identifier("result", sha256)

    def _put(self, one: Node, *, is_marked: bool = True) -> None:
        if is_marked:
            one = one | {"uco-core:objectMarking": refer_to(self._marking)}
        self._write((b",\n" if self.objects else b"") + canonical(one).encode())
        self.objects[str(one["@type"]).partition(":")[2]] += 1

    def _put_long(self, uuid: UUID, kind: str, records: bytearray) -> None:
        """Write a node that may refer to millions, without making them one text."""
        head = canonical(
            {"@id": build_iri(uuid), "@type": kind, "uco-core:objectMarking": refer_to(self._marking)}
        ).encode()
        self._write(b",\n" + head[:-1] + b',"uco-core:object":[')
        for number, one in enumerate(_split_uuids(records)):
            self._write((b"," if number else b"") + canonical(refer_to(one)).encode())
        self._write(b"]}")
        self.objects[kind.partition(":")[2]] += 1


def _split_uuids(records: bytearray) -> Iterator[UUID]:
    for start in range(0, len(records), UUID_BYTES):
        yield UUID(bytes=bytes(records[start : start + UUID_BYTES]))
