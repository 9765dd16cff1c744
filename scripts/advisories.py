"""Known holes in what is locked: every package of the lock files against a dated database of advisories.

`fetch` makes requirements/advisories.json of OSV's files of all advisories, from the network or from a folder that they
were carried in (PyPI.zip, crates.io.zip, npm.zip). `check` says what is known, for each ecosystem, and ends with 0 if
every locked package was checked and has no hole, 1 if there is one, 3 if the check was not done for all of them.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import tomllib
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).parent.parent
ADDRESS = "https://osv-vulnerabilities.storage.googleapis.com/{}/all.zip"
OLDEST_DAYS = 30
FOUND, NOT_DONE = 1, 3
BEGIN = "introduced"
NO_HOLES = frozenset({"unmaintained", "notice"})
"""What RustSec also tells of a crate, and is no hole."""
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_SEMANTIC = re.compile(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:-([0-9A-Za-z.-]+))?(?:\+.*)?")

Package = tuple[str, str]
"""Name and version."""
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Hole:
    """An advisory that a locked package is affected by."""

    package: Package
    number: str
    summary: str


@dataclass(slots=True)
class Audit:
    """What is known of one ecosystem's packages; `gap` says why the check was not done, or not of all."""

    ecosystem: str
    packages: int
    as_of: str = ""
    holes: list[Hole] = field(default_factory=list)
    gap: str = ""

    def lines(self) -> Iterator[str]:
        """What a person reads."""
        for hole in self.holes:
            yield f"audit: HOLE in {hole.package[0]} {hole.package[1]} ({self.ecosystem}): {hole.number} {hole.summary}"
        if self.gap:
            yield f"audit: NOT DONE for {self.ecosystem}, {self.gap}"
        elif not self.holes:
            of = f"the database of {self.as_of}"
            yield f"audit: {self.ecosystem}: {self.packages} locked packages, no known hole in {of}"


def locked(root: Path) -> dict[str, set[Package]]:
    """The packages of all lock files, by OSV's name of the ecosystem."""
    return {
        "PyPI": {
            requirement for path in sorted(root.glob("requirements/*.txt")) for requirement in _of_requirements(path)
        },
        "crates.io": {each for path in (root / "rust").glob("**/Cargo.lock") for each in _of_cargo(path)},
        "npm": set(_of_npm(root / "frontend" / "package-lock.json")),
    }


def _of_requirements(path: Path) -> Iterator[Package]:
    for name, version in _PINNED.findall(path.read_text(encoding="utf-8")):
        yield plain_name(name), version


def _of_cargo(path: Path) -> Iterator[Package]:
    for package in tomllib.loads(path.read_text(encoding="utf-8")).get("package", []):
        if "source" in package:  # ours have none
            yield package["name"], package["version"]


def _of_npm(path: Path) -> Iterator[Package]:
    for place, package in json.loads(path.read_text(encoding="utf-8"))["packages"].items():
        if place and not package.get("link"):
            yield package.get("name") or place.rpartition("node_modules/")[2], package["version"]


def plain_name(name: str) -> str:
    """A name of PyPI as all its spellings are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _semantic(text: str) -> tuple[Any, ...]:
    """A version of crates.io or npm, to be compared. Raises ValueError for what is none."""
    found = _SEMANTIC.fullmatch(text)
    if found is None:
        raise ValueError(text)
    numbers = tuple(int(number or 0) for number in found.groups()[:3])
    parts = (found[4] or "").split(".") if found[4] else []
    before = tuple((0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts)
    return *numbers, not before, before


def _order(ecosystem: str) -> Callable[[str], Any]:
    return Version if ecosystem == "PyPI" else _semantic


def is_affected(ecosystem: str, version: str, affected: Json) -> bool:
    """Whether a version is one that an advisory's `affected` means; what cannot be decided counts as one."""
    if version in affected.get("versions", ()):
        return True
    ranges = [one for one in affected.get("ranges", ()) if one.get("type") != "GIT"]
    try:
        if any(_is_within(_order(ecosystem), version, range_.get("events", ())) for range_ in ranges):
            return True
        return not ranges and not affected.get("versions")
    except (InvalidVersion, ValueError):
        return True


def _is_within(order: Callable[[str], Any], version: str, events: Iterable[dict[str, str]]) -> bool:
    """The rule of the OSV schema: the last event at or before the version decides."""
    mine = order(version)
    limits = [one["limit"] for one in events if "limit" in one]
    if limits and not any(limit == "*" or mine < order(limit) for limit in limits):
        return False
    places = []
    for event in events:
        (kind, text), *_ = event.items()
        if kind in {BEGIN, "fixed", "last_affected"}:
            is_first = kind == BEGIN and text == "0"
            places.append((not is_first, None if is_first else order(text), kind))
    within = False
    for later, place, kind in sorted(
        places, key=lambda one: (one[0], *([one[1]] if one[0] else []), one[2] != "introduced")
    ):
        if not later or place < mine or (place == mine and kind != "last_affected"):
            within = kind == BEGIN
    return within


