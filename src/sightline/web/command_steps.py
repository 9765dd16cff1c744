"""Translate the command that the hint of an error names into the part of a page that does the same."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sightline.translation.messages import get_messages

PAGES: Mapping[str, str] = {
    "approvals": "approvals",
    "approve": "approvals",
    "authorities": "cases",
    "cases": "cases",
    "datasets": "administration",
    "devices": "devices",
    "exhibits": "exhibits",
    "forces": "referrals",
    "issuers": "lists",
    "leads": "leads",
    "ledger": "ledger",
    "licensees": "notices",
    "lists": "lists",
    "notices": "notices",
    "officers": "administration",
    "operations": "operations",
    "referrals": "referrals",
    "resolve": "notices",
    "scan": "intake",
    "search": "search",
    "sources": "cases",
    "tips": "tips",
    "verify": "ledger",
}
"""The page of the web app for a group of commands that a hint names."""
PARTS: Mapping[str, str] = {
    "approve": "tab.waiting",
    "authorities add": "authority.add",
    "cases add": "new.title",
    "datasets": "tab.datasets",
    "devices import": "add.title",
    "exhibits set-clock": "clock.add",
    "forces": "forces",
    "leads rebuild": "rebuild.title",
    "leads reopen": "reopen",
    "leads set-retention": "tab.retention",
    "licensees": "tab.licensees",
    "lists": "add.title",
    "notices draft": "new.title",
    "notices withdraw-reply": "reply.withdraw",
    "notices": "tab.notices",
    "officers": "tab.officers",
    "operations add": "new",
    "referrals add-request": "record",
    "referrals draft": "new",
    "referrals export-key": "forces",
    "referrals recall": "recall_some",
    "resolve": "resolving.do",
    "scan": "begin.title",
    "search": "title",
    "sources add": "sources.add",
    "tips import": "add.title",
    "tips transcribe": "message.title",
    "verify": "verify.title",
}
"""The heading or button of that page for a command, or for its whole group. Messages of the page name it."""
ELSEWHERE: Mapping[str, tuple[str, str]] = {"leads set-retention": ("administration", "tab.retention")}
"""Commands whose part is on another page than that of their group."""
ONLY_COMMANDS = frozenset(
    {"exhibits export-bundle", "ledger export-checkpoint", "referrals", "referrals compare", "referrals deconflict"}
)
"""Commands of such a group for which the page has no part."""
_COMMAND = re.compile(r"\bsightline ([a-z]+)(?: ([a-z][a-z-]*))?")
_SHOWS = ("list", "show", "shows", "names")


def find_command_step(hint: str, language: str) -> str:
    """Return what an officer does where a hint names a command: the part of a page to use, or a person to ask.

    The step names page and part, so that it also helps an officer who is on this page.
    """
    t, command = get_messages("all", language), _COMMAND.search(hint)
    if command is None:
        return t("command.option")
    group, verb = command[1], command[2] or ""
    name = f"{group} {verb}".strip()
    page, part = ELSEWHERE.get(name, (PAGES.get(group), None))
    if page is None or name in ONLY_COMMANDS:
        return t("command.ask", command=command[0].strip())
    if group == "approve":
        return t("command.approve", page=t("page.approvals"))
    if group != "verify" and verb.startswith(_SHOWS):
        return t("command.look", page=t(f"page.{page}"))
    part = part or PARTS.get(name) or PARTS.get(group)
    if part is None:
        return t("command.ask", command=command[0].strip())
    return t("command.part", page=t(f"page.{page}"), part=get_messages(page, language)(part))
