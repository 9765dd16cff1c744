"""`sightline export` as its user runs it: the same bytes from every form, and what it says of files
that are not whole.
"""

import json
from pathlib import Path

import jsonschema
import polars
import pytest

from sightline.model import HitRowCode
from tests.cli.conftest import ROOT, Ran, Sightline
from tests.cli.export.conftest import Hits, digest
from tests.cli.test_schema import schema


def export(sightline: Sightline, path: Path, out: Path, *words: object, to: str = "stix") -> Ran:
    return sightline("export", path, "--to", to, "--out", out, *words)


@pytest.mark.parametrize("to", ["stix", "case"])
@pytest.mark.parametrize("kind", ["hits", "odd_hits"])
def test_every_form_gives_the_same_bytes(
    sightline: Sightline, request: pytest.FixtureRequest, tmp_path: Path, to: str, kind: str
) -> None:
    hits: Hits = request.getfixturevalue(kind)
    found = set()
    for form in ("jsonl", "csv", "parquet"):
        ran = export(sightline, hits.path(form), tmp_path / form, "--account", hits.account, to=to)
        assert ran.code == 0, ran.err
        found.add(digest(tmp_path / form))
    piped = sightline("export", "-", "--to", to, "--account", hits.account, stdin=hits.path("csv").read_bytes())
    (tmp_path / "piped").write_bytes(piped.out)
    assert found == {digest(tmp_path / "piped")}


