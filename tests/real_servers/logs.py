"""What a server module hands back: a log as written, and what its driver counted."""

from dataclasses import dataclass, field

FLAGGED = "flagged.example"


def is_flagged(host: str | None) -> bool:
    """Whether a visit to this canonical host meets the domain indicator `flagged.example`."""
    return host is not None and (host == FLAGGED or host.endswith("." + FLAGGED))


@dataclass(frozen=True)
class Log:
    """One log file: `records` and `visits` (to flagged.example and below) are the driver's counts, not the log's.

    `format` is the folder that it belongs into, `name` the file's name.
    """

    format: str
    name: str
    content: bytes
    records: int
    visits: int
    configuration: str  # without the name of the folder it ran in
    says: str = ""
    options: dict[str, str] = field(default_factory=dict)
    comments: int = 0
    rejects: dict[str, int] = field(default_factory=dict)
