"""Render pages from templates: outside values are escaped, and unprintable characters are replaced."""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from sightline.casework.exhibits.tip_runs import TIP_FORMAT
from sightline.casework.permissions.approvals import find_send_back_reason
from sightline.model.short_ids import format_lead_number, format_subscriber_number
from sightline.stages.report import printable
from sightline.stages.report.address_masks import mask_text
from sightline.storage.rows import Approval
from sightline.translation.messages import (
    RENDERED_IN,
    SHARED,
    format_days,
    format_script_words,
    get_messages,
    get_rendered_language,
    translate_place,
    translate_state,
    translate_word,
)
from sightline.translation.messages import format_day as day_said
from sightline.translation.sentences import translate_sentence
from sightline.web.ledger_words import (
    translate_action,
    translate_fact,
    translate_fact_value,
    translate_id,
    translate_ledger_text,
    translate_thing,
)

HERE = Path(__file__).parent
STATIC = HERE / "static"
SCRIPTS = {"hi": "devanagari", "ml": "malayalam"}
"""The script of each language that is not written in Latin letters."""
REMEMBERED = 16_000
"""Maximum number of cached table rows, of about 1 kB each."""
_CITED = re.compile(r"; (?![0-9])")
"""Between two parts of what a reason cites; between two offsets of a part is a digit behind it."""
CHARTS = 128
"""Maximum number of cached charts, of 2 to 50 kB each."""


def render_template(template: str, facts: Mapping[str, object], block: str | None = None) -> str:
    """Return a filled-in template, or one block of it."""
    compiled = get_environment().get_template(template)
    set_before = RENDERED_IN.set(str(facts.get("language", "en")))
    try:
        if block is None:
            return compiled.render(facts)
        return "".join(compiled.blocks[block](compiled.new_context(dict(facts))))
    finally:
        RENDERED_IN.reset(set_before)


