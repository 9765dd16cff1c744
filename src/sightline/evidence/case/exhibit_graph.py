"""Write the CASE graph of an exhibit: its hits, runs, custody, authority and case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from sightline import __version__
from sightline.evidence.case.custody import CustodyGraph
from sightline.evidence.case.exhibit_facts import ExhibitProvenance, RunProvenance
from sightline.evidence.case.graph import Graph
from sightline.evidence.case.node import (
    CONTEXT,
    UCO,
    Value,
    build_annotation,
    build_content,
    build_facet,
    build_instant,
    build_node,
    refer_to,
)
from sightline.evidence.identifiers import canonical, derive_identifier
from sightline.evidence.origin import Origins
from sightline.evidence.survey import HitSurvey
from sightline.model import Hit
from sightline.stages.scan.hit_rows import format_timestamp


class RecordGraph(Graph):
    """Takes the hits run by run, then writes what the workspace has about runs, custody, authority and case."""

    context: ClassVar[Mapping[str, str]] = CONTEXT | {
        "uco-configuration": f"{UCO}configuration/",
        "uco-location": f"{UCO}location/",
    }

    def __init__(
        self, write: Callable[[bytes], object], survey: HitSurvey, origins: Origins, tlp: str, facts: ExhibitProvenance
    ) -> None:
        super().__init__(write, survey, origins, tlp)
        self._told = facts
        self._exhibit_uuid = self._exhibits[facts.exhibit_sha256].uuid
        self._matter = CustodyGraph(facts, self._exhibit_uuid, self._make, self._write_statements)
        self._scans: list[UUID] = []
        self._results: list[UUID] = []

    def scan(self, run: RunProvenance, hits: Iterable[Hit]) -> None:
        """Write a run: its counted hits, its segments, the program's configuration, and the act."""
        records = bytearray()
        last: UUID | None = None
        for hit in hits:
            record = self._add(hit)
            # Rows of one record are adjacent in a segment.
            records += b"" if record == last else record.bytes
            last = record
        results = [self._make_segment(run, number) for number in range(len(run.segments))]
        if run.issuers:
            result = derive_identifier("result", run.run.run_id, *run.issuers, self._told.scope or "")
            self._put_long(result, "case-investigation:ProvenanceRecord", records)
            self._results.append(result)
            results.append(result)
        self._act(run, results)

    def end(self) -> None:
        """Write case, authorities and custody, then the act of writing this graph, then the end of the file."""
        custody = self._matter.write_custody()
        self._matter.write_cases([*custody, *self._scans])
        scope = self._told.scope
        exported: dict[str, Value | None] = {
            "uco-core:name": "sightline exhibit graph",
            "uco-core:description": [f"only {scope}, and nothing of others"] if scope else None,
            "uco-action:instrument": refer_to(self._write_tool({"uco-tool:version": __version__})),
            "uco-action:object": [refer_to(result) for result in self._results] or None,
            "case-investigation:wasInformedBy": [refer_to(scan) for scan in self._scans] or None,
        }
        self._make("case-investigation:InvestigativeAction", exported)
        self._write(b"\n]}\n")

    def _make(self, kind: str, properties: Mapping[str, Value | None]) -> UUID:
        """The node of these properties, which are what it is known by; written once."""
        made = {name: value for name, value in properties.items() if value is not None}
        uuid = derive_identifier(kind, canonical(made))
        if self._given.is_first(uuid):
            self._put(build_node(uuid, kind, made))
        return uuid

    def _write_statements(self, about: Iterable[UUID], statements: Mapping[str, str | int | bool | None]) -> None:
        """Write statements about nodes, for which the ontology has no concept."""
        things = list(about)
        uuid = derive_identifier("told", *map(str, things), canonical(statements))
        if self._given.is_first(uuid):
            self._put(build_annotation(uuid, things, statements))

    def _act(self, run: RunProvenance, results: list[UUID]) -> None:
        """The scan, by the version and with the options that the run's manifest states."""
        manifest = run.manifest
        objects = [self._exhibit_uuid, *(self._lists[list_["list_id"]] for list_ in manifest["lists"])]
        act: dict[str, Value | None] = {
            "uco-core:name": "sightline scan",
            "uco-action:startTime": build_instant(manifest["begun"]),
            "uco-action:endTime": build_instant(manifest["ended"]),
            "uco-action:performer": refer_to(self._matter.write_officer(manifest["officer"])),
            "uco-action:instrument": refer_to(self._write_program(manifest)),
            "uco-action:object": [refer_to(object_) for object_ in objects],
            "uco-action:result": [refer_to(result) for result in results] or None,
        }
        uuid = self._make("case-investigation:InvestigativeAction", act)
        self._scans.append(uuid)
        self._write_statements([uuid, self._matter.write_authority(run.run.authority_id)], self._build_account(run))

    def _build_account(self, run: RunProvenance) -> dict[str, str | int | bool | None]:
        counts = run.manifest["account"]
        rejects = {f"rejects {code}": count for code, count in sorted(counts["rejects"].items())}
        return {
            "run": run.run.run_id,
            "use": run.run.use.value,
            **{name: counts[name] for name in ("frames", "records", "comments", "hit_records", "hits")},
            **rejects,
            "manifest_sha256": sha256(run.run.manifest_json.encode()).hexdigest(),
            "machine": ", ".join(run.manifest["machine"][name] for name in ("name", "system", "processor")),
            "registered_at": format_timestamp(run.run.registered_at_us),
            "counts_for": ", ".join(run.issuers) or "none: it was superseded",
            "superseded_by": ", ".join(run.superseded_by) or None,
            **self._matter.cite_entry(f"run:{run.run.run_id}"),
        }

    def _write_program(self, manifest: Mapping[str, object]) -> UUID:
        """Sightline of the run's version, with all that it was given and ran on."""
        settings = list_settings(manifest)
        entries: list[Value] = [
            build_node(
                derive_identifier("setting", name, value),
                "uco-configuration:ConfigurationEntry",
                {"uco-configuration:itemName": name, "uco-configuration:itemValue": value},
            )
            for name, value in settings.items()
        ]
        configuration = self._make("uco-configuration:Configuration", {"uco-configuration:configurationEntry": entries})
        known: dict[str, Value | None] = {
            "uco-core:name": "Sightline",
            "uco-tool:version": settings["version sightline"],
            "uco-configuration:usesConfiguration": refer_to(configuration),
        }
        return self._make("uco-tool:ConfiguredTool", known)

    def _make_segment(self, run: RunProvenance, number: int) -> UUID:
        """A sealed file of the run's hits; its name in the record is the root over its rows (ADR 11)."""
        segment = run.segments[number]
        uuid = derive_identifier("segment", segment.segment_id)
        facets: list[Value] = [
            build_content(uuid, segment.sha256, segment.size_bytes),
            build_facet(uuid, "uco-observable:FileFacet", {"uco-observable:fileName": segment.file}),
        ]
        if self._given.is_first(uuid):
            self._put(build_node(uuid, "uco-observable:File", {"uco-core:hasFacet": facets}))
            statements: dict[str, str | int | bool | None] = {
                "segment": segment.segment_id,
                "rows": segment.rows,
                "number": segment.number,
                "run": segment.run_id,
            }
            self._write_statements([uuid], statements)
        return uuid


def list_settings(manifest: Mapping[str, object]) -> dict[str, str]:
    """Return every setting of a run's manifest by name: format, options, clock measurement, versions."""
    texts: dict[str, str] = {}
    for group, name in (("format", "format"), ("options", "option"), ("versions", "version")):
        values = manifest[group]
        assert isinstance(values, Mapping)
        texts |= {f"{name} {key}": _to_text(value) for key, value in sorted(values.items())}
    return texts | {"clock measured": _to_text(manifest["clock_measured"])}


def _to_text(value: object) -> str:
    return value if isinstance(value, str) else canonical(value)
