"""The one function that a worker runs: read exhibits with compiled lists, and leave segments in the staging folder.

A task and its result are JSON texts of names, digests and numbers. Hits, counts and masked examples stay in files of
the staging folder, so the scheduler sees none of them.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

import sightline
from sightline import errors
from sightline.errors import (
    DamagedInput,
    NotAllowed,
    OutputUnwritable,
    SightlineError,
    StoreUnreachable,
    UsageError,
    name_output_on_error,
)
from sightline.file_digests import compute_sha256
from sightline.model import ListId, RejectCode
from sightline.services.cluster.archive_parts import PART_FILE, describe_part, hash_ranges, read_file_state
from sightline.services.cluster.exhibit_places import describe_place, find_exhibit, require_within
from sightline.services.match.engine import describe_machine
from sightline.stages.lists import trust
from sightline.stages.scan import kernel
from sightline.stages.scan.engine_output import ExhibitScan
from sightline.stages.scan.engine_settings import EngineSettings
from sightline.stages.scan.opened_list import OpenList
from sightline.stages.scan.options import DecompressionLimits, ReadOptions
from sightline.stages.scan.results import MemberPlan, ScanInput
from sightline.stages.scan.segments import KEY_BYTES, SealedSegment

ACCOUNT = "account.json"
NO_KEY = bytes(KEY_BYTES)
"""A worker has no row key. The coordinator computes the roots of segments with the real ones."""


@dataclass(frozen=True, slots=True)
class TaskPlace:
    """The folders and buckets that a worker may read, and its output folder. `cores`: the threads of one task."""

    name: str
    read: tuple[Path, ...]
    write: tuple[Path, ...]
    cores: int = 1


_places: list[TaskPlace] = []


def set_task_place(place: TaskPlace) -> None:
    """Let this process run tasks within these folders."""
    _places[:] = [place]


def identify_build() -> str:
    """Return what makes two installations equal: the version and the kernel's digest."""
    return f"sightline {sightline.__version__}, kernel {kernel.compute_kernel_digest()[:16]}"


@dataclass(frozen=True, slots=True)
class CompiledList:
    """A compiled list of a task: its file in the staging folder, and what the file must be."""

    file: str
    sha256: str


@dataclass(frozen=True, slots=True)
class ExhibitTask:
    """Exhibits to read in one way. `part`: only the members of one archive that begin within this range of it.

    `digest`: read no member of it, but hash all of it, and these ranges.
    """

    build: str
    staging: str
    inputs: Sequence[ScanInput]
    lists: Sequence[CompiledList]
    options: Mapping[str, Any]
    limits: Mapping[str, int]
    all_hits_of: str | None = None
    has_segments: bool = True
    part: tuple[int, int] | None = None
    digest: Sequence[tuple[int, int]] | None = None

    def to_json(self) -> str:
        """Return the text that is sent to a worker. It has the program of a format once."""
        programs: dict[int, tuple[int, str]] = {}
        for scan_inputs in self.inputs:
            if id(scan_inputs.program) not in programs:
                programs[id(scan_inputs.program)] = len(programs), scan_inputs.program.to_json()
        inputs = [_describe_input(scan_input, programs[id(scan_input.program)][0]) for scan_input in self.inputs]
        same = {
            column.name: getattr(self, column.name) for column in fields(self) if column.name not in {"inputs", "lists"}
        }
        lists = [asdict(compiled_list) for compiled_list in self.lists]
        texts = [text for _, text in programs.values()]
        return json.dumps({**same, "inputs": inputs, "lists": lists, "programs": texts})


