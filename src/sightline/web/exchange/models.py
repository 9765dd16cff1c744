"""Request and response bodies of the exchange's API. They are strict and accept no other keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, WithJsonSchema

from sightline.model import AuthorityKind

Text = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Ulid = Annotated[str, StringConstraints(pattern=r"^[0-9A-HJKMNP-TV-Z]{26}$")]
State = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]


Period = Annotated[str, StringConstraints(pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])$")]
Compared = Literal["addresses", "subscribers", "accounts", "files"]


def _check_day(text: str) -> str:
    date.fromisoformat(text)
    return text


Day = Annotated[
    str,
    StringConstraints(pattern=r"^[1-9][0-9]{3}-[0-9]{2}-[0-9]{2}$"),
    AfterValidator(_check_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]


class Strict(BaseModel):
    """A model without type coercion that accepts no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class ReferralItem(Strict):
    """A referral for this force: the facts of its sealed package. Only the force can read what is in it."""

    v: Literal[1] = 1
    referral: Ulid
    number: Text
    force: Text
    leads: Annotated[int, Field(ge=1)]
    sha256: Sha256
    size_bytes: Annotated[int, Field(ge=1)]
    approved_at: Text


class Page(Strict):
    """Some referrals by id. `after` requests the next ones; it is None on the last page."""

    referrals: list[ReferralItem]
    after: str | None


class Note(Strict):
    """A note as `sightline referrals open` and `answer` write it, signed by the force."""

    minisig: Annotated[str, StringConstraints(min_length=1, max_length=16_384)]
    note: dict[str, Any]


class RecallItem(Strict):
    """A recall of leads: the note as the unit signed it."""

    recall: Ulid
    note: dict[str, Any]


class Recalls(Strict):
    """All recalls for the force."""

    recalls: list[RecallItem]


class RequestIn(Strict):
    """A force's request, in its own case and under its own authority. Days are India's; the last one is included."""

    case_number: Text
    authority_kind: Annotated[AuthorityKind, Field(strict=False)]
    authority_number: Text
    issued_by: Text
    issued_on: Day
    valid_until: Day | None = None
    document_sha256: Sha256
    document_name: Text
    states: Annotated[list[State], Field(max_length=40)] = []
    since: Day | None = None
    until: Day | None = None


class Accepted(Strict):
    """The content was stored until the unit collects it."""

    id: Ulid
    sha256: Sha256


class Submitted(Strict):
    """Pseudonyms were stored in place of those that the force submitted before."""

    period: str
    what: str
    count: int


class Deconflicted(Strict):
    """The force's own pseudonyms that another force submitted too. `forces`: how many submitted any."""

    period: str
    what: str
    forces: int
    both: list[str]


class Problem(Strict):
    """The reason of a refusal. The journal has it under `id`."""

    error: str
    detail: str
    id: str


class Health(Strict):
    """The exchange works; its time."""

    status: Literal["ok"] = "ok"
    at: datetime
