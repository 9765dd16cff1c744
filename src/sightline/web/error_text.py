"""Texts of errors for pages: translated where a translation exists, else in English as the error has them."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.casework.permissions.access import PURPOSE, NotTheRole
from sightline.casework.permissions.approvals import TakesTwo
from sightline.errors import (
    NotAllowed,
    NotThere,
    Refused,
    SightlineError,
    TimeUndeclared,
    UnknownFormat,
    UntrustedList,
)
from sightline.stages.report.printable import capitalise
from sightline.translation.messages import Messages, format_days, get_messages, translate_word
from sightline.translation.sentences import SentenceTranslation, capitalise_sentence, translate_sentence
from sightline.web.command_steps import find_command_step


@dataclass(frozen=True, slots=True)
class ErrorText:
    """The text of an error, in the language of the page or in English (`is_english`), with what to do next.

    `kept_as` is the id of the journal entry. `why` explains the rule behind a refusal.
    """

    what: str
    hint: str | None = None
    details: tuple[str, ...] = ()
    kept_as: int | None = None
    is_english: bool = False
    why: str | None = None


def translate_error(error: SightlineError, language: str) -> ErrorText:
    """Return the reason of a refusal in the language of the page, as far as a translation exists."""
    t, kept_as = get_messages("all", language), error.kept_as
    if isinstance(error, NotTheRole) and error.decision.role is not None:
        role, roles = (
            error.decision.role,
            sorted(translate_word("role", role, language) for role in error.decision.roles),
        )
        key = "refused.second" if error.decision.is_second else "refused.role"
        sentences = [t(key, roles=", ".join(roles), role=translate_word("role", role, language))]
        sentences += [t(f"purpose.{role}")] if role in PURPOSE and not error.decision.is_second else []
        rule = t("refused.why.second" if error.decision.is_second else "refused.why.role")
        return ErrorText(" ".join(sentences), t("refused.ask"), kept_as=kept_as, why=rule)
    if isinstance(error, TakesTwo):
        act = translate_word("second", error.asked.action, language)
        return ErrorText(
            t("refused.two", act=act), t("refused.who", who=error.who), kept_as=kept_as, why=t("refused.why.second")
        )
    is_of_commands = error.hint is not None and ("sightline " in error.hint or "--" in error.hint)
    hint = None if is_of_commands else error.hint
    details = tuple(format_days(detail, language) for detail in error.details)
    what, next_step = translate_sentence(str(error), language), translate_sentence(hint, language) if hint else None
    if what.is_english or (next_step is not None and next_step.is_english):  # never half of an error in English
        what, next_step = (
            SentenceTranslation(str(error), is_english=True),
            SentenceTranslation(hint, is_english=True) if hint else None,
        )
    if is_of_commands:
        texts_in = "en" if what.is_english else language
        next_step = SentenceTranslation(find_command_step(error.hint or "", texts_in), what.is_english)
    return ErrorText(
        format_days(capitalise_sentence(what.text), language),
        capitalise(next_step.text) if next_step else None,
        details,
        kept_as,
        is_english=what.is_english,
        why=_find_rule_behind(error, t),
    )


def _find_rule_behind(error: SightlineError, t: Messages) -> str | None:
    """Return why there is such a refusal, or None for an error that is no refusal."""
    keys = dict.fromkeys((UnknownFormat, TimeUndeclared, UntrustedList), "refused.why.guess")
    keys |= {NotThere: "refused.why.there", NotAllowed: "refused.why.state", Refused: "refused.why.content"}
    return next((t(keys[kind]) for kind in type(error).__mro__ if kind in keys), None)
