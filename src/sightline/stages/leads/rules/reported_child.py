"""A report that names a child victim, or says that a child was approached, coerced, trafficked or abused."""

from __future__ import annotations

from sightline.model.report_flags import CHILD
from sightline.stages.leads.report_flags import states_any_flag
from sightline.stages.leads.rule import Rule, Seriousness, Side

RULE = Rule(
    id="reported-child",
    version=1,
    side=Side.FOR,
    sentence="the report says of {n:visit} that a child was named, approached or abused",
    visit_condition=states_any_flag(CHILD),
    seriousness=Seriousness.CHILD,
)
