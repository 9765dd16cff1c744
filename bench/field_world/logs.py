"""The log files of the servers, in two rounds of rotation, as they were seized or handed over."""

from __future__ import annotations

import gzip
import math
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.field_world.model import Visit
from bench.field_world.servers import SERVERS, Server, head_of, write_line

ROUNDS = (1, 2)


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file of one server, of one round."""

    server: Server
    round: int
    path: Path


def record_times(dice: Random, visits: list[Visit], begin: float, end: float) -> None:
    """Set what each server's clock wrote, and in which round of rotation the line fell."""
    middle = begin + (end - begin) * 0.55
    for visit in visits:
        server = _server(visit)
        if server.writes_end and dice.random() < 0.01:
            visit.duration, visit.status, visit.size = 60.0, 408, 0
        instant = visit.start + (visit.duration if server.writes_end else 0.0)
        error = server.clock_error((instant - begin) / (end - begin))
        step = server.precision_s
        visit.recorded = math.floor((instant + error) / step) * step if step >= 1 else round(instant + error, 3)
        visit.round = 1 if visit.recorded < middle else 2
        if server.format == "nginx-forwarded" and dice.random() < 0.1:
            visit.forwarded = f"192.0.2.{dice.randint(1, 250)}"


def _server(visit: Visit) -> Server:
    return next(server for server in SERVERS if server.name == visit.server)


def write_logs(visits: list[Visit], folder: Path) -> list[LogFile]:
    """Write all logs; a part of each round is gzipped. The same visits give the same bytes."""
    files = []
    for server in SERVERS:
        for number in ROUNDS:
            mine = [visit for visit in visits if visit.server == server.name and visit.round == number]
            mine.sort(key=lambda visit: visit.recorded)
            if not mine:
                continue
            cut = len(mine) * 2 // 3
            for part, some in enumerate((mine[:cut], mine[cut:])):
                if some:
                    files.append(_write(server, number, part, some, folder))
    return files


def _write(server: Server, number: int, part: int, visits: list[Visit], folder: Path) -> LogFile:
    name = f"{server.name}/round{number}/{server.name}-access.log.{2 - part}"
    text = head_of(server) + "".join(write_line(server, visit) + "\n" for visit in visits)
    path = folder / (f"{name}.gz" if part == 0 else name)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = text.encode()
    path.write_bytes(gzip.compress(content, mtime=0) if part == 0 else content)
    return LogFile(server, number, path)
