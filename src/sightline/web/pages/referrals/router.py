"""The router of the pages of referrals."""

from sightline.web.page_router import PageRouter

router = PageRouter("referrals")
