"""`python -m tests.real_servers`: install the packages, run servers, write samples."""

import argparse
import json
import shutil
import sys
import tempfile
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from . import install, isolation, samples
from .logs import Log

NAMES = (
    *("nginx", "apache", "caddy", "haproxy", "squid", "bind", "unbound", "dnsmasq", "powerdns", "nfdump"),
    *("dnstap", "freeradius"),
)


def main(arguments: list[str] | None = None) -> int:
    """Run what was asked; 0, or the message of what is missing."""
    options = _parser().parse_args(arguments)
    if options.what == "install":
        modules = [import_module(f"{__package__}.{name}") for name in (*NAMES, "demo")]
        install.packages(["iproute2", "tzdata", *(package for module in modules for package in module.PACKAGES)])
        return 0
    if why := isolation.why_not():
        raise SystemExit(why)
    isolation.enter()
    for name in NAMES if options.what == "all" else (options.what,):
        logs, version = run(name)
        for log in logs:
            print(f"{name}: {log.format}/{log.name}: {log.records} records, {log.visits} flagged")
        if options.write_samples:
            root = samples.REPOSITORY if name == "demo" else samples.SAMPLES
            samples.write(name, version, logs, root, overwrite=options.overwrite)
        if options.out:
            write_out(logs, options.out)
    return 0


def run(name: str) -> tuple[list[Log], str]:
    """The logs of one server, and its version in its own words."""
    module = import_module(f"{__package__}.{name}")
    if missing := [program for program in module.PROGRAMS if shutil.which(program, path=install.PATH) is None]:
        raise SystemExit(f"not installed: {', '.join(missing)}; python -m tests.real_servers install")
    place = Path(tempfile.mkdtemp(prefix=f"real-{name}-"))
    place.chmod(0o777)
    try:
        logs = module.collect(place)
        return [_without_place(log, place) for log in logs], ", ".join(
            f"{name} {install.version(name)}" for name in module.PACKAGES
        )
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _without_place(log: Log, place: Path) -> Log:
    return replace(log, configuration=log.configuration.replace(str(place), "DIR"))


def write_out(logs: list[Log], out: Path) -> None:
    """Each log, and beside it `NAME.json` with what the driver counted."""
    for log in logs:
        folder = out / log.format
        folder.mkdir(parents=True, exist_ok=True)
        (folder / log.name).write_bytes(log.content)
        counted = {key: getattr(log, key) for key in ("format", "records", "comments", "rejects", "visits", "options")}
        (folder / f"{log.name}.json").write_text(json.dumps(counted))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.real_servers", description=__doc__)
    parser.add_argument("what", choices=("install", "all", *NAMES, "demo"))
    parser.add_argument(
        "--write-samples", action="store_true", help="into tests/samples (demo: into demo), with ORIGIN.md"
    )
    parser.add_argument("--overwrite", action="store_true", help="also samples that are there already")
    parser.add_argument("--out", type=Path, help="a folder for the logs and what the driver counted")
    return parser


if __name__ == "__main__":
    sys.exit(main())
