"""The page of the documentation that lists the built-in formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sightline.stages.formats.loader import Format

RESTS_ON = {"real-server": "logs of the real server", "specification": "the specification"}

PAGE_HEAD = """\
# Log formats

This page lists every log format that Sightline reads, with its samples and its limits. Each format is one file in
`src/sightline/stages/formats/builtin/`, with its samples in `tests/samples/`. To add one, see
[add a log format](../how-to/add_a_format.md).

The command `sightline formats list --markdown > docs/reference/formats.md` writes this page. A test compares it with
the format files.

- *Rests on* says where the samples come from: logs that the server itself wrote (with lines written from its
  specification), or only lines written from the specification.
- *Cannot show* names the kinds of indicator that no record of the format can match.
- *Shows only by request* names the kinds that a record can match only if the request itself names the host
  (`GET http://host/`, `CONNECT host:443`), because records of the format contain no other host.
- *Time* says whether the time of a record is the start or the end of the request.

The log of a seized server seldom names the server's host. `match --all-hits-of INDICATOR` declares that every record is
a visit to that indicator.

If the time is the end of a request and the record does not say how long the request took, the visit may have begun up
to 60 s earlier ([ADR 17](../adr/0017-leads.md)).

A line that Docker wrapped in JSON (json-file) is read as the line inside: detection, `match` and `scan` need nothing
more. So is an entry of systemd's journal (`journalctl -o json`), with its time, host and program before the message, as
syslog writes them. So is a line that another collector keeps in an object: Wazuh (`full_log`), GELF, Splunk (`_raw`),
fluentd and Fluent Bit (`log`), Loki, Google Cloud (`textPayload`), and shippers such as Filebeat (`message`). Offsets
and raw bytes of a hit are those of the wrapped line.

Detection takes the one format that reads 90 % of a log's first lines that are no comments. It also takes a format that
reads all lines but few (one, or one in four), if no other format reads any. Lines that it does not read are rejects,
counted and shown.

A file is read in one format, and an archive member by member
([Folders of logs](../how-to/folders.md#archives)).
"""


def format_page(items: list[Format]) -> str:
    """Return docs/reference/formats.md: one section a format."""
    sections = [PAGE_HEAD]
    for item in items:
        zones = {choice.zone for rule in item.program.fields for choice in rule.choices if rule.field == "timestamp"}
        lines = [
            f"## {item.name}",
            f"{item.title}.\n",
            f"- Specification: {item.specification}",
            f"- Rests on: {RESTS_ON[item.origin]} ([samples](../../{name_samples_folder(item)}))",
            f"- Fields: {', '.join(rule.field for rule in item.program.fields)}",
            f"- Cannot show: {', '.join(kind for kind in item.untestable if kind not in item.by_request)}",
        ]
        lines.append(f"- Time: {_describe_time(item)}")
        if item.by_request:
            lines.append(f"- Shows only by request: {', '.join(item.by_request)}")
        if "declared" in zones:
            lines.append("- Times: without a zone, or without one in some layouts; declare it with `--timezone`")
        if item.notes:
            lines.append(f"- {item.notes}")
        sections.append("\n".join(lines) + "\n")
    return "\n".join(sections)


def _describe_time(item: Format) -> str:
    """Return which instant of a request the times of a format are."""
    if item.times.time_is == "start":
        return "the start of the request"
    if item.times.duration is None:
        return "the end of the request, or not known; how long it took is not recorded"
    return "the end of the request; how long it took is read from the record"


def name_samples_folder(item: Format) -> str:
    """Return where the repository holds a built-in format's samples, with expected records and where they come from."""
    return f"tests/samples/{item.name}"
