"""Describe bytes that no format reads: which kind of file they look like, and what to do."""

from __future__ import annotations

import re

DOCKER = "it looks like Docker's json-file log, and no format reads the lines inside; jq -j .log FILE shows them"
NO_COLUMNS = (
    "it looks like a log of IIS without its #Fields: line, which says what each column is; ask for that line (each file"
    " of the same site begins with it), put it before these lines and keep both files"
)
IIS_LINE = re.compile(
    rb"(?:\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d (?:\S+ ){0,4}[A-Z]+ /\S* \S+ (?:\S+ )*"
    rb"[1-5]\d\d(?: \d+){1,6}\r?$",
    re.MULTILINE,
)
NO_DAY = (
    "its #Fields: name a time but no date, and #Date: says only when the server wrote that header; if no midnight lies"
    " between, write that date into a column of its own and keep both files"
)
FIELDS = re.compile(rb"^#Fields:([^\r\n]*)", re.MULTILINE)
CAPTURE = "zeek -C -r FILE writes http.log, dns.log, ssl.log and conn.log, suricata -r FILE writes eve.json: read those"
SQLITE = "sqlite3 -csv -header FILE 'SELECT ... FROM ...' writes a table: read that"
PI_HOLE = (
    "it looks like Pi-hole's database; sqlite3 -csv -header FILE 'SELECT timestamp, type, status, domain, client FROM"
    " queries' writes a table: read that"
)
JOURNAL = "journalctl --file FILE -o json writes one entry a line: read that"
EXPORT = (
    "it looks like the export format of systemd's journal; systemd-journal-remote -o out.journal FILE, then"
    " journalctl --file out.journal -o json, writes one entry a line: read that"
)
AZURE_FLOWS = (
    "it looks like a flow log of Azure, one document for many flows; jq -r '..|.flowTuples?//empty|.[]' FILE writes one"
    " flow a line: read that, and keep both files"
)
SPLUNK = (
    "it looks like a CSV export of Splunk, with each line in the column _raw; export the search again as JSON or as raw"
    " events, and read that"
)
GRAYLOG = (
    "it looks like a CSV export of Graylog, with each line in the column message; export the search again as newline"
    "-delimited JSON, and read that"
)
EXPORT_COLUMNS = (
    (re.compile(rb'[^\r\n]*(?:^|,)"?_raw"?(?:,|[\r\n])'), SPLUNK),
    (re.compile(rb'"?timestamp"?,"?source"?,"?message"?[,\r\n]'), GRAYLOG),
)
EVENTS = "evtx_dump -o jsonl FILE writes one object a line: read that"
FLOWS = "nfdump -r FILE -o csv writes a table: read that"
CONTAINERS = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x5d\x00\x00": "LZMA of the old form; unpack it (xz -d) and keep both files",
    b"PK\x03\x04": "zip",
    b"SQLite format 3\x00": f"an SQLite database; {SQLITE}",
    b"%PDF-": "PDF",
    b"\xd4\xc3\xb2\xa1": f"a packet capture; {CAPTURE}",
    b"\xa1\xb2\xc3\xd4": f"a packet capture; {CAPTURE}",
    b"\x4d\x3c\xb2\xa1": f"a packet capture; {CAPTURE}",
    b"\xa1\xb2\x3c\x4d": f"a packet capture; {CAPTURE}",
    b"\x0a\x0d\x0d\x0a": f"a packet capture; {CAPTURE}",
    b"LPKSHHRH": f"a journal of systemd; {JOURNAL}",
    b"ElfFile\x00": f"a Windows event log; {EVENTS}",
    b"\x0c\xa5": f"flows of nfcapd; {FLOWS}",
}
EXPORT_START = re.compile(rb"(?:__CURSOR|__REALTIME_TIMESTAMP)=[^\n]*\n[A-Z0-9_]+[=\n]")
FRAME_STREAM = re.compile(rb"\0{6}[\0-\2].\0\0\0[\2\4]", re.DOTALL)
"""A control frame of a stream that starts, or is ready to."""


def describe_unknown_bytes(head: bytes) -> str | None:
    """Describe bytes that are no log of lines, or return None if nothing is recognised."""
    start = head[:1024].lstrip()
    if not start:
        return "it is empty"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "it looks like UTF-16; convert it to UTF-8 (iconv -f UTF-16 -t UTF-8) and keep both files"
    if head.startswith(b"SQLite format 3\0") and b"query_storage" in head:
        return PI_HOLE
    for magic, name in CONTAINERS.items():
        if head.startswith(magic):
            return f"it looks like {name}"
    if EXPORT_START.match(head):
        return EXPORT
    if FRAME_STREAM.match(head):
        return "it looks like a frame stream, and not of dnstap, or damaged"
    if b"\x00" in head[:1024]:
        return _describe_nul_bytes(head[:1024])
    for columns, export in EXPORT_COLUMNS:
        if columns.match(start):
            return export
    lowered = start[:200].lower()
    if lowered.startswith((b"<!doctype html", b"<html")):
        return "it looks like an HTML page"
    if lowered.startswith(b"<?xml"):
        return "it looks like an XML document, which is not lines"
    if lowered.startswith(b'{"log":"') and b'","stream":"' in head:
        return DOCKER
    if fields := FIELDS.search(head):
        named = fields[1].split()
        if b"time" in named and b"date" not in named:
            return NO_DAY
    elif IIS_LINE.match(start):
        return NO_COLUMNS
    if lowered.startswith(b"{") and b'"flowTuples"' in head:
        return AZURE_FLOWS
    if lowered.startswith((b"[{", b"[\n", b"[\r\n", b"{\n", b"{\r\n")):
        return "it looks like a JSON array, or objects of several lines; write one a line (jq -c 'arrays[], objects')"
    return None


def _describe_nul_bytes(start: bytes) -> str:
    """Say which UTF-16 it is if every second byte is NUL, as in Latin letters; else that it may be binary."""
    for encoding, high in (("UTF-16LE", 1), ("UTF-16BE", 0)):
        if not any(start[high::2]) and all(start[1 - high :: 2]):
            return f"it looks like {encoding}; convert it to UTF-8 (iconv -f {encoding} -t UTF-8) and keep both files"
    return "it holds NUL bytes, so it is binary or UTF-16"
