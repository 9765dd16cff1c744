"""The log of an onion service names the server's own address for every visitor: `match` says so."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Sightline, SignedList

LINE = '{source} - - [10/Oct/2026:13:55:36 +0000] "GET http://www.flagged.example/ HTTP/1.1" 200 5 "-" "a"\n'


@pytest.mark.parametrize(
    ("sources", "is_noted"),
    [
        (("127.0.0.1", "127.0.0.1"), True),
        (("::1", "127.0.0.53"), True),
        (("127.0.0.1", "192.0.2.7"), False),
        (("-", "-"), False),
    ],
    ids=("IPv4", "both", "a visitor among them", "no address at all"),
)
def test_a_log_of_the_server_s_own_address_alone_is_called_one(
    sightline: Sightline, signed_list: SignedList, tmp_path: Path, sources: tuple[str, ...], is_noted: bool
) -> None:
    path = tmp_path / "access.log"
    path.write_text("".join(LINE.format(source=source) for source in sources))

    ran = sightline("match", path, *signed_list.words, "--format", "combined", "--max-rejects", "100", "--json")

    reason = json.loads(ran.err)["exhibits"][0]["format_reason"]
    assert ("Tor daemon of an onion service" in reason) == is_noted, ran.err
