"""`sightline cluster` and `scan --cluster`: keys, and what is refused before anything is read."""

import stat
import subprocess
import sys
from pathlib import Path

from tests.cli.unit import NAIR, Unit, unit

__all__ = ["unit"]


def test_keys_are_made_once_and_for_their_user_only(unit: Unit, tmp_path: Path) -> None:
    made = unit.run("cluster", "create-keys", "--out", tmp_path / "keys")
    assert made.code == 0 and len(made.out.splitlines()) == 8 and "ca.key can make new members" in made.err
    secret = [Path(line) for line in made.out.splitlines() if line.endswith(".key")]
    assert len(secret) == 4 and {stat.S_IMODE(path.stat().st_mode) for path in secret} == {0o600}
    again = unit.run("cluster", "create-keys", "--out", tmp_path / "keys")
    assert again.code == 2 and "ca.pem exists already" in again.err
    secret[1].chmod(0o644)
    shared = unit.run("cluster", "run-scheduler", "tls://127.0.0.1:0", "--keys", tmp_path / "keys")
    assert shared.code == 2 and "is not the address" in shared.err
    shared = unit.run("cluster", "run-scheduler", "tls://127.0.0.1:8786", "--keys", tmp_path / "keys")
    assert shared.code == 3 and "others than its owner can read" in shared.err


def test_a_machine_gets_a_key_of_its_own_which_can_be_revoked(unit: Unit, tmp_path: Path) -> None:
    keys, other, own = tmp_path / "keys", tmp_path / "other", tmp_path / "own"
    for folder in (keys, other):
        assert unit.run("cluster", "create-keys", "--out", folder).code == 0
    issue = ("cluster", "issue", "worker", "--authority", keys, "--out", own)
    made = unit.run(*issue)
    assert made.code == 0 and stat.S_IMODE((own / "worker.key").stat().st_mode) == 0o600
    assert unit.run(*issue).code == 2, "nothing is replaced"
    key_path = Path(made.out.splitlines()[-1])
    assert key_path.read_bytes() == (own / "worker.pem").read_bytes() and key_path.parent == keys / "issued"
    foreign = unit.run("cluster", "revoke", key_path, "--authority", other)
    assert foreign.code == 2 and "was not issued by" in foreign.err and not (other / "ca.crl").exists()
    revoked = unit.run("cluster", "revoke", key_path, "--authority", keys)
    assert revoked.code == 0 and "copy ca.crl" in revoked.err and (keys / "ca.crl").exists()
    (own / "ca.crl").write_bytes((keys / "ca.crl").read_bytes())
    words = ("--keys", own, "--read", tmp_path, "--write", tmp_path)
    refused = unit.run("cluster", "run-worker", "tls://127.0.0.1:1", *words)
    assert refused.code == 2 and "was revoked" in refused.err


def test_impossible_cluster_options_are_refused_before_anything_is_read(unit: Unit, tmp_path: Path) -> None:
    unit.begin()
    scan = ("scan", tmp_path / "absent.log", "--source", "s", "--authority", "a", "--key", unit.key(NAIR))
    for words, code, says in (
        ((*scan, "--cluster", "tcp://192.0.2.1:8786"), 3, "tcp:// is not encrypted"),
        ((*scan, "--cluster", "tls://192.0.2.1:8786"), 2, "the folder of keys is missing"),
        ((*scan, "--cluster", "tls://192.0.2.1:8786", "--cluster-keys", tmp_path), 2, "ca.pem is missing"),
        (("cluster", "run-worker", "tcp://127.0.0.1:1", "--read", "/absent", "--write", "/"), 2, "no such folder"),
        (("cluster", "run-scheduler", "tcp://0.0.0.0:8786"), 3, "tcp:// is not encrypted"),
    ):
        refused = unit.run(*words)
        assert (refused.code, says in refused.err) == (code, True), refused.err


def test_no_command_loads_dask_unless_a_cluster_is_asked_for() -> None:
    code = """
import sys
from sightline.cli import build_parser
build_parser("*")
import sightline.services.scan.scan, sightline.services.live.watch
print([name for name in sys.modules if name.split(".")[0] in {"dask", "distributed", "tornado"}])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
