"""The agents of visitors: browsers, declared crawlers, and browsers that cannot exist."""

from __future__ import annotations

BROWSERS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/132.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 13; SM-A145F) AppleWebKit/537.36"
    " (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:134.0) Gecko/20100101 Firefox/134.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.4 Safari/605.1.15",
)
CRAWLERS = (
    "Mozilla/5.0 (compatible; Khojbot/2.1; +http://khoj.example/bot.html)",
    "Mozilla/5.0 (compatible; SutraSpider/1.0; +http://sutra.example/spider)",
    "PatrikaCrawler/0.9 (+http://patrika.example)",
)
IMPOSSIBLE = (
    "Mozilla/5.0 (Windows NT 14.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/990.0.0.0 Safari/537.36",
    "Mozilla/4.0 (compatible; MSIE 2.0; Android 99)",
)
AGENTS = (*BROWSERS, *CRAWLERS, *IMPOSSIBLE)
"""An agent's position here is its number in every table."""

FIRST_CRAWLER, FIRST_IMPOSSIBLE = len(BROWSERS), len(BROWSERS) + len(CRAWLERS)

PATTERNS = (
    (r"Khojbot\/", "http://khoj.example/bot.html", CRAWLERS[0]),
    (r"SutraSpider\/", "http://sutra.example/spider", CRAWLERS[1]),
    (r"PatrikaCrawler\/", "http://patrika.example", CRAWLERS[2]),
)
"""Pattern, operator's address, and a matching agent, as published lists of crawlers' agents have them."""

REFERRERS = ("-", "http://search.example/?q=", "http://ads.example/click", "http://")
"""None; a search; an advertisement; the site itself, followed by its host."""
SEARCH, ADVERTISEMENT, SITE = 1, 2, 3
