"""Every rule has one visit or session that it must see, and the nearest that it must not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from sightline.stages.leads import rules
from sightline.stages.leads.rules import RULES
from sightline.stages.leads.visits import SELF_DECLARED
from tests.stages.leads.hits import Hit, at, leads


@dataclass(frozen=True)
class Case:
    """Hits that a rule must see, and hits that it must not; `options` and `silent` are what data sets say of each."""

    sees: list[Hit]
    misses: list[Hit]
    options: dict[str, Any] = field(default_factory=dict)
    silent: dict[str, Any] | None = None
    exercise: bool = True


ONE = [at(0)]


def page(url: str, **columns: Any) -> list[Hit]:
    return [at(0, url=f"https://board.example{url}", **columns)]


def each(seconds: list[float], **columns: Any) -> list[Hit]:
    return [at(second, **columns) for second in seconds]


def row(addresses: list[int]) -> list[Hit]:
    return [at(number, source_ip=f"198.51.100.{address}") for number, address in enumerate(addresses)]


def sizes(last: int) -> list[Hit]:
    return [at(number, bytes=1000) for number in range(8)] + [at(9, bytes=last)]


STEADY = [60.0 * number for number in range(12)]
CASES: dict[str, Case] = {
    "account": Case([at(0, user="amina")], ONE),
    "address-hit": Case(
        [at(0, indicator_kind="ip", indicator_id="aa"), at(0, indicator_kind="cidr", indicator_id="bb", byte_offset=0)],
        [at(0, indicator_kind="ip"), at(0, indicator_kind="domain", indicator_id="bb", byte_offset=0)],
    ),
    "agency-address": Case(ONE, ONE, {"agency": "AGENCY"}, {}),
    "blocked": Case([at(0), at(1, opinion="cleared")], [at(0), at(1, opinion="seed")]),
    "business-line": Case(ONE, ONE, {"line": "business"}, {"line": "hosting"}),
    "burst": Case(
        [at(number / 2, host=f"{number}.example") for number in range(3)],
        [at(number, host=f"{number}.example") for number in range(3)],
    ),
    "clock-backwards": Case([at(0, is_clock_backwards=True)], ONE),
    "connection": Case([at(0, record_kind="tls")], ONE),
    "copies-differ": Case([at(0, is_moved_copy=True)], ONE),
    "copied-frames": Case([at(0, exhibit=0), at(0, exhibit=1)], [at(0, exhibit=0), at(0.000001, exhibit=1)]),
    "crawler-agent": Case([at(0, user_agent="Mozilla/5.0 (compatible; Googlebot/2.1)")], ONE),
    "crawler-range": Case(ONE, ONE, {"crawler": "Search"}, {}),
    "deep-pages": Case(page("/room/7"), page("/room/")),
    "dns-lookup": Case([at(0, record_kind="dns-query")], ONE),
    "dwell": Case(each([0, 30, 60]), each([0, 30, 59.9])),
    "errors-only": Case([at(0, status=302), at(1, status=404)], [at(0, status=302), at(1)]),
    "full-answers": Case([at(0, bytes=50_000)], [at(0, bytes=49_999)]),
    "hosting-line": Case(ONE, ONE, {"line": "hosting"}, {"line": "business"}),
    "impossible-agent": Case(
        [at(0, user_agent="Mozilla/5.0 (Windows NT 10.0; Android 9) Firefox/128.0")],
        [at(0, user_agent="Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1) Edge/15.15063")],
    ),
    "inside-address": Case([at(0, source_ip="100.64.0.7")], ONE),
    "larger-than-object": Case(sizes(10_001), sizes(10_000)),
    "listed-later": Case([at(0), at(1, vouched=False)], each([0, 1])),
    "login": Case(page("/login"), page("/logins")),
    "loopback-address": Case([at(0, source_ip="127.0.0.1")], [at(0, source_ip="128.0.0.1")]),
    "made-up-exhibit": Case([at(0, is_made_up=True)], ONE),
    "many-behind": Case(
        [at(number, source_port=None, user_agent=f"Browser/{number}") for number in range(50)],
        [at(number, user_agent=f"Browser/{number}") for number in range(50)],
        {"nat_shared": False},
    ),
    "may-be-shared": Case([at(0, source_port=None)], [at(0, source_port=None)], {}, {"nat_shared": False}),
    "not-shared": Case(ONE, ONE, {"nat_shared": False}, {"nat_shared": True}),
    "one-visit": Case(ONE, each([0, 1])),
    "operator-line": Case(ONE, ONE, {"nat_operator": True}, {"nat_operator": False}),
    "outside-referrer": Case(
        [at(0, referrer="https://www.google.co.in/")], [at(0, referrer="https://board.example/search?q=room")]
    ),
    "peer-seen": Case([at(0, record_kind="tip-peer")], [at(0, record_kind="tip")]),
    "port-seen": Case(ONE, [at(0, source_port=None)]),
    "transcribed": Case([at(0, record_kind="tip-transcribed")], [at(0, record_kind="tip")]),
    "possible-proxy": Case([at(0, record_kind="tip-proxy")], [at(0, record_kind="tip")]),
    "post": Case(page("/post", method="POST"), page("/post")),
    "prefetch": Case([at(0, is_prefetch=True)], ONE),
    "recorded-relay": Case([at(0, is_relayed=True)], ONE),
    "regular-intervals": Case(each([*STEADY[:-1], 661.0]), each([*STEADY[:-1], 662.5])),
    "relay-at-other-time": Case(
        ONE, ONE, {"relay": "unknown", "relay_listed": True}, {"relay": "unknown", "relay_listed": False}
    ),
    "relay-for-many": Case(ONE, ONE, {"relay": "yes", "relay_kind": "private"}, {"relay": "yes", "relay_kind": "vpn"}),
    "relay-then": Case(ONE, ONE, {"relay": "yes"}, {"relay": "unknown"}),
    "relay-unknown": Case(ONE, ONE, {"relay": "unknown"}, {"relay": "no"}),
    "repeats": Case([at(0, user="amina"), at(7200, user="amina")], [at(0, user="amina"), at(60, user="amina")]),
    "replayed-frames": Case(
        [at(second) for second in range(5) for _ in range(2)], [at(second) for second in (0, 1, 2, 3, 3, 4)]
    ),
    "reported-danger": Case([at(0, flags='"escalated","victim"')], [at(0, flags='"victim"')]),
    "reported-child": Case([at(0, flags='"enticement"')], [at(0, flags='"escalated","infant","class-a1"')]),
    "reported-production": Case([at(0, flags='"live-stream"')], [at(0, flags='"viral"')]),
    "reported-doubt": Case([at(0, flags='"generated"')], [at(0, flags='"viral"')]),
    "reported-upload": Case([at(0, record_kind="tip", method="upload")], [at(0, record_kind="tip", method="login")]),
    "search": Case(page("/search?q=room"), page("/research?q=7")),
    "seed-only": Case([at(0, opinion="seed")], [at(0, opinion="seed"), at(1)]),
    "sequential-addresses": Case(row([*range(1, 9)]), row([*range(1, 8), 9])),
    "several-agents": Case([at(0), at(1, user_agent="Other/1")], [at(0), at(1, user_agent=None)]),
    "subresources-only": Case(page("/site.css"), [*page("/site.css"), at(1)]),
    "upload": Case(page("/upload.php", method="POST"), page("/upload.php", method="POST", status=403)),
    "wide-times": Case([at(0, uncertainty_s=901)], [at(0, uncertainty_s=900)]),
    "zone-unproven": Case([at(0, is_zone_proven=False)], ONE),
}


def test_every_rule_has_its_case() -> None:
    assert sorted(CASES) == sorted(RULES)


def test_the_examples_of_the_guide_are_rules_as_they_are() -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/add_a_rule.md").read_text(encoding="utf-8")
    examples = re.findall(r"`(\w+\.py)`:\n\n```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 2
    for name, text in examples:
        assert text == (Path(rules.__file__).parent / name).read_text(encoding="utf-8"), name


@pytest.mark.parametrize("name", CASES)
def test_a_rule_sees_what_it_must_and_not_its_neighbour(name: str) -> None:
    case, rule = CASES[name], RULES[name]
    sees = leads(case.sees, exercise=case.exercise, **case.options)
    misses = leads(case.misses, exercise=case.exercise, **(case.options if case.silent is None else case.silent))
    assert len(sees) and len(misses)
    assert (sees[rule.count] > 0).all(), sees[rule.count]
    assert (misses[rule.count] == 0).all(), misses[rule.count]
    # Its words can be said of what it sees.
    assert rule.describe(sees.row(0, named=True))
    if rule.ceiling is not None:
        assert set(sees["ceiling"]) == {rule.ceiling.value}


URLS: dict[str, tuple[list[str], list[str]]] = {
    "deep-pages": (
        [
            "https://board.example/viewtopic.php?f=2&t=71",
            "https://board.example/showthread.php?123-A-room",
            "https://board.example/index.php?topic=12.0",
            "https://board.example/t/a-room/123",
            "https://board.example/threads/a-room.123/",
            "//board.example/b/res/1234.html",
            "/b/res/1234.html",
            "http://boardboardboardboardboardboardboardboardboardboardboa.onion/album/7",
        ],
        [
            "https://board.example/",
            "https://board.example",
            "//board.example/",
            "https://board.example/?utm_source=ads",
            "https://board.example/index.php?sid=0123456789abcdef",
            "https://board.example/rooms/",
            "https://board.example/rooms?next=/a/b",
            "https://board.example/static/site.css",
        ],
    ),
    "login": (
        [
            "https://board.example/ucp.php?mode=login",
            "https://board.example/ucp.php?i=pm",
            "https://board.example/login.php?do=login",
            "https://board.example/index.php?action=login2",
            "https://board.example/member.php?action=do_login",
            "https://board.example/login/login",
            "https://board.example/wp-login.php",
            "https://board.example/Sign-In",
            "https://board.example/account/security",
            "//board.example/session",
            "/register",
        ],
        [
            "https://board.example/memberships",
            "https://board.example/members/amina.7/",
            "https://board.example/memberlist.php?mode=viewprofile&u=2",
            "https://login.example/",
            "//login.example/room",
            "https://board.example/login.css",
            "https://board.example/registered-rooms",
            "https://board.example/accounting-of-rooms",
            "https://board.example/room?back=/login",
            "https://board.example/mynah",
        ],
    ),
    "search": (
        [
            "https://board.example/search.php?keywords=room",
            "https://board.example/search/123/?q=room",
            "https://board.example/search?q=room",
            "https://board.example/?s=room",
            "https://board.example/index.php?action=search2",
            "https://board.example/index.php?page=post&s=list&tags=room",
            "https://board.example/posts?tags=room",
        ],
        [
            "https://board.example/research",
            "https://board.example/searchlight",
            "https://search.example/",
            "https://board.example/showthread.php?s=0123456789abcdef0123456789abcdef&t=12",
            "https://board.example/?s=0123456789abcdef0123456789abcdef",
            "https://board.example/index.php?page=post&s=list&tags=all",
            "https://board.example/image.php?w=100&q=80",
            "https://board.example/index.php?q=node/12",
            "https://board.example/search.js",
        ],
    ),
    "post": (
        [
            "https://board.example/posting.php?mode=reply&f=2&t=7",
            "https://board.example/newreply.php?do=postreply&t=7",
            "https://board.example/newthread.php?do=postthread",
            "https://board.example/posts",
            "https://board.example/threads/a-room.12/add-reply",
            "https://board.example/forums/rooms.2/post-thread",
            "https://board.example/index.php?action=post2;start=0;board=3",
            "https://board.example/wp-comments-post.php",
            "https://board.example/post.php",
            "https://board.example/forms/board/b/post",
            "https://board.example/replyThread.js",
        ],
        [
            "https://board.example/compost",
            "https://board.example/postage",
            "https://board.example/login.php?do=login",
            "https://board.example/poster-of-rooms",
            "https://post.example/",
            "https://board.example/commentary",
            "https://board.example/ucp.php?mode=login",
        ],
    ),
    "upload": (
        [
            "https://board.example/upload",
            "https://board.example/uploads.json",
            "https://board.example/attachments/upload?type=post",
            "https://board.example/newattachment.php?do=manageattach",
            "https://board.example/wp-admin/async-upload.php",
            "https://board.example/api/1/upload",
            "https://board.example/index.php?action=upload",
        ],
        ["https://board.example/download", "https://board.example/attachable", "https://upload.example/"],
    ),
    "subresources-only": (
        [
            "https://board.example/static/site.css?v=3",
            "https://board.example/app.mjs",
            "https://board.example/favicon.ico",
            "https://board.example/apple-touch-icon.png",
            "https://board.example/thumbs/1234.jpg",
            "https://board.example/avatar.php?u=7",
            "https://board.example/b/thumb/1712345678901s.jpg",
            "https://board.example/b/1712345678901s.jpg",
            "//board.example/logo.png",
            "https://board.example/pixel.gif",
        ],
        [
            "https://board.example/catalogo/room.jpg",
            "https://board.example/iconic/room.jpg",
            "https://board.example/thumbelina.jpg",
            "https://board.example/room?file=site.css",
            "https://board.example/room.jpg",
            "https://board.example/b/1712345678901.jpg",
            "https://icon.example/room.jpg",
            "https://board.example/t/12.json",
        ],
    ),
}


def seen_texts(rule: str, column: str, texts: list[str]) -> list[str]:
    expression = RULES[rule].text_condition
    assert expression is not None
    return pl.DataFrame({column: texts}).filter(expression)[column].to_list()


@pytest.mark.parametrize("rule", URLS)
def test_urls_of_real_boards(rule: str) -> None:
    seen, not_seen = URLS[rule]
    assert seen_texts(rule, "url", seen) == seen
    assert seen_texts(rule, "url", not_seen) == []


REFERRERS = (
    [
        "https://www.google.com/",
        "https://www.google.co.in/search?q=rooms",
        "https://duckduckgo.com/",
        "https://search.brave.com/",
        "https://www.bing.com/search?q=rooms",
        "https://yandex.ru/clck/",
        "https://ads.example/click",
        "https://cdn.popads.example/x",
        "http://popunder.example/",
        "https://news.example/?gclid=1",
    ],
    [
        "https://mail.google.com/",
        "https://poppy.example/",
        "https://popular.example/rooms",
        "https://tracks.example/",
        "https://bannerman.example/",
        "https://adsorption.example/",
        "https://search.board.example/",
        "https://board.example/search?q=room",
        "https://googler.example/",
        "https://news.example/?adult=1",
    ],
)


def test_referrers() -> None:
    seen, not_seen = REFERRERS
    assert seen_texts("outside-referrer", "referrer", seen) == seen
    assert seen_texts("outside-referrer", "referrer", not_seen) == []


def test_a_page_of_the_same_site_is_not_outside_whatever_its_query_holds() -> None:
    came = {"referrer": "https://board.example/?utm_source=mail"}
    assert leads([at(0, **came)])["n_outside_referrer"].item() == 0
    assert leads([at(0, **came, host="other.example")])["n_outside_referrer"].item() == 1
    assert leads([at(0, **came, host=None, url="https://board.example/b")])["n_outside_referrer"].item() == 0
    assert leads([at(0, **came, host=None, url="//board.example/b")])["n_outside_referrer"].item() == 0


PEOPLE = """\
Mozilla/5.0 (Windows NT 6.1; WOW64; rv:40.0) Gecko/20100101 Firefox/40.0
Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 \
Edg/141.0.0.0
Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15
Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0.7390.41 \
Mobile/15E148 Safari/604.1
Mozilla/5.0 (Linux; Android 9; CUBOT X19 Build/PPR1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/90.0.4430.91 \
Mobile Safari/537.36
Mozilla/5.0 (Linux; Android 10; CUBOT_X30) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/95.0.4638.50 Mobile \
Safari/537.36
Mozilla/5.0 (Linux; U; Android 5.1; en-US; CUBOT) AppleWebKit/534.30 (KHTML, like Gecko) Version/4.0 UCBrowser/11.0 \
U3/0.8.0 Mobile Safari/534.30
Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 \
Mobile Safari/537.36
Mozilla/5.0 (Linux; Android 13; RMX3085; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/120.0 Mobile \
Safari/537.36 [FB_IAB/FB4A;FBAV/440.0.0.0;]
Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 \
Instagram 330.0.0.0 (iPhone14,5; iOS 17_5; en_IN)
Mozilla/5.0 (Linux; U; Android 8.1; en-us; Redmi 5A) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/71.0 Mobile \
Safari/537.36 XiaoMi/MiuiBrowser/12.9.3
Mozilla/5.0 (Mobile; LYF/F220B/LYF-F220B-003; Android; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5
Opera/9.80 (J2ME/MIDP; Opera Mini/8.0.1807/191.283; U; en) Presto/2.12.423 Version/12.16
Dalvik/2.1.0 (Linux; U; Android 12; V2027 Build/SP1A)
Board/3.2 CFNetwork/1408.0.4 Darwin/22.5.0
okhttp/4.9.3
Mozilla/5.0 (Mobile; Windows Phone 8.1; Android 4.0; ARM; Trident/7.0; rv:11.0; IEMobile/11.0; NOKIA; Lumia 520) like \
iPhone OS 7_0_3 Mac OS X
Mozilla/5.0 (Windows NT 6.2; ARM; Trident/7.0; Touch; rv:11.0; WPDesktop; NOKIA; Lumia 920) like Gecko
Mozilla/5.0 (Linux; Android 11; Subsystem for Android(TM)) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/104.0.0.0 \
Safari/537.36
Mozilla/5.0 (SMART-TV; Linux; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/4.0 Safari/537.36
Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36
""".splitlines()
PROGRAMS = """\
Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.example/bot.html)
Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X) AppleWebKit/537.36 Chrome/W.X.Y.Z Mobile Safari/537.36 (compatible; \
Googlebot/2.1)
Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0) Chrome/103.0 Safari/537.36
Mozilla/5.0 (compatible; Baiduspider/2.0)
Mozilla/5.0 (compatible; Yahoo! Slurp)
Mozilla/5.0 (compatible; archive.org_bot +http://archive.example)
Mozilla/5.0 (compatible; SomeBot_v2)
AdsBot-Google
Mediapartners-Google
facebookexternalhit/1.1
meta-externalagent/1.1
WhatsApp/2.23.20.0 A
BingPreview/1.0b
curl/8.5.0
Wget/1.21.3
python-requests/2.31.0
Python-urllib/3.11
Go-http-client/1.1
Java/1.8.0_392
libwww-perl/6.67
axios/1.6.2
Mozilla/5.0 zgrab/0.x
Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0 Safari/537.36
Mozilla/5.0 (compatible; UptimeRobot/2.0)
Scrapy/2.11 (+https://scrapy.example)
""".splitlines()


def test_people_are_no_programs_and_programs_no_people() -> None:
    agents = pl.DataFrame({"user_agent": PEOPLE + PROGRAMS})
    assert agents.filter(pl.col("user_agent").str.contains(SELF_DECLARED))["user_agent"].to_list() == PROGRAMS
    assert seen_texts("impossible-agent", "user_agent", PEOPLE) == []


def test_agents_that_no_program_sends() -> None:
    impossible = [
        "Mozilla/5.0 (Windows NT 12.0; Win64; x64) Chrome/141.0.0.0",
        "Mozilla/5.0 (iPhone; Windows NT 10.0) Version/17.0",
        "Mozilla/5.0 (X11; Linux x86_64) Chrome/2026.0.0.0",
        "Mozilla/7.0 (X11)",
    ]
    assert seen_texts("impossible-agent", "user_agent", impossible) == impossible


def test_a_successful_upload_is_no_error() -> None:
    sent = leads(page("/upload.php", method="POST", status=303, bytes=0))
    assert sent["n_upload"].item() == 1
    assert sent["n_errors_only"].item() == 0
    assert sent["priority"].item() == "high"
    refused = leads(page("/upload.php", method="POST", status=403))
    assert (refused["n_upload"].item(), refused["n_errors_only"].item(), refused["priority"].item()) == (0, 1, "low")