def test_the_account_adds_up_and_is_as_published(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    doubled = tmp_path / "doubled.jsonl"
    lines = hits.path().read_bytes().splitlines(keepends=True)
    doubled.write_bytes(b"".join([*lines, lines[0], b"no row\n"]))
    ran = export(sightline, doubled, tmp_path / "out.json", "--summary", tmp_path / "summary.json", "--json")
    summary = json.loads(ran.err)
    assert summary == json.loads((tmp_path / "summary.json").read_text())
    jsonschema.validate(summary, schema("export"))
    assert (ran.code, summary["rows"], summary["hits"]) == (4, len(lines) + 2, len(lines))
    assert (summary["repeated"], summary["rejects"]) == (1, {"not-json": 1})
    assert summary["objects"]["sighting"] == len(lines)
    assert schema("export")["properties"]["rejects"]["propertyNames"]["enum"] == list(HitRowCode)


def test_whose_a_list_is_not_left_unsaid(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    for to in ("stix", "case"):
        bare = export(sightline, hits.path(), tmp_path / f"bare.{to}", to=to)
        assert "whether it was transcribed is not known" in bare.err
        assert "--account" in bare.err
        assert "whether it was transcribed is not known" in (tmp_path / f"bare.{to}").read_text()
        result = export(sightline, hits.path(), tmp_path / f"told.{to}", "--account", hits.account, to=to)
        assert "transcribed by Unit 3, not signed by AGENCY" in result.err
        assert "transcribed by Unit 3, not signed by AGENCY" in (tmp_path / f"told.{to}").read_text()


ALTERED = {
    "wrong-id": (b'"indicator":"flagged.example"', b'"indicator":"innocent.example"'),
    "bad-value": (b'"uncertainty_s":900', b'"uncertainty_s":"900"'),
    "wrong-columns": (b'"vouched":true,', b""),
    "not-json": (b'{"timestamp":', b'{"timestamp"'),
}


@pytest.mark.parametrize("code", ALTERED)
def test_an_altered_row_is_a_counted_reject(sightline: Sightline, hits: Hits, tmp_path: Path, code: str) -> None:
    lines = hits.path().read_bytes().splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if number and ALTERED[code][0] in line)
    lines[at] = lines[at].replace(*ALTERED[code])
    altered = tmp_path / "altered.jsonl"
    altered.write_bytes(b"".join(lines))
    ran = export(sightline, altered, tmp_path / "out.json")
    assert ran.code == 4
    assert f"reject {code}: 1\n             row {at + 1}: " in ran.err
    assert (tmp_path / "out.json").read_bytes().count(b'"type":"sighting"') == len(lines) - 1
    assert b"innocent.example" not in (tmp_path / "out.json").read_bytes()


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_a_half_row_leaves_the_rows_before_it_in_the_export(
    sightline: Sightline, hits: Hits, tmp_path: Path, form: str
) -> None:
    cut = tmp_path / f"cut.{form}"
    cut.write_bytes(hits.path(form).read_bytes()[:-40])
    ran = export(sightline, cut, tmp_path / "out.json", "--account", hits.account)
    assert ran.code == 4
    assert "reject half-row: 1" in ran.err
    assert (tmp_path / "out.json").read_bytes().count(b'"type":"sighting"') == len(hits.rows) - 1


def test_a_file_that_lost_whole_rows_is_found_by_the_account(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    short = tmp_path / "short.jsonl"
    short.write_bytes(b"".join(hits.path().read_bytes().splitlines(keepends=True)[:-3]))
    ran = export(sightline, short, tmp_path / "out.json", "--account", hits.account)
    assert ran.code == 4
    assert "the file of hits is not whole" in ran.err
    assert not (tmp_path / "out.json").exists()


def no_hits(folder: Path, hits: Hits) -> dict[str, bytes]:
    polars.DataFrame({"a": [1]}).write_parquet(folder / "other.parquet")
    polars.read_parquet(hits.path("parquet")).drop("vouched").write_parquet(folder / "column.parquet")
    return {
        "a log": (ROOT / "demo" / "resolver-bind.log").read_bytes(),
        "a list": (ROOT / "demo" / "flagged.csv").read_bytes(),
        "other JSON": b'{"timestamp": "2026-06-01T00:00:00Z"}\n',
        "half a line": hits.path().read_bytes()[:100],
        "other columns": hits.path("csv").read_bytes().replace(b"vouched", b"trusted", 1),
        "other Parquet": (folder / "other.parquet").read_bytes(),
        "a column short": (folder / "column.parquet").read_bytes(),
        "half a Parquet": hits.path("parquet").read_bytes()[:-100],
        "packed": b"\x1f\x8b\x08\x00",
    }


def test_a_file_not_written_by_match_is_refused(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    for what, content in no_hits(tmp_path, hits).items():
        path = tmp_path / "given"
        path.write_bytes(content)
        ran = export(sightline, path, tmp_path / "out.json")
        assert ran.code == 4, (what, ran.err)
        assert "what `sightline match --out` wrote" in ran.err
        assert not (tmp_path / "out.json").exists()
    assert sightline("export", "-", "--to", "stix", stdin=hits.path("parquet").read_bytes()).code == 2


def test_wrong_use_is_reported_before_anything_is_written(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    out, other = tmp_path / "out.json", tmp_path / "other.json"
    out.write_text("mine")
    other.write_text('{"lists": [], "exhibits": []}')
    assert export(sightline, hits.path(), out).code == 2
    assert export(sightline, hits.path(), tmp_path / "new.json", "--account", other).code == 2
    assert export(sightline, hits.path(), tmp_path / "new.json", "--account", hits.path("csv")).code == 4
    assert export(sightline, hits.path(), hits.path(), "--overwrite").code == 2
    assert export(sightline, tmp_path / "none.jsonl", tmp_path / "new.json").code == 2
    assert (out.read_text(), sorted(path.name for path in tmp_path.iterdir())) == ("mine", ["other.json", "out.json"])
    assert export(sightline, hits.path(), out, "--overwrite").code == 0
    assert json.loads(out.read_bytes())["type"] == "bundle"


def test_no_hits_make_a_bundle_and_a_graph_of_none(sightline: Sightline, hits: Hits, tmp_path: Path) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.touch()
    bundle = json.loads(sightline("export", empty, "--to", "stix").out)
    assert "sighting" not in {object_["type"] for object_ in bundle["objects"]}
    assert json.loads(sightline("export", empty, "--to", "case").out)["@graph"]
    assert export(sightline, empty, tmp_path / "out.json", "--account", hits.account).code == 4


@pytest.mark.parametrize("to", ["stix", "case"])
def test_a_full_disk_error_names_the_output(sightline: Sightline, hits: Hits, tmp_path: Path, to: str) -> None:
    out = tmp_path / "out.json"
    ran = sightline("export", hits.path(), "--to", to, "--out", out, prefix=["prlimit", "--fsize=1000"])
    assert (ran.code, list(tmp_path.iterdir())) == (4, [])
    assert f"{out} cannot be written: File too large" in ran.err
