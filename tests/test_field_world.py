"""The second generator of worlds: the same bytes for a seed, and truths that its own ISPs agree with."""

from __future__ import annotations

import hashlib
from pathlib import Path

from bench.field_world.answers import Question, answer
from bench.field_world.model import Visit
from bench.field_world.networks import map_ports
from bench.field_world.servers import BY_NAME
from bench.field_world.world import make_world


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    found = hashlib.sha256()
    for path in files:
        found.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return found.hexdigest()


def question(visit: Visit) -> Question:
    destination = BY_NAME[visit.server].destination(":" in visit.ip)
    return Question("0" * 12, visit.ip, visit.port, *destination, visit.protocol, visit.start, visit.start)


def test_a_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        make_world(11, 120, tmp_path / name)
    assert digest(tmp_path / "a") == digest(tmp_path / "b")


def test_an_honest_isp_names_the_line_that_made_a_visit(tmp_path: Path) -> None:
    world = make_world(12, 200, tmp_path)
    isps = {isp.plan.name: isp for isp in world.isps}
    made = [(visit, visit.line) for visit in world.visits if visit.line is not None]
    for visit, line in made:
        assert {row.line for row in answer(isps[line.isp], question(visit))} == {line}, visit
    assert {BY_NAME[visit.server].format for visit, _ in made} == {server.format for server in BY_NAME.values()}


def test_a_port_set_of_map_e_is_that_of_the_rfc() -> None:
    """RFC 7597, 5.1: with 6 bits before the set's id, set 1 of 16 begins at 1024 + 64."""
    ports = map_ports(1)
    assert (ports[0], ports[1], len(ports)) == ((1088, 1151), (2112, 2175), 63)
