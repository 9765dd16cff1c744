"""Compare what two versions of Sightline write for the same input, byte for byte.

Usage: .venv/bin/python scripts/compare_outputs.py COMMIT

The older version is checked out beside this one and run with the same interpreter and kernel. Every command below runs
in both; standard output, exit code and each file that a command wrote must be the same. The exceptions are the digest
of the program itself, which no two versions share, the time of the run, and what `MEANT` and `REWORDED` name. A sample
that the older version refused and this one reads is counted, and is no difference.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {".json", ".jsonl", ".csv", ".txt", ".toml"}
PROGRAM = re.compile(rb'("(?:program|kernel|code|version)(?:_sha256|_digest)?": *)"[0-9a-f]{16,64}"')
WHEN = re.compile(rb'("(?:started_at|finished_at|seconds|duration_s|created|modified)": *)("[^"]*"|[0-9.]+)')

REWORDED = {b"no other format reads any": b"no other format fits"}
"""Words of the older versions, and those in their place."""
NEXT_BEST = "the next best format is named, because it now reads such lines too"
TWO_READINGS = "it was read in a wrong format; now it is refused with both readings"
MEANT = {
    "formats": "formats were added",
    "detect-bind-denied": NEXT_BEST,
    "detect-combined-port": NEXT_BEST,
    "detect-common": NEXT_BEST,
    "detect-common-port": NEXT_BEST,
    "detect-vhost-common": NEXT_BEST,
    "detect-combined-host-user": TWO_READINGS,
    "detect-common-host-user": TWO_READINGS,
}
"""Commands whose output later changes altered by intent since a1e9a2dd, the commit before the layout, and why."""
LEGAL_FORMS = ("bsa-63", "iea-65b", "bnss-94", "crpc-91", "preservation", "subscribers", "reminder", "hash-report")
"""English wordings of certificates and letters. What an officer of law confirms must not change by a rename."""
REFUSED = 3
"""The exit code of a log that no format reads."""


def commands(samples: Path) -> list[tuple[str, list[str]]]:
    """Return each command by name. `{out}` is a folder for its files; `{list}` and `{key}` are the signed list."""
    sign = ["--list", "{list}", "--trust", "{key}"]
    made = [
        (
            "squid-jsonl",
            ["match", "demo/proxy-squid.log.gz", "--timezone", "Asia/Kolkata", *sign, "--out", "{out}/hits.jsonl"],
        ),
        (
            "bind-csv",
            ["match", "demo/resolver-bind.log", "--timezone", "Asia/Kolkata", *sign, "--out", "{out}/hits.csv"],
        ),
        (
            "server-log",
            [
                "match",
                "demo/seized-nginx.log",
                "--all-hits-of",
                "board.example/rooms/closed",
                *sign,
                "--out",
                "{out}/hits.parquet",
                "--rejects",
                "{out}/rejects.jsonl",
            ],
        ),
        ("formats", ["formats", "list"]),
        ("formats-detect", ["formats", "detect", "demo/seized-nginx.log"]),
        ("lists-check", ["lists", "check", "{list}", "--trust", "{key}", "--json"]),
        ("lists-compile", ["lists", "compile", "{list}", "--trust", "{key}", "--out", "{out}/compiled"]),
        ("world", ["exercise", "new", "{out}/world", "--seed", "11", "--sessions", "400"]),
    ]
    for folder in sorted(path for path in samples.iterdir() if path.is_dir() and path.name != "replies"):
        sample = min(path for path in folder.iterdir() if path.suffix != ".md" and ".expected." not in path.name)
        made.append((f"detect-{folder.name}", ["formats", "detect", str(sample.relative_to(ROOT))]))
    return made


def plain(content: bytes) -> bytes:
    """Return the bytes without the digest of the program and the time of the run."""
    return WHEN.sub(rb"\1-", PROGRAM.sub(rb"\1-", content))


def run(tree: Path, folder: Path, list_file: Path, key: Path) -> dict[str, tuple[int, str]]:
    """Return the exit code and the SHA-256 of each output by its name, of the version in `tree`."""
    environment = {**os.environ, "PYTHONPATH": str(tree / "src"), "PYTHONDONTWRITEBYTECODE": "1", "NO_COLOR": "1"}
    digests: dict[str, tuple[int, str]] = {}
    for name, words in commands(ROOT / "tests" / "samples"):
        out = folder / name
        out.mkdir(parents=True)
        filled = [word.format(out=out, list=list_file, key=key) for word in words]
        done = subprocess.run(  # noqa: S603  - our own program
            [sys.executable, "-m", "sightline", *filled], cwd=ROOT, env=environment, capture_output=True, check=False
        )
        output = plain(done.stdout).replace(str(out).encode(), b"OUT")
        for older, newer in REWORDED.items():
            output = output.replace(older, newer)
        digests[f"{name} standard output"] = (done.returncode, hashlib.sha256(output).hexdigest())
        for path in sorted(path for path in out.rglob("*") if path.is_file()):
            content = path.read_bytes()
            if path.suffix in TEXTS:
                content = plain(content).replace(str(out).encode(), b"OUT")
            digests[f"{name} {path.relative_to(out)}"] = (done.returncode, hashlib.sha256(content).hexdigest())
    return digests | legal_forms(tree)


def legal_forms(tree: Path) -> dict[str, tuple[int, str]]:
    """Return 0 and the SHA-256 of each English wording of `LEGAL_FORMS`, in whatever folder `tree` keeps it."""
    wordings = {path.name: path for path in (tree / "src").rglob("wording/*.en.toml")}
    return {
        f"wording-{name}": (0, hashlib.sha256(wordings[f"{name}.en.toml"].read_bytes()).hexdigest())
        for name in LEGAL_FORMS
    }


def main() -> int:
    """Compare this tree with a commit; 0 if all outputs are the same."""
    if len(sys.argv) != 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder = Path(tempfile.mkdtemp(prefix="sightline-compare-"))
    older = folder / "older"
    try:
        checkout = ["git", "worktree", "add", "--quiet", "--detach", str(older), sys.argv[1]]
        subprocess.run(checkout, cwd=ROOT, check=True)  # noqa: S603
        shutil.copy2(ROOT / "src/sightline/_kernel.abi3.so", older / "src/sightline")
        list_file = folder / "flagged.csv"
        shutil.copy2(ROOT / "demo/flagged.csv", list_file)
        environment = {**os.environ, "PYTHONPATH": str(older / "src")}
        for words in (
            ["lists", "keygen", "--issuer", "DEMO", "--out", str(folder)],
            [
                "lists",
                "sign",
                str(list_file),
                "--key",
                str(folder / "DEMO.key"),
                "--use",
                "leads",
                "--transcribed-by",
                "Unit",
                "--original",
                str(ROOT / "demo/agency-letter.txt"),
                "--valid-until",
                "2099-01-01",
            ],
        ):
            subprocess.run(  # noqa: S603  - our own program
                [sys.executable, "-m", "sightline", *words],
                env=environment,
                check=True,
                capture_output=True,
            )
        before, now = (
            run(tree, folder / name, list_file, folder / "DEMO.pub")
            for tree, name in ((older, "before"), (ROOT, "now"))
        )
    finally:
        subprocess.run(["git", "worktree", "remove", "--force", older], cwd=ROOT, check=False)  # noqa: S603, S607
        shutil.rmtree(folder, ignore_errors=True)
    return report(before, now)


def report(before: dict[str, tuple[int, str]], now: dict[str, tuple[int, str]]) -> int:
    """Print what differs and why; return 1 if something differs for no known reason."""
    different = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    unexplained = 0
    for name in different:
        was_refused = before.get(name, (0, ""))[0] == REFUSED and now.get(name, (1, ""))[0] == 0
        why = "the older version refused it" if was_refused else MEANT.get(name.split()[0])
        unexplained += why is None
        print(f"differs: {name}" if why is None else f"meant, {why}: {name}")
    print(f"{len(before | now)} outputs, {len(different)} differ, {unexplained} of them for no known reason")
    return 1 if unexplained or not now else 0


if __name__ == "__main__":
    raise SystemExit(main())
