"""A case worked through as a unit does it: a real workspace, its notices sent, replies imported, verdicts read."""

from __future__ import annotations

import io
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter  # type: ignore[import-untyped]

from sightline.casework import decisions
from sightline.casework.cases import cases
from sightline.casework.cases.declarations import declare_clock
from sightline.casework.notices import licensees, replies
from sightline.casework.reference_data import datasets, issuers
from sightline.casework.reference_data.datasets import DatasetRequest, import_dataset
from sightline.errors import SightlineError
from sightline.model import DatasetKind, ListUse, NatLogs, NoticeKind, Role, Stamp
from sightline.services.artifacts.resolutions import Resolutions, require_newest_resolution
from sightline.services.leads.rebuild import rebuild_leads
from sightline.services.notices import drafts, notice_rows, notice_steps
from sightline.services.notices.notice_steps import follow_up_notice
from sightline.services.notices.operator_notices import ask_operator
from sightline.services.resolution.received_reply import ReceiveRequest
from sightline.services.resolution.reply_intake import receive_reply
from sightline.services.resolution.resolve import resolve_leads
from sightline.stages.resolve.model import ReplyDeclarations
from sightline.storage import rows
from sightline.storage.ulid import make_id
from tests.attribution.case_file import (
    IST,
    Case,
    DataSet,
    Expect,
    ExpectLead,
    ExpectLine,
    Records,
    ReplyFile,
    Step,
    at_us,
    end_of,
)
from tests.casework.conftest import Clock, Staff
from tests.copies import copied, owned_by
from tests.office import found_office
from tests.services.leads.office import LeadOffice

NETWORKS = """\
cidr,asn,isp,line,circle
198.51.100.0/25,AS64500,Alpha Mobile,mobile,KL
2001:db8:a000::/36,AS64500,Alpha Mobile,mobile,KL
198.51.100.128/25,AS64501,Beta Broadband,fixed,
2001:db8:b000::/36,AS64501,Beta Broadband,fixed,
"""
LIST = "kind,value,category\ndomain,board.example,csam\n"
TODAY = datetime(2026, 6, 5, tzinfo=UTC)
NEAR_US = 1_000_000
"""How far from a visit's time a part may begin or end, where times are told in whole seconds."""
_ROW = re.compile(r"\{row:(?P<what>[^}]+)\}")
_EDGE = re.compile(r"\{(from|until):([^}]+)\}")
JsonRow = dict[str, Any]


class _Loan:
    """Who borrows a world to copy it: gives it back at the end."""

    def __init__(self) -> None:
        self._backs: list[Callable[[], object]] = []

    def addfinalizer(self, finalizer: Callable[[], object]) -> None:
        self._backs.append(finalizer)

    def end(self) -> None:
        for back in self._backs:
            back()


def begun(case: Case, folder: Path) -> Run:
    """Return a case whose first records were asked for, in a folder: cases that begin alike are
    copies of one another.
    """
    step = case.steps[0]
    key = ("attribution", repr((step.records, step.data_sets, step.act, case.nat_logs)))
    officer_session, notices = copied(key, lambda at: _asked(case, at), folder)
    return Run(case, officer_session, notices)


def _asked(case: Case, folder: Path) -> tuple[LeadOffice, list[rows.Notice]]:
    loan = _Loan()
    with owned_by(loan):
        run = Run(case, copied("attribution", _office, folder))
    loan.end()
    run.ask_first()
    return run.officer_session, run.notices


def _office(folder: Path) -> LeadOffice:
    clock = Clock(TODAY)
    made = found_office(folder / "workspace", clock=clock, stamp=Stamp.EXERCISE)
    for role in (Role.STATION_OFFICER, Role.SUPERINTENDENT):
        made.officer_sessions[role] = Staff(made, clock, made.officer_sessions).enrolled(
            role, f"{role.value} of the demo"
        )
    path = folder / "networks.csv"
    path.write_text(NETWORKS)
    import_dataset(made.io, DatasetRequest(path, DatasetKind.NETWORK, date(2026, 3, 1)))
    for name in ("Alpha Mobile", "Beta Broadband"):
        licensees.set_licensee(made.io, licensees.LicenseeForm(name, f"Nodal Officer, {name}", NatLogs.BLOCKS))
    return LeadOffice(made, folder)


