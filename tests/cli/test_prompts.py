"""What is asked on a terminal: names, passphrases (twice, never shown), and a yes before an approval."""

from __future__ import annotations

import pytest

from tests.cli.terminal import Talk, talk
from tests.cli.unit import MENON, RAO, Unit, unit

__all__ = ["unit"]

SECRET = "correct horse battery"
TWICE = (("new passphrase of", SECRET), ("once more", SECRET))


def at_terminal(unit: Unit, *words: object, answers: tuple[tuple[str, str], ...]) -> Talk:
    """The command with the environment of the test."""
    import os

    return talk(words, answers, unit.folder, dict(os.environ))


def test_init_asks_what_it_needs_and_login_opens_the_key_that_it_made(unit: Unit) -> None:
    made = at_terminal(
        unit, "init", "cyber-ps", answers=(("name of the unit:", "Cyber PS"), ("your name:", "A. Nair"), *TWICE)
    )
    assert made.code == 0, made.screen
    assert SECRET not in made.screen
    assert b"Cyber PS" not in (unit.folder / "home/.config/sightline/keys/a-nair").read_bytes()
    opened = at_terminal(unit, "login", answers=(("passphrase of", SECRET),))
    assert (opened.code, SECRET in opened.screen) == (0, False)
    assert unit.run("whoami", "--json").rows[0]["name"] == "A. Nair"
    assert unit.run("logout").code == 0
    asked_now = at_terminal(unit, "officers", "list", answers=(("passphrase of", SECRET),))
    assert asked_now.code == 0
    assert "A. Nair" in asked_now.screen
    wrong = at_terminal(unit, "login", answers=(("passphrase of", "something else"),))
    assert (wrong.code, "the passphrase is wrong" in wrong.screen) == (3, True)


def test_passphrases_that_differ_or_are_too_easy_are_asked_again_and_then_given_up(unit: Unit) -> None:
    words = ("officers", "create-key", "--out", "key")
    third = at_terminal(
        unit, *words, answers=(("new passphrase", ""), ("new passphrase", SECRET), ("once more", SECRET[1:]), *TWICE)
    )
    assert (third.code, (unit.folder / "key").is_file()) == (0, True)
    weak = tuple(("new passphrase", text) for text in ("ab", "elevenchars", "abababababababab"))
    never = at_terminal(unit, "officers", "create-key", "--out", "other", answers=weak)
    assert never.screen.count("the passphrase is too short: 12 characters or more, 5 of them different") == 3
    assert (never.code, (unit.folder / "other").exists()) == (2, False)


@pytest.mark.parametrize(("answer", "trusted"), [("y", True), ("n", False), ("", False)])
def test_an_approval_waits_for_a_yes_to_exactly_the_displayed_request(unit: Unit, answer: str, trusted: bool) -> None:
    unit.begin()
    unit.enrol(MENON, RAO)
    assert unit.run("lists", "create-key", "--issuer", "AGENCY", "--out", "keys").code == 0
    asked = unit.done(RAO, "issuers", "add", "keys/AGENCY.pub", "--why", "letter 12/2026").out.split()[0]
    words = ("approve", asked, "--why", "seen with its papers", "--key", unit.key(MENON))
    result = at_terminal(unit, *words, answers=(("approve exactly this?", answer),))
    assert result.code == 0
    before, _, _ = result.screen.partition("approve exactly this?")
    assert "AGENCY" in before and "letter 12/2026" in before and "S. Rao" in before
    assert ("nothing was decided" in result.screen) is not trusted
    assert [row["trusted"] for row in unit.done(RAO, "issuers", "list", "--json").rows] == ([True] if trusted else [])
