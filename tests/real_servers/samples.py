"""Write logs into `tests/samples/FORMAT/` and say in its ORIGIN.md where they come from."""

import re
from datetime import UTC, datetime
from pathlib import Path

from .install import distribution
from .logs import Log
from .server import ZONE

SAMPLES = Path(__file__).parent.parent / "samples"
REPOSITORY = SAMPLES.parent.parent
_HEAD = "# Where these logs come from\n"


def write(name: str, package: str, logs: list[Log], root: Path, *, overwrite: bool) -> None:
    """Write each log into its folder of `root`, and its section of ORIGIN.md there; other sections stay.

    A log that exists already is kept unless `overwrite`: expected records stand beside it, which fit no other run.
    """
    logs = [log for log in logs if overwrite or not (root / log.format / log.name).exists()]
    for log in logs:
        folder = root / log.format
        folder.mkdir(parents=True, exist_ok=True)
        (folder / log.name).write_bytes(log.content)
        _put_section(folder / "ORIGIN.md", log.name, _section(name, package, log))
        titles = _titles(name, logs)
        _put_section(folder / "ORIGIN.md", titles[log.configuration], f"```\n{log.configuration.strip()}\n```")


def _section(name: str, package: str, log: Log) -> str:
    note = f"{log.says}\n" if log.says else ""
    options = ", ".join(f"{key} {value}" for key, value in log.options.items())
    needs = f"Read it with: {options}.\n" if options else ""
    refused = "".join(f"{count} frame cannot be read: {code}.\n" for code, count in log.rejects.items())
    return (
        f"Written by {package} ({distribution()}) on {datetime.now(UTC).date()} in the zone {ZONE}, driven by\n"
        f"`python -m tests.real_servers {name} --write-samples` in a network namespace of documentation addresses.\n"
        f"{note}"
        f"The driver counted {log.records} records, {log.visits} of them visits to flagged.example or below.\n"
        f"{refused}{needs}"
    )


def _titles(name: str, logs: list[Log]) -> dict[str, str]:
    """A section title for each configuration: one that several logs share is written once."""
    first: dict[str, str] = {}
    for log in logs:
        first.setdefault(log.configuration, log.name)
    return {text: f"Configuration of {name}{f' for {of}' if len(first) > 1 else ''}" for text, of in first.items()}


def _put_section(origin: Path, title: str, body: str) -> None:
    text = origin.read_text() if origin.exists() else _HEAD
    head, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    stored = {section.split("\n", 1)[0]: section.split("\n", 1)[1].strip("\n") for section in sections}
    stored[title] = body.strip("\n")
    parts = [f"## {name}\n{text}\n" for name, text in sorted(stored.items())]
    origin.write_text("\n".join([head.rstrip("\n") + "\n", *parts]))
