"""The field world: the same bytes for a seed, and truths that its own ISPs agree with."""

from __future__ import annotations

import hashlib
from pathlib import Path
from random import Random

from bench.field_world.answers import Question, answer, write_grant
from bench.field_world.clerk import Office, Reply
from bench.field_world.layouts import Shape, Style
from bench.field_world.model import Visit
from bench.field_world.networks import map_ports
from bench.field_world.oracle import Reader
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


def test_a_slipped_cell_moves_its_doubt_to_the_other_row(tmp_path: Path) -> None:
    """A placeholder that slipped stands in another row, and the row that it left has a sound number."""
    world = make_world(12, 60, tmp_path)
    isp = world.isps[0]
    asked = [question(visit) for visit in world.visits if visit.line is not None and visit.line.isp == isp.plan.name]
    rows = [row for one in asked for row in answer(isp, one)[:1]][:3]
    assert len(rows) == 3
    rows[1].number, rows[1].line, rows[1].doubt = "pool_user", None, "number"
    numbers = [row.number for row in rows]
    Office(isp, Random(1), 0.0, 0.0)._spoil(rows, Style(), "column-slipped")
    assert [row.number for row in rows] == [*numbers[1:], numbers[0]]
    assert [row.doubt for row in rows] == ["number", None, None]


def test_a_reader_believes_a_shifted_file_only_where_the_shift_does_not_matter(tmp_path: Path) -> None:
    """Three addresses would be answered 5 h 30 min later; a line of a whole day holds its visit either way."""
    world = make_world(12, 60, tmp_path)
    isp = next(isp for isp in world.isps if isp.plan.states == "unshared")
    grants = [grant for some in isp.book.by_ip.values() for grant in some[:1] if ":" not in grant.ip][:4]
    begin, shift = world.begin, 19_800.0
    asked = [Question(str(at), one.ip, None, None, None, None, begin, begin + 60) for at, one in enumerate(grants)]
    rows = [write_grant(isp, one, grant) for one, grant in zip(asked, grants, strict=True)]
    for row in rows:
        row.start, row.end, row.is_static = begin - shift - 600, begin - shift + 600, False
    rows[3].start, rows[3].end = begin - 43_200, begin + 43_200
    reply = Reply(isp.plan.name, Shape("a.csv", b""), rows, asked)
    held = Reader.of([isp], [reply]).rows
    assert [(row.start, row.slack) for row in held[grants[3].ip]] == [(begin - 43_200, 1 + shift)]
    reply.rows, reply.questions = rows[1:], asked[1:]
    assert Reader.of([isp], [reply]).rows[grants[3].ip] == [rows[3]], "two addresses may be slips"


def test_a_port_set_of_map_e_is_that_of_the_rfc() -> None:
    """RFC 7597, 5.1: with 6 bits before the set's id, set 1 of 16 begins at 1024 + 64."""
    ports = map_ports(1)
    assert (ports[0], ports[1], len(ports)) == ((1088, 1151), (2112, 2175), 63)
