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
from collections.abc import Callable, Sequence
from dataclasses import replace
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


def shorten(generation: Generation, find: Find) -> Generation:
    """Return a generation as it is stored: with a difference if that is shorter and gives the same text again."""
    text, number = generation.inputs_json, compute_base_number(generation.number)
    if len(text) < LEAST_CHARACTERS or not number or _compute_digest(text) != generation.generation_id:
        return generation
    base = find(number)
    if base is None:
        return generation
    before = json.loads(base.inputs_json)
    short = BASE + f"{number}," + _encode(_compare_inputs(before, json.loads(text)))[1:]
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
        text = "" if base is None else _apply(json.loads(base.inputs_json), difference)
    except (ValueError, KeyError, TypeError, AttributeError, StopIteration):
        text = ""
    if _compute_digest(text) != generation.generation_id:
        raise DamagedInput(
            f"generation {generation.number}: its runs cannot be put together from those of earlier generations",
            hint="sightline verify names all that is wrong",
        )
    return text


def _compare_inputs(before: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """Return `added`: place and entry of each new run; `gone`: places of those that are missing; `inputs`: the rest."""
    old, new = list(map(_identify_run, before["runs"])), list(map(_identify_run, now["runs"]))
    had, has = set(old), set(new)
    return {
        "added": [[at, run] for at, (run, text) in enumerate(zip(now["runs"], new, strict=True)) if text not in had],
        "gone": [at for at, text in enumerate(old) if text not in has],
        "inputs": {name: value for name, value in now.items() if name != "runs"},
    }


def _identify_run(run: Sequence[Any]) -> str | tuple[str, str]:
    """Return what two equal runs have in common: the run of a feed has no lists, and its id is a text already."""
    return run[0] if len(run) == 2 and run[1] is None and isinstance(run[0], str) else ("", _encode(run))


def _apply(base: dict[str, Any], difference: dict[str, Any]) -> str:
    """Return the whole text of inputs that differ from a base."""
    gone = set(difference["gone"])
    stayed = iter([run for at, run in enumerate(base["runs"]) if at not in gone])
    added: dict[int, Sequence[Any]] = dict(difference["added"])
    runs: list[Any] = []
    for at in sorted(added):
        while len(runs) < at:
            runs.append(next(stayed))
        runs.append(added[at])
    return _encode({**difference["inputs"], "runs": [*runs, *stayed]})


def _compute_digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
