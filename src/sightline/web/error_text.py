"""Texts of errors for pages: translated where a translation exists, else in English as the error has them."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.casework.access import PURPOSE, NotTheRole
from sightline.casework.approvals import TakesTwo
from sightline.errors import (
    NotAllowed,
    NotThere,
    Refused,
    SightlineError,
    TimeUndeclared,
    UnknownFormat,
    UntrustedList,
)
from sightline.stages.report.printable import capital
from sightline.translation.messages import Messages, format_days, messages_for, word
from sightline.translation.sentences import Translated, translate_sentence


@dataclass(frozen=True, slots=True)
class Failure:
    """The text of an error, in the language of the page or in English (`is_english`), with what to do next.

    `kept_as` is the id of the journal entry. `why` explains the rule behind a refusal.
    """

    what: str
    hint: str | None = None
    details: tuple[str, ...] = ()
    kept_as: int | None = None
    is_english: bool = False
    why: str | None = None


def in_words(why: SightlineError, language: str) -> Failure:
    """Return the reason of a refusal in the language of the page, as far as a translation exists."""
    t, kept_as = messages_for("all", language), why.kept_as
    if isinstance(why, NotTheRole) and why.decision.role is not None:
        role, roles = why.decision.role, sorted(word("role", one, language) for one in why.decision.roles)
        key = "refused.second" if why.decision.is_second else "refused.role"
        sentences = [t(key, roles=", ".join(roles), role=word("role", role, language))]
        sentences += [t(f"purpose.{role}")] if role in PURPOSE and not why.decision.is_second else []
        rule = t("refused.why.second" if why.decision.is_second else "refused.why.role")
        return Failure(" ".join(sentences), t("refused.ask"), kept_as=kept_as, why=rule)
    if isinstance(why, TakesTwo):
        act = word("second", why.asked.action, language)
        return Failure(
            t("refused.two", act=act), t("refused.who", who=why.who), kept_as=kept_as, why=t("refused.why.second")
        )
    # A hint for the command line does not help in the web app.
    hint = why.hint if why.hint and "sightline " not in why.hint and "--" not in why.hint else None
    details = tuple(format_days(one, language) for one in why.details)
    what, next_step = translate_sentence(str(why), language), translate_sentence(hint, language) if hint else None
    if what.is_english or (next_step is not None and next_step.is_english):  # never half of an error in English
        what, next_step = Translated(str(why), is_english=True), Translated(hint, is_english=True) if hint else None
    return Failure(
        format_days(what.text, language),
        capital(next_step.text) if next_step else None,
        details,
        kept_as,
        is_english=what.is_english,
        why=_rule_behind(why, t),
    )


def _rule_behind(why: SightlineError, t: Messages) -> str | None:
    """Return why there is such a refusal, or None for an error that is no refusal."""
    keys = dict.fromkeys((UnknownFormat, TimeUndeclared, UntrustedList), "refused.why.guess")
    keys |= {NotThere: "refused.why.there", NotAllowed: "refused.why.state", Refused: "refused.why.content"}
    return next((t(keys[kind]) for kind in type(why).__mro__ if kind in keys), None)
