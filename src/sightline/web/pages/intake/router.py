"""The router of intakes."""

from __future__ import annotations

from sightline.web.page_router import PageRouter

router = PageRouter("intake")
ONE = "/intake/{intake_id}"
FILES = f"{ONE}/files"