@dataclass
class Run:
    """A case on its way: what was sent and what came, in order; `refused` says why a file was not taken."""

    case: Case
    officer_session: LeadOffice
    notices: list[rows.Notice] = field(default_factory=list)
    followed: list[rows.Notice] = field(default_factory=list)
    replies: list[str | None] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    files: int = 0
    ids: dict[str, str] = field(default_factory=dict)

    def faults(self) -> list[str]:
        """Return one line for each thing that is not as the case expects it."""
        faults = []
        for number, step in enumerate(self.case.steps):
            where = f"{self.case.name}" + (f" (step {number})" if len(self.case.steps) > 1 else "")
            if number:
                self._take(step)
                if not step.replies and not step.records:
                    faults += [f"{where}: {one} before anything was made anew" for one in self._named_still(step)]
                self._question()
            self._answer(step)
            faults += [f"{where}: {one}" for one in self._compare(step)]
        return faults

    def ask_first(self) -> None:
        """Take in what the first step has but for its replies, and send what there is to ask."""
        for name in ("Alpha Mobile", "Beta Broadband"):
            if self.case.nat_logs != NatLogs.BLOCKS.value:
                licensees.set_licensee(
                    self.officer_session.office.io, licensees.LicenseeForm(name, nat_logs=NatLogs(self.case.nat_logs))
                )
        self._take(self.case.steps[0])
        self._question()

    def _take(self, step: Step) -> None:
        for records in step.records:
            self._scan(records)
        for data_set in step.data_sets:
            self._import(data_set)
        for number in step.withdraw:
            reply_id = self.replies[number - 1]
            assert reply_id is not None, f"reply {number} was refused"
            replies.withdraw_reply(
                self.officer_session.office.io, reply_id, "the licensee says that it is of another customer"
            )
        for act in step.act:
            self._act(act)

    def _question(self) -> None:
        self.officer_session.rebuild()
        self._ask()

    def _named_still(self, step: Step) -> Iterator[str]:
        """Yield the lines that must fall in a step and are named yet."""
        named = [
            part["numbers"]
            for part in parts_of(require_newest_resolution(self.officer_session.office.workspace))
            if part["verdict"] == "subscriber"
        ]
        yield from (f"line {line}: named still" for line in step.recalled or () if [line] in named)

    def _answer(self, step: Step) -> None:
        for reply in step.replies:
            self._receive(reply)
        self._resolve()
        for form in step.forms:
            self._follow(form)
        if step.forms:
            self._resolve()

    def _path(self, name: str) -> Path:
        self.files += 1
        folder = Path(tempfile.mkdtemp(prefix=f"file-{self.files}-", dir=self.officer_session.folder))
        return folder / name

    def _scan(self, records: Records) -> None:
        path = self._path("records.log")
        path.write_text(records.text.lstrip("\n"), encoding="utf-8")
        office, name = self.officer_session.office, records.source
        with office.workspace.read() as tables:
            is_known = bool(tables[rows.Source].select(name=name))
        if not is_known:
            made = replace(
                office.source,
                source_id=make_id(office.io.clock()),
                name=name,
                use=type(office.source.use)(records.use),
                timezone=records.timezone,
                timezone_basis=(records.timezone_basis or None) if records.timezone else None,
                clock_offset_us=round(records.clock_offset_s * 1_000_000),
                clock_uncertainty_s=records.clock_uncertainty_s,
                clock_measured=records.clock_measured,
                server_name=records.server_name,
            )
            cases.add_source(office.io, made)
        flags, more = self.officer_session.flags(records.list or LIST), {"format": records.format}
        exhibit = self.officer_session.scan(path, flags, source=name, trusted_proxies=tuple(records.proxies), **more)
        if records.compared:
            compared = [
                (at_us(at, self.case.day), round(off * 1_000_000)) for at, off in sorted(records.compared.items())
            ]
            declare_clock(office.io, exhibit, compared, records.clock_uncertainty_s, records.clock_measured)
            self.officer_session.scan(path, flags, source=name, **more)

    def _import(self, one: DataSet) -> None:
        path = self._path(one.file)
        path.write_text(one.text.lstrip("\n"), encoding="utf-8")
        on = date.fromisoformat(one.date)
        import_dataset(self.officer_session.office.io, DatasetRequest(path, DatasetKind(one.kind), on, one.name))

    def _act(self, act: str) -> None:
        office = self.officer_session.office
        verb, _, what = act.partition(" ")
        with office.workspace.read() as tables:
            keys, sources = tables[rows.IssuerKey].select(), tables[rows.Source].select(name=what)
            data_sets = tables[rows.Dataset].select(name=what)
        if act == "revoke the issuer":
            issuers.revoke(office.supervisor, keys[0].key_id, "the agency says that it was stolen")
        elif verb == "only-count":
            asked = cases.set_source_use(office.io, sources[0].source_id, ListUse.STATISTICS, "its operator says so")
            decisions.decide(office[Role.SUPERINTENDENT], asked.approval_id, give=True, why="read its letter")
        elif verb == "ask-operator":
            self._ask_operator(what)
        elif verb == "misfiled":
            withdrawn = self.replies[int(what) - 1]
            assert withdrawn is not None
            replies.confirm_reply(office.io, withdrawn, replies.MISFILED, "it answers another unit's notice")
        elif verb == "withdraw":
            datasets.withdraw_dataset(office.io, data_sets[0].dataset_id, "corrected by the ISP's letter")
        else:
            raise AssertionError(f"no such act: {act}")

    def _ask_operator(self, name: str) -> None:
        """Ask the operator whose line the answers to the newest notice name."""
        office = self.officer_session.office
        licensees.set_licensee(office.io, licensees.LicenseeForm(name, f"Nodal Officer, {name}"))
        drafted = ask_operator(office.io, self.notices[-1], name, "its ISP names its line")
        if drafted is None:
            self.refused.append("no operator's line to be asked about")
            return
        given = notice_steps.approve_notice(office[Role.STATION_OFFICER], drafted, "compared with the answer")
        self.notices.append(notice_steps.mark_sent(office.io, given, "by hand"))

    def _ask(self) -> None:
        """Draft, approve and send all that can be asked for."""
        office = self.officer_session.office
        for drafted in drafts.draft_all_notices(office.io, office.case.case_id, NoticeKind.RECORDS):
            given = notice_steps.approve_notice(office[Role.STATION_OFFICER], drafted, "compared with the log")
            self.notices.append(notice_steps.mark_sent(office.io, given, "by hand"))
        clock = office.io.clock
        assert isinstance(clock, Clock)
        clock.pass_by(timedelta(minutes=1))

    def _receive(self, reply: ReplyFile, notice: rows.Notice | None = None) -> None:
        office = self.officer_session.office
        notice = notice or self._notice(reply)
        if notice is None:
            self.replies.append(None)
            self.refused.append("no notice went out")
            return
        asked = notice_rows.read_rows_of_notice(office.workspace, notice)
        path = self._written(reply, asked)
        layout = reply.layout or "auto"
        if reply.own_layout:
            own = self._path("own.toml")
            own.write_text(reply.own_layout)
            layout = str(own)
        reply_declarations = ReplyDeclarations(
            layout=layout,
            timezone=reply.timezone or None,
            date_order=reply.date_order or None,  # type: ignore[arg-type]
            year=reply.year,
            **reply.declare,
        )
        certificate = None
        if reply.certificate:
            certificate = self._path("certificate.pdf")
            certificate.write_bytes(b"%PDF- s.63(4)" + path.name.encode())
        corrects = self.replies[reply.corrects - 1] if reply.corrects else None
        on = f"{office.io.clock().astimezone(IST):%Y-%m-%d}"
        confirms, why = tuple(reply.confirm), "its letter of 4 June" if reply.confirm else ""
        request = ReceiveRequest(
            notice.notice_id, path, reply_declarations, on, certificate, reply.partial, corrects, confirms, why
        )
        try:
            came = receive_reply(office.io, request)
        except SightlineError as refused:
            self.replies.append(None)
            self.refused.append(str(refused))
            return
        self.replies.append(came.reply.reply_id)

    def _notice(self, reply: ReplyFile) -> rows.Notice | None:
        with self.officer_session.office.workspace.read() as tables:
            names = {licensee.licensee_id: licensee.name for licensee in tables[rows.Licensee].select()}
        mine = [notice for notice in self.notices if reply.to in (None, names[notice.licensee_id])]
        if reply.notice is not None:
            return mine[reply.notice - 1]
        assert len({notice.licensee_id for notice in mine}) <= 1, (
            f"{self.case.name}: say `to` of which licensee a reply is"
        )
        return mine[-1] if mine else None

    def _written(self, reply: ReplyFile, asked: pl.DataFrame) -> Path:
        def filled(text: str) -> str:
            text = _ROW.sub(lambda found: str(self._row(found["what"], asked)["row_id"]), text.lstrip("\n"))
            return _EDGE.sub(lambda found: _local(self._row(found[2], asked)[f"{found[1]}_us"]), text)

        if reply.sheets:
            path = self._path(reply.file or "reply.xlsx")
            path.write_bytes(_workbook({name: filled(text) for name, text in reply.sheets.items()}, reply.hidden))
        elif reply.zip:
            path = self._path(reply.file or "reply.zip")
            with zipfile.ZipFile(path, "w") as into:
                for name, text in reply.zip.items():
                    into.writestr(name, filled(text))
        else:
            path = self._path(reply.file or "reply.csv")
            path.write_text(filled(reply.text), encoding="utf-8")
        return path

    def _row(self, what: str, asked: pl.DataFrame) -> JsonRow:
        """Return a row of the notice: by its place, or by the visit that it asks about."""
        if what.isdigit():
            return asked.row(int(what) - 1, named=True)
        found = asked.filter(_about(what, self.case.day))
        assert len(found), f"{self.case.name}: no row of the notice is about {what}"
        return found.row(0, named=True)

    def _follow(self, form: ReplyFile) -> None:
        """Ask who the numbers are of the notice that a form answers, and take the form."""
        office = self.officer_session.office
        notice = self._notice(form)
        if form.corrects:
            self._receive(form, self.followed[-1])
            return
        second = None if notice is None else follow_up_notice(office.io, notice, "who has the line")
        if second is None:
            self.refused.append("no number to be asked about")
            return
        given = notice_steps.approve_notice(office[Role.SUPERINTENDENT], second, "compared")
        self.followed.append(notice_steps.mark_sent(office.io, given, "by hand"))
        self._receive(form, self.followed[-1])

    def _resolve(self) -> None:
        rebuild_leads(self.officer_session.office.io, lambda *_: None)
        if self.notices:
            resolve_leads(self.officer_session.office.io)

    def _compare(self, step: Step) -> Iterator[str]:
        read = require_newest_resolution(self.officer_session.office.workspace) if self.notices else None
        parts = list(parts_of(read)) if read else []
        for expect in step.expects:
            yield from self._verdict(expect, parts)
        if read is not None:
            self.ids |= {number: one for one, number in read.numbers.items()}
            for line in step.lines:
                yield from (f"{one} [{'; '.join(self.refused)}]" for one in _line(line, self.ids, read))
            yield from _recalled(step.recalled or (), self.ids, read, parts)
        if step.leads:
            leads = self.officer_session.leads()
            for lead in step.leads:
                yield from _lead(lead, leads)

    def _verdict(self, expect: Expect, parts: list[JsonRow]) -> Iterator[str]:
        mine = chosen(parts, expect.visit, self.case.day)
        which = expect.visit or "all visits"
        wanted = f"{expect.verdict} {expect.line or ''}".strip()
        if not mine and expect.verdict not in ("none", "nobody"):
            yield f"{which}: not asked for, expected {wanted} [{'; '.join(self.refused)}]"
        for one in mine:
            is_named = one["verdict"] == "subscriber"
            is_right = one["verdict"] == expect.verdict or (expect.verdict == "nobody" and not is_named)
            if not is_right or (is_named and [*one["numbers"]] != [expect.line]):
                got = f"{one['verdict']} {' '.join(one['numbers'])}".strip()
                why = ", ".join([*one["why"], *self.refused])
                of = "" if expect.visit else f" of {one['ip']} port {one['port'] or '-'}"
                yield f"{which}{of}: got {got} ({why}), expected {wanted}"


