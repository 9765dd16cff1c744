"""Find rows of subscriber forms that say that a number was never a customer's of the ISP."""

from __future__ import annotations

import re
from collections.abc import Sequence

_CUSTOMER = r"(?:customers?|subscribers?|consumers?|users?|numbers?|connections?|clients?|series)"
_OTHERS = r"(?:operator|tsp|isp|licensee|company|provider|network)"
_DENIED = re.compile(
    rf"\bnever (?:been )?(?:activated|issued|all?ott?ed|allocated|assigned|sold|created|provisioned|in use|used|active"
    rf"|our|an? )"
    rf"|\bnot (?:(?:yet|been|an?|of|one of) )*(?:our|my|this company'?s) (?:network|{_CUSTOMER})"
    rf"|\bnot (?:an? )?{_CUSTOMER} (?:of|with) (?:us|ours|our|this)"
    rf"|\bnot (?:(?:yet|been|so far) )*(?:activated|issued|all?ott?ed|provisioned|sold)\b"
    rf"|\bno such {_CUSTOMER}|\b{_CUSTOMER} (?:does|do|did) not (?:exist|belong)|\bdoes not belong to (?:us|our|this)"
    rf"|\b(?:invalid|vacant|spare|unall?ott?ed|unallocated|unissued|unsold|non-?existent|dummy) {_CUSTOMER}"
    rf"|\b{_CUSTOMER} (?:is )?(?:invalid|vacant|spare|unall?ott?ed|unallocated|unissued|unsold)\b"
    rf"|\b(?:other|another|different) {_OTHERS}(?:'?s)? {_CUSTOMER}"
    rf"|\b(?:belongs? to|is (?:of|with)|of) (?:an?other|a different|other) {_OTHERS}"
    rf"|\bnot (?:in|of|from) our (?:network|series|range|numbering)"
    r"|\bnot (?:technically )?feasible\b|\bnot (?:yet )?(?:installed|commissioned)\b|\binstallation (?:is )?pending\b"
    r"|\bpending (?:for )?(?:installation|activation)\b|\bactivation (?:is )?pending\b|\bpre[- ]?activ(?:e|ated)\b"
    rf"|^(?:an?)?other {_OTHERS}(?:'?s)?$|\border (?:was )?cancell?ed\b|\bnot in (?:our )?(?:database|records|system)\b"
    r"|हमारा (?:ग्राहक|उपभोक्ता) नहीं|कभी (?:सक्रिय|जारी|आवंटित) नहीं|ഞങ്ങളുടെ (?:ഉപഭോക്താവ്|വരിക്കാരൻ) അല്ല",
    re.IGNORECASE,
)
_MOST_LETTERS = 300
"""The maximum number of letters of a cell that are searched."""


def find_denial(cells: Sequence[str], headings: Sequence[str]) -> str | None:
    """Return the heading of the first cell that says that the number of its row was never a customer's, or None.

    That a line was given up, or is barred now, says nothing of an earlier time, and is no denial.
    """
    for cell, heading in zip(cells, headings, strict=False):
        bare = " ".join(cell[:_MOST_LETTERS].replace("_", " ").split())
        if _DENIED.search(bare):
            return heading.strip() or "column without a heading"
    return None
