"""CyberTipline reports: children in any order, whose connection it was, and where each capture stands."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from sightline.errors import UnknownFormat
from sightline.model import Party, TimeBasis, TipCode
from sightline.stages.tips.model import TipComment, TipEvent, TipReject
from tests.stages.tips.conftest import SAMPLES, capture, codes, events, items, notes

PERSON = (
    "<screenName>invented</screenName>",
    "<espService>Example Chat</espService>",
    "<ipCaptureEvent><ipAddress>203.0.113.9</ipAddress><dateTime>2026-06-05T12:00:00Z</dateTime></ipCaptureEvent>",
    "<personOrUserReportedPerson><email>a@mail.example</email></personOrUserReportedPerson>",
)


def test_children_come_in_any_order() -> None:
    for order in permutations(PERSON):
        person = f"<personOrUserReported>{''.join(order)}</personOrUserReported>"
        for parts in permutations((person, "<reportId>7</reportId>")):
            (found,) = events(f"<report>{''.join(parts)}</report>")
            assert set(found.accounts) == {"invented", "a@mail.example"}
            assert (found.service, found.report_id, found.party) == ("Example Chat", "7", Party.REPORTED)


def test_json_children_come_in_any_order() -> None:
    report = json.loads((SAMPLES / "report.json").read_bytes())

    def turned(value: object) -> object:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return [turned(one) for one in value] if isinstance(value, list) else value

    def event_tuples(content: bytes | str) -> list[tuple[object, ...]]:
        found = events(content)
        return sorted(
            (e.time.recorded_us, e.source_ip, sorted(e.accounts), e.esp, e.report_id, e.digests) for e in found
        )

    assert event_tuples(json.dumps(turned(report))) == event_tuples((SAMPLES / "report.json").read_bytes())


@pytest.mark.parametrize("name", ["report.json", "report.xml"])
def test_each_capture_has_its_exact_position(name: str) -> None:
    content = (SAMPLES / name).read_bytes()
    for raw in (content, b"\xef\xbb\xbf" + content):
        found = [item for item in items(raw) if isinstance(item, TipEvent | TipReject | TipComment)]
        assert len(found) >= 5
        for item in found:
            start, length = item.place.byte_offset or 0, item.place.length or 0
            piece = raw[start : start + length].decode()
            if name.endswith("json"):
                assert json.loads(piece)["captureType"]
            else:
                assert piece.startswith("<ipCaptureEvent>")
                assert piece.endswith("</ipCaptureEvent>")


@pytest.mark.parametrize("mark", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("name", ["report.json", "report.xml"])
def test_utf_16_gives_the_same_events_at_its_own_bytes(name: str, mark: str) -> None:
    text = (SAMPLES / name).read_text().replace("UTF-8", "UTF-16")
    raw = ("\ufeff" + text).encode(mark)
    for here, there in zip(events(text.replace("UTF-16", "UTF-8")), events(raw), strict=True):
        assert (here.source_ip, here.time, here.accounts) == (there.source_ip, there.time, there.accounts)
        start, length = there.place.byte_offset or 0, there.place.length or 0
        assert here.source_ip in raw[start : start + length].decode(mark)


def test_whose_connection_it_was() -> None:
    found = {event.source_ip: event for event in events((SAMPLES / "report.xml").read_bytes())}
    assert found["198.51.100.44"].party is Party.VICTIM
    assert found["198.51.100.44"].accounts == ()
    assert found["203.0.113.9"].accounts == ("invented_name", "invented@mail.example")
    assert found["198.51.100.23"].is_peer_to_peer
    assert found["2001:db8::7"].is_possible_proxy
    assert found["2001:db8::7"].digests == (("sha1", "0123456789abcdef0123456789abcdef01234567"),)


@pytest.mark.parametrize(
    ("name", "party"),
    [
        ("victimAccount", Party.VICTIM),
        ("childVictimPersons", Party.VICTIM),
        ("intended_recipient_person", Party.RECIPIENT),
        ("complainant", Party.REPORTER),
        ("witnesses", Party.REPORTER),
        ("reportedAccount", Party.REPORTED),
        ("reporteeInformation", Party.REPORTED),
        ("internetDetails", None),
    ],
)
def test_a_sender_s_own_name_makes_no_victim_a_reported_person(name: str, party: Party | None) -> None:
    capture_ = {"ipAddress": "203.0.113.50", "dateTime": "2026-06-05T12:00:00Z"}
    inside = {name: [{"ipCaptureEvent": [capture_]}]}
    (found,) = events(json.dumps({"reportId": 8, "reportedInformation": inside}).encode())
    assert found.party is party


def test_a_report_does_not_lend_its_facts_to_another() -> None:
    one = "<report><reportId>1</reportId>" + capture(ipAddress="192.0.2.1", dateTime="2026-06-05T12:00:00Z")[8:]
    other = one.replace("<reportId>1<", "<reportId>2<").replace("192.0.2.1", "192.0.2.2")
    assert [(e.source_ip, e.report_id) for e in events(f"<reports>{one}{other}</reports>")] == [
        ("192.0.2.1", "1"),
        ("192.0.2.2", "2"),
    ]


def report_line(number: int, address: str) -> str:
    seen = {"captureType": "IP Address", "value": address, "dateTime": "2026-06-05T12:00:00Z"}
    person = {"screenName": {"value": f"invented{number}"}, "sourceInformation": {"sourceCaptures": [seen]}}
    return json.dumps({"reportId": number, "reportedInformation": {"reportedPeople": {"reportedPersons": [person]}}})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_each_line_of_json_lines_is_a_report_and_a_broken_one_stops_no_other(encoding: str) -> None:
    lines = [report_line(number, f"203.0.113.{number}") for number in (7, 8, 9)]
    for broken in (None, 0, 1, 2):
        given = [line[:-7] if at == broken else line for at, line in enumerate(lines)]
        content = "\r\n\n".join(given).encode(encoding)
        found = items(content)
        whole = [int(str(item.report_id)) for item in found if isinstance(item, TipEvent)]
        # Of a line that breaks off after its capture, the capture is read.
        assert whole == [7, 8, 9]
        breaks = [item for item in found if isinstance(item, TipReject)]
        assert [reject.code for reject in breaks] == [TipCode.BROKEN_DOCUMENT] * (broken is not None)
        for item in (event for event in found if isinstance(event, TipEvent)):
            start, length = item.place.byte_offset or 0, item.place.length or 0
            mark = "utf-8" if encoding == "utf-8" else "utf-16-le"
            assert json.loads(content[start : start + length].decode(mark))["value"] == item.source_ip


def test_text_after_a_report_is_no_report_unless_it_begins_a_line() -> None:
    one, two = report_line(7, "203.0.113.7"), report_line(8, "203.0.113.8")
    assert codes(f"{one} {two}") == [TipCode.TRAILING_CONTENT]
    assert codes(f"{one}\nthe end") == [TipCode.TRAILING_CONTENT]
    pretty = json.dumps(json.loads(one), indent=1)
    assert [item.report_id for item in events(pretty)] == ["7"]


def test_an_address_is_a_frame_wherever_it_appears() -> None:
    report = (
        "<report><incidentSummary/><a:newThing xmlns:a='u'><a:b><a:ipAddress>192.0.2.1</a:ipAddress>{}</a:b></"
        "a:newThing></report>"
    )
    assert [event.source_ip for event in events(report.format("<dateTime>2026-06-05T12:00:00Z</dateTime>"))] == [
        "192.0.2.1"
    ]
    assert codes(report.format("")) == [TipCode.MISSING_FIELD]
    assert (
        codes("<report><ipCaptureEvent/><ipCaptureEvent>192.0.2.1</ipCaptureEvent></report>")
        == [TipCode.MISSING_FIELD] * 2
    )
    attributes = "<report><incidentSummary/><login ipAddress='192.0.2.1' dateTime='2026-06-05T12:00:00Z'/></report>"
    assert [event.source_ip for event in events(attributes)] == ["192.0.2.1"]
    typed = '{"sourceCaptures": [{"captureType": "Device", "%s": "192.0.2.1", "dateTime": "2026-06-05T12:00:00Z"}]}'
    assert len(events(typed % "ipAddress")) == 1
    assert notes(typed % "value") == [
        "1 texts outside of captures look like addresses and are not read: look at the report itself"
    ]
    (note,) = notes("<report><incidentSummary/><additionalInfo>192.0.2.1</additionalInfo></report>")
    assert note.startswith("1 texts outside of captures look like addresses")
    (note,) = notes('{"reportedInformation": {"metadatas": [{"name": "Upload IP", "value": "192.0.2.1"}]}}')
    assert note.startswith("1 texts")


def test_a_repeated_field_is_a_reject() -> None:
    twice = capture(ipAddress="192.0.2.1</ipAddress><ipAddress>192.0.2.2", dateTime="2026-06-05T12:00:00Z")
    assert codes(twice) == [TipCode.REPEATED_FIELD]
    report = '{"ipCaptureEvent": {"ipAddress": "192.0.2.1", "dateTime": "2026-06-05T12:00:00Z", "x": 1, "x": 2}}'
    assert codes(report) == [TipCode.REPEATED_FIELD]
    named = capture(ipAddress="192.0.2.1", dateTime="2026-06-05T12:00:00Z")
    assert codes(named.replace("<report>", "<report><reportId>1</reportId><reportId>2</reportId>")) == [
        TipCode.REPEATED_FIELD
    ]


def test_details_of_a_file_that_stand_alone() -> None:
    capture = (
        "<ipCaptureEvent><ipAddress>192.0.2.1</ipAddress><dateTime>2026-06-05T12:00:00Z</dateTime></ipCaptureEvent>"
    )
    hashes = f"<originalFileHash hashType='MD5'>{'A' * 32}</originalFileHash><sha256>{'b' * 64}</sha256>"
    (found,) = events(f"<fileDetails><reportId>7</reportId><fileId>x</fileId>{capture}{hashes}</fileDetails>")
    assert (found.report_id, found.digests) == ("7", (("md5", "a" * 32), ("sha256", "b" * 64)))


def test_a_false_digest_does_not_take_the_address_with_it() -> None:
    capture = (
        "<ipCaptureEvent><ipAddress>192.0.2.1</ipAddress><dateTime>2026-06-05T12:00:00Z</dateTime></ipCaptureEvent>"
    )
    hashes = (
        f"<originalFileHash hashType='SHA1'>{'a' * 64}</originalFileHash><md5>{'b' * 32}</md5><md5>{'c' * 32}</md5>"
    )
    report = f"<fileDetails>{capture}{hashes}</fileDetails>"
    assert [event.digests for event in events(report)] == [(("md5", "b" * 32),)]
    assert notes(report) == ["2 stated digests of files are none, and are left out"]


def test_the_basis_of_a_time_depends_on_a_zone_in_the_record() -> None:
    bases = {}
    for text in ("2026-06-05T12:00:00Z", "2026-06-05 12:00:00 UTC", "2026-06-05T17:30:00+05:30", "2026-06-05T12:00:00"):
        (found,) = events(capture(ipAddress="192.0.2.1", dateTime=text))
        assert found.time.recorded_us == 1_780_660_800_000_000
        bases[text] = found.time.basis
    assert list(bases.values()) == [TimeBasis.RECORD] * 3 + [TimeBasis.DECLARED]


def test_another_document_is_refused() -> None:
    for other in ("<rss><channel/></rss>", '{"type": "bundle", "objects": []}', "[]"):
        with pytest.raises(UnknownFormat, match="no CyberTipline report"):
            items(other)


SUMMARY = """<incidentSummary><incidentType>Online  Enticement of Children for Sexual Acts</incidentType>
<escalateToHighPriority>an invented narrative about a meeting</escalateToHighPriority>
<reportAnnotations><sextortion/><spam>false</spam></reportAnnotations></incidentSummary>"""


def test_reported_seriousness_is_stored_as_flags_and_never_as_its_text() -> None:
    """Flags are the report's: those of a file and of the summary, before or after the capture, on each connection."""
    person = f"<personOrUserReported>{''.join(PERSON)}</personOrUserReported>"
    file = "<fileDetails><fileAnnotations><liveStreaming/></fileAnnotations>"
    file += "<industryClassification>A1</industryClassification></fileDetails>"
    victim = "<victim><victimPerson><firstName>Invented</firstName></victimPerson></victim>"
    for parts in permutations((person, SUMMARY, file, victim)):
        (found,) = events(f"<report>{''.join(parts)}</report>")
        assert found.flags == ("class-a1", "enticement", "escalated", "live-stream", "sextortion", "victim")
        assert "narrative" not in repr(found) and "Invented" not in repr(found)


