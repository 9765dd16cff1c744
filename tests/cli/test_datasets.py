"""`sightline datasets` as an officer uses it; a backup takes data sets along, and the doctor knows them."""

from pathlib import Path

from tests.cli.unit import DAS, MENON, NAIR, Unit, unit

__all__ = ["unit"]

NAT = "cidr,shared,subscribers,ports,from,until\n192.0.2.0/24,yes,64,1024,2026-01-01,\n192.0.2.0/99,no,,,,\n"


def test_import_list_verify_backup_and_restore(unit: Unit, tmp_path: Path) -> None:
    unit.begin()
    unit.enrol(MENON, DAS)
    (tmp_path / "statement-2026-06.csv").write_text(NAT)
    words = ("datasets", "import", tmp_path / "statement-2026-06.csv", "--kind", "nat", "--date", "2026-06-01")
    result = unit.done(DAS, *words, "--licence", "letter of 1.6.2026")
    for part in ("statement\n", "nat (table)", "2026-06-01, valid for 92 days", "1 bad-address", "rows      1"):
        assert part in result.out
    assert unit.done(DAS, *words).out == result.out
    (row,) = unit.done(MENON, "datasets", "list", "--json").rows
    assert (row["name"], row["rejects"], row["dated"], row["kind"]) == (
        "statement",
        {"bad-address": 1},
        "2026-06-01T00:00:00Z",
        "nat",
    )
    assert "statement" in unit.done(NAIR, "datasets", "list").out
    assert "1 data sets" in unit.done(NAIR, "verify", "--datasets").out
    unit.done(NAIR, "backup", "--unencrypted", "--out", tmp_path / "all.tar")
    unit.done(NAIR, "restore", tmp_path / "all.tar", "--out", tmp_path / "again")
    assert (tmp_path / "again" / "segments" / str(row["file"])).is_file()
    assert "does not know" not in unit.sightline(NAIR, "doctor").out


def test_wrong_words_files_and_officers_end_as_everywhere(unit: Unit, tmp_path: Path) -> None:
    unit.begin()
    unit.enrol(MENON, DAS)
    (tmp_path / "text").write_text("a text\n")
    (tmp_path / "empty").write_text("")
    begin = ("datasets", "import")
    for words, code, part in (
        ((*begin, tmp_path / "none", "--kind", "nat", "--date", "2026-06-01"), 2, "there is no such file"),
        ((*begin, tmp_path / "text", "--kind", "nat", "--date", "1.6.2026"), 2, "write it as 2026-06-01"),
        ((*begin, tmp_path / "text", "--kind", "nat", "--date", "2126-06-01"), 2, "is in the future"),
        ((*begin, tmp_path / "text", "--kind", "nat", "--date", "2026-06-01"), 3, "not a data set in a known format"),
        ((*begin, tmp_path / "empty", "--kind", "nat", "--date", "2026-06-01"), 4, "is empty"),
    ):
        result = unit.sightline(DAS, *words)
        assert (result.code, part in result.err) == (code, True), result.err
    assert unit.done(DAS, "datasets", "list", "--json").rows == []
