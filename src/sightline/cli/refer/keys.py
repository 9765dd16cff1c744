"""`sightline refer key`, `keys`: this unit's public key for others; and a force's own keys, where it keeps them."""

from __future__ import annotations

import argparse
from pathlib import Path

from sightline.cli.subcommands import Parsers, command

EXAMPLES = {
    "key": "  sightline refer key --out Cyber-PS.pub      compare the key id with each force over another channel\n",
    "keys": """\
  sightline refer keys KA-CYBER --out keys
      KA-CYBER.key signs receipts, KA-CYBER.age opens packages; hand over KA-CYBER.pub and the age1... that is printed
""",
}


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    key = command(verbs, "key", "write the public key with which this unit signs referrals", EXAMPLES["key"])
    key.add_argument("--out", type=Path, required=True, metavar="FILE.pub", help="where to write it")
    keys = command(verbs, "keys", "make a force's keys: minisign and age", EXAMPLES["keys"])
    keys.add_argument("code", metavar="CODE", help="the force's code: letters, digits, lines and dots")
    keys.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder that they go to")


def run(arguments: argparse.Namespace) -> int:
    """Write keys; none is ever replaced."""
    return _keys(arguments) if arguments.verb == "keys" else _key(arguments)


def _key(arguments: argparse.Namespace) -> int:
    from sightline.casework.access import Action  # noqa: PLC0415
    from sightline.cli.lists.files import write_small  # noqa: PLC0415
    from sightline.cli.officer_options import desk_of  # noqa: PLC0415
    from sightline.workspace.unit_keys import unit_key, unit_recipient  # noqa: PLC0415

    officer_session = desk_of(arguments)
    officer_session.require(Action.FORCE_LIST, "force:all")
    public = unit_key(officer_session.workspace).public()
    write_small(arguments.out, public.text(), mode=0o644, overwrite=False)
    print(f"{arguments.out}  {public.issuer}, key {public.key_id}")
    print(
        f"{unit_recipient(officer_session.workspace)}  for packages that are sealed for this unit:"
        " hand it over with the key"
    )
    return 0


def _keys(arguments: argparse.Namespace) -> int:
    import pyrage  # noqa: PLC0415

    from sightline.cli.lists.files import write_small  # noqa: PLC0415
    from sightline.errors import OutputExists, UsageError, writing  # noqa: PLC0415
    from sightline.stages.lists import signature  # noqa: PLC0415

    try:
        key = signature.keygen(arguments.code)
    except signature.KeyFileError as why:
        raise UsageError(str(why)) from None
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    wanted = {
        "key": (key.text(), 0o600),
        "pub": (key.public().text(), 0o644),
        "age": (f"# public key: {recipient}\n{identity}\n", 0o600),
    }
    paths = {end: arguments.out / f"{key.issuer}.{end}" for end in wanted}
    for path in paths.values():
        if path.exists():
            raise OutputExists(f"{path} is there already, and a key is never replaced", hint="choose another --out")
    with writing(arguments.out):
        arguments.out.mkdir(mode=0o700, parents=True, exist_ok=True)
    for end, (text, mode) in wanted.items():
        write_small(paths[end], text, mode=mode, overwrite=False)
    print(f"{paths['key']}  secret, without a password: keep it where only you can read it")
    print(f"{paths['age']}  secret: whoever has it can open what is sealed for {key.issuer}")
    print(f"{paths['pub']}  key {key.key_id}: hand it over, by a way that nobody can alter")
    print(f"{recipient}  hand it over with the key")
    return 0
