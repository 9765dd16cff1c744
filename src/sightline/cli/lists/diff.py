"""`sightline lists diff`: what was added, removed and changed from one version of a list to the next."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sightline.cli.lists.file_output import map_input_errors
from sightline.cli.lists.list_rows import add_digest_key
from sightline.cli.lists.statements import defang_name, describe_statement, format_aspect
from sightline.cli.subcommands import Parsers, add_command
from sightline.message_text import count_noun

if TYPE_CHECKING:
    from sightline.stages.lists.diff import Aspect, StatementChange
    from sightline.stages.lists.model import FlagList, Indicator

EXAMPLES = """\
  sightline lists diff flagged-1.csv flagged-2.csv
      # what was added, removed and changed
"""
CODES = """
exit codes: 0 done, whether they differ or not; 1 rows could not be read; 3 not trusted (only with --trust);
4 damaged list. Without --trust, what signatures claim is shown unverified."""


def add(verbs: Parsers) -> None:
    """Add the verb's parser."""
    here = add_command(
        verbs, "diff", "show what was added, removed and changed from one list to another", EXAMPLES + CODES
    )
    here.add_argument("old", type=Path, metavar="OLD", help="the older list, which may have expired")
    here.add_argument("new", type=Path, metavar="NEW", help="the newer list")
    here.add_argument(
        "--trust",
        action="append",
        type=Path,
        default=[],
        metavar="PUB",
        help="refuse lists that none of these keys signed",
    )
    add_digest_key(here)
    here.add_argument(
        "--json",
        action="store_true",
        help="JSON lines: one for each difference, then one for both lists and the counts",
    )


def run(arguments: argparse.Namespace) -> int:
    """Tell each difference, then the count; 1 where rows of either list could not be read."""
    from sightline.stages.lists.diff import ChangeKind, compare_lists  # noqa: PLC0415

    now = datetime.now(UTC)
    old, new = (_load_list(path, arguments, now) for path in (arguments.old, arguments.new))
    counts: Counter[str] = Counter()
    for change in compare_lists(old.indicators, new.indicators):
        counts[change.kind] += 1
        if change.kind is not ChangeKind.SAME:
            print(json.dumps(_build_row(change), ensure_ascii=False) if arguments.json else _format_line(change))
    is_verified = bool(arguments.trust)
    account = {"old": _build_account(old, is_verified), "new": _build_account(new, is_verified)} | {
        kind.value: counts[kind] for kind in ChangeKind
    }
    if arguments.json:
        print(json.dumps(account, ensure_ascii=False))
    else:
        print("\n".join(_list_lines("old", old, is_verified) + _list_lines("new", new, is_verified)))
        print(", ".join(f"{counts[kind]:,} {kind}" for kind in ChangeKind))
    return 1 if old.rejects or new.rejects else 0


def _load_list(path: Path, arguments: argparse.Namespace, now: datetime) -> FlagList:
    """The list; the older one may have expired. What an untrusted signature claims is shown as a claim."""
    from dataclasses import replace  # noqa: PLC0415

    from sightline.cli import progress  # noqa: PLC0415
    from sightline.stages.lists import load, trust  # noqa: PLC0415
    from sightline.stages.lists.digest_key import read_digest_key  # noqa: PLC0415

    keys = trust.read_trusted_keys(arguments.trust) if arguments.trust else None
    digest_key = read_digest_key(arguments.digest_key)
    with map_input_errors(path), progress.show_bar(enabled=not arguments.json) as watch:
        size_bytes = path.stat().st_size
        flag_list = load.load_list(
            path,
            keys,
            now,
            digest_key,
            may_have_expired=path == arguments.old,
            watch=lambda done: watch(done, size_bytes, 0),
        )
        minisig = trust.read_signature_text(path)
    if keys is None and minisig is not None:
        return replace(flag_list, signature=trust.read_unverified(minisig, str(path)))
    return flag_list


def _build_row(change: StatementChange) -> dict[str, object]:
    """A difference for programs."""
    return {
        "change": change.kind,
        "indicator_kind": change.indicator.kind,
        "indicator": change.indicator.value,
        "differs": list(change.aspects),
        "old": _list_statements(change.old),
        "new": _list_statements(change.new),
    }


def _list_statements(indicator: Indicator | None) -> list[dict[str, object]]:
    return [describe_statement(statement) for statement in (indicator.statements if indicator else ())]


def _build_account(flag_list: FlagList, is_verified: bool) -> dict[str, object]:
    signature = flag_list.signature
    return {
        "path": flag_list.path,
        "list_id": flag_list.list_id,
        "indicators": len(flag_list.indicators),
        "rejects": len(flag_list.rejects),
        "verified": is_verified,
        "origin": signature.origin if signature else None,
        "version": signature.version if signature else None,
        "transcribed_by": signature.transcribed_by if signature else None,
        "original_sha256": signature.original_sha256 if signature else None,
    }


def _format_line(change: StatementChange) -> str:
    """A difference for people: names are shown so that no terminal makes links of them."""
    from sightline.stages.lists.diff import Aspect, ChangeKind  # noqa: PLC0415

    what = f"{change.kind:<8} {change.indicator.kind:<11} {defang_name(change.indicator.value)}"
    if change.kind is ChangeKind.CHANGED:
        parts = [
            f"{aspect} {_format_aspect(change.old, aspect)} -> {_format_aspect(change.new, aspect)}"
            for aspect in change.aspects
        ]
    else:
        aspects = (Aspect.OPINION, Aspect.WINDOW, Aspect.CATEGORY)
        parts = [f"{aspect} {_format_aspect(change.indicator, aspect)}" for aspect in aspects]
    return f"{what}  {'; '.join(parts)}"


def _format_aspect(indicator: Indicator | None, aspect: Aspect) -> str:
    """Return what the statements say of one aspect, in their order, each once."""
    statements = indicator.statements if indicator else ()
    return ", ".join(dict.fromkeys(format_aspect(statement, aspect) for statement in statements))


def _list_lines(title: str, loaded: FlagList, is_verified: bool) -> list[str]:
    """Return which list it was and whose."""
    lines = [f"{title}: {loaded.path}, {count_noun(len(loaded.indicators), 'indicator')}, list id {loaded.list_id}"]
    if loaded.signature is None:
        lines.append("     unsigned")
    else:
        version = f", version {loaded.signature.version}" if loaded.signature.version else ""
        doubt = "" if is_verified else " (not verified: no --trust was given)"
        lines.append(f"     {loaded.signature.origin}{version}{doubt}")
    if loaded.rejects:
        lines.append(
            f"     {count_noun(len(loaded.rejects), 'row')} could not be read: sightline lists check {loaded.path}"
        )
    return lines
