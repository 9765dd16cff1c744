"""Flags of seriousness from the fields of a CyberTipline report: those of a fixed list, never a text of the report.

The names are those of NCMEC's Reporting API (`incidentSummary`, `reportAnnotations`, `fileDetails`,
`fileAnnotations`). An annotation is an element without content, a JSON member that is true, or a name in a
JSON list. The incident type `Child Pornography (possession, manufacture, and distribution)` gives no flag: it names
three acts and says not which.
"""

from __future__ import annotations

from sightline.model.report_flags import ESCALATED, VICTIM

_INCIDENTS = {
    "child sex trafficking": "trafficking",
    "child sex tourism": "travel",
    "child sexual molestation": "molestation",
    "online enticement of children for sexual acts": "enticement",
}
"""Incident types of one act, and their flags."""
_ANNOTATIONS = {
    "sextortion": "sextortion",
    "csamsolicitation": "solicitation",
    "sadisticonlineexploitation": "sadistic",
    "possibleselfproduction": "self-produced",
    "livestreaming": "live-stream",
    "physicalharm": "physical-harm",
    "infant": "infant",
    "generativeai": "generated",
    "animedrawingvirtualhentai": "drawn",
    "potentialmeme": "meme",
    "viral": "viral",
    "spam": "spam",
}
"""Annotations of a report or of a file, by their name without capitals, and their flags."""
_GROUPS = frozenset({"reportannotation", "fileannotation"})
_CLASSES = {"A1": "class-a1", "A2": "class-a2", "B1": "class-b1", "B2": "class-b2"}
"""The sender's class of a file: A before puberty, B after; 1 an act, 2 nudity (Tech Coalition)."""
_NO = frozenset({"", "false", "0", "no", "none", "n/a", "null"})

ALL = frozenset({ESCALATED, VICTIM, *_INCIDENTS.values(), *_ANNOTATIONS.values(), *_CLASSES.values()})
"""Every flag that a row can have."""


def flag_of(name: str, group: str | None, text: str) -> str | None:
    """Return the flag that an element states; None for all others.

    `name` and `group`: the element and the one around it, by `cybertip.normalise_tag`. `text`: its bare content.
    """
    if name == "escalatetohighpriority":
        return None if text.casefold() in _NO else ESCALATED
    if name == "incidenttype":
        return _INCIDENTS.get(" ".join(text.casefold().split()))
    if name == "industryclassification":
        return _CLASSES.get(text.upper())
    if name in _GROUPS:
        return _ANNOTATIONS.get(text.casefold().replace("_", ""))
    if group in _GROUPS and name in _ANNOTATIONS:
        return _ANNOTATIONS[name] if not text or text.casefold() not in _NO else None
    return None
