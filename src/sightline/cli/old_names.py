"""Old names of commands, which still work and say the new name.

The table is applied to the words of a command line before they are parsed, so that no old name is in a help text, in a
completion script or in a manual page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

RENAMED_GROUPS: Mapping[str, str] = MappingProxyType(
    {
        "authority": "authorities",
        "case": "cases",
        "exhibit": "exhibits",
        "hold": "holds",
        "issuer": "issuers",
        "notice": "notices",
        "officer": "officers",
        "operation": "operations",
        "outcome": "outcomes",
        "refer": "referrals",
        "source": "sources",
        "witness": "witnesses",
    }
)
"""A group's old name and its new one."""
RENAMED_COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "backup recipients": "backup list-recipients",
        "backup recipients add": "backup add-recipient",
        "backup recipients list": "backup list-recipients",
        "backup recipients remove": "backup remove-recipient",
        "cases new": "cases add",
        "cluster keys": "cluster create-keys",
        "cluster scheduler": "cluster run-scheduler",
        "cluster worker": "cluster run-worker",
        "exchange journal": "exchange show-journal",
        "exchange token": "exchange list-tokens",
        "exchange token add": "exchange add-token",
        "exchange token end": "exchange revoke-token",
        "exchange token list": "exchange list-tokens",
        "exchange token new": "exchange add-token",
        "exchange token revoke": "exchange revoke-token",
        "exchange tokens": "exchange list-tokens",
        "exchange tokens add": "exchange add-token",
        "exchange tokens list": "exchange list-tokens",
        "exchange tokens revoke": "exchange revoke-token",
        "exercise new": "exercise create",
        "exhibits bundle": "exhibits export-bundle",
        "exhibits certificate": "exhibits export-certificate",
        "exhibits clock": "exhibits set-clock",
        "exhibits custody": "exhibits record-custody",
        "exhibits graph": "exhibits export-graph",
        "holds set": "holds add",
        "issuers enrol": "issuers add",
        "leads groups": "leads list-groups",
        "leads mark": "leads flag-danger",
        "ledger checkpoint": "ledger export-checkpoint",
        "ledger take": "ledger import-checkpoint",
        "lists keygen": "lists create-key",
        "notices all": "notices draft-all",
        "notices confirm": "notices confirm-reply",
        "notices follow": "notices follow-up",
        "notices licensee": "licensees",
        "notices licensee say": "licensees set",
        "notices new": "notices draft",
        "notices replies": "notices list-replies",
        "notices reply": "notices import-reply",
        "notices sent": "notices mark-sent",
        "notices withdraw": "notices withdraw-reply",
        "officers key": "officers create-key",
        "officers password": "officers set-password",
        "operations event": "operations add-event",
        "operations new": "operations add",
        "operations take-out": "operations remove-leads",
        "operations withdraw": "operations withdraw-event",
        "outcomes precision": "outcomes show-precision",
        "referrals compare agree": "referrals compare create-secret",
        "referrals compare take": "referrals compare import-secret",
        "referrals compare with": "referrals compare match",
        "referrals compare write": "referrals compare export",
        "referrals force": "forces",
        "referrals force end": "forces revoke",
        "referrals force enrol": "forces add",
        "referrals force tie": "forces add-officer",
        "referrals found": "referrals record-outcome",
        "referrals incoming accept": "referrals accept",
        "referrals incoming import": "referrals import",
        "referrals incoming import-recall": "referrals import-recall",
        "referrals incoming list": "referrals list-incoming",
        "referrals incoming outcome": "referrals record-incoming-outcome",
        "referrals incoming purge": "referrals purge-incoming",
        "referrals incoming recall": "referrals import-recall",
        "referrals incoming record-outcome": "referrals record-incoming-outcome",
        "referrals incoming show": "referrals show-incoming",
        "referrals incoming take": "referrals import",
        "referrals key": "referrals export-key",
        "referrals keys": "forces create-keys",
        "referrals leave": "referrals offer",
        "referrals new": "referrals draft",
        "referrals outcome": "referrals import-outcome",
        "referrals recalled": "referrals read-recall",
        "referrals receipt": "referrals import-receipt",
        "referrals request": "referrals add-request",
        "resolve recalled": "resolve list-recalled",
        "sources proxies": "sources set-proxies",
        "sources times": "sources set-times",
        "tip": "tips read",
        "witnesses enrol": "witnesses add",
    }
)
"""A command's old name, in the new name of its group, and its new one."""
LONGEST = max(len(old.split()) for old in RENAMED_COMMANDS)


def find_command_position(words: Sequence[str]) -> int | None:
    """Return where the command is among the words: the first that is no option and no option's value."""
    before = ["", *words]
    return next(
        (at for at, word in enumerate(words) if not word.startswith("-") and before[at] != "--log-file"),
        None,
    )


_ADDRESSES = {"--open": "--show-addresses"}
OPTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "datasets import": {"--speaks-for": "--valid-for"},
        "leads": _ADDRESSES,
        "notices show": _ADDRESSES,
        "resolve": _ADDRESSES,
    }
)
"""The options of a command, or of a group, that have another name now."""


def replace_old_names(words: Sequence[str]) -> tuple[list[str], str | None]:
    """Return the words with new names, and a line that tells each new name; None where no name is old."""
    words, command_line = _rename_command(words)
    words, option_line = _rename_option(words)
    return words, "; ".join(filter(None, (command_line, option_line))) or None


def _rename_option(words: list[str]) -> tuple[list[str], str | None]:
    first = find_command_position(words)
    if first is None:
        return words, None
    options = {**OPTIONS.get(words[first], {}), **OPTIONS.get(" ".join(words[first : first + 2]), {})}
    for at, word in enumerate(words):
        option, equals, value = word.partition("=")
        if option in options:
            new = options[option]
            line = f'the option "{option}" is now "{new}"; the old name still works'
            return [*words[:at], f"{new}{equals}{value}", *words[at + 1 :]], line
    return words, None


def _rename_command(words: Sequence[str]) -> tuple[list[str], str | None]:
    first = find_command_position(words)
    if first is None:
        return list(words), None
    group = RENAMED_GROUPS.get(words[first], words[first])
    typed = [group, *words[first + 1 : first + LONGEST]]
    for length in range(len(typed), 0, -1):
        new = RENAMED_COMMANDS.get(" ".join(typed[:length]))
        if new is not None:
            return [*words[:first], *new.split(), *words[first + length :]], _format_line(
                words[first : first + length], new
            )
    if group == words[first]:
        return list(words), None
    verb = typed[1:2] if len(typed) > 1 and not typed[1].startswith("-") else []
    line = _format_line([words[first], *verb], " ".join([group, *verb]))
    return [*words[:first], group, *words[first + 1 :]], line


def _format_line(old: Sequence[str], new: str) -> str:
    return f'"sightline {" ".join(old)}" is now "sightline {new}"; the old name still works'
