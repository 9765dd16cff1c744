"""Build nodes of a CASE/UCO graph: their identifiers and common shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias
from uuid import UUID

from sightline.evidence.identifiers import derive_identifier

Value: TypeAlias = "str | int | bool | Sequence[Value] | Mapping[str, Value]"
Node: TypeAlias = dict[str, Value]

UCO = "https://ontology.unifiedcyberontology.org/uco/"
CONTEXT: dict[str, str] = {
    "case-investigation": "https://ontology.caseontology.org/case/investigation/",
    "uco-action": f"{UCO}action/",
    "uco-core": f"{UCO}core/",
    "uco-identity": f"{UCO}identity/",
    "uco-marking": f"{UCO}marking/",
    "uco-observable": f"{UCO}observable/",
    "uco-tool": f"{UCO}tool/",
    "uco-types": f"{UCO}types/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_HASHES = {32: "MD5", 40: "SHA1", 64: "SHA256"}


def build_iri(uuid: UUID) -> str:
    """Return the name of a node, which uses no one's domain."""
    return f"urn:uuid:{uuid}"


def refer_to(uuid: UUID) -> Node:
    """Return a reference to a node."""
    return {"@id": build_iri(uuid)}


def build_node(uuid: UUID, kind: str, properties: Mapping[str, Value | None]) -> Node:
    """Return a node with those properties that have a value."""
    return {"@id": build_iri(uuid), "@type": kind} | {
        name: value for name, value in properties.items() if value is not None
    }


def build_facet(owner: UUID, kind: str, properties: Mapping[str, Value | None]) -> Node:
    """Return a facet of a node, or a part of one. A node has at most one facet of each kind."""
    return build_node(derive_identifier("facet", str(owner), kind), kind, properties)


def build_instant(text: str) -> Node:
    """Return a time in RDF's form."""
    return {"@type": "xsd:dateTime", "@value": text}


def build_content(owner: UUID, digest: str, size_bytes: int | None = None) -> Node:
    """Return the known facts about a file's bytes."""
    value: Node = {"@type": "xsd:hexBinary", "@value": digest.upper()}
    method = _HASHES[len(digest)]
    hashed = build_facet(owner, "uco-types:Hash", {"uco-types:hashMethod": method, "uco-types:hashValue": value})
    properties = {"uco-observable:hash": hashed, "uco-observable:sizeInBytes": size_bytes}
    return build_facet(owner, "uco-observable:ContentDataFacet", properties)


def build_relationship(
    uuid: UUID, sources: Sequence[UUID], target: UUID, kind: str, facets: Sequence[Node] | None = None
) -> Node:
    """Return a directed relationship of observables, of a kind in UCO's vocabulary."""
    return build_node(
        uuid,
        "uco-observable:ObservableRelationship",
        {
            "uco-core:source": [refer_to(source) for source in sources],
            "uco-core:target": refer_to(target),
            "uco-core:kindOfRelationship": kind,
            "uco-core:isDirectional": True,
            "uco-core:hasFacet": facets,
        },
    )


def build_annotation(uuid: UUID, about: Sequence[UUID], statements: Mapping[str, str | int | bool | None]) -> Node:
    """Return the values without a concept in the ontology, as statements `column: value` about some nodes."""
    statements_text = [f"{name}: {_format_word(value)}" for name, value in statements.items() if value is not None]
    about_refs = [refer_to(about_uuid) for about_uuid in about]
    return build_node(
        uuid, "uco-core:Annotation", {"uco-core:object": about_refs, "uco-core:statement": statements_text}
    )


def _format_word(value: str | int | bool) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
