"""Routes of referrals. Pages are in modules by topic and share one router; fixed paths come before those with ids."""

from __future__ import annotations

from sightline.web.pages.referrals import forces, incoming_referrals, new
from sightline.web.pages.referrals.router import router

# `/referrals/{referral_id}` takes what no other page is.
from sightline.web.pages.referrals import detail, partner  # isort: skip

__all__ = ["detail", "forces", "incoming_referrals", "new", "partner", "router"]
