"""The completion script, in a real bash."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Sightline


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("match --clock-o", "--clock-offset"),
        ("lists ch", "check"),
        ("match acc", "access.log"),
        ("match access.log --list fla", "flagged.csv"),
        ("lists check fla", "flagged.csv"),
        ("tips read acc", "access.log"),
        ("tips read --kind cybertip-j", "cybertip-json"),
        ("formats test mine", "mine.toml"),
        ("export hit", "hits.jsonl"),
        ("export hits.jsonl --to st", "stix"),
        ("formats dr", "draft"),
        ("formats draft acc", "access.log"),
        ("match --format vhost-comb", "vhost-combined"),
    ],
)
def test_bash_completes_commands_options_and_files(
    sightline: Sightline, tmp_path: Path, words: str, found: str
) -> None:
    script = tmp_path / "completion.bash"
    script.write_bytes(sightline("completion", "bash").out)
    for name in ("access.log", "flagged.csv", "mine.toml", "hits.jsonl"):
        (tmp_path / name).write_text("")
    code = "source completion.bash; COMP_WORDS=(sightline $1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
    code += '_shtab_sightline; printf "%s\\n" "${COMPREPLY[@]}"'
    ran = subprocess.run(["bash", "-c", code, "bash", words], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert found in ran.stdout.split()