@dataclass(frozen=True, slots=True)
class TaskResult:
    """A worker's result for a task. `folder` has the account and the segments; `failure` is an error instead.

    `digests`: of a task of a verification, the SHA-256 of each file, in order; None if the worker cannot read it.
    """

    worker: str
    folder: str = ""
    account_sha256: str = ""
    cpu_s: float = 0.0
    machine: Mapping[str, str] = field(default_factory=dict)
    failure: Mapping[str, Any] = field(default_factory=dict)
    digests: Sequence[str | None] = ()

    def list_scans(self) -> list[ExhibitScan]:
        """Return the accounts of exhibits."""
        return [_build_scanned(account) for account in self.read_account()]

    def read_account(self) -> Any:  # noqa: ANN401  - what the task makes
        """Return what the worker said of its work. Raises DamagedInput if the file is not what it wrote."""
        path = Path(self.folder) / ACCOUNT
        text = path.read_bytes()
        if hashlib.sha256(text).hexdigest() != self.account_sha256:
            raise DamagedInput(f"{path} is not what {self.worker} wrote", hint="run it again")
        return json.loads(text)

    def build_error(self) -> SightlineError:
        """Return the failure as the error that it was on the worker."""
        kind, what, hint = (self.failure.get(name) for name in ("kind", "what", "hint"))
        if kind == OutputUnwritable.__name__:
            number = int(self.failure.get("errno") or 0)
            error = OSError(number, os.strerror(number)) if number else OSError(str(what))
            return OutputUnwritable(Path(self.failure.get("path") or self.folder), error)
        known = {each.__name__: each for each in (DamagedInput, StoreUnreachable, UsageError, NotAllowed)}
        result = known.get(str(kind), errors.ProgramFault)
        return result(f"the worker {self.worker}: {what}", hint=hint if isinstance(hint, str) else None)


def _describe_input(scan_inputs: ScanInput, program: int) -> dict[str, Any]:
    """Return an input as plain data. `program`: the place of its format's program in the task."""
    assert scan_inputs.path is not None
    members = None if scan_inputs.members is None else [scan_inputs.members.uses, list(scan_inputs.members.first_days)]
    return {
        **describe_place(scan_inputs.path),
        "program": program,
        "first_day": scan_inputs.first_day,
        "members": members,
    }


def read_exhibits(task: str) -> str:
    """Read the exhibits of a task, and return its result. Every failure is a result too."""
    return carry_out_task(task, _read)


def carry_out_task(task: str, act: Callable[[Mapping[str, Any], TaskPlace], TaskResult]) -> str:
    """Carry out a task, and return its result, or the failure as one. Another build is refused."""
    content = json.loads(task)
    place = _places[0] if _places else TaskPlace("?", (), ())
    try:
        if content["build"] != identify_build():
            raise NotAllowed(
                f"it runs {identify_build()}, and the task is of {content['build']}",
                hint="install the same version on both",
            )
        task_result = act(content, place)
    except SightlineError as error:
        task_result = TaskResult(place.name, failure=_describe_failure(error))
    except OSError as error:
        task_result = TaskResult(
            place.name, failure={"kind": "DamagedInput", "what": f"{error.filename}: {error.strerror}"}
        )
    return json.dumps(asdict(task_result))


def run_task_in_folder(place: TaskPlace, staging: Path, act: Callable[[Path], object]) -> TaskResult:
    """Carry out a task in a new folder of the staging folder. What `act` returns is written there, as JSON."""
    folder = staging / secrets.token_hex(8)
    begun = os.times()
    with name_output_on_error(folder):
        # Not its parents: the staging folder of a command that ended is gone, and must not come back.
        folder.mkdir(mode=0o700)
    try:
        text = json.dumps(act(folder)).encode()
        with name_output_on_error(folder / ACCOUNT):
            (folder / ACCOUNT).write_bytes(text)
    except BaseException:
        # Whatever ends the task, Ctrl+C too: its folder holds half of a result.
        shutil.rmtree(folder, ignore_errors=True)
        raise
    ended = os.times()
    cpu_s = ended.user + ended.system - begun.user - begun.system
    return TaskResult(place.name, str(folder), hashlib.sha256(text).hexdigest(), round(cpu_s, 3), describe_machine())


def parse_result(text: str) -> TaskResult:
    """Return a result from its text."""
    return TaskResult(**json.loads(text))


def _describe_failure(error: SightlineError) -> dict[str, Any]:
    result: dict[str, Any] = {"kind": type(error).__name__, "what": str(error), "hint": error.hint}
    if isinstance(error, OutputUnwritable):
        result |= {"path": None if error.path is None else str(error.path), "errno": error.why.errno}
    return result


