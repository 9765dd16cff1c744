"""The client of an S3 bucket, with the credentials of this process."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sightline.storage.bucket_address import Address, find_credentials

if TYPE_CHECKING:
    from obstore.store import RetryConfig, S3Config, S3Store

RETRIES: RetryConfig = {
    "max_retries": 5,
    "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=3)},
    "retry_timeout": timedelta(seconds=15),
}
"""How the client retries one request before our own retries."""


def open_client(where: Address, silent_s: float) -> S3Store:
    """Return a client. A request without progress for `silent_s` fails. Raises UsageError without credentials."""
    from obstore.store import S3Store as Client  # noqa: PLC0415  - few need a bucket

    key = find_credentials(where)
    config: S3Config = {"virtual_hosted_style_request": False, "disable_bulk_delete": True}
    if where.endpoint:
        config["endpoint"] = where.endpoint
    if where.region:
        config["region"] = where.region
    if key is not None:
        config |= {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key}
        if key.session_token:
            config["session_token"] = key.session_token
    http = (where.endpoint or "").startswith("http:")
    return Client(
        where.bucket,
        prefix=where.prefix or None,
        config=config,
        client_options={
            "allow_http": http,
            "timeout": timedelta(minutes=5),
            "read_timeout": timedelta(seconds=silent_s),
        },
        retry_config=RETRIES,
    )
