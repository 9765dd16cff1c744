"""Replies that contradict one another, and what an officer has answered about them."""

import polars as pl

from sightline.services.resolution.resolution_inputs import MET
from sightline.stages.resolve.model import ASKED
from sightline.stages.resolve.reply_conflicts import add_reply_conflicts

ANSWERED = {"reply": pl.UInt32, "of_replies": pl.String}


def test_one_block_of_two_lines_is_in_doubt_until_an_officer_answers_it() -> None:
    rows = [
        {"row": 1, "ip": "198.51.100.7", "port_from": 1024, "port_to": 2047, "start_us": 0, "end_us": 9 * 10**9,
         "subscriber": line, "number_kind": "msisdn", "says": "assigned", "asked": "r", "doubts": [], "notice": at,
         "reply": at, "ids": ["imsi:1f"]}
        for at, line in enumerate(("a", "b"))
    ]  # fmt: skip
    met = pl.DataFrame(rows, schema=MET)
    asked = pl.DataFrame(
        [{"row_id": "r", "notice": at, "licensee_id": "one", "from_us": 10**9, "until_us": 10**9} for at in (0, 1)],
        schema=ASKED | {"notice": pl.UInt32(), "licensee_id": pl.String()},
    )
    reply_conflicts = add_reply_conflicts(asked, met, pl.DataFrame(schema=ANSWERED))
    assert reply_conflicts["is_doubted"].to_list() == [True, True]
    answered = pl.DataFrame([(1, "rows-conflict")], schema=ANSWERED, orient="row")
    assert add_reply_conflicts(asked, met, answered)["is_doubted"].to_list() == [True, False]


def test_one_contract_at_two_addresses_is_in_doubt_in_both_replies() -> None:
    rows = [
        {"row": 1, "ip": ip, "start_us": 7 * 10**6, "is_static": True, "subscriber": "a", "number_kind": "user-id",
         "says": "assigned", "asked": f"r{at}", "doubts": [], "notice": at, "reply": at}
        for at, ip in enumerate(("198.51.100.7", "203.0.113.9", "198.51.100.8"))
    ]  # fmt: skip
    rows[2] |= {"subscriber": "b"}
    asked = pl.DataFrame(
        [{"row_id": f"r{at}", "notice": at, "licensee_id": "one", "from_us": 10**12, "until_us": 10**12}
         for at in range(3)],
        schema=ASKED | {"notice": pl.UInt32(), "licensee_id": pl.String()},
    )  # fmt: skip
    doubted = add_reply_conflicts(asked, pl.DataFrame(rows, schema=MET), pl.DataFrame(schema=ANSWERED))
    assert doubted["is_doubted"].to_list() == [True, True, False]