def _read(content: Mapping[str, Any], place: TaskPlace) -> TaskResult:
    staging = require_within(content["staging"], place.write, "write to")
    if content.get("digest"):
        archive, ranges = (
            find_exhibit(content["inputs"][0], place.read),
            [(byte_range[0], byte_range[1]) for byte_range in content["digest"]],
        )
        return run_task_in_folder(place, staging, lambda _: asdict(hash_ranges(archive, ranges)))
    inputs = [_build_input(input_, place, content["programs"]) for input_ in content["inputs"]]
    lists = [_open_list(place, **list_) for list_ in content["lists"]]

    def scan_part(folder: Path) -> object:
        """Scan the members of a range of one archive, and return the description of the part."""
        within, file = _to_tuple(content["part"]), folder / PART_FILE
        (scan_inputs,) = inputs
        assert scan_inputs.path is not None
        was = read_file_state(scan_inputs.path)
        scanned, part = kernel.scan_part(
            scan_inputs,
            lists,
            ReadOptions(**_with_tuples(content["options"])),
            limits=DecompressionLimits(**content["limits"]),
            all_hits_of=content["all_hits_of"],
            threads=place.cores,
            within=within,
            file=file,
        )
        return describe_part(scanned, part, scan_inputs.path, within, file, was)

    def scan(folder: Path) -> list[dict[str, Any]]:
        """Scan whole exhibits, with their segments in `folder`, and return the account of each, in order."""
        scanned, _ = kernel.scan(
            inputs,
            lists,
            ReadOptions(**_with_tuples(content["options"])),
            EngineSettings(
                limits=DecompressionLimits(**content["limits"]),
                all_hits_of=content["all_hits_of"],
                hits=("segments", folder) if content["has_segments"] else ("nothing", None),
                threads=place.cores,
                row_keys=[NO_KEY] * len(inputs) if content["has_segments"] else (),
            ),
        )
        return [asdict(scanned_part) for scanned_part in scanned]

    return run_task_in_folder(place, staging, scan_part if content.get("part") else scan)


def _build_input(one: Mapping[str, Any], place: TaskPlace, programs: Sequence[str]) -> ScanInput:
    path = find_exhibit(one, place.read)
    members = None
    if one["members"] is not None:
        uses, first_days = one["members"]
        members = MemberPlan(uses, tuple(_to_tuple(day) for day in first_days))
    program: Any = _cache_program(programs[one["program"]])
    return ScanInput(
        path,
        program,
        first_day=_to_tuple(one["first_day"]),
        members=members,
    )


@dataclass(frozen=True, slots=True)
class SentProgram:
    """The program of a format as its text, which is all that the kernel needs."""

    text: str
    name: str = "sent"

    def to_json(self) -> str:
        """Return the text."""
        return self.text


@lru_cache(maxsize=64)
def _cache_program(text: str) -> SentProgram:
    """Return the same object for the same text, because the kernel compiles each object once."""
    return SentProgram(text)


def _open_list(place: TaskPlace, **fields: Any) -> OpenList[Any]:  # noqa: ANN401
    compiled_list = CompiledList(**fields)
    require_within(compiled_list.file, place.write, "read")
    return _load_list(compiled_list)


@lru_cache(maxsize=16)
def _load_list(compiled_list: CompiledList) -> OpenList[Any]:
    """Return a compiled list. Raises DamagedInput if the file is another list than the scan's."""
    path = Path(compiled_list.file)
    text = compute_sha256(path)
    if text != compiled_list.sha256:
        raise DamagedInput(
            f"the compiled list {path.name} is {text[:12]} here, and the scan's is {compiled_list.sha256[:12]}",
            hint="both must see the same staging folder",
        )
    matchable = kernel.load_compiled(path)
    meta = json.loads(matchable.meta())
    # The coordinator has verified the signature of these very bytes.
    signature = trust.read_unverified(meta["minisig"], path.name)
    return OpenList(compiled_list.file, ListId(meta["list_id"]), signature, {}, 0, matchable)


def _build_scanned(one: Mapping[str, Any]) -> ExhibitScan:
    rejects = {RejectCode(code): count for code, count in one["rejects"].items()}
    examples = {RejectCode(code): tuple(frames) for code, frames in one["examples"].items()}
    segments = tuple(SealedSegment(**segment) for segment in one["segments"])
    return ExhibitScan(**{**one, "rejects": rejects, "examples": examples, "segments": segments})


def _to_tuple(value: Sequence[int] | None) -> Any:  # noqa: ANN401
    return None if value is None else tuple(value)


def _with_tuples(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options with tuples where JSON has lists."""

    def changed(value: object) -> object:
        return tuple(changed(each) for each in value) if isinstance(value, list) else value

    return {name: changed(value) for name, value in options.items()}
