"""Make the sheet of a message, on which an officer answers for each connection; its text is read by a child process."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from pathlib import Path

from sightline.child_process import MessageSender, run_limited_child
from sightline.errors import DamagedInput, OutputExists, name_output_on_error
from sightline.file_digests import compute_sha256
from sightline.services.tips.child_process import compute_tip_limits
from sightline.services.tips.request import check_tip_file
from sightline.stages.tips.message import MessageFindings, find_candidates
from sightline.stages.tips.model import Candidate
from sightline.stages.tips.transcription import write_sheet

HINT = "nothing of it was used; type its connections into the sheet"


@dataclass(frozen=True, slots=True)
class TranscribedMessage:
    """A message that was read: its digest, and what was found in it."""

    sha256: str
    findings: MessageFindings


def read_message(path: Path) -> TranscribedMessage:
    """Return the candidates of a message; none, and why, of one that cannot be read: its officer types all.

    Raises UsageError or Refused; DamagedInput if it changed meanwhile.
    """
    check_tip_file(path)
    limits = compute_tip_limits(path.stat().st_size)
    try:
        with run_limited_child(send_candidates, (str(path),), str(path), limits, HINT) as receiver:
            message = receiver.read_message()
    except DamagedInput as error:
        return TranscribedMessage(compute_sha256(path), MessageFindings("unreadable", fault=str(error)))
    if compute_sha256(path) != message["sha256"]:
        raise DamagedInput(f"{path}: it changed while it was read", hint="name a copy that nobody writes to")
    candidates = [Candidate(**candidate) for candidate in message["candidates"]]
    return TranscribedMessage(message["sha256"], MessageFindings(candidates=candidates, **message["counts"]))


def send_candidates(sender: MessageSender, path: str) -> None:
    """Read a message in the child process, and send what was found."""
    content = Path(path).read_bytes()
    message_findings = find_candidates(content)
    candidates = [asdict(candidate) for candidate in message_findings.candidates]
    counts = {name: getattr(message_findings, name) for name in ("kind", "times", "attachments", "unread")}
    sender.send({"sha256": hashlib.sha256(content).hexdigest(), "candidates": candidates, "counts": counts})


def transcribe_message(path: Path, out: Path) -> TranscribedMessage:
    """Write the sheet of a message to a new file."""
    if out.exists():
        raise OutputExists(f"{out} exists already", hint="name another file; answers may be in that one")
    message = read_message(path)
    with name_output_on_error(out), out.open("xb") as stream:
        stream.write(write_sheet(message.findings, message.sha256))
    return message
