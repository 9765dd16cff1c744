"""The router of the lead pages."""

from sightline.web.page_router import PageRouter

router = PageRouter("leads")
