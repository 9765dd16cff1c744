"""Referrals: pages in modules by what they are about, all declared on one room; fixed addresses first."""

from __future__ import annotations

from sightline.web.pages.referrals import forces, incoming, new
from sightline.web.pages.referrals.index import router

# `/referrals/{referral_id}` takes what no other page is.
from sightline.web.pages.referrals import detail, partner  # isort: skip

__all__ = ["detail", "forces", "incoming", "new", "partner", "router"]
