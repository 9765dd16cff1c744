"""A report that marks a file as generated, drawn or a meme, or itself as spam."""

from __future__ import annotations

from sightline.model.report_flags import DOUBT
from sightline.stages.leads.report_flags import states_any_flag
from sightline.stages.leads.rule import Rule, Side

RULE = Rule(
    id="reported-doubt",
    version=1,
    side=Side.NOTE,
    sentence="the report marks {n:visit} as of a generated or drawn file, a meme, or spam",
    visit_condition=states_any_flag(DOUBT),
)
