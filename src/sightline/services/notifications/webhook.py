"""Call the unit's webhook once with all counts: JSON, signed by HMAC-SHA256 over the time and the body."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
from collections.abc import Sequence
from datetime import datetime
from urllib.parse import SplitResult, urlsplit

from sightline.services.notifications.failures import (
    DeliveryFailure,
    FailureKind,
    Failures,
    OfficerMessage,
    build_failure,
)
from sightline.services.notifications.settings import NotificationSettings, WebhookSettings, build_tls_context

TIMEOUT_S = 10.0
"""Maximum seconds for each step of the call."""
SIGNATURE = "Sightline-Signature"
VERSION = 1


def call_webhook(
    settings: NotificationSettings,
    webhook: WebhookSettings,
    messages: Sequence[OfficerMessage],
    now: datetime,
    *,
    is_exercise: bool,
) -> Failures:
    """Call the webhook, and return all officers as failed if it does not answer with success."""
    body = compose_body(settings, messages, is_exercise=is_exercise)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Sightline",
        SIGNATURE: sign_body(webhook.secret, int(now.timestamp()), body),
    }
    failure = _post_body(webhook, body, headers)
    return {} if failure is None else {message.officer_id: failure for message in messages}


def compose_body(settings: NotificationSettings, messages: Sequence[OfficerMessage], *, is_exercise: bool) -> bytes:
    """Return the JSON of a call: the link, and the count of each officer. Nothing of a case is in it."""
    officers = [{"officer": message.name, "new": message.count} for message in messages]
    call = {"version": VERSION, "exercise": is_exercise, "link": settings.link, "officers": officers}
    return json.dumps(call, ensure_ascii=False).encode()


def sign_body(secret: bytes, at_s: int, body: bytes) -> str:
    """Return the signature's header: `t=SECONDS,v1=HEX`, the HMAC-SHA256 of SECONDS, a dot and the body."""
    digest = hmac.new(secret, f"{at_s}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def open_connection(parts: SplitResult, webhook: WebhookSettings) -> http.client.HTTPConnection:
    """Return the connection to the webhook, which is not made yet. One with https checks name and certificate."""
    host, port = parts.hostname or "", parts.port
    if parts.scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=TIMEOUT_S, context=build_tls_context(webhook.ca))
    return http.client.HTTPConnection(host, port, timeout=TIMEOUT_S)


def _post_body(webhook: WebhookSettings, body: bytes, headers: dict[str, str]) -> DeliveryFailure | None:
    """Post once. A redirect is not followed: it could lead to a place that nobody configured."""
    parts = urlsplit(webhook.url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = open_connection(parts, webhook)
    try:
        connection.request("POST", target, body, headers)
        status = connection.getresponse().status
    except http.client.HTTPException:
        return DeliveryFailure(FailureKind.ANSWER)
    except OSError as error:
        return build_failure(error)
    finally:
        connection.close()
    return None if status // 100 == 2 else DeliveryFailure(FailureKind.ANSWER, status)
