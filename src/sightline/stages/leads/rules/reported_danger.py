"""A report whose sender asks for high priority, such as for a child at immediate risk. No officer confirmed it."""

from __future__ import annotations

from sightline.model.report_flags import ESCALATED
from sightline.stages.leads.report_flags import states_any_flag
from sightline.stages.leads.rule import Rule, Seriousness, Side

RULE = Rule(
    id="reported-danger",
    version=1,
    side=Side.FOR,
    sentence="the report asks for high priority in {n:visit}: its sender's word",
    visit_condition=states_any_flag({ESCALATED}),
    seriousness=Seriousness.DANGER,
)
