"""The scan in plain Python: the oracle that the kernel is compared with, and its stand-in for small inputs.

Every rule of `docs/adr/0002` to `0005` stands here once, in the order of the pages. Clarity goes before speed.
"""

from sightline.stages.scan.reference.read import read_frame, score
from sightline.stages.scan.reference.record import Comment, Header, Outcome, Record
from sightline.stages.scan.reference.scan import scan

__all__ = ["Comment", "Header", "Outcome", "Record", "read_frame", "scan", "score"]
