"""Whether an address that was asked about may be that of many lines at once."""

import polars as pl
import pytest

from sightline.engines.resolving.held import with_sharing


@pytest.mark.parametrize(
    ("line", "ip", "stated", "is_shared"),
    [
        ("mobile", "192.0.2.1", None, True),
        ("mobile", "192.0.2.1", False, False),
        ("mobile", "192.0.2.1", True, True),
        ("mobile", "2001:db8::1", None, False),
        ("fixed", "192.0.2.1", None, False),
        ("fixed", "192.0.2.1", True, True),
        (None, "192.0.2.1", None, False),
    ],
)
def test_a_mobile_network_may_share_its_ipv4_addresses_unless_a_statement_says_no(
    line: str | None, ip: str, stated: bool | None, is_shared: bool
) -> None:
    asked = pl.DataFrame({"session_id": ["s"]})
    now = pl.DataFrame(
        {"session_id": ["s"], "line": [line], "source_ip": [ip], "nat_shared": [stated]},
        schema_overrides={"line": pl.Enum(["hosting", "mobile", "business", "fixed"]), "nat_shared": pl.Boolean},
    )
    assert with_sharing(asked, now)["is_shared"].to_list() == [is_shared]