@cache
def get_environment() -> Environment:
    """Return the template engine. It escapes everything, and fails on a missing variable."""
    made = Environment(
        loader=FileSystemLoader([HERE / "pages", HERE / "layout"]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_clean_value,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(
        masked=printable.mask_lines,
        whole=show_whole,
        n=format_count,
        age=render_age,
        around_count=split_around_count,
        at=render_instant,
        bytes=format_size,
        cites=format_cites,
        day=render_day,
        days=format_days,
        decision=_describe_decision,
        decision_why=lambda one: find_send_back_reason(one) or one.decided_why or "",
        action=translate_action,
        fact=translate_fact,
        fact_value=translate_fact_value,
        format_name=translate_format,
        id_word=translate_id,
        ledger_text=translate_ledger_text,
        lines=format_lines,
        number=format_lead_number,
        place=format_place,
        sentence=format_sentence,
        short=lambda text: text[:12],
        state=translate_state,
        subscriber=format_subscriber_number,
        thing=translate_thing,
        word=lambda value, part, language: translate_word(part, str(value), language),
    )
    made.globals.update(
        static=build_static_url,
        fonts_of=list_fonts,
        font=find_font_url,
        remembered=MacroCache(REMEMBERED),
        remembered_chart=MacroCache(CHARTS),
        script_words=format_script_words,
    )
    return made


def compile_templates() -> None:
    """Compile every template, so that no officer waits for the first use of one."""
    engine = get_environment()
    for name in engine.list_templates(extensions=["html"]):
        engine.get_template(name)


def format_size(size_bytes: int) -> str:
    """Return a size with three digits and a unit, such as `1.46 GiB`."""
    size, units = float(size_bytes), ["B", "KiB", "MiB", "GiB", "TiB"]
    while size >= 1_000 and len(units) > 1:
        size /= 1_024
        units.pop(0)
    return f"{size:.3g} {units[0]}"


def _describe_decision(approval: Approval) -> str:
    """Return the state of an approval for `w("approval_state", ...)`, `sent-back` among them."""
    return approval.state.value if find_send_back_reason(approval) is None else "sent-back"


class MacroCache:
    """Cache of rendered macros whose arguments and language determine their output, such as table rows.

    No two cached macros share a name.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, macro: Macro, language: str, *keys: Hashable) -> Markup:
        """Return the rendered macro."""
        key = (macro.name, language, keys)
        with self._lock:
            if key in self._made:
                self._made.move_to_end(key)
                return self._made[key]
        text = Markup(macro(*keys))  # noqa: S704  - a template made it
        with self._lock:
            self._made[key] = text
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        return text


class WholeText(str):
    """A text whose addresses are shown: an officer opened it for a reason, or typed it into a form."""

    __slots__ = ()


def _clean_value(value: object) -> object:
    """Return a text without control characters, direction marks and whole addresses. Markup is the web app's own.

    Every value on a page passes through here. `WholeText` marks a text to show unchanged.
    """
    if type(value) is str:
        text = mask_text(value)
        return text if text.isprintable() else printable.make_printable(text)
    return printable.make_printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def show_whole(value: object) -> object:
    """Mark a text to be shown unchanged, with addresses (`WholeText`)."""
    return WholeText(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def format_count(value: int) -> str:
    """Return a count with separators: `1,431`."""
    return f"{value:,}"


def split_around_count(text: str, n: int) -> tuple[str, str, str]:
    """Return what comes before a count in a text, the count, and what follows, so that the count can be large.

    A text without its count, such as a plural form that says "one", follows it.
    """
    before, count, after = text.partition(format_count(n))
    return (before.strip(), count, after.strip()) if count else ("", format_count(n), text)


@pass_context
def render_instant(context: Context, value: int | str | datetime) -> Markup:
    """Return a `<time>` in Indian Standard Time, with UTC as its title. Takes microseconds, RFC 3339 or datetime."""
    at = _convert_to_datetime(value)
    local = at.astimezone(printable.IST)
    utc, title = f"{at:%Y-%m-%dT%H:%M:%SZ}", f"{_format_local_day(context, at.date())}, {at:%H:%M:%S} UTC"
    return _format_time(utc, f"{_format_local_day(context, local)}, {local:%H:%M:%S} IST", f' title="{title}"')


@pass_context
def render_day(context: Context, value: int | str | date | datetime) -> Markup:
    """Return a `<time>` of a day. Takes microseconds (in Indian Standard Time), `YYYY-MM-DD` or a date."""
    if isinstance(value, str):
        on = date.fromisoformat(value[:10])
    elif isinstance(value, date) and not isinstance(value, datetime):
        on = value
    else:
        on = _convert_to_datetime(value).astimezone(printable.IST).date()
    return _format_time(on.isoformat(), _format_local_day(context, on))


@pass_context
def render_age(context: Context, at_us: int) -> Markup:
    """Return a `<time>` that says how long ago something was, for pages that have `now_us`: `38 min ago`."""
    at, minutes = _convert_to_datetime(at_us), max(0, context["now_us"] - at_us) // 60_000_000
    unit, n = (
        ("now", 0)
        if minutes < 1
        else ("minutes", minutes)
        if minutes < 60
        else ("hours", minutes // 60)
        if minutes < 48 * 60
        else ("days", minutes // 1440)
    )
    t, local = get_messages(SHARED, get_rendered_language(context)), at.astimezone(printable.IST)
    title = f' title="{_format_local_day(context, local.date())}, {local:%H:%M} IST"'
    return _format_time(f"{at:%Y-%m-%dT%H:%M:%SZ}", t(f"age.{unit}", n=n), title)


def _format_local_day(context: Context, on: date) -> str:
    return day_said(on, get_rendered_language(context))


def _format_time(instant_: str, text: str, more: str = "") -> Markup:
    return Markup(f'<time datetime="{instant_}"{more}>{text}</time>')  # noqa: S704  - made of a datetime alone


def _convert_to_datetime(value: int | str | datetime) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value / 1_000_000, UTC)


@pass_context
def format_sentence(context: Context, text: str) -> str:
    """Return a sentence of a lower layer in the language of the page, or marked as English if it has none."""
    translated = translate_sentence(text, get_rendered_language(context))
    if not translated.is_english:
        return translated.text
    return Markup('<span lang="en">{}</span>').format(_clean_value(translated.text))


@pass_context
def translate_format(context: Context, name: str) -> str:
    """Return the name of a log format, or of what a tip was read as: `tip:sheet` becomes `Tip: Sheet`."""
    if not name.startswith(TIP_FORMAT):
        return name
    language = get_rendered_language(context)
    kinds = (translate_word("tip_kind", kind, language) for kind in name.removeprefix(TIP_FORMAT).split("+"))
    return get_messages(SHARED, language)("tip_format", kinds=", ".join(kinds))


@pass_context
def format_place(context: Context, text: str) -> str:
    """Return a place such as `Ernakulam, Kerala` in the language of the page, as far as it is known."""
    return translate_place(text, get_rendered_language(context))


@pass_context
def format_cites(context: Context, text: str) -> str:
    """Return what a reason cites, part by part in the language of the page, or all of it as English."""
    parts = [translate_sentence(part, get_rendered_language(context)) for part in _CITED.split(text)]
    if not any(part.is_english for part in parts):
        return "; ".join(part.text for part in parts)
    return Markup('<span lang="en">{}</span>').format(_clean_value(text))


def format_lines(text: str) -> Markup:
    """Return a text as escaped lines without unprintable characters."""
    is_whole = isinstance(text, WholeText)
    each = (line if is_whole else mask_text(line) for line in text.splitlines())
    return Markup("\n").join(printable.make_printable(line) for line in each)


def build_static_url(name: str) -> str:
    """Return the URL of a built file. It changes with the file's bytes."""
    return f"/static/{name}?v={_compute_digest(name)}"


def list_fonts(language: str) -> tuple[str, ...]:
    """Return the fonts of the language's script, in both weights: a page whose fonts come late moves."""
    script = SCRIPTS.get(language)
    return () if script is None else tuple(f"noto-sans-{script}-{script}-{weight}" for weight in (400, 600))


@cache
def find_font_url(name: str) -> str:
    """Return the URL of a built font whose files name begins with `name`. The name has the digest of its bytes."""
    files = sorted(path.name for path in (STATIC / "fonts").glob(f"{name}*.woff2"))
    return f"/static/fonts/{files[0] if files else name}"


@cache
def _compute_digest(name: str) -> str:
    path = STATIC / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else "none"
