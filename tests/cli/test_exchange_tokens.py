"""`sightline exchange add-token`, `list-tokens` and `revoke-token`, and what the older `exchange tokens` does."""

from pathlib import Path

from tests.cli.conftest import Sightline


def test_a_token_is_added_listed_and_revoked(sightline: Sightline, tmp_path: Path) -> None:
    added = sightline("exchange", "add-token", tmp_path, "KA-CYBER", "--days", "3")
    assert added.code == 0 and added.out.startswith(b"slx_")
    _, row = sightline("exchange", "list-tokens", tmp_path).out.decode().splitlines()
    token_id, force = row.split()[:2]
    assert force == "KA-CYBER" and f"token {token_id} of KA-CYBER" in added.err
    assert sightline("exchange", "revoke-token", tmp_path, token_id).code == 0
    revoked = sightline("exchange", "tokens", "list", tmp_path)
    assert len(revoked.out.decode().splitlines()[1].split()) > len(row.split())
    assert '"sightline exchange tokens list" is now "sightline exchange list-tokens"' in revoked.err


def test_a_token_needs_a_force_and_a_day(sightline: Sightline, tmp_path: Path) -> None:
    assert sightline("exchange", "add-token", tmp_path).code == 2
    refused = sightline("exchange", "add-token", tmp_path, "KA-CYBER", "--days", "0")
    assert refused.code == 2 and "at least one day" in refused.err
