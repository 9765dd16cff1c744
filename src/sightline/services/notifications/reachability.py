"""Check that the mail relay and the webhook of notifications can be reached. Nothing is sent to an officer."""

from __future__ import annotations

import http.client
import smtplib
from urllib.parse import urlsplit

from sightline.services.doctor.check import Check, report_ok, report_problem
from sightline.services.notifications.failures import DeliveryFailure, FailureKind
from sightline.services.notifications.mail import describe_failure, open_relay
from sightline.services.notifications.settings import MailSettings, NotificationSettings, WebhookSettings
from sightline.services.notifications.webhook import open_connection

NAME = "notifications"
ADVICE = {
    FailureKind.UNREACHABLE: "check host, port and firewall",
    FailureKind.TLS: "check the certificate of the server, and ca in the settings",
    FailureKind.LOGIN: "check user and password_file in the settings",
}
"""What to do about a kind of failure; about any other, ask who runs the server."""


def check_channels(settings: NotificationSettings) -> list[Check]:
    """Return one check for each channel of the settings."""
    checks = []
    if settings.mail is not None:
        checks.append(_check("mail relay", settings.mail.place, _try_mail(settings.mail)))
    if settings.webhook is not None:
        checks.append(_check("webhook", settings.webhook.place, _try_webhook(settings.webhook)))
    return checks


def _check(what: str, place: str, failure: DeliveryFailure | None) -> Check:
    if failure is None:
        return report_ok(NAME, f"the {what} {place} answers; nothing was sent")
    code = "" if failure.code is None else f" {failure.code}"
    advice = ADVICE.get(failure.kind, "ask who runs the server")
    return report_problem(NAME, f"the {what} {place} cannot be used: {failure.kind}{code}", advice)


def _try_mail(mail: MailSettings) -> DeliveryFailure | None:
    """Connect, encrypt and sign in. The conversation ends before any letter."""
    try:
        with open_relay(mail) as server:
            server.noop()
    except (smtplib.SMTPException, OSError) as error:
        return describe_failure(error)
    return None


def _try_webhook(webhook: WebhookSettings) -> DeliveryFailure | None:
    """Connect, and check the certificate. No request is made."""
    connection = open_connection(urlsplit(webhook.url), webhook)
    try:
        connection.connect()
    except (http.client.HTTPException, OSError) as error:
        return describe_failure(error)
    finally:
        connection.close()
    return None
