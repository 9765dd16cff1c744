"""Origins of lists and exhibits, read from the match's summary (`match --summary`)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from sightline.errors import DamagedInput, UsageError
from sightline.evidence.survey import HitSurvey

_HINT = "give what `sightline match --summary` wrote in the same run as the hits"
UNKNOWN_ORIGIN = "whether it was transcribed is not known: the account of the match was not given"


@dataclass(frozen=True, slots=True)
class ListOrigin:
    """A list, or a tip in place of one (ADR 26): its issuer, and its source in words, wherever it is named."""

    list_id: str
    issuer: str | None
    origin: str
    transcribed_by: str | None = None
    original_sha256: str | None = None
    is_known: bool = False
    is_tip: bool = False


@dataclass(frozen=True, slots=True)
class ExhibitOrigin:
    """An exhibit. Only the summary has its name, without the folders of the machine that read it, and its size."""

    sha256: str
    name: str | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Origins:
    """Origins by list id and by SHA-256, in the order of the hits."""

    lists: dict[str, ListOrigin]
    exhibits: dict[str, ExhibitOrigin]


def find_origins(survey: HitSurvey, account: Path | None) -> Origins:
    """Return the known origins of the hits' lists and exhibits.

    Raises DamagedInput for an invalid summary, or one with another number of hits; UsageError for the summary of
    another run.
    """
    if account is None:
        lists = {key: ListOrigin(key, issuer, UNKNOWN_ORIGIN) for key, issuer in survey.lists.items()}
        return Origins(lists, {key: ExhibitOrigin(key) for key in survey.exhibits})
    all_lists, all_exhibits, hits = _read(account)
    if not (survey.lists.keys() <= all_lists.keys() and survey.exhibits.keys() <= all_exhibits.keys()):
        raise UsageError(f"{account}: it does not name all lists and exhibits of these hits", hint=_HINT)
    for sha256, count in hits.items():
        if count != survey.exhibits[sha256] and not survey.rejects:
            what = f"{account}: it counts {count:,} hits of the exhibit {sha256}, here are {survey.exhibits[sha256]:,}"
            raise DamagedInput(what, hint=f"the file of hits is not whole, or of another run; {_HINT}")
    return Origins({key: all_lists[key] for key in survey.lists}, {key: all_exhibits[key] for key in survey.exhibits})


def _read(path: Path) -> tuple[dict[str, ListOrigin], dict[str, ExhibitOrigin], Counter[str]]:
    try:
        whole = json.loads(path.read_bytes())
        lists = {
            list_["list_id"]: ListOrigin(
                list_id=_check_text(list_["list_id"]),
                issuer=_check_optional_text(list_["issuer"]),
                origin=_check_text(list_["origin"]),
                transcribed_by=_check_optional_text(list_["transcribed_by"]),
                original_sha256=_check_optional_text(list_["original_sha256"]),
                is_known=True,
            )
            for list_ in whole["lists"]
        }
        exhibits = {
            exhibit["sha256"]: ExhibitOrigin(
                exhibit["sha256"], _get_file_name(exhibit["path"]), _check_number(exhibit["size_bytes"])
            )
            for exhibit in whole["exhibits"]
        }
        hits: Counter[str] = Counter()
        for exhibit in whole["exhibits"]:
            hits[exhibit["sha256"]] += _check_number(exhibit["hits"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedInput(f"{path} is not an account of a match", hint=_HINT) from None
    return lists, exhibits, hits


def _check_text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    return value


def _check_optional_text(value: object) -> str | None:
    return None if value is None else _check_text(value)


def _check_number(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError
    return value


def _get_file_name(path: object) -> str | None:
    """The file's own name; none of standard input."""
    return Path(_check_text(path)).name if path != "-" else None
