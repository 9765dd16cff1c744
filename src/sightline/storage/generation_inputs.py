"""Store the runs of a generation of leads as the difference to an earlier generation.

A generation names all runs with hits, and mostly the same ones as the generation before. Generation n is stored as the
difference to n without its lowest bit: generation 12 to 8, 13 to 12, 15 to 14. So at most log2(n) rows are read for
one, and all of them together take n log n bytes. Readers of a row always get the whole text, so commitments, ids and
readers do not change. The id of a generation is the SHA-256 of the whole text, so a text that is put together is
checked.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from sightline.errors import DamagedInput
from sightline.storage.rows import Generation

Find = Callable[[int], Generation | None]
"""Returns a generation by number, as readers see it."""
LEAST_CHARACTERS = 4096
"""A shorter text is stored as it is."""
MOST_TEXTS = 8
MOST_CHARACTERS = 16 << 20
"""What a process remembers of whole texts: those of the newest generations and what they differ from."""
RUNS, BETWEEN, END = '"runs":[["', '",null],["', '",null]]'
"""The text of runs without lists, before, between and behind their ids."""
BASE = '{"base":'
"""Begins a text that is a difference. No text of inputs has this key."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), sort_keys=True, allow_nan=False).encode


class WholeTexts:
    """Whole texts by the id of their generation, which is their digest. The texts that were used last stay."""

    def __init__(self) -> None:
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, generation_id: str) -> str | None:
        """Return a text, or None if it is not remembered."""
        with self._lock:
            if generation_id in self._texts:
                self._texts.move_to_end(generation_id)
            return self._texts.get(generation_id)

    def put(self, generation_id: str, text: str) -> None:
        """Remember a text."""
        with self._lock:
            self._texts[generation_id] = text
            self._texts.move_to_end(generation_id)
            while len(self._texts) > 1 and (
                len(self._texts) > MOST_TEXTS or sum(map(len, self._texts.values())) > MOST_CHARACTERS
            ):
                self._texts.popitem(last=False)

    def forget(self) -> None:
        """Forget all texts."""
        with self._lock:
            self._texts.clear()


TEXTS = WholeTexts()


def compute_base_number(number: int) -> int:
    """Return the number of the generation from which one differs: it without its lowest bit. 0 for none."""
    return number & (number - 1)


def encode_inputs(rest: Mapping[str, Any], runs: Sequence[Any]) -> str:
    """Return the canonical text of inputs. `runs`: as `read_inputs` returns them; `rest`: all other inputs.

    A rebuild states all runs of a feed. The texts of thousands are therefore joined, which takes a tenth of encoding.
    """
    values = {name: _encode(value) for name, value in rest.items()} | {"runs": _encode_runs(runs)}
    return "{" + ",".join(f"{_encode(name)}:{values[name]}" for name in sorted(values)) + "}"


def read_inputs(text: str) -> tuple[dict[str, Any], list[Any]]:
    """Return the inputs of a text without its runs, and these: `[id, lists]`, or the id alone of one without lists."""
    before, opening, after = text.partition(RUNS)
    between, ending, behind = after.partition(END)
    ids = between.split(BETWEEN)
    if opening and ending and "\\" not in between and between.count('"') == 2 * (len(ids) - 1):
        return json.loads(f'{before}"runs":[]{behind}'), ids
    inputs = json.loads(text)
    return inputs, [run[0] if _is_plain(run) else run for run in inputs["runs"]]


def shorten(generation: Generation, find: Find) -> Generation:
    """Return a generation as it is stored: with a difference if that is shorter and gives the same text again."""
    text, number = generation.inputs_json, compute_base_number(generation.number)
    if len(text) < LEAST_CHARACTERS or not number or _compute_digest(text) != generation.generation_id:
        return generation
    base = find(number)
    if base is None:
        return generation
    _, before = read_inputs(base.inputs_json)
    short = BASE + f"{number}," + _encode(_compare_inputs(before, *read_inputs(text)))[1:]
    if 2 * len(short) > len(text) or _apply(before, json.loads(short)) != text:
        return generation
    TEXTS.put(generation.generation_id, text)
    return replace(generation, inputs_json=short)


def restore(generation: Generation, find: Find) -> Generation:
    """Return a stored generation with the whole text of its inputs. Raises DamagedInput for a wrong difference."""
    if not generation.inputs_json.startswith(BASE):
        return generation
    text = TEXTS.find(generation.generation_id)
    if text is None:
        text = _put_together(generation, find)
        TEXTS.put(generation.generation_id, text)
    return replace(generation, inputs_json=text)


def _put_together(generation: Generation, find: Find) -> str:
    try:
        difference = json.loads(generation.inputs_json)
        base = find(number) if (number := compute_base_number(generation.number)) == difference["base"] else None
        text = "" if base is None else _apply(read_inputs(base.inputs_json)[1], difference)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        text = ""
    if _compute_digest(text) != generation.generation_id:
        raise DamagedInput(
            f"generation {generation.number}: its runs cannot be put together from those of earlier generations",
            hint="sightline verify names all that is wrong",
        )
    return text


def _compare_inputs(before: Sequence[Any], rest: Mapping[str, Any], now: Sequence[Any]) -> dict[str, Any]:
    """Return `added`: place and entry of each new run; `gone`: places of those that are missing; `inputs`: the rest."""
    old, new = _identify_runs(before), _identify_runs(now)
    had, has = set(old), set(new)
    return {
        "added": [[at, _restore_run(now[at])] for at, text in enumerate(new) if text not in had],
        "gone": [at for at, text in enumerate(old) if text not in has],
        "inputs": {name: value for name, value in rest.items() if name != "runs"},
    }


def _identify_runs(runs: Sequence[Any]) -> Sequence[Hashable]:
    """Return what two equal runs have in common: the run of a feed has no lists, and its id is a text already."""
    return runs if _are_ids(runs) else [run if isinstance(run, str) else ("", _encode(run)) for run in runs]


def _are_ids(runs: Sequence[Any]) -> bool:
    return set(map(type, runs)) == {str}


def _is_plain(run: Sequence[Any]) -> bool:
    return len(run) == 2 and run[1] is None and isinstance(run[0], str)


def _restore_run(run: Any) -> Any:  # noqa: ANN401
    return [run, None] if isinstance(run, str) else run


def _encode_runs(runs: Sequence[Any]) -> str:
    # Letters and digits have no escapes.
    if _are_ids(runs) and "".join(runs).isalnum():
        return f'[["{BETWEEN.join(runs)}",null]]'
    return _encode(list(map(_restore_run, runs)))


def _apply(before: Sequence[Any], difference: dict[str, Any]) -> str:
    """Return the whole text of inputs whose runs differ from those of a base."""
    gone = set(difference["gone"])
    stayed = iter([run for at, run in enumerate(before) if at not in gone])
    added: dict[int, Sequence[Any]] = dict(difference["added"])
    runs: list[Any] = []
    for at in sorted(added):
        runs += islice(stayed, at - len(runs))
        if len(runs) < at:
            raise ValueError("the base has fewer runs")
        runs.append(added[at][0] if _is_plain(added[at]) else added[at])
    return encode_inputs(difference["inputs"], [*runs, *stayed])


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
