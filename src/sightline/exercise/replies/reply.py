"""Write the reply of one ISP of a world to one notice, and separately the oracle's input about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from sightline.errors import OutputExists, name_output_on_error
from sightline.exercise import manifest
from sightline.exercise.dice import Dice
from sightline.exercise.networks import NetworkPlan
from sightline.exercise.period import choose_period
from sightline.exercise.replies import archive, habits, notice_rows
from sightline.exercise.replies.archive import Kind, ReplyFile
from sightline.exercise.replies.records import Isp
from sightline.exercise.replies.row_faults import ReplyFaults
from sightline.exercise.replies.subscriber_forms import write_subscriber_reply as reply_with_forms


@dataclass(frozen=True, slots=True)
class ReplyFiles:
    """A reply: its files in the order of arrival; none if no row is answered."""

    files: tuple[ReplyFile, ...]


def write_reply(world_folder: Path, licensee: str, kind: Kind, rows: pl.DataFrame, out: Path) -> ReplyFiles:
    """Write a licensee's answer to a notice's rows to `out`, and the correct answer to the world's answers.

    Rows have the columns of the notice's CSV, or of a frame: `notice_rows.RECORDS` or `notice_rows.SUBSCRIBERS`. The
    same rows give the same bytes. Raises UsageError for an impossible licensee or rows, OutputExists for an existing
    file.
    """
    world = manifest.read(world_folder)
    network = habits.find_network(licensee)
    dice = Dice(world.seed)
    ends_us = choose_period(world.sessions, world.seed).ends_us
    isp = Isp(
        world_folder,
        licensee,
        network,
        ReplyFaults(dice, dict(world.faults)),
        NetworkPlan(dice, world.sessions),
        ends_us,
    )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise OutputExists(f"{out} is not empty", hint="choose a new folder for the reply")
    with name_output_on_error(out):
        out.mkdir(parents=True, exist_ok=True)
        if kind == "subscribers":
            reply = reply_with_forms(isp, notice_rows.build_subscriber_rows(rows), out)
        else:
            reply = isp.write_reply(notice_rows.build_record_rows(rows), out)
        archive.archive_reply(world_folder / "answers", reply)
    return ReplyFiles(reply.files)