def parts_of(read: Resolutions) -> Iterator[JsonRow]:
    """Yield the parts of all sessions, with the numbers that each names; a session without parts is one of itself."""
    for session in read.to_json(read.sessions):
        for part in session.get("visits") or [session]:
            whom = part.get("subscribers") or []
            yield {
                "ip": session["source_ip"],
                "port": part.get("source_port"),
                "destination_ip": part.get("destination_ip"),
                "destination_port": part.get("destination_port"),
                "protocol": part.get("protocol"),
                "first_us": _us(part["first_seen"]),
                "last_us": _us(part["last_seen"]),
                "verdict": part["verdict"],
                "numbers": [one["number"] for one in whom],
                "why": [one["code"] for one in part.get("reasons", [])],
            }


def _us(text: str) -> int:
    whole = datetime(1970, 1, 1, tzinfo=UTC)
    return (datetime.fromisoformat(text.replace("Z", "+00:00")) - whole) // timedelta(microseconds=1)


def _local(instant_us: int) -> str:
    """Return a time in India's, as the CSV of a notice writes it: with a fraction only where it has one."""
    at = datetime.fromtimestamp(instant_us // 1_000_000, IST)
    rest = f"{instant_us % 1_000_000:06}".rstrip("0")
    return f"{at:%Y-%m-%d %H:%M:%S}" + (f".{rest}" if rest else "")


@dataclass(frozen=True)
class Which:
    """What a text such as `17:30:00 198.51.100.7:40000 > 203.0.113.80:80` or `17:30:00 -` (no port) says of a visit."""

    at_us: int | None = None
    ip: str | None = None
    port: int | None = None
    destination_ip: str | None = None
    destination_port: int | None = None
    has_no_port: bool = False


def which_of(visit: str, day: str) -> Which:
    """Return what a text says of a visit."""
    found: dict[str, Any] = {}
    before, _, behind = visit.partition(">")
    if behind:
        end = end_of(behind.strip())
        found |= {"destination_ip": end.address, "destination_port": end.port}
    words = before.split()
    if len(words) > 1 and re.fullmatch(r"\d{4}-\d\d-\d\d", words[0]):
        words = [f"{words[0]} {words[1]}", *words[2:]]
    for word in words:
        if re.search(r"\d\d:\d\d:\d\d", word):
            found["at_us"] = at_us(word, day)
        elif word == "-":
            found["has_no_port"] = True
        elif word.isdigit():
            found["port"] = int(word)
        else:
            end = end_of(word)
            found |= {"ip": end.address} | ({"port": end.port} if end.port else {})
    return Which(**found)


def chosen(parts: Sequence[JsonRow], visit: str, day: str) -> list[JsonRow]:
    """Return the parts that hold the visit; one that says its port or destination goes before one that does not."""
    which = which_of(visit, day)
    mine = [
        part
        for part in parts
        if (which.at_us is None or part["first_us"] - NEAR_US < which.at_us < part["last_us"] + NEAR_US)
        and (which.ip is None or part["ip"] == which.ip)
        and not (which.has_no_port and part["port"] is not None)
    ]
    for name in ("port", "destination_ip", "destination_port"):
        wanted = getattr(which, name)
        if wanted is not None:
            exact = [one for one in mine if one[name] == wanted]
            mine = exact or [one for one in mine if one[name] is None]
    return mine


def _about(visit: str, day: str) -> pl.Expr:
    """Return whether a row of a notice is about a visit."""
    which = which_of(visit, day)
    is_about = pl.lit(value=True)
    for name in ("ip", "port", "destination_ip", "destination_port"):
        if getattr(which, name) is not None:
            is_about &= pl.col(name) == getattr(which, name)
    if which.at_us is not None:
        is_about &= (pl.col("from_us") <= which.at_us + NEAR_US) & (pl.col("until_us") >= which.at_us - NEAR_US)
    return is_about


def _line(expect: ExpectLine, ids: Mapping[str, str], read: Resolutions) -> Iterator[str]:
    found = read.subscribers.filter(pl.col("subscriber") == ids.get(expect.line, ""))
    stands = found["standing"][0] if len(found) else "not named"
    standing = expect.standing
    is_right = stands == standing or (standing == "not corroborated" and stands != "corroborated")
    if not is_right:
        lacks = ", ".join(found["why"][0]) if len(found) else ""
        yield f"line {expect.line}: {stands} ({lacks}), expected {standing}"


def _lead(expect: ExpectLead, leads: list[JsonRow]) -> Iterator[str]:
    mine = [lead for lead in leads if lead["source_ip"] == end_of(expect.address).address]
    if not mine:
        yield f"lead of {expect.address}: there is none"
    for one in mine:
        got = {"ceiling": one["ceiling"], "relay": one["relay"]["verdict"], "state": one["place"]["state"]}
        for name, wanted in (("ceiling", expect.ceiling), ("relay", expect.relay), ("state", expect.state)):
            is_not = wanted is not None and wanted.startswith("not ")
            if wanted is not None and (str(got[name]) == wanted.removeprefix("not ")) is is_not:
                yield f"lead of {expect.address}: {name} is {got[name]}, expected {wanted}"


def _recalled(
    expected: Sequence[str], ids: Mapping[str, str], read: Resolutions, parts: list[JsonRow]
) -> Iterator[str]:
    fallen = set(read.recalled_lines["subscriber"])
    for line in expected:
        if ids.get(line) not in fallen:
            yield f"line {line}: not among what was recalled"
        if any(part["verdict"] == "subscriber" and part["numbers"] == [line] for part in parts):
            yield f"line {line}: named still"


def _workbook(sheets: Mapping[str, str], hidden: Sequence[str]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name, text in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(text.splitlines()):
            for column, value in enumerate(line.split(",")):
                sheet.write_string(number, column, value)
        if name in hidden:
            sheet.hide()
    book.close()
    return out.getvalue()
