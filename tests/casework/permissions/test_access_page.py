"""`docs/how-to/workspace.md`: its table of who may ask and approve is what `access.py` allows."""

from pathlib import Path

from sightline.casework.permissions.access import (
    ADMINISTRATOR,
    ANALYST,
    CUSTODIAN,
    IO,
    POLICY,
    PROSECUTOR,
    SECOND,
    SHO,
    SP,
    SUPERVISOR,
    Action,
)
from sightline.model import Role

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "workspace.md"
HEAD = "| act | may ask | may approve |\n|---|---|---|\n"
NAMES: dict[Role, str] = {
    ANALYST: "analyst", IO: "IO", SHO: "SHO", SP: "SP", SUPERVISOR: "supervisor", CUSTODIAN: "custodian",
    PROSECUTOR: "prosecutor", ADMINISTRATOR: "administrator",
}  # fmt: skip
ROWS = (
    (Action.NOTICE_PRESERVATION, Action.NOTICE_RECORDS),
    (Action.NOTICE_SUBSCRIBERS,),
    (Action.BUNDLE,),
    (Action.REFERRAL,),
    (Action.FORCE_COMPARE,),
    (Action.ADDRESS_EXPORT,),
    (Action.IDENTITY_EXPORT,),
    (Action.PURGE,),
    (Action.AUTHORITY_LIVE,),
    (Action.SOURCE_USE,),
    (Action.SCAN_WHOLE_LOG,),
    (Action.FORMAT_USE,),
    (Action.ISSUER_ENROL,),
    (Action.OFFICER_ENROL, Action.ACCOUNT_RECOVER),
    (Action.FORCE_ENROL, Action.FORCE_TIE),
    (Action.BACKUP_RECIPIENT,),
)
"""The acts of each row of the table, in its order."""


def test_the_table_says_who_may_ask_and_who_may_approve() -> None:
    lines = PAGE.read_text(encoding="utf-8").partition(HEAD)[2].partition("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert {action for row in ROWS for action in row} == set(SECOND)
    for (_, may_ask, may_approve), actions in zip(cells, ROWS, strict=True):
        for action in actions:
            assert may_ask == _names(POLICY[action]), action
            assert may_approve == _names(SECOND[action]), action


def _names(roles: frozenset[Role]) -> str:
    return ", ".join(name for role, name in NAMES.items() if role in roles)
