#!/usr/bin/env python3
"""Check a bundle that Sightline made, with Python 3.9 or newer and nothing else: no network, no other program.

Sightline keeps a ledger of everything that officers do with records of visits. The acting officer signs each entry. The
entries are the leaves of one tree of hashes. The workspace signs the root of the tree in a checkpoint, and witnesses
countersign it. A bundle contains entries and rows of evidence with their proofs; this program checks them all.

It ends with PROVED (exit code 0), or NOT PROVED with file, line and reason (4). Exit code 2 means wrong arguments. It
cannot tell whether the log key is the right one (compare the fingerprint with the one on paper, or give --log-key),
whether the events in a log happened, and, unless the bundle is of kind `ledger`, what was left out.

`Bundle.verify` runs the checks in order. The code that they use comes first: canonical JSON, Ed25519 (RFC 8032), trees
of hashes (RFC 6962), signed notes (c2sp.org), the zip.
"""

from __future__ import annotations

import argparse, base64, datetime, functools, hashlib, json, os, re, struct, sys, zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

ALWAYS = {"README.txt", "checkpoint.txt", "entries.jsonl", "openings.json", "verify_sightline.py", "witnesses.json"}
OTHERS = r"bundle\.json|journal\.jsonl|line\.json|rows/[0-9a-f]{64}\.jsonl|documents/[0-9A-Za-z][0-9A-Za-z._-]{0,99}"
ABOUT = dict(v=int, kind=str, origin=str, log_key=str, tree_size=int, made_at=str, files=dict, signature=str)
ENTRY = dict(v=int, seq=int, at=str, verb=str, actor=str, key=str, thing=str, facts=dict, commits=dict, signature=str)
RUN = dict(exhibit=str, lists=str, use=str, hits=int, segments=str, segment_rows=str, manifest=str)
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
COLUMNS = 31  # of a row; the fourth is source_ip, the last five are member, byte_offset, line_number, raw, encoding
KIND = 17  # the column record_kind; rows of a tip quote selected fields, and the digest of their frame
PACKED = re.compile(rb"\x1f\x8b\x08|BZh|\xfd7zXZ\x00|\x28\xb5\x2f\xfd|[\x50-\x5f]\x2a\x4d\x18|PK[\x03\x05][\x04\x06]")
# What Python raises for bytes that are no bundle.
BAD_TEXT = (ArithmeticError, AttributeError, RecursionError, TypeError, ValueError)
UNREADABLE = (*BAD_TEXT, LookupError, MemoryError, OSError, struct.error)


class NotProved(Exception):
    """A failed check. The message names the file, the line and the problem."""


@contextmanager
def name_place_on_error(where: str) -> Iterator[None]:
    """Add the file and line to errors that occur within the block."""
    try:
        yield
    except BAD_TEXT as why:
        raise NotProved(f"{where}: {why}") from None


def require(holds: object, why: str) -> None:
    if not holds:
        raise ValueError(why)


def count_noun(number: int, one: str, more: str) -> str:
    return f"{number} {one if number == 1 else more}"


def encode_canonical(value: Any) -> bytes:
    """Return the only valid text of a value: keys sorted, no spaces, no needless escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def parse(data: bytes) -> Any:
    """Parse a canonical text. A duplicate key, a fraction, a huge number or a space makes it invalid."""
    text = data.decode("utf-8")
    value = json.loads(text, parse_int=lambda digits: int(digits[:20]), parse_float=repr, parse_constant=repr)
    require(encode_canonical(value) == data, "this is JSON, but not in the canonical form")
    return value


def require_shape(value: Any, kinds: dict[str, type], more: bool = False) -> Any:
    """Return the value if it is an object with these keys, of these kinds. Other keys are allowed only with `more`."""
    require(isinstance(value, dict), "this is no JSON object")
    for key, kind in kinds.items():
        require(key in value and type(value[key]) is kind, f"it has no {key}, or one that is no {kind.__name__}")
    require(more or len(value) == len(kinds), f"it has more than {', '.join(kinds)}")
    return value


def unhex(text: str, size: int) -> bytes:
    value = bytes.fromhex(text)
    require(value.hex() == text and len(value) == size, f"this is not {size} bytes in hex: {text[:80]}")
    return value


def unbase64(text: str, size: int) -> bytes:
    value = base64.b64decode(text, validate=True)
    require(base64.b64encode(value).decode() == text and len(value) == size, f"this is not {size} bytes in base64")
    return value


def hash_parts(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def compute_digest(handle: BinaryIO) -> str:
    """Return the SHA-256 of a file and rewind it."""
    digest = hashlib.sha256()
    for block in iter(functools.partial(handle.read, 1 << 20), b""):
        digest.update(block)
    handle.seek(0)
    return digest.hexdigest()


# Ed25519 (RFC 8032, 5.1), strict: numbers and points in their one encoding, no key of small order.
# A point is (x, y, z, t) where x/z and y/z are its coordinates and t is xy/z.
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
NEUTRAL: Any = (0, 1, 1, 0)


def add(p: Any, q: Any) -> Any:
    a, b = (p[1] - p[0]) * (q[1] - q[0]), (p[1] + p[0]) * (q[1] + q[0])
    c, d = 2 * D * p[3] * q[3], 2 * p[2] * q[2]
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def decode_point(data: bytes) -> Any:
    """Decode a point from its 32 bytes: y, and in the highest bit whether x is odd."""
    odd, y = data[31] >> 7, int.from_bytes(data, "little") & ((1 << 255) - 1)
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    require(y < P and (x * x - square) % P == 0 and (x or not odd), "a key or signature is no point of Ed25519")
    x = x if x & 1 == odd else P - x
    return (x, y, 1, x * y % P)


BASE = (4 * pow(5, P - 2, P) % P).to_bytes(32, "little")


@functools.lru_cache(maxsize=64)
def compute_multiples(key: bytes) -> list[list[Any]]:
    """Return multiples of a key's point: 0 to 15 times 16**i for each i, so that a multiplication is 64 additions."""
    step, rows = decode_point(key), []
    for _ in range(64):
        rows.append([NEUTRAL])
        for _ in range(15):
            rows[-1].append(add(rows[-1][-1], step))
        step = add(rows[-1][-1], step)
    require(rows[0][8][0], "a key is of small order")
    return rows


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Return whether the key A made the signature: R is S * B - SHA-512(R, A, message) * A."""
    s, r = int.from_bytes(signature[32:], "little"), decode_point(signature[:32])
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    found = NEUTRAL
    for digit, (of_base, of_key) in enumerate(zip(compute_multiples(BASE), compute_multiples(key))):
        x, y, z, t = of_key[k >> 4 * digit & 15]
        found = add(add(found, of_base[s >> 4 * digit & 15]), (-x, y, z, -t))
    return s < L and all((found[i] - r[i] * found[2]) % P == 0 for i in (0, 1))


def is_signed_object(value: Any, domain: bytes, key: bytes) -> bool:
    """Return whether the key made the value's `signature`, over a line that names its use and the rest of the value."""
    unsigned = encode_canonical({name: of for name, of in value.items() if name != "signature"})
    return is_signed(key, domain + unsigned, unbase64(value["signature"], 64))


