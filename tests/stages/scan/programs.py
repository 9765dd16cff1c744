"""A program out of its JSON, for the vectors that both sides share."""

from __future__ import annotations

from typing import Any

from sightline.stages.formats.program import (
    Decode,
    Delimited,
    Dissect,
    DissectLine,
    Dnstap,
    FieldChoice,
    FieldMode,
    FieldRule,
    FirstLineHeader,
    Frames,
    JsonFrame,
    KeyValue,
    MarkerHeader,
    Otherwise,
    Path,
    PatternToken,
    Program,
    SlotCase,
    Split,
    Statements,
    TokenExtent,
    Zone,
)

Tree = dict[str, Any]


def program(tree: Tree) -> Program:
    """The program that the JSON of ADR 3 says."""
    return Program(
        name=tree["name"],
        slots=tuple(tree["slots"]),
        split=_split(dict(tree["split"])),
        fields=tuple(FieldRule(rule["field"], tuple(map(_choice, rule["choices"]))) for rule in tree["fields"]),
        absent=tuple(tree["absent"]),
        comments=tuple(tree["comments"]),
        prefixes=tuple(_tokens(prefix) for prefix in tree["prefixes"]),
        required=tuple(tree["required"]),
        frames=Frames(tree["frames"]),
    )


def _tokens(trees: list[Tree]) -> tuple[PatternToken, ...]:
    return tuple(
        PatternToken(**{**tree, "take": TokenExtent(tree["take"])} if "take" in tree else tree) for tree in trees
    )


def _choice(tree: Tree) -> FieldChoice:
    tree = dict(tree)
    tree["as_"] = FieldMode(tree.pop("as"))
    tree["decode"] = Decode(tree["decode"]) if tree["decode"] else None
    if "zone" in tree:
        tree |= {"zone": Zone(tree["zone"]), "layouts": tuple(tree["layouts"])}
    return FieldChoice(**{**tree, "slots": tuple(tree["slots"])})


def _split(tree: Tree) -> Split:
    way = tree.pop("by")
    if way == "dissect":
        return Dissect(tuple(DissectLine(**{**line, "tokens": _tokens(line["tokens"])}) for line in tree["lines"]))
    if "cases" in tree and way != "json":
        tree |= {"cases": tuple(map(_case, tree["cases"])), "otherwise": Otherwise(tree["otherwise"])}
    if way in BRANCHED:
        return BRANCHED[way](**tree)
    if way == "json":
        paths = tuple(Path(tuple(path["path"]), path["slot"]) for path in tree["paths"])
        cases = tuple(_case(case) for case in tree["cases"])
        return JsonFrame(paths, cases, Otherwise(tree["otherwise"]), tree["set"])
    header = tree["header"]
    if header is not None:
        header = MarkerHeader(**header) if "marker" in header else FirstLineHeader()
    columns = None if tree["columns"] is None else tuple(tree["columns"])
    return Delimited(**{**tree, "header": header, "columns": columns, "needs": tuple(tree["needs"])})


BRANCHED: dict[str, type[KeyValue | Dnstap | Statements]] = {
    "keyvalue": KeyValue,
    "dnstap": Dnstap,
    "statements": Statements,
}


def _case(tree: Tree) -> SlotCase:
    return SlotCase(**{**tree, "equals": None if tree["equals"] is None else tuple(tree["equals"])})
