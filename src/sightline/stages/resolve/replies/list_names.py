"""Read the names of sheets and of lists in JSON: one with a word that is not known may say anything of its rows."""

from __future__ import annotations

from collections.abc import Sequence

from sightline.stages.resolve.replies.asked_answers import SYSTEMS
from sightline.stages.resolve.replies.shared_words import load_shared_words

_KNOWN = frozenset(
    """
    worksheet output export query raw answers responses replies requests final book part parts tables reports lists
    items item hits dump extract download downloads natlog assignments allocations mapping mappings translations
    mobiles msisdns lines match matches matched content contents value values object objects element elements message
    messages payload body dataset document documents docs work main master consolidated combined merged all complete
    full copy new corrected revised updated latest copies results north south east west central prepaid postpaid
    static dynamic fixed wired wireless select sql lookup suspects suspect accused enquiry inquiry investigation
    natted nated pba internet details forms form kyc sdr caf cafs cover letter read me noc plan cpe customers found
    pppoe ipoe ftth batch
    trivandrum thiruvananthapuram kollam pathanamthitta alappuzha alleppey kottayam idukki ernakulam kochi cochin
    thrissur palakkad malappuram kozhikode calicut wayanad kannur kasaragod mumbai delhi chennai bengaluru bangalore
    hyderabad kolkata pune ahmedabad online offline live users with without at overlap others
    """.split()
)
_LEAST_LETTERS = 3


def has_unknown_word(words: Sequence[str], licensee: Sequence[str]) -> bool:
    """Return whether the name of a sheet or list has a word that is neither a title's, a place's nor the licensee's.

    `words`: of the name; words with a figure and short ones say nothing.
    """
    known = load_shared_words()
    places = {part for place in known.confirming["places"] for part in place.split()}
    sure = _KNOWN | known.lines["words"] | known.lines["companies"] | SYSTEMS | places | {*licensee}
    return any(word.isascii() and word.isalpha() and len(word) >= _LEAST_LETTERS and word not in sure for word in words)
