"""`sightline referrals export`, `seal`, `offer`: plain PDF and CSV, a package for its force alone, or one to fetch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from sightline.cli.subcommands import Parsers, add_command

EXAMPLES = {
    "export": '  sightline referrals export "KA-CYBER 1" --language hi --out for-mysuru\n',
    "leave": '  sightline referrals offer "KA-CYBER 1"  # then its own officer takes it: sightline referrals fetch\n',
    "seal": '  sightline referrals seal "KA-CYBER 1" --out ka-cyber-1.age\n',
}
LANGUAGES = ("en", "hi", "ml")


def add(verbs: Parsers) -> None:
    """Add the verbs' parsers."""
    export = add_command(
        verbs, "export", "write letter, lead sheets, leads and rows as PDF and CSV", EXAMPLES["export"]
    )
    export.add_argument("--language", choices=LANGUAGES, default="en", help="English, Hindi or Malayalam (default en)")
    export.add_argument("--overwrite", action="store_true", help="replace files that are there already")
    seal = add_command(verbs, "seal", "write a signed bag with all proofs, encrypted to the force", EXAMPLES["seal"])
    leave = add_command(verbs, "offer", "offer it to the force's own officers, who fetch it here", EXAMPLES["leave"])
    leave.add_argument("referral", metavar="ID", help="its number, its id, or the end of it")
    for here, out in ((export, "DIR"), (seal, "FILE.age")):
        here.add_argument("referral", metavar="ID", help="its number, its id, or the end of it")
        here.add_argument("--out", type=Path, required=True, metavar=out, help="where it goes")


def run(arguments: argparse.Namespace) -> int:
    """Write the files."""
    from sightline.cli.officer_options import start_session  # noqa: PLC0415
    from sightline.evidence.documents.document_facts import Language  # noqa: PLC0415
    from sightline.services.referrals import export as export_module  # noqa: PLC0415

    officer_session = start_session(arguments)
    if arguments.verb == "seal":
        package = export_module.seal_referral(officer_session, arguments.referral, arguments.out)
        print(
            f"{package.path}  SHA-256 {package.packed.sealed_sha256}, of the bag in it {package.packed.package_sha256}"
        )
        return 0
    if arguments.verb == "offer":
        number = export_module.leave_referral(officer_session, arguments.referral).number
        print(f"{number}: waits here for its force's officers")
        return 0
    language = Language(arguments.language)
    paths = export_module.export_referral(
        officer_session, arguments.referral, arguments.out, language, overwrite=arguments.overwrite
    )
    print("\n".join(str(path) for path in paths.values()))
    sys.stderr.write("whole addresses, not encrypted: hand them over in person, or seal instead\n")
    return 0