def check_ecosystem(ecosystem: str, packages: set[Package], database: Json, today: date) -> Audit:
    """The audit of one ecosystem."""
    kept = database.get(ecosystem)
    audit = Audit(ecosystem, len(packages))
    if not isinstance(kept, dict):
        audit.gap = "no database"
        return audit
    try:
        audit.as_of = kept["as_of"]
        age = (today - date.fromisoformat(audit.as_of)).days
        audit.holes = list(_holes(ecosystem, packages, kept["advisories"]))
        unchecked = sorted(
            "==".join(package) for package in packages - {(name, version) for name, version in kept["checked"]}
        )
    except (KeyError, TypeError, ValueError, AttributeError) as why:
        audit.gap = f"its database cannot be read: {type(why).__name__} {why}"
        return audit
    if not packages:
        audit.gap = "no locked package was found"
    elif age > OLDEST_DAYS:
        audit.gap = f"its database of {audit.as_of} is {age} days old (at most {OLDEST_DAYS})"
    elif age < -1:
        audit.gap = f"its database is of {audit.as_of}, which is to come"
    elif unchecked:
        audit.gap = f"its database of {audit.as_of} was made without {', '.join(unchecked)}"
    return audit


def _holes(ecosystem: str, packages: set[Package], advisories: list[Json]) -> Iterator[Hole]:
    for package in sorted(packages):
        told: set[str] = set()
        for advisory in advisories:
            versions = [each for each in advisory["affected"] if each["name"] == package[0]]
            if told.isdisjoint({advisory["id"], *advisory["aliases"]}) and any(
                is_affected(ecosystem, package[1], version) for version in versions
            ):
                told |= {advisory["id"], *advisory["aliases"]}
                yield Hole(package, advisory["id"], advisory["summary"])


def kept_of(ecosystem: str, packages: set[Package], archive: bytes, as_of: date | None) -> Json:
    """What is kept of all advisories: those of locked packages; the day is the newest advisory's unless it is given.

    Raises ValueError for an archive without advisories.
    """
    names = {name for name, _ in packages}
    kept, newest, count = [], "", 0
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        for name in file.namelist():
            if not name.endswith(".json"):
                continue
            one = json.loads(file.read(name))
            count += 1
            newest = max(newest, one["modified"])
            means = [] if "withdrawn" in one else list(_means(ecosystem, names, one))
            if means:
                brief = {"id": one["id"], "summary": one.get("summary", ""), "aliases": one.get("aliases", [])}
                kept.append(brief | {"affected": means})
    if not count:
        raise ValueError("the archive has no advisory")
    return {
        "as_of": str(as_of or datetime.fromisoformat(newest).date()),
        "of": count,
        "checked": sorted(packages),
        "advisories": sorted(kept, key=lambda one: str(one["id"])),
    }


def _means(ecosystem: str, names: set[str], advisory: Json) -> Iterator[Json]:
    for one in advisory.get("affected", ()):
        package = one.get("package", {})
        name = package.get("name", "")
        name = plain_name(name) if ecosystem == "PyPI" else name
        is_hole = one.get("database_specific", {}).get("informational") not in NO_HOLES
        if package.get("ecosystem") == ecosystem and name in names and is_hole:
            yield {"name": name, "ranges": one.get("ranges", []), "versions": one.get("versions", [])}


def archive_of(ecosystem: str, folder: Path | None) -> tuple[bytes, date | None]:
    """All advisories of an ecosystem, and the day that their server gives them. Raises OSError if out of reach."""
    if folder is not None:
        return (folder / f"{ecosystem}.zip").read_bytes(), None
    with urllib.request.urlopen(ADDRESS.format(ecosystem), timeout=60) as answer:  # noqa: S310  - https
        said = answer.headers.get("Last-Modified")
        return answer.read(), parsedate_to_datetime(said).astimezone(UTC).date() if said else None


def fetch(root: Path, folder: Path | None) -> int:
    """Make the database anew, of the ecosystems that are in reach; what was kept of the others stays, with its day."""
    place = root / "requirements" / "advisories.json"
    database, code = read(place), 0
    for ecosystem, packages in locked(root).items():
        try:
            database[ecosystem] = kept_of(ecosystem, packages, *archive_of(ecosystem, folder))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as why:
            print(f"advisories: nothing new for {ecosystem}: {why}")
            code = NOT_DONE
        else:
            made = database[ecosystem]
            print(f"advisories: {ecosystem} of {made['as_of']}: {len(made['advisories'])} of {made['of']} kept")
    if database:
        place.write_text(json.dumps(database, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    return code


def read(place: Path) -> Json:
    """The database; empty where there is none, or none that can be read."""
    try:
        found = json.loads(place.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def check(root: Path, today: date) -> int:
    """Print the audit of each ecosystem; the exit code."""
    database = read(root / "requirements" / "advisories.json")
    audits = [check_ecosystem(ecosystem, packages, database, today) for ecosystem, packages in locked(root).items()]
    for audit in audits:
        print(*audit.lines(), sep="\n")
    if any(audit.holes for audit in audits):
        return FOUND
    return NOT_DONE if any(audit.gap for audit in audits) else 0


def main(words: list[str], root: Path = ROOT, today: date | None = None) -> int:
    """The exit code of one run."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    fetching = commands.add_parser("fetch", help="make the database anew")
    fetching.add_argument("--from", dest="folder", type=Path, metavar="FOLDER", help="PyPI.zip, crates.io.zip, npm.zip")
    commands.add_parser("check", help="check every locked package")
    arguments = parser.parse_args(words)
    if arguments.command == "fetch":
        return fetch(root, arguments.folder)
    return check(root, today or datetime.now(UTC).date())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
