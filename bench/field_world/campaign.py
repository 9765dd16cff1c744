"""A unit's work on a world, by the command line alone: import, scan, ask, read answers, follow up, resolve."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from bench.field_world.answers import read_questions
from bench.field_world.clerk import Office as IspOffice
from bench.field_world.clerk import Reply
from bench.field_world.forms import FormsDesk
from bench.field_world.holdings import write_late_statement
from bench.field_world.office import CASE, CommandFailed, Office
from bench.field_world.servers import FRONT, SERVERS, Server, utc
from bench.field_world.world import World

Json = dict[str, Any]
TODAY = "2026-11-27"


@dataclass(slots=True)
class Campaign:
    """The unit, the world that it works on, and what has been answered."""

    office: Office
    world: World
    faulty: float
    now: float
    replies: list[Reply] = field(default_factory=list)
    answered: set[str] = field(default_factory=set)
    refused: list[str] = field(default_factory=list)
    forms: dict[str, set[str]] = field(default_factory=dict)

    def prepare(self) -> None:
        """Found the workspace; register sources and authorities; import the data sets; say who the licensees are."""
        office = self.office
        office.found()
        office.trust_agency(self.world.flag_list)
        order = office.folder / "order.pdf"
        order.write_text("an order, as it was scanned in")
        for server in SERVERS:
            self._declare(server, order)
        for data_set in self.world.data_sets:
            self._import(data_set.path, data_set.kind, data_set.day, data_set.name)
        for isp in self.world.isps:
            plan = isp.plan
            office.run("licensees", "set", plan.name, "--address", f"Nodal Officer, {plan.name}", "--nat-logs",
                       plan.nat_logs, "--timezone", plan.zone, "--date-order", plan.date_order)  # fmt: skip

    def _declare(self, server: Server, order: Path) -> None:
        words = ["sources", "add", "--kind", server.source_kind, "--name", server.name, "--use", "leads"]
        if server.source_kind == "seized-server":
            words += ["--server-name", server.host]
        if server.zone:
            words += ["--timezone", server.zone, "--timezone-basis", "seen in the server's settings"]
        error, uncertainty = server.clock_error(0.5), server.uncertainty_s + int(server.drift_s / 2 + 0.999)
        words += ["--clock-offset", f"{error:g}", "--clock-uncertainty", str(uncertainty)]
        words += ["--clock-measured", "compared with NTP when it was seized"]
        if server.trusted_hops:
            words += ["--trusted-proxy", FRONT]
        self.office.run(*words)
        self.office.run("authorities", "add", "--case", CASE, "--kind", server.authority_kind, "--number",
                        f"order {server.name}", "--issued-by", "CJM Thrissur", "--issued-on", "2026-02-01", "--until",
                        "2098-12-31", "--document", order, "--source", server.name)  # fmt: skip

    def _declare_drift(self, server: Server, path: Path) -> None:
        """Say by how much a clock that drifts was off at two instants: when the world's days begin and end."""
        begin, end = self.world.begin, self.world.end
        compared = [
            word
            for instant, share in ((begin, 0.0), (end, 1.0))
            for word in ("--compared", f"{utc(instant):%Y-%m-%dT%H:%M:%SZ}={server.clock_error(share):g}")
        ]
        self.office.run("exhibits", "set-clock", path, *compared, "--clock-uncertainty", server.uncertainty_s,
                        "--measured", "compared with NTP twice")  # fmt: skip

    def _import(self, path: Path, kind: str, day: str, name: str) -> None:
        words = ["datasets", "import", path, "--kind", kind, "--date", day, "--name", name, "--quiet"]
        try:
            self.office.run(*words)
        except CommandFailed as failed:
            if kind != "nat":
                raise
            self.refused.append(f"{path.name}: {str(failed).splitlines()[-2:]}")
            lines = path.read_text().splitlines()
            path.write_text("".join(",".join(line.split(",")[:7]) + "\n" for line in lines))
            self.office.run(*words)

    def scan(self, number: int) -> None:
        """Scan the logs of one round; a seized server's own log takes two officers."""
        for server in SERVERS:
            files = [log.path for log in self.world.logs if log.server is server and log.round == number]
            if not files:
                continue
            for path in files if server.drift_s else []:
                self._declare_drift(server, path)
            words = ["scan", *files, "--source", server.name, "--authority", f"order {server.name}", "--list",
                     self.world.flag_list, "--quiet", "--max-rejects", "100"]  # fmt: skip
            if server.format in {"nginx-port", "apache-port", "nginx-forwarded"}:
                words += ["--all-hits-of", server.host, "--why", "own server, seized"]
                self.office.run(*words, allowed=(0, 2, 3))
                self.office.approve_all()
            self.office.run(*words)
        self.office.run("leads", "rebuild", "--quiet")

    def ask(self) -> int:
        """Draft, approve, export and send all notices for records; returns how many there are to answer."""
        self.office.run("notices", "draft-all", "--case", CASE, "--kind", "records", "--quiet")
        self.office.approve_all()
        return self._send("approved")

    def _send(self, state: str) -> int:
        count = 0
        for notice in self.office.lines("notices", "list"):
            if notice["state"] == state:
                count += 1
                self.office.run(
                    "notices", "export", notice["notice_id"], "--out", self._letters(str(notice["notice_id"]))
                )
                self.office.run("notices", "mark-sent", notice["notice_id"], "--how", "by hand, receipt 41")
        return count

    def _letters(self, notice: str) -> Path:
        return self.office.folder / "letters" / notice

    def answer(self) -> None:
        """Let each ISP answer the notices for records that went out, and read what came."""
        for notice in self.office.lines("notices", "list"):
            key = str(notice["notice_id"])
            if notice["kind"] != "records" or notice["state"] != "sent" or key in self.answered:
                continue
            self.answered.add(key)
            isp = next(isp for isp in self.world.isps if isp.plan.name == notice["licensee"])
            questions = read_questions((self._letters(key) / "rows.csv").read_text())
            dice = Random(f"{self.world.seed}:{isp.plan.name}:{len(self.answered)}")
            clerk = IspOffice(isp, dice, self.faulty, self.now)
            clerk.pasted = [reply for reply in self.replies if reply.isp == isp.plan.name and reply.notice != key][-1:]
            for reply in clerk.reply(questions):
                reply.notice = key
                self._read(reply, key)
            for reply in [reply for reply in self.replies if reply.notice == key and reply.is_read and reply.faults]:
                if dice.random() < 0.12:
                    better = clerk.correct(reply)
                    better.notice, better.corrects = key, reply.reply_id
                    self._read(better, key)
                    reply.is_replaced = better.is_read
        self.office.run("resolve", "--quiet")

    def _read(self, reply: Reply, notice: str) -> None:
        folder = self.office.folder / "answers" / f"{len(self.replies):04d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / reply.shape.name
        path.write_bytes(reply.shape.content)
        certificate = folder / "certificate.pdf"
        certificate.write_text(f"certificate of file {len(self.replies)}")
        words = [
            "notices",
            "import-reply",
            path,
            "--to",
            notice,
            "--received",
            self.received,
            "--quiet",
            *reply.shape.declared,
        ]
        if reply.has_certificate:
            words += ["--certificate", certificate]
        if reply.is_partial:
            words += ["--partial"]
        if reply.corrects:
            words += ["--corrects", reply.corrects]
        if reply.shape.layout:
            layout = folder / "layout.toml"
            layout.write_text(reply.shape.layout)
            words += ["--layout", layout]
        try:
            outcome = json.loads(self.office.run(*words, "--json", allowed=(0, 1)).splitlines()[0])
            reply.reply_id = str(outcome.get("reply_id", ""))
        except CommandFailed as failed:
            reply.is_read, reply.why_refused = False, str(failed)
        self.replies.append(reply)

    @property
    def received(self) -> str:
        """The day on which answers come: the one on which notices go out, by the machine's clock, in India."""
        return datetime.now(ZoneInfo("Asia/Kolkata")).strftime("%Y-%m-%d")

    def follow(self) -> None:
        """Ask who the named numbers are, and read the forms that come."""
        self.office.run("notices", "follow-up", "--case", CASE, allowed=(0, 1, 2, 3))
        self.office.approve_all()
        self._send("approved")
        for notice in self.office.lines("notices", "list"):
            key = str(notice["notice_id"])
            if notice["kind"] != "subscribers" or notice["state"] != "sent" or key in self.answered:
                continue
            self.answered.add(key)
            isp = next(isp for isp in self.world.isps if isp.plan.name == notice["licensee"])
            rows = (self._letters(key) / "rows.csv").read_text()
            dice = Random(f"{self.world.seed}:forms:{isp.plan.name}:{len(self.answered)}")
            clerk = FormsDesk(isp, dice, self.faulty, self.forms)
            for with_dates in (dice.random() < 0.7, False):
                if self._read_forms(key, clerk.write(rows, with_dates)):
                    break
        self.office.run("resolve", "--quiet")

    def _read_forms(self, notice: str, text: str) -> bool:
        """Read forms; false where the product cannot, and the ISP has to write them in another way."""
        path, certificate = self._letters(notice) / "forms.csv", self._letters(notice) / "certificate.pdf"
        path.write_text(text)
        certificate.write_text(f"certificate of forms {notice}")
        declared = ["--timezone", "Asia/Kolkata", "--date-order", "dmy", "--certificate", certificate]
        words = ["notices", "import-reply", path, "--to", notice, "--received", self.received, "--quiet", *declared]
        try:
            self.office.run(*words, allowed=(0, 1))
        except CommandFailed as failed:
            self.refused.append("forms: " + " ".join(str(failed).splitlines()[2:])[:200])
            return False
        return True

    def state_late(self, licensee: str) -> None:
        """Import a statement of an ISP that its addresses are shared after all, and resolve anew."""
        isp = next(isp for isp in self.world.isps if isp.plan.name == licensee)
        path = write_late_statement(isp, self.office.folder)
        self._import(path, "nat", self.world.data_sets[0].day, f"later statement of {licensee}")
        self.office.run("leads", "rebuild", "--quiet")
        self.office.run("resolve", "--quiet")

    def sessions(self) -> list[Json]:
        """Return what `resolve --json --open` says."""
        return self.office.run_whole("resolve", "--quiet")

    def leads(self) -> list[Json]:
        """Return what `leads list --json --open` says."""
        return self.office.run_whole("leads", "list")

    def note_doubts(self) -> None:
        """Note which signs the product saw in each file."""
        by_id = {str(line["reply_id"]): line.get("doubts") for line in self.office.lines("notices", "list-replies")}
        for reply in self.replies:
            doubts = by_id.get(reply.reply_id)
            if isinstance(doubts, list):
                reply.doubts = tuple(str(doubt) for doubt in doubts if not str(doubt).startswith("column:"))

    def why_refused(self) -> dict[str, int]:
        """Count the reasons for which replies were refused."""
        found: dict[str, int] = {}
        for reply in self.replies:
            if not reply.is_read:
                reasons = [line for line in reply.why_refused.splitlines()[1:] if line.strip()]
                text = re.sub(r"/\S+/", "", " ".join(reasons))[:300]
                found[f"{reply.isp}: {text}"] = found.get(f"{reply.isp}: {text}", 0) + 1
        return found
