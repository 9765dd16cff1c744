"""The room itself."""

from sightline.web.page_router import PageRouter

router = PageRouter("leads")
