"""Referrals: pages in modules by what they are about, all declared on one room; fixed addresses first."""

from __future__ import annotations

from sightline.web.rooms.referrals import forces, incoming, making
from sightline.web.rooms.referrals.front import room

# `/referrals/{referral_id}` takes what no other page is.
from sightline.web.rooms.referrals import one, partner  # isort: skip

__all__ = ["forces", "incoming", "making", "one", "partner", "room"]
