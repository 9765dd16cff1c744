"""The router of the pages of cases, and the type of their texts."""

from typing import Annotated

from fastapi import Form

from sightline.web.page_router import PageRouter

router = PageRouter("cases")
Text = Annotated[str, Form(max_length=2000)]
ONE = "case:{case_id}"
