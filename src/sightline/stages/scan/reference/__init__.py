"""The scan in plain Python: the oracle that the kernel is compared with, and its substitute for small inputs.

It implements every rule of `docs/adr/0002` to `0005` once, in the order of the pages. Clarity is more important than
speed.
"""

from sightline.stages.scan.reference.read import read_frame, score_program
from sightline.stages.scan.reference.record import CommentFrame, Header, Outcome, Record
from sightline.stages.scan.reference.scan import scan

__all__ = ["CommentFrame", "Header", "Outcome", "Record", "read_frame", "scan", "score_program"]
