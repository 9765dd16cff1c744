"""A whole world from a seed: ISPs, visits, logs and data sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.field_world.holdings import DataSet, write_data_sets
from bench.field_world.isps import Isp
from bench.field_world.logs import LogFile, record_times, write_logs
from bench.field_world.model import DAY_S, Visit
from bench.field_world.networks import build_isps
from bench.field_world.servers import LISTED
from bench.field_world.traffic import Traffic

EPOCH = 1_767_225_600.0  # 1 January 2026, UTC
DAYS = 16


@dataclass(slots=True)
class World:
    """What truly was, and the files that a unit would hold of it."""

    seed: int
    begin: float
    end: float
    isps: list[Isp]
    visits: list[Visit]
    logs: list[LogFile]
    data_sets: list[DataSet]
    flag_list: Path


def make_world(seed: int, sessions: int, folder: Path) -> World:
    """Make a world of so many browsing sessions; the same seed gives the same bytes."""
    begin = EPOCH + Random(f"{seed}:day").randrange(60, 150) * DAY_S
    end = begin + DAYS * DAY_S
    isps = build_isps(Random(f"{seed}:isps"), sessions, begin, end)
    visits = Traffic(Random(f"{seed}:traffic"), isps, begin, end).draw(sessions)
    record_times(Random(f"{seed}:clocks"), visits, begin, end)
    logs = write_logs(visits, folder / "logs")
    data_sets = write_data_sets(Random(f"{seed}:data"), isps, begin, end, folder / "data")
    flag_list = folder / "flagged.csv"
    flag_list.write_text("kind,value,category\n" + "".join(f"domain,{host},csam\n" for host in LISTED))
    return World(seed, begin, end, isps, visits, logs, data_sets, flag_list)
