"""All rules, by id: each is the one `RULE` of a module here. A new file is a new rule (`docs/how-to/add_a_rule.md`)."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from sightline.stages.leads.rule import Rule, Side


def _load_rules() -> dict[str, Rule]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    rules: list[Rule] = [importlib.import_module(f"{__name__}.{name}").RULE for name in names]
    for name, rule in zip(names, rules, strict=True):
        assert rule.id == name.replace("_", "-"), f"the rule in {name}.py is {rule.id}"
        assert (rule.side is Side.CEILING) == (rule.ceiling is not None), f"{name}: a ceiling for ceilings only"
        assert rule.side is Side.FOR or rule.seriousness is None, f"{name}: only a reason for a lead is serious"
        assert rule.sees or rule.session_condition is not None, f"{name}: sees nothing"
    return {rule.id: rule for rule in rules}


RULES: Mapping[str, Rule] = _load_rules()
SEEING = tuple(rule for rule in RULES.values() if rule.sees)
"""The rules that see visits: each has a bit of 64."""
assert len(SEEING) <= 64, "a visit has 64 bits for rules that see it"
