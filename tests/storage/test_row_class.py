"""Rows behave as frozen dataclasses do."""

import copy
import pickle
from dataclasses import FrozenInstanceError, asdict, fields, make_dataclass, replace
from typing import Any

import pytest

from sightline.storage import rows
from sightline.storage.schema import TABLES


@pytest.mark.parametrize("row", list(TABLES.values()), ids=lambda row: row.__name__)
def test_a_row_does_what_a_frozen_dataclass_does(row: Any) -> None:
    twin: Any = make_dataclass(
        row.__name__, [(one.name, one.type, one) for one in fields(row)], frozen=True, slots=True
    )
    values = [f"{at}" for at, _ in enumerate(fields(row))]
    made, other = row(*values), twin(*values)
    assert repr(made) == repr(other)
    assert hash(made) == hash(other)
    assert asdict(made) == asdict(other)
    name = fields(row)[0].name
    assert made == row(**asdict(made)) != replace(made, **{name: "other"})
    assert made != other
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    for attribute in (name, "other"):
        with pytest.raises(FrozenInstanceError):
            setattr(made, attribute, "changed")
    with pytest.raises(FrozenInstanceError):
        delattr(made, name)
    with pytest.raises(TypeError):
        row(*range(len(fields(row)) + 1))


def test_a_row_has_no_other_attributes_and_its_defaults() -> None:
    mark = rows.LeadMark("m", "l", "why", 1, "officer")
    assert (mark.lifted_at_us, mark.lifted_why) == (None, None)
    assert not hasattr(mark, "__dict__")
    row: Any = rows.LeadMark
    with pytest.raises(TypeError):
        row("m")
