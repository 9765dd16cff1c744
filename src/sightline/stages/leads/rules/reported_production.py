"""A report that says that pictures were streamed live, self-produced or asked for."""

from __future__ import annotations

from sightline.model.report_flags import PRODUCTION
from sightline.stages.leads.report_flags import states_any_flag
from sightline.stages.leads.rule import Rule, Seriousness, Side

RULE = Rule(
    id="reported-production",
    version=1,
    side=Side.FOR,
    sentence="the report says of {n:visit} that pictures were made or asked for",
    visit_condition=states_any_flag(PRODUCTION),
    seriousness=Seriousness.PRODUCTION,
)
