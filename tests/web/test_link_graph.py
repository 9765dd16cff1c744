"""Link graphs: laid out without crossings where none is needed, masked, and for keys as for a mouse."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from sightline.model import Role
from sightline.web.link_graph import MOST, Link, LinkNode, lay_out_graph
from tests.web.test_gallery import AXE, needs_browser, needs_build
from tests.web.test_pages import AXE_RUN
from tests.web.used_workspace import UsedWorkspace
from tests.web.world import ServedApp, chromium

IO = Role.INVESTIGATING_OFFICER
ADDRESS = re.compile(r"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")


def test_links_that_need_not_cross_do_not() -> None:
    names = "abcdef"
    nodes = [LinkNode(f"l:{name}", "lead", name) for name in names] + [
        LinkNode(f"s:{one}", "session", one) for one in "fedcba"
    ]
    graph = lay_out_graph(("session", "lead"), nodes, [Link(f"s:{name}", f"l:{name}", "part") for name in names])
    at = {node.node.key: (node.x, node.y) for node in graph.nodes}
    assert all(at[f"s:{name}"][1] == at[f"l:{name}"][1] for name in names)
    assert all(at[f"s:{name}"][0] < at[f"l:{name}"][0] for name in names)


def test_no_two_nodes_lie_upon_each_other_and_what_is_not_drawn_is_counted() -> None:
    nodes = [LinkNode("case:1", "case", "FIR 1", is_here=True)]
    nodes += [LinkNode(f"notice:{at}", "notice", str(at)) for at in range(MOST + 5)]
    nodes.append(LinkNode("force:1", "force", "KA-CYBER"))
    links = [Link(f"notice:{MOST + 4}", "force:1", "referred")]
    links += [Link("case:1", node.key, "asked") for node in nodes[1:-1]] + [Link("case:1", "notice:none", "asked")]
    graph = lay_out_graph(("case", "notice", "force"), nodes, links)
    assert len({(node.x, node.y) for node in graph.nodes}) == len(graph.nodes) == MOST + 2
    assert (graph.left_off, len(graph.links), len(graph.lines)) == (5, MOST + 6, MOST + 1)
    assert f"notice:{MOST + 4}" in {node.node.key for node in graph.nodes}, "what has more links is drawn"
    assert [kind for kind, _ in graph.columns] == ["case", "notice", "force"]
    assert all(0 <= node.x < graph.width and 0 <= node.y < graph.height for node in graph.nodes)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as made:
        yield made


@pytest.mark.slow
@needs_build
@needs_browser
@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "dark")])
@pytest.mark.parametrize("start", ["/notices/subscribers", "/cases"])
def test_a_graph_is_masked_reachable_by_keys_and_beside_a_table(
    browser: Browser, lived_room: ServedApp, lived: UsedWorkspace, start: str, width: int, theme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, reduced_motion="reduce")
    page = lived_room.signed_in(context, IO, theme=theme).new_page()
    page.goto(lived_room.address + start)
    paths = page.locator("main a.row").evaluate_all("all => all.map((one) => one.getAttribute('href'))")
    for path in paths:
        page.goto(lived_room.address + path)
        if page.locator(".links .node").count() > 1:
            break
    assert not ADDRESS.search(page.locator(".links svg").text_content() or "")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.evaluate(AXE.read_text(encoding="utf-8"))
    assert page.evaluate(AXE_RUN) == []
    drawn = page.locator(".links svg path").count()
    page.locator(".links summary").click()
    assert page.locator(".links tbody tr").count() >= drawn > 0
    first = page.locator(".links svg a").first
    first.focus()
    expect(first).to_be_focused()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("main h1").count() == 1 and page.url != lived_room.address + path
    context.close()