def compute_root(hashes: list[bytes]) -> bytes:
    """Return the root of the tree over these leaf hashes (RFC 6962, 2.1): neighbours in pairs, level by level."""
    while len(hashes) > 1:
        odd = hashes[len(hashes) & ~1 :]
        hashes = [hash_parts(b"\x01", left, right) for left, right in zip(hashes[::2], hashes[1::2])] + odd
    return hashes[0] if hashes else hash_parts()


def compute_root_by_path(leaf: bytes, index: int, size: int, path: list[str]) -> bytes:
    """Return the root that an audit path gives for leaf `index` of a tree of `size` leaves (RFC 6962, 2.1.1)."""
    require(0 <= index < size and bool(path) == (size > 1), "the path is not one of this tree")
    if not path:
        return leaf
    split, beside = 1 << ((size - 1).bit_length() - 1), unhex(path[-1], 32)
    if index < split:
        return hash_parts(b"\x01", compute_root_by_path(leaf, index, split, path[:-1]), beside)
    return hash_parts(b"\x01", beside, compute_root_by_path(leaf, index - split, size - split, path[:-1]))


class Checkpoint:
    """The content of a log's signed note: its origin, the number of leaves of its tree, and the root."""

    def __init__(self, data: bytes, origin: str, log_key: bytes) -> None:
        head, _, below = data.rpartition(b"\n\n")
        lines = re.fullmatch(rb"([!-~]+)\n(0|[1-9][0-9]{0,18})\n([0-9A-Za-z+/=]{44})", head)
        signatures = re.findall("\u2014 ([^ \n]+) ([0-9A-Za-z+/=]+)\n", below.decode("utf-8"))
        if not lines or "".join(f"\u2014 {name} {text}\n" for name, text in signatures).encode() != below:
            raise ValueError("this is no signed checkpoint")
        self.size, self.root, self.text = int(lines[2]), unbase64(lines[3].decode(), 32), head + b"\n"
        self.signatures = [(name, unbase64(text, len(text) * 3 // 4 - text.count("="))) for name, text in signatures]
        require(lines[1].decode() == origin, f"it is not of the log {origin}")
        require(self.signed_at(origin, b"\x01", log_key) is not None, "the log key did not sign it")

    def signed_at(self, name: str, kind: bytes, key: bytes) -> int | None:
        """Return when this key signed, in seconds since 1970; 0 for a log, None if it did not sign."""
        start = hash_parts(name.encode(), b"\n", kind, key)[:4]
        for signer, blob in self.signatures:
            if signer == name and blob[:4] == start:
                seconds = int.from_bytes(blob[4:-64], "big")
                above = b"" if kind == b"\x01" else b"cosignature/v1\ntime %d\n" % seconds
                require(len(blob) == (76 if above else 68), f"the signature of {name} is not of its size")
                require(is_signed(key, above + self.text, blob[-64:]), f"the signature of {name} does not hold")
                return seconds
        return None


def unzip(data: bytes) -> dict[str, bytes]:
    """Return the files of the zip, all stored uncompressed: none can expand. Each byte around them is compared."""
    files: dict[str, bytes] = {}
    listing, at = [], 0
    while data[at : at + 4] == b"PK\3\4" and len(files) < 0xFFFF:
        size, name_size = struct.unpack("<LH", data[at + 22 : at + 28].ljust(6))
        start = at + 30 + name_size
        raw_name, content = data[at + 30 : start], data[start : start + size]
        name = raw_name.decode("ascii", "backslashreplace")
        require(name in ALWAYS or re.fullmatch(OTHERS, name), f"no bundle has a file of the name {name[:80]}")
        with name_place_on_error(name):
            require(name not in files, "it is in the zip twice")
            fields = (20, 0, 0, 0, 33, zlib.crc32(content), len(content), len(content), name_size, 0)
            header = struct.pack("<4s5H3L2H", b"PK\3\4", *fields) + raw_name
            require(data[at:start] == header, "it is not whole, or was altered within the zip")
        listing.append(struct.pack("<4s6H3L5H2L", b"PK\1\2", 20, *fields, 0, 0, 0, 0, at) + raw_name)
        files[name], at = content, start + size
    listed, count = b"".join(listing), len(files)
    end = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, len(listed), at, 0)
    require(data[at:] == listed + end, "the list at its end is not the list of the files in it")
    return files


# The acts that take two officers: for each the roles that may ask, and those that may decide.
IO, SHO, SP, HEAD, ADMIN = "investigating-officer", "station-officer", "superintendent", "supervisor", "administrator"
COMMAND, CUSTODIAN = {SHO, SP, HEAD}, "custodian"
TWO = {
    "officer:enrol": ({ADMIN, HEAD, SP}, COMMAND | {ADMIN}),
    "account:recover": ({ADMIN, HEAD, SP}, COMMAND | {ADMIN}),
    "issuer:enrol": ({IO} | COMMAND, COMMAND),
    "authority:live-feed": ({IO, SHO, SP}, COMMAND),
    "source:use": ({IO} | COMMAND, COMMAND),
    "scan:whole-log": ({IO}, COMMAND),
    "format:use": ({IO, "analyst", CUSTODIAN}, COMMAND),
    "bundle": ({IO, SHO, SP, CUSTODIAN, "prosecutor"}, COMMAND),
    "address:export": ({IO, "analyst"} | COMMAND, COMMAND),
    "identity:export": ({IO, SHO, SP}, {SHO, SP}),
    "notice:preservation": ({IO, SHO}, {SHO, SP}),
    "notice:records": ({IO, SHO}, {SHO, SP}),
    "notice:subscribers": ({IO, SHO}, {SP}),
    "purge": ({IO, CUSTODIAN} | COMMAND, COMMAND),
    "force:enrol": ({SP, HEAD}, COMMAND),
    "force:tie": ({SP, HEAD}, COMMAND),
    "force:compare": ({IO, SP, HEAD}, COMMAND),
    "referral": ({IO} | COMMAND, COMMAND),
    "backup:recipient": ({ADMIN, CUSTODIAN}, COMMAND),
}
# The entries that perform these acts: the act, the subject of its approval, and the facts shared with the request.
OF_A_FEED = tuple("case kind document_sha256 valid_from_us valid_until_us sources_json".split())
OF_A_FORCE = tuple("code key_id public_key age_recipient name states".split())
DOES = {
    "officer:enrolled": (("officer:enrol",), "key:{key_id}", ("key_id", "public_key", "role")),
    "issuer:enrolled": (("issuer:enrol",), "{thing}", ("issuer", "public_key")),
    "authority:added": (("authority:live-feed",), "{thing}", OF_A_FEED),
    "source:changed": (("source:use",), "{thing}", ("use",)),
    "notice:approved": (tuple(act for act in TWO if act.startswith("notice:")), "{thing}", ("rows_sha256",)),
    "referral:approved": (("referral",), "{thing}", ("content_sha256",)),
    "force:enrolled": (("force:enrol",), "force:{code}", OF_A_FORCE),
    "force-officer:tied": (("force:tie",), "officer:{id}", ()),
    "force:compared": (("force:compare",), "{thing}", ("what", "count", "sha256")),
    "bundle:made": (("bundle",), "{thing}", ("kind", "line_sha256")),
    "addresses:exported": (("address:export",), "{thing}", ("ids_sha256",)),
    "identities:exported": (("identity:export",), "{thing}", ("ids_sha256",)),
    "purge:done": (("purge",), "{purged}", ()),
    "identity:purged": (("purge",), "{thing}", ()),
    "retention:set": (("purge",), "{thing}", ("days",)),
    "run:registered": (("scan:whole-log",), "", ("source", "authority")),
    "backup:recipient-added": (("backup:recipient",), "{thing}", ()),
}
AFTERWARDS = {"force:compared", "bundle:made", "addresses:exported", "identities:exported"}  # not by who decides
AFTERWARDS |= {"purge:done", "identity:purged", "run:registered", "retention:set"}
ADDED = {"name", "states", "source", "authority"}  # which older versions did not say: of a force, and of a run
MANY = {"purge:done", "run:registered"}  # of these one approval is for several
NOT_ALWAYS = {"source:changed": ("use", True), "force:compared": ("theirs", False)}
NOT_ALWAYS["run:registered"] = NOT_ALWAYS["backup:recipient-added"] = ("approval", True)
LIVE = {"live-feed", "live-feed-whole"}  # the kinds of authority that two officers record
BY_LOG = {"workspace:made", "workspace:upgraded", "journal:sealed", "scan:swept", "backup:restored"}
BY_LOG |= {"list:signature-kept", "identity:keyed"}
BACK = {"officer:enrolled", "key:enrolled", "key:revoked", "approval:used"}  # and this, to give an account back
ONLY_AFTER_APPROVAL = {"notice:sent", "notice:answered", "referral:sent", "referral:fetched", "referral:received"}
RETELLS = {  # what can say of such a thing what it is from now on
    "workspace": "made upgraded", "officer": "enrolled", "key": "enrolled rotated revoked", "account": "made changed",
    "approval": "asked given refused used purge:done", "issuer-key": "issuer:enrolled issuer:revoked",
    "source": "added changed", "force": "enrolled ended", "force-officer": "tied", "retention-period": "retention:set",
    "notice": "drafted approved refused sent answered closed",
    "referral": "drafted approved refused sent received recalled", "case-deadline": "set",
    "case": "changed opened", "authority": "added ended", "list": "registered",
    "list-signature": "list:signature-kept list:signed", "dataset": "imported",
    "dataset-withdrawal": "dataset:withdrawn", "exhibit": "registered purge:done",
    "holding": "exhibit:held purge:done",
    "custody": "exhibit:copied exhibit:moved exhibit:opened exhibit:received exhibit:returned purge:done",
    "declaration": "exhibit:changed source:changed", "run": "purge:done registered", "feed-part": "registered",
    "feed-start": "registered", "feed-delivery": "registered", "hold": "lifted set purge:done",
    "generation": "leads:rebuilt", "lead-mark": "lead:marked lead:unmarked purge:done", "force-matches": "recorded",
    "lead-note": "lead:noted note:changed purge:done", "case-note": "added purge:done", "case-file": "added purge:done",
    "lead-batch": "leads:assigned leads:closed leads:reopened operation:added operation:taken-out purge:done",
    "saved-view": "dropped saved", "operation": "begun closed", "operation-team": "operation:planned",
    "operation-event": "operation:event operation:event-withdrawn", "licensee": "said", "reply": "received withdrawn",
    "confirmation": "reply:confirmed", "resolving": "sessions:resolved", "outcome": "recorded withdrawn purge:done",
    "force-request": "received", "force-outcome": "outcome:recorded outcome:returned", "force-secret": "agreed",
    "referral-recall": "recall:received referral-leads:recalled", "incoming": "accepted opened purge:done",
    "incoming-outcome": "recorded purge:done", "incoming-recall": "taken purge:done", "request-answer": "recorded",
    "backup-recipient": "backup:recipient-added backup:recipient-removed", "witness": "enrolled",
}  # fmt: skip
MADE_ONCE = """authority:added case:opened exhibit:registered hold:set incoming:opened lead:marked lead:noted
    notice:drafted operation:begun operation:event outcome:recorded outcome:returned referral:drafted reply:received
    run:registered feed-part:registered feed-start:registered feed-delivery:registered source:added witness:enrolled
    case-note:added case-file:added""".split()  # what makes a thing changes none that is there

# Who may sign what one officer does alone; no officer signs a verb that is neither here nor an act of two.
ANALYST, PARTNER, AUDITOR, PROSECUTOR = "analyst", "partner", "auditor", "prosecutor"
ASKS, ALL = {IO} | COMMAND, {IO, ADMIN, CUSTODIAN, ANALYST, PARTNER, AUDITOR, PROSECUTOR} | COMMAND
ALONE_BY = (
    (ALL, "key:rotated account:made account:changed"),
    (ALL - {ADMIN, PARTNER, AUDITOR}, "case:reported"),
    ({ADMIN, HEAD, SP}, "key:revoked"),
    (ASKS, "issuer:revoked authority:ended dataset:withdrawn reply:withdrawn leads:closed leads:reopened "
     "operation:begun operation:added operation:taken-out operation:event operation:event-withdrawn operation:closed "
     "operation:reported referral:drafted referral:sent referral:recalled referral-leads:recalled incoming:opened "
     "incoming:accepted incoming-outcome:recorded incoming-recall:taken request-answer:recorded operation:planned"),
    ({IO, SHO, SP}, "case:opened case:changed authority:added notice:sent notice:closed reply:confirmed "
     "outcome:recorded outcome:withdrawn"),
    ({IO, SHO, SP, ANALYST, CUSTODIAN}, "source:added source:changed exhibit:changed"),
    ({IO, ANALYST, CUSTODIAN}, "list:registered list:signed exhibit:registered exhibit:held run:registered "
     "run:superseded feed-part:registered feed-start:registered feed-delivery:registered"),
    ({IO, ANALYST, CUSTODIAN, ADMIN, HEAD}, "dataset:imported"),
    ({IO, SHO, CUSTODIAN}, "exhibit:received exhibit:moved exhibit:opened exhibit:copied exhibit:returned "
     "certificate:made"),
    ({IO, ANALYST, HEAD}, "leads:rebuilt lead:visited lead:reported"),
    (ASKS | {ANALYST}, "lead:marked lead:unmarked notice:answered leads:assigned lead:noted note:changed "
     "saved-view:saved saved-view:dropped case-note:added case-file:added case-deadline:set"),
    ({IO, SHO, SP, ANALYST}, "licensee:said"),
    ({IO, SHO}, "notice:drafted"),
    ({SHO, SP}, "notice:refused"),
    (COMMAND, "referral:refused"),
    ({IO, SHO, ANALYST}, "reply:received sessions:resolved identity:keyed"),
    ({SP, HEAD}, "force:ended hold:lifted"),
    (ASKS | {PARTNER}, "force-request:received"),
    ({PARTNER}, "referral:fetched"),
    (ASKS | {ANALYST, PARTNER}, "referral:received recall:received outcome:returned"),
    ({IO, SP, HEAD}, "force-secret:agreed force:compared force-matches:recorded"),
    (ASKS | {PROSECUTOR}, "hold:set"),
    ({ADMIN, CUSTODIAN}, "backup:made backup:recipient-added backup:recipient-removed backup:restored"),
    ({SP, HEAD, AUDITOR}, "witness:enrolled"),
    ({SP, HEAD, AUDITOR, CUSTODIAN, ADMIN}, "checkpoint:countersigned"),
)  # fmt: skip
ALONE = {verb: roles for roles, verbs in ALONE_BY for verb in verbs.split()}


def needs_two_officers(verb: str, facts: Any) -> bool:
    """Return whether an entry does an act of two officers."""
    if verb == "authority:added":
        return facts.get("kind") in LIVE
    return verb in DOES and (verb not in NOT_ALWAYS or (NOT_ALWAYS[verb][0] in facts) is NOT_ALWAYS[verb][1])


def may_sign(verb: str, facts: Any) -> Any:
    """The roles that may sign an officer's entry; None where the approval that it rests on says who may."""
    if verb == "approval:asked":
        return TWO.get(facts.get("action"), (None,))[0]
    if needs_two_officers(verb, facts):
        return TWO[DOES[verb][0][0]][0] if verb in AFTERWARDS else None
    if verb == "key:enrolled" or verb.startswith("approval:"):
        return None
    return ALONE.get("outcome:returned" if verb == "outcome:recorded" and "force" in facts else verb, set())


def parse_time(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")


class Approval:
    """What entries state about one approval: the requester, the request, the decider, and any objection."""

    def __init__(self, entry: Any) -> None:
        facts = entry["facts"]
        self.name, self.act, self.by, self.at = entry["thing"][9:], facts.get("action"), entry["actor"], entry["at"]
        self.seq, self.leaf = entry["seq"], hash_parts(b"\x00", encode_canonical(entry)).hex()
        self.about, self.facts = facts.get("about"), facts
        self.decided_by, self.decided_at, self.wrong = "", "", ["no second officer gave it"]
        self.used_at, self.used_seq, self.acts = "", -1, 0

    def is_over(self, entry: Any) -> bool:
        """Return whether more than two weeks have passed since the request."""
        return parse_time(entry["at"]) - parse_time(self.at) >= datetime.timedelta(days=14)


class Officers:
    """Who could act at each entry, from earlier entries: keys, roles, ties, approvals. `found` lists unauthorised acts.

    The second entry enrols the first officer, who signs it. The first alone enrols the second. All others take two
    officers.
    """

    def __init__(self, log_key: bytes) -> None:
        self.keys = {hash_parts(log_key).hex()[:16]: ("workspace", log_key)}
        self.since, self.roles, self.over = dict[str, Any](), dict[str, str](), set[str]()
        self.group, self.direct = dict[str, str](), dict[Any, int]()
        self.approvals, self.approved, self.made = dict[str, Approval](), set[str](), set[str]()
        self.at, self.where, self.found = "", "", list[str]()
        self.pending, self.by_log, self.back, self.done = list[Any](), list[Any](), set[str](), 0
        self.is_bound, self.schema = False, ""

    def say(self, what: str) -> None:
        """Record a problem with the current entry."""
        self.found.append(f"{self.where}: {what}")

    def take(self, where: str, entry: Any) -> None:
        """Process the next entry. Raises ValueError if no valid key of its actor signed it."""
        if entry["at"] != self.at:
            self.settle()
        self.at, self.where, verb, facts, thing = entry["at"], where, entry["verb"], entry["facts"], entry["thing"]
        new = self.new_key(entry) if verb in ("officer:enrolled", "key:rotated") else {}
        first = entry["seq"] == 1 and not self.roles and thing == f"officer:{entry['actor']}"
        whose, public = {**self.keys, **(new if first else {})}.get(entry["key"], ("", b""))
        require(
            public and whose == entry["actor"] and entry["key"] not in self.over,
            f"{entry['key']} is no key of {entry['actor']}: not enrolled before, or revoked",
        )
        require(is_signed_object(entry, b"sightline ledger entry v1\n", public), f"{entry['actor']} did not sign it")
        if entry["actor"] == "workspace" and verb not in BY_LOG | BACK:
            self.say(f"the log key signed it, and {verb} is an officer's act")
        may, role = may_sign(verb, facts), self.roles.get(entry["actor"])
        is_own = verb == "key:revoked" and self.keys.get(facts.get("key_id"), ("",))[0] == entry["actor"]
        if may is not None and role not in may and not is_own and entry["actor"] != "workspace":
            self.say(
                f"{entry['actor']} signs {verb} in the role {role}, and it is for {', '.join(sorted(may)) or 'none'}"
            )
            if verb == "key:revoked":
                return
        if verb == "workspace:made" and entry["seq"]:
            self.say("only the first entry makes a workspace")
        kind, _, name = thing.partition(":")
        does = [part if ":" in part else f"{kind}:{part}" for part in RETELLS.get(kind, "").split()]
        if ("state" in entry["commits"] and verb not in does) or (verb in MADE_ONCE and thing in self.made):
            self.say(f"{verb} cannot change {thing}")
        self.made |= {thing} if verb in MADE_ONCE or "state" in entry["commits"] else set()
        if kind == "account" and name != entry["actor"]:
            self.say("it is the account of another officer")
        if verb == "officer:enrolled":
            self.enrol(entry, name, new)
        elif verb.startswith("key:"):
            self.key(entry, new)
        elif verb.startswith("approval:") and kind == "approval":
            {"approval:asked": self.take_request, "approval:used": self.take_use}.get(verb, self.take_decision)(
                entry, name
            )
        elif needs_two_officers(verb, facts):
            found, why = self.approval_of(entry, *DOES[verb])
            if found is None:
                self.say(f"{verb} without two officers: {why}")
            else:
                self.approved.add(thing)
        else:
            self.take_other(verb, facts, thing)

    def take_other(self, verb: str, facts: Any, thing: str) -> None:
        """Process an entry that needs no approval of its own: what earlier entries must have said."""
        if verb in ("workspace:made", "workspace:upgraded"):
            self.schema = max(self.schema, str(facts.get("schema", facts.get("to", ""))))
        elif verb == "backup:recipient-added" and self.schema >= "0026" and len(self.roles) > 1:
            self.say(f"{verb} without two officers: one alone adds it only in a unit of one, or in an older version")
        elif verb in ONLY_AFTER_APPROVAL and thing not in self.approved:
            self.say(f"{verb} of what no two officers approved")

    def new_key(self, entry: Any) -> dict[str, tuple[str, bytes]]:
        """Return the new key of an entry, which no earlier entry may have."""
        facts, kind = require_shape(entry["facts"], {"public_key": str, "key_id": str}, more=True), entry["verb"]
        officer = entry["actor"] if kind == "key:rotated" else entry["thing"].partition("officer:")[2]
        public = unbase64(facts["public_key"], 32)
        require(facts["key_id"] == hash_parts(public).hex()[:16], "key_id is not the id of public_key")
        require(officer not in ("", "workspace"), "it enrols no officer")
        require(facts["key_id"] not in self.keys, "it enrols a key that was enrolled before")
        return {facts["key_id"]: (officer, public)}

    def enrol(self, entry: Any, officer: str, new: dict[str, tuple[str, bytes]]) -> None:
        """Process an enrolment: the first officer's own signature, the first's for the second, two for all others."""
        actor, facts, found, why = entry["actor"], entry["facts"], None, ""
        by = {actor}
        if actor == "workspace":
            names = ("key_id", "public_key")
            found, why = self.approval_of(entry, ("account:recover",), "officer:{id}", names, officer)
            if found and (officer not in self.roles or facts.get("role") != self.roles[officer]):
                found, why = None, "it is another officer, or another role than before"
            self.back |= {officer} if found else set()
            self.by_log.append((self.where, officer))
        elif officer in self.roles:
            why = "that officer was enrolled before, and only two others give an account back"
        elif len(self.roles) > 1:
            found, why = self.approval_of(entry, *DOES["officer:enrolled"])
        elif self.roles and self.roles[actor] not in TWO["officer:enrol"][0]:
            why = "the first officer has a role that enrols nobody"
        if why:
            self.say(f"it enrols {officer} without two officers: {why}")
            self.keys.update(dict.fromkeys(new, ("", b"")))
            return
        by = {found.by, found.decided_by} if found else by
        self.keys.update(new)
        self.since.update(dict.fromkeys(new, (entry["at"], actor)))
        self.roles.setdefault(officer, str(facts.get("role")))
        self.tie(officer, sorted(by - {officer}))

    def key(self, entry: Any, new: dict[str, tuple[str, bytes]]) -> None:
        """Process a key that is registered, replaced or revoked."""
        name, actor = str(entry["facts"].get("key_id")), entry["actor"]
        if entry["verb"] == "key:rotated":
            self.keys.update(new)
            if entry["facts"].get("role", self.roles[actor]) != self.roles[actor]:
                self.say("its new key is in another role than the officer")
        elif entry["verb"] == "key:enrolled" and self.since.get(name) != (entry["at"], actor):
            self.say(f"the key {name} was not enrolled with it by {actor}")
        elif self.keys.get(name, ("", b""))[0] in ("", "workspace"):
            self.say(f"the key {name} is no officer's")
        elif entry["verb"] == "key:revoked":
            self.over.add(name)
        if actor == "workspace":
            self.by_log.append((self.where, self.keys.get(name, ("", b""))[0]))

    def root(self, officer: str) -> str:
        """Return one representative of all officers who are tied to this one."""
        while self.group.setdefault(officer, officer) != officer:
            officer = self.group[officer]
        return officer

    def tie(self, officer: str, by: list[str]) -> None:
        """Tie an officer to the enrollers: one officer, or several who are tied to each other."""
        if len({self.root(one) for one in by}) != 1:
            return
        self.group[self.root(officer)] = self.root(by[0])
        for one in by:
            pair = frozenset((officer, one))
            self.direct[pair] = max(3 if len(by) == 1 else 2, self.direct.get(pair, 0))

    def closeness(self, one: str, other: str) -> int:
        """Return how closely two officers are tied.

        3: one enrolled the other alone; 2: with an officer tied to the first; 1: tied by others; 0: not tied.
        """
        return self.direct.get(frozenset((one, other)), int(self.root(one) == self.root(other)))

    def on_duty(self, officer: str) -> bool:
        """Return whether an officer has a valid key."""
        return any(whose == officer for name, (whose, _) in self.keys.items() if name not in self.over)

    def take_request(self, entry: Any, name: str) -> None:
        """Process a request, which has an id of its own."""
        if name in self.approvals:
            self.say("it was asked for before")
        elif entry["facts"].get("action") not in TWO:
            self.say("it asks for no act of two officers")
        else:
            self.approvals[name] = Approval(entry)

    def take_decision(self, entry: Any, name: str) -> None:
        """Process a decision: by another, untied officer in a permitted role, on this request, within two weeks."""
        one, actor, facts = self.approvals.get(name), entry["actor"], entry["facts"]
        if one is None or one.decided_by:
            self.say("nobody asked for it" if one is None else "it was decided before")
            if one is not None:
                one.wrong.append("it was decided twice")
            return
        asks, decides = TWO[one.act]
        subject = one.about if one.act == "account:recover" else None
        others = [
            each for each, role in self.roles.items() if role in decides and each != one.by and self.on_duty(each)
        ]
        others = [other for other in others if f"officer:{other}" != subject]
        tie = self.closeness(one.by, actor)
        is_tied = actor != one.by and min([self.closeness(one.by, other) for other in others] + [tie]) < tie
        is_given = entry["verb"] == "approval:given"
        against = [
            (actor == one.by, "the officer who asked cannot decide"),
            (self.roles.get(actor) not in decides, f"the role of {actor} cannot decide"),
            ((facts.get("asked_by"), facts.get("action")) != (one.by, one.act), "it is about another question"),
            (facts.get("asked", one.leaf) != one.leaf, "it is about another text than was asked for"),
            ("asked" not in facts and self.is_bound, "it does not say which text it is about, and one before it does"),
            (one.is_over(entry), "it was asked for more than two weeks before"),
            (f"officer:{actor}" == subject or f"officer:{one.by}" == subject, "it is the own account"),
            (is_given and self.roles.get(one.by) not in asks, f"the role of {one.by} cannot ask"),
            (is_given and not self.on_duty(one.by), f"{one.by}, who asked, had no key any more"),
            (is_tied and ("asked" in facts or tie == 3), f"{actor} is tied to {one.by}, and others could decide"),
        ]
        self.is_bound |= "asked" in facts
        one.decided_by, one.decided_at = actor, entry["at"]
        one.wrong = [why for holds, why in against if holds]
        for why in one.wrong:
            self.say(f"it decides about {one.act} without right: {why}")
        if not is_given:
            one.wrong.append("it was refused")

    def take_use(self, entry: Any, name: str) -> None:
        """Process the use of an approval: once, by a permitted officer, while both officers have keys."""
        one, actor = self.approvals.get(name), entry["actor"]
        if one is None or one.used_at:
            self.say("nobody asked for it" if one is None else f"it was used before, by entry {one.used_seq}")
            return
        one.used_at, one.used_seq = entry["at"], entry["seq"]
        is_back = one.act == "account:recover"
        may = {one.decided_by, *([str(one.about)[8:], "workspace"] if is_back else [])}
        away = [who for who in (one.by, one.decided_by) if not self.on_duty(who)]
        for holds, why in (
            (bool(one.wrong), "; ".join(one.wrong)),
            (entry["facts"].get("action", one.act) != one.act, "it is for another act"),
            (one.act != "scan:whole-log" and one.is_over(entry), "it was asked for more than two weeks before"),
            (actor not in may and self.roles.get(actor) not in TWO[one.act][0], f"the role of {actor} may not do it"),
            (away and not is_back and one.act != "scan:whole-log", f"{', '.join(away)} had no key any more"),
        ):
            if holds:
                self.say(f"it uses an approval of {one.act} without right: {why}")

    def approval_of(self, entry: Any, acts: Any, form: str, names: Any, officer: str = "") -> tuple[Any, str]:
        """Return the approval of an act, or None and why there is none."""
        facts, why = entry["facts"], "nobody asked for just this, or an older Sightline left that out"
        about = self.subject_of(entry, form)
        # Among several for the same act, the one that this change uses or decides.
        now = lambda one: (one.used_at != entry["at"], one.decided_at != entry["at"])  # noqa: E731
        for approval in sorted(self.approvals.values(), key=now):
            if approval.act not in acts or (approval.about is not None and about and approval.about != about):
                continue
            if "approval" in facts and facts["approval"] != approval.name:
                continue
            problem = self.other_content(entry, approval, names, officer) or self.objection(entry, approval, officer)
            if problem is None:
                approval.acts += 1
                self.pending.append((self.where, approval))
                return approval, ""
            why = problem
        return None, why

    def subject_of(self, entry: Any, form: str) -> str:
        """Return the subject that the approval of an act has."""
        facts, thing = entry["facts"], entry["thing"]
        kinds = {"exhibit": "exhibit", "incoming": "incoming", "leads_sha256": "leads", "case_papers": "case-papers"}
        purged = [f"{kind}:{facts[name]}" for name, kind in kinds.items() if name in facts]
        texts = {"thing": thing, "id": thing.partition(":")[2], "purged": [*purged, thing][0]}
        return form.format(**{"key_id": "", "code": "", **facts, **texts})

    def other_content(self, entry: Any, one: Any, names: Any, officer: str) -> str | None:
        """Return why an approval is for another content than an act, or None."""
        facts, verb, known = entry["facts"], entry["verb"], one.about is not None
        side = one.facts if verb == "force:enrolled" else facts
        wanted = {name: facts.get(name) for name in names if name not in ADDED or name in side}
        wanted.update({"officer": officer} if officer else {})
        wanted.update({"force_id": facts.get("force")} if verb == "force-officer:tied" else {})
        if officer and not known:
            return "two gave the account back, and did not say with which key"
        if known and any(one.facts.get(name) != value for name, value in wanted.items()):
            return "its approval is for another content"
        files = one.facts.get("files", facts["exhibit"]).split(",") if verb == "run:registered" else []
        return "its approval is of other files" if files and facts["exhibit"] not in files else None

    def objection(self, entry: Any, one: Any, officer: str) -> str | None:
        """Return why an approval of this content does not carry an act, or None."""
        verb = entry["verb"]
        if one.wrong:
            return f"its approval does not hold: {one.wrong[0]}"
        if one.about is None and entry["at"] not in (one.used_at, one.decided_at):
            return "its approval is of another time"
        if one.used_at and one.used_at != entry["at"]:
            return f"its approval was used before, by entry {one.used_seq}"
        if one.acts and verb not in MANY:
            return "its approval serves once, and did"
        if one.act != "scan:whole-log" and one.is_over(entry):
            return "its approval was asked for more than two weeks before"
        if verb not in AFTERWARDS and not officer and entry["actor"] != one.decided_by:
            return "it was not done by the officer who decided"
        return None

    def settle(self) -> None:
        """Check a change at its end: its approvals are used up, and the log key did no more than restore an account."""
        self.done += len({one.name for _, one in self.pending})
        self.found += [
            f"{where}: its approval was not used up with it"
            for where, one in self.pending
            if one.act != "scan:whole-log" and one.used_at != self.at
        ]
        self.found += [
            f"{where}: the log key gave or took a key of {whose or 'nobody'}: no two officers gave that account back"
            for where, whose in self.by_log
            if whose not in self.back
        ]
        self.pending, self.by_log, self.back = [], [], set()


class Bundle:
    """The files of a bundle. `verify` checks them and yields a line for each proved fact."""

    def __init__(self, data: bytes, log_key: bytes | None = None) -> None:
        with name_place_on_error("the zip"):
            self.files = unzip(data)
            require("bundle.json" in self.files, "there is no bundle.json in it")
        with name_place_on_error("bundle.json"):
            self.about = require_shape(parse(self.files["bundle.json"]), ABOUT)
            require(self.about["v"] == 1, "a newer Sightline wrote it: use the verify_sightline.py of that one")
            self.key, self.kind = unbase64(self.about["log_key"], 32), self.about["kind"]
            self.officers = Officers(self.key)
            kinds = ("defence", "court", "referral", "ledger")
            require(self.kind in kinds, f"its kind is none of {', '.join(kinds)}")
            self.path = {} if self.kind == "ledger" else {"path": list}
            require(TIME.fullmatch(self.about["made_at"]), "made_at is no time")
            self.compared = log_key is not None
            require(log_key in (None, self.key), "log_key is not the key that was given")
            require(is_signed_object(self.about, b"sightline bundle v1\n", self.key), "log_key did not sign it")

    def verify(self, older: Any = (), exhibits: Any = (), lists: Any = ()) -> Iterator[str]:
        """Yield a line for each proved fact. Raises NotProved at the first failure."""
        self.check_files()
        yield f"bundle of kind {self.kind}, made at {self.about['made_at']}: its files are as the log key signed them"
        was_compared = "compared" if self.compared else "NOT compared"
        yield f"the log key was {was_compared}: fingerprint {hash_parts(self.key).hex()}"
        with name_place_on_error("checkpoint.txt"):
            head = Checkpoint(self.files["checkpoint.txt"], self.about["origin"], self.key)
            require(head.size == self.about["tree_size"], "it is not of the size that bundle.json says")
        heads = [head]
        for number, note in enumerate(older, 1):
            with name_place_on_error(f"older checkpoint {number}"):
                before = Checkpoint(note, self.about["origin"], self.key)
                require(before.size <= head.size, "it has more entries: the ledger was rolled back")
                require(before.size < head.size or before.root == head.root, "another root: the ledger was rewritten")
            heads.append(before)
        size = count_noun(head.size, "entry", "entries")
        yield f"the checkpoint of {size} of {self.about['origin']} is signed by the log key"
        yield from self.check_witnesses(head)
        entries = self.checked_entries(heads)
        signed = count_noun(len(entries), "entry is", "entries are")
        yield f"{signed} signed by who acted, and in the tree of the checkpoint"
        yield f"{self.officers.done} acts of two officers among them were asked by one, approved by another, done once"
        yield self.check_openings({str(entry["seq"]): entry["commits"] for entry in entries})
        if self.kind == "ledger":
            yield self.check_journal([entry for entry in entries if entry["verb"] == "journal:sealed"])
        yield from self.check_runs([entry for entry in entries if entry["verb"] == "run:registered"], exhibits, lists)

    def check_files(self) -> None:
        """Check that each file is the one that bundle.json lists, and that it lists all files."""
        listed, wrong = self.about["files"], []
        needed = ALWAYS | ({"journal.jsonl"} if self.kind == "ledger" else set())
        for name in sorted(self.files.keys() - {"bundle.json"} | listed.keys() | needed):
            if name not in self.files or hash_parts(self.files[name]).hex() != listed.get(name):
                wrong.append(f"{name}: it is missing, altered, or not listed in bundle.json")
        if wrong:
            raise NotProved(*wrong)

    def values(self, name: str) -> Iterator[tuple[str, Any]]:
        """Yield the value on each line of a file, with its place."""
        lines = self.files[name].split(b"\n")
        for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
            with name_place_on_error(f"{name}, line {number}"):
                require(number < len(lines), "the line has no end")
                value = parse(line)
            yield f"{name}, line {number}", value

    def check_witnesses(self, head: Checkpoint) -> Iterator[str]:
        """Check each countersignature by a witness in witnesses.json."""
        with name_place_on_error("witnesses.json"):
            known = require_shape(parse(self.files["witnesses.json"]), {}, more=True)
            keys = {name: unbase64(text, 32) for name, text in known.items()}
        for name, key in keys.items():
            with name_place_on_error("checkpoint.txt"):
                seconds = head.signed_at(name, b"\x04", key)
                at = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=seconds or 0)
            when = "did not countersign it" if seconds is None else f"countersigned it at {at} UTC"
            yield f"witness {name} {when}; fingerprint {hash_parts(key).hex()}"
        for name in sorted({name for name, _ in head.signatures} - keys.keys() - {self.about["origin"]}):
            yield f"NOT checked: the signature of {name}: the bundle has no key of this name"

    def checked_entries(self, heads: list[Checkpoint]) -> list[Any]:
        """Yield all entries. At the end raises NotProved with every act that lacks two officers."""
        why: tuple[str, ...] = ()
        entries = list[Any]()
        try:
            entries.extend(self.entries(heads))
        except NotProved as found:
            why = found.args
        self.officers.settle()
        if why or self.officers.found:
            raise NotProved(*dict.fromkeys((*self.officers.found, *why)))
        return entries

    def entries(self, heads: list[Checkpoint]) -> Iterator[Any]:
        """Yield each entry after checks of its form, order, signature, and place in the checkpoint's tree."""
        leaves, seq, at = list[bytes](), -1, ""
        for where, item in self.values("entries.jsonl"):
            with name_place_on_error(where):
                entry = require_shape(require_shape(item, {"entry": dict, **self.path})["entry"], ENTRY)
                require(entry["v"] == 1 and TIME.fullmatch(entry["at"]), "v or at is not of its form")
                require(entry["seq"] > seq and entry["at"] >= at, "it does not come after the entry before it")
                seq, at = entry["seq"], entry["at"]
                self.officers.take(where, entry)
                leaves.append(hash_parts(b"\x00", encode_canonical(entry)))
                root = (
                    compute_root_by_path(leaves[-1], seq, heads[0].size, item["path"]) if self.path else heads[0].root
                )
                require(root == heads[0].root, "its path does not lead to the root of the checkpoint")
                require(self.path or seq + 1 == len(leaves), "an entry before it is missing")
            yield entry
        with name_place_on_error("entries.jsonl"):
            for head in heads if not self.path else ():
                same = compute_root(leaves[: head.size]) == head.root and len(leaves) >= head.size
                require(same, f"these are not the entries of the checkpoint of {head.size}")
            require(self.path or len(leaves) == heads[0].size, "there are more than in the checkpoint")

    def check_openings(self, commits: dict[str, Any]) -> str:
        """Check that each revealed text matches the commitment in its entry."""
        with name_place_on_error("openings.json"):
            openings = require_shape(parse(self.files["openings.json"]), {}, more=True)
        for seq, opened in openings.items():
            with name_place_on_error(f"openings.json, entry {seq}"):
                require(seq in commits, "the bundle has no such entry")
                for name, opening in require_shape(opened, {}, more=True).items():
                    require_shape(opening, {"salt": str, "text": str})
                    digest = hash_parts(unhex(opening["salt"], 16), opening["text"].encode()).hex()
                    require(digest == commits[seq].get(name), f"this is not the {name} that was committed to")
        return f"what is shown of {count_noun(len(openings), 'entry', 'entries')} is what they committed to"

    def check_journal(self, seals: list[Any]) -> str:
        """Check that each journal row is under a seal of the ledger, in order and without a gap."""
        leaves, count = list[bytes](), 0
        for where, row in self.values("journal.jsonl"):
            with name_place_on_error(where):
                require(require_shape(row, {"seq": int}, more=True)["seq"] == len(leaves), "a row before it is missing")
                leaves.append(hash_parts(b"\x00", encode_canonical(row)))
        for entry in seals:
            with name_place_on_error(f"journal.jsonl, the rows sealed by entry {entry['seq']}"):
                facts = require_shape(entry["facts"], {"first": int, "last": int, "root": str})
                require(facts["first"] == count <= facts["last"], "they do not follow those sealed before")
                count = facts["last"] + 1
                require(
                    compute_root(leaves[facts["first"] : count]).hex() == facts["root"], "they are not what was sealed"
                )
        with name_place_on_error("journal.jsonl"):
            require(count == len(leaves), f"no entry seals the rows from {count} on")
        return f"{count_noun(count, 'row of the journal is as it was', 'rows of the journal are as they were')} sealed"

    def check_runs(self, runs: list[Any], exhibits: Any, lists: Any) -> Iterator[str]:
        """Check that rows, manifests, exhibits and lists belong to the runs in the entries."""
        segments, plain = self.segments_of(runs), {}
        line = self.records_of_line()
        stated = {name: {run["facts"][name] for run in runs} for name in ("exhibit", "manifest", "lists")}
        stated["lists"] = {part for lists_of_run in stated["lists"] for part in lists_of_run.split(",")}
        for name, handle in [("exhibit", each) for each in exhibits] + [("lists", list_) for list_ in lists]:
            digest = compute_digest(handle)
            with name_place_on_error(handle.name):
                require(digest in stated[name], f"no run in the bundle states it as its {name}")
            if not PACKED.match(handle.read(8)):
                plain[digest] = handle
            yield f"{handle.name} is what a run read{'' if digest in plain else '; packed: rows are NOT compared'}"
        manifests = {hash_parts(self.files[name]).hex() for name in self.files if name.startswith("documents/manifest")}
        with name_place_on_error("documents"):
            require(manifests <= stated["manifest"], "a manifest is of no run in the bundle")
            require(self.kind == "ledger" or manifests == stated["manifest"], "the manifest of a run is missing")
        for segment in [name[5:-6] for name in self.files if name.startswith("rows/")]:
            with name_place_on_error(f"rows/{segment}.jsonl"):
                require(segment in segments, "no run in the bundle states this segment")
            size, exhibit = segments.pop(segment)
            yield self.check_rows(f"rows/{segment}.jsonl", segment, size, plain.get(exhibit), line)
        with name_place_on_error("rows"):
            require(self.kind != "court" or not segments, f"the segment is missing: {', '.join(segments)}")
        if line:
            with name_place_on_error("line.json"):
                missing = [record[-1] for record, is_there in line.items() if not is_there]
                require(not missing, f"no row is of the record at byte_offset {missing[:1]}")
            yield f"{len(line)} records are of one line of a lead: each row is of one of them, and each has a row"

    def records_of_line(self) -> dict[Any, bool]:
        """Return the records that must contain all rows, in a bundle for one line, each marked as without a row yet."""
        if "line.json" not in self.files:
            return {}
        with name_place_on_error("line.json"):
            require(self.kind == "defence", "only a bundle of kind defence is for one line")
            line = require_shape(parse(self.files["line.json"]), {"v": int, "lead": str, "line": str, "records": list})
            require(line["v"] == 1 and line["records"], "v is not 1, or there is no record")
            each = [
                require_shape(record, {"address": str, "byte_offset": int}, more=True) for record in line["records"]
            ]
            require(all(len(one) == 3 and "member" in one for one in each), "a record has no member, or more than that")
            found = {(one["address"], one["member"], one["byte_offset"]): False for one in each}
            require(len(found) == len(each), "a record is there twice")
        return found

    def segments_of(self, runs: list[Any]) -> dict[str, tuple[int, str]]:
        """Return for each segment its number of rows and its exhibit."""
        segments: dict[str, tuple[int, str]] = {}
        for entry in runs:
            with name_place_on_error(f"entries.jsonl, entry {entry['seq']}"):
                facts = require_shape(entry["facts"], RUN, more=True)
                ids, counts = (facts[name].split(",") if facts[name] else [] for name in ("segments", "segment_rows"))
                sizes = [int(text) for text in counts if re.fullmatch("[0-9]{1,19}", text)]
                hits = 0 if facts["use"] == "statistics" else facts["hits"]  # these are counted and not stored
                require(len(ids) == len(sizes) and sum(sizes) == hits, "segments, rows and hits do not agree")
                segments.update({segment: (size, facts["exhibit"]) for segment, size in zip(ids, sizes)})
        return segments

    def check_rows(self, name: str, segment: str, size: int, exhibit: BinaryIO | None, line: dict[Any, bool]) -> str:
        """Check that the rows are leaves of the segment's tree, and that the exhibit contains their quotes."""
        leaves, index, compared, court = list[bytes](), -1, 0, self.kind == "court"
        for where, item in self.values(name):
            with name_place_on_error(where):
                require_shape(item, {"index": int, "salt": str, "row": str, **({} if court else {"path": list})})
                require(item["index"] > index, "it does not come after the row before it")
                index, row = item["index"], parse(item["row"].encode())
                require(isinstance(row, list) and len(row) == COLUMNS, f"a row has {COLUMNS} values")
                leaves.append(hash_parts(b"\x00", unhex(item["salt"], 16), item["row"].encode()))
                root = segment if court else compute_root_by_path(leaves[-1], index, size, item["path"]).hex()
                require(root == segment, "its path does not lead to the root of the segment")
                member, offset, _, raw, encoding = row[-5:]
                if line:
                    require((row[3], member, offset) in line, "it is no record of the line that the bundle is for")
                    line[row[3], member, offset] = True
                if exhibit and member is None:
                    quoted = raw.encode() if encoding == "utf-8" else base64.b64decode(raw, validate=True)
                    exhibit.seek(offset)
                    if str(row[KIND]).startswith("tip"):
                        statement = require_shape(parse(quoted), {"frame_sha256": str, "length": int}, more=True)
                        is_there = hash_parts(exhibit.read(statement["length"])).hex() == statement["frame_sha256"]
                    else:
                        is_there = exhibit.read(len(quoted)) == quoted
                    require(is_there, "the exhibit has other bytes at byte_offset")
                    compared += 1
        with name_place_on_error(name):
            whole = len(leaves) == size == index + 1 and compute_root(leaves).hex() == segment
            require(whole or not court, "these are not all rows of the segment")
        return f"{len(leaves)} of {size} rows of segment {segment} are in it; {compared} compared with the exhibit"


def make_printable(text: str) -> str:
    """Return the text in printable ASCII, because names in a bundle may contain terminal control codes."""
    return "".join(mark if " " <= mark <= "~" else ascii(mark)[1:-1] for mark in text)


def main(words: list[str] | None = None) -> int:
    """Run the program, print all lines, and return the exit code."""
    parser = argparse.ArgumentParser(description="Check a bundle that Sightline made.")
    readable = argparse.FileType("rb")
    parser.add_argument("bundle", metavar="BUNDLE.zip", type=readable)
    for option in ("--exhibit", "--list", "--checkpoint"):
        parser.add_argument(option, metavar="FILE", type=readable, action="append", default=[])
    parser.add_argument("--log-key", metavar="BASE64", type=lambda text: unbase64(text, 32))
    arguments = parser.parse_args(words)
    found: tuple[str, ...] = ()
    try:
        older = [handle.read(1 << 20) for handle in arguments.checkpoint]
        bundle = Bundle(arguments.bundle.read(1 << 32), arguments.log_key)
        for line in bundle.verify(older, arguments.exhibit, arguments.list):
            print(make_printable(line))
    except NotProved as why:
        found = why.args
    except UNREADABLE as why:
        found = (f"{arguments.bundle.name}: it cannot be checked to its end: {why!r}",)
    print(*([make_printable(f"NOT PROVED: {finding}") for finding in found] or ["PROVED"]), sep="\n")
    return 4 if found else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (BrokenPipeError, KeyboardInterrupt):
        os._exit(130)
