"""The router of the pages of administration."""

from sightline.web.page_router import PageRouter

router = PageRouter("administration")