@pytest.mark.parametrize(
    "summary",
    [
        {"incidentType": "Child Pornography (possession, manufacture, and distribution)"},
        {"escalateToHighPriority": " ", "reportAnnotations": {"sextortion": False, "spam": None}},
        {"escalateToHighPriority": "No", "additionalInfo": "sextortion", "victim": {}, "victims": []},
        {"incidentType": "Other", "sextortion": True},
    ],
)
def test_an_uncertain_statement_is_no_flag(summary: dict[str, object]) -> None:
    """An incident type of three acts, an empty or denied field, and a word outside of its place state nothing."""
    captured = {"ipCaptureEvent": {"ipAddress": "203.0.113.9", "dateTime": "2026-06-05T12:00:00Z"}}
    (found,) = events(json.dumps({"report": {"incidentSummary": summary, "personOrUserReported": captured}}))
    assert found.flags == ()


def test_flags_of_json_members_lists_and_wrapped_values() -> None:
    summary = {
        "incidentType": {"value": "Child Sex Trafficking"},
        "reportAnnotations": ["csamSolicitation"],
        "fileAnnotations": {"generativeAi": True},
    }
    captured = {"ipCaptureEvent": {"ipAddress": "203.0.113.9", "dateTime": "2026-06-05T12:00:00Z"}}
    (found,) = events(json.dumps({"report": {"incidentSummary": summary, "personOrUserReported": captured}}))
    assert found.flags == ("generated", "solicitation", "trafficking")
