"""A graph of linked things in columns, laid out on the server: it is drawn as SVG, and the same links are a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 168, 44
"""Size of a node, in units of the drawing."""
GAP_X, GAP_Y = 64, 14
MARGIN = 4
MOST = 24
"""Maximum number of nodes of a column that are drawn. The table has all links."""
SWEEPS = 4
"""How often the columns are sorted by their neighbours. More changes little."""


@dataclass(frozen=True, slots=True)
class LinkNode:
    """A thing: `kind` is its column, `text` its masked name, `path` its page (None: none that the officer may see)."""

    key: str
    kind: str
    text: str
    path: str | None = None
    is_here: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """Two things that belong together, by their keys, and what links them: a message's name."""

    one: str
    other: str
    what: str


@dataclass(frozen=True, slots=True)
class PlacedNode:
    """A node and its upper left corner."""

    node: LinkNode
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class LinkGraph:
    """A graph ready to draw. `lines` are paths of SVG; `links` name both nodes; `left_off` counts nodes not drawn."""

    columns: tuple[tuple[str, int], ...]
    nodes: tuple[PlacedNode, ...]
    lines: tuple[str, ...]
    links: tuple[tuple[LinkNode, LinkNode, str], ...]
    width: int
    height: int
    left_off: int = 0


def lay_out_graph(kinds: Sequence[str], nodes: Iterable[LinkNode], links: Iterable[Link]) -> LinkGraph:
    """Return the graph with a column for each kind that has nodes, in this order.

    Nodes of a column are sorted so that links cross little: by the mean position of those that they are linked to.
    Links to things that are no node are left out.
    """
    by_key = {node.key: node for node in nodes}
    known = [link for link in dict.fromkeys(links) if link.one in by_key and link.other in by_key]
    columns = {kind: [node.key for node in by_key.values() if node.kind == kind] for kind in kinds}
    columns = {kind: keys for kind, keys in columns.items() if keys}
    for _ in range(SWEEPS):
        _sort_by_neighbours(columns, _list_neighbours(known))
    drawn = {kind: _select_most_linked(keys, _list_neighbours(known)) for kind, keys in columns.items()}
    tallest = max((len(keys) for keys in drawn.values()), default=0)
    height = 2 * MARGIN + tallest * (HEIGHT + GAP_Y) - GAP_Y
    placed: dict[str, PlacedNode] = {}
    for at, keys in enumerate(drawn.values()):
        top = (height - len(keys) * (HEIGHT + GAP_Y) + GAP_Y) // 2
        for row, key in enumerate(keys):
            x, y = MARGIN + at * (WIDTH + GAP_X), top + row * (HEIGHT + GAP_Y)
            placed[key] = PlacedNode(by_key[key], x, y)
    lines = [
        _draw_curve(placed[link.one], placed[link.other])
        for link in known
        if link.one in placed and link.other in placed
    ]
    return LinkGraph(
        tuple((kind, MARGIN + at * (WIDTH + GAP_X)) for at, kind in enumerate(drawn)),
        tuple(placed.values()),
        tuple(lines),
        tuple((by_key[link.one], by_key[link.other], link.what) for link in known),
        2 * MARGIN + len(drawn) * (WIDTH + GAP_X) - GAP_X,
        height,
        len(by_key) - len(placed),
    )


def _select_most_linked(keys: list[str], neighbours: Mapping[str, list[str]]) -> list[str]:
    """Return the keys of a column that are drawn, in its order: those with the most links."""
    chosen = set(sorted(keys, key=lambda key: -len(neighbours.get(key, ())))[:MOST])
    return [key for key in keys if key in chosen]


def _list_neighbours(links: Iterable[Link]) -> Mapping[str, list[str]]:
    result: dict[str, list[str]] = {}
    for link in links:
        result.setdefault(link.one, []).append(link.other)
        result.setdefault(link.other, []).append(link.one)
    return result


def _sort_by_neighbours(columns: dict[str, list[str]], neighbours: Mapping[str, list[str]]) -> None:
    for kind, keys in columns.items():
        place = {key: at / len(some) for some in columns.values() for at, key in enumerate(some)}
        mean = {
            key: sum(place[neighbour] for neighbour in near) / len(near)
            if (near := neighbours.get(key))
            else place[key]
            for key in keys
        }
        columns[kind] = sorted(keys, key=lambda key: (mean[key], key))


def _draw_curve(placed_node: PlacedNode, other: PlacedNode) -> str:
    """Return the path between the near sides of two nodes."""
    left, right = sorted((placed_node, other), key=lambda each: each.x)
    x1, y1, x2, y2 = left.x + WIDTH, left.y + HEIGHT // 2, right.x, right.y + HEIGHT // 2
    if left.x == right.x:
        x2 = x1
    middle = (x1 + x2) // 2 + (GAP_X // 2 if left.x == right.x else 0)
    return f"M{x1} {y1}C{middle} {y1} {middle} {y2} {x2} {y2}"
