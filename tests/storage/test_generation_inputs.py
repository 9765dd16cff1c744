"""Runs of a generation that are stored as a difference are read as the whole text, byte for byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from random import Random

import pytest

from sightline.errors import DamagedInput
from sightline.ledger.append import encode_canonical
from sightline.storage import generation_inputs
from sightline.storage.generation_inputs import (
    BASE,
    WholeTexts,
    compute_base_number,
    encode_inputs,
    read_inputs,
    restore,
    shorten,
)
from sightline.storage.generations import list_generation_datasets
from sightline.storage.rows import Generation


def _generation(number: int, runs: list[list[object]]) -> Generation:
    inputs = {
        "datasets": ["a"] * (number // 20),
        "exercise": False,
        "rules": {"night": 1},
        "runs": runs,
        "version": "1",
    }
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return Generation(number, hashlib.sha256(text.encode()).hexdigest(), "i", 0, "o", text, "{}", "[]")


class Stored(dict[int, Generation]):
    """Stored generations by number."""

    def find(self, number: int) -> Generation | None:
        """Return a generation as readers see it."""
        return restore(self[number], self.find) if number in self else None


@pytest.fixture
def grown(monkeypatch: pytest.MonkeyPatch) -> tuple[Stored, list[Generation]]:
    """A hundred generations: runs come anywhere in the order, go, and count other lists."""
    monkeypatch.setattr(generation_inputs, "TEXTS", WholeTexts())
    random, stored, whole = Random(21), Stored(), list[Generation]()
    runs: list[list[object]] = [[f"{at:064x}", None] for at in range(100)]
    for number in range(1, 101):
        for _ in range(random.randrange(3)):
            runs.insert(random.randrange(len(runs) + 1), [f"{random.getrandbits(256):064x}", None])
        if number % 7 == 0:
            del runs[random.randrange(len(runs))]
        if number % 11 == 0:
            runs[random.randrange(len(runs))][1] = [["ISSUER", "list \u0d32"]]
        whole.append(_generation(number, json.loads(json.dumps(runs))))
        stored[number] = shorten(whole[-1], stored.find)
    return stored, whole


def test_every_generation_is_read_as_it_was_made(
    grown: tuple[Stored, list[Generation]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, whole = grown
    differences = [number for number, one in stored.items() if one.inputs_json.startswith(BASE)]
    assert differences == [number for number in stored if number & (number - 1)], "all but powers of two"
    for generations in (whole, list(reversed(whole)), Random(1).sample(whole, len(whole))):
        monkeypatch.setattr(generation_inputs, "TEXTS", WholeTexts())
        assert all(stored.find(generation.number) == generation for generation in generations)
    assert sum(len(one.inputs_json) for one in stored.values()) < sum(len(one.inputs_json) for one in whole) / 5


def test_an_altered_or_missing_base_is_damage_and_nothing_else_is_read(
    grown: tuple[Stored, list[Generation]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, whole = grown
    assert compute_base_number(96) == 64
    altered = whole[63].inputs_json.replace(f"{5:064x}", f"{6:064x}", 1)
    short = json.loads(stored[96].inputs_json)
    for wrong in (
        {64: replace(whole[63], inputs_json=altered)},
        {64: replace(whole[63], inputs_json="{}")},
        {96: replace(stored[96], inputs_json=BASE + "96}")},
        {96: replace(stored[96], inputs_json=json.dumps(short | {"base": 96}, separators=(",", ":")))},
        {96: replace(stored[96], inputs_json=json.dumps(short | {"gone": [0]}, separators=(",", ":")))},
        {96: replace(stored[96], inputs_json=stored[96].inputs_json[:-9])},
    ):
        monkeypatch.setattr(generation_inputs, "TEXTS", WholeTexts())
        with pytest.raises(DamagedInput, match="generation 96"):
            Stored(stored | wrong).find(96)
    without = Stored({number: one for number, one in stored.items() if number != 64})
    monkeypatch.setattr(generation_inputs, "TEXTS", WholeTexts())
    with pytest.raises(DamagedInput, match="generation 96"):
        without.find(96)
    assert shorten(whole[95], without.find) == whole[95], "nothing to differ from: the whole text is stored"


@pytest.mark.parametrize(
    "runs",
    [
        [],
        [["a1", None]],
        [["a1", None], ["b2", None]],
        [["a1", None], ["b2", [["ISSUER", "list"]]], ["c3", None]],
        [["a1", [["ISSUER", "list"]]], ["b2", None]],
        [['a",null],["b', None], ["c3", None]],
        [["a\\", None], ["c3", None]],
        [["a\n", None], ["ല", None]],
        [["a1", [['",null],["', '",null]]']]], ["c3", None]],
        [["a1"], ["b2", None, None]],
    ],
)
def test_texts_of_runs_that_are_joined_or_cut_are_those_of_the_encoder(runs: list[list[object]]) -> None:
    text = encode_canonical({"runs": runs, "version": '"runs":[["x",null]]', "datasets": ["a"], "exercise": False})
    rest, read = read_inputs(text)
    assert read == [run[0] if run[1:] == [None] else run for run in runs]
    assert encode_inputs({name: value for name, value in rest.items() if name != "runs"}, read) == text


def test_data_sets_are_read_from_the_front_of_a_text() -> None:
    generation = _generation(41, [["a1", None]])
    assert list_generation_datasets(generation) == ["a", "a"]
    other = replace(generation, inputs_json='{"exercise": false, "datasets": ["b"]}')
    assert list_generation_datasets(other) == ["b"]
