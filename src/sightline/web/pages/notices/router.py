"""The router of the pages of notices."""

from sightline.web.page_router import PageRouter

router = PageRouter("notices")
