"""Send messages by the unit's own mail relay (SMTP, RFC 5321; STARTTLS, RFC 3207)."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sightline.services.notifications.failures import (
    DeliveryFailure,
    FailureKind,
    Failures,
    OfficerMessage,
    build_failure,
)
from sightline.services.notifications.settings import MailSettings, NotificationSettings, Tls, build_tls_context
from sightline.translation.messages import SHARED, get_messages

TIMEOUT_S = 10.0
"""Maximum seconds for each step of the conversation."""


def send_mail(
    settings: NotificationSettings,
    mail: MailSettings,
    messages: Sequence[OfficerMessage],
    now: datetime,
    *,
    is_exercise: bool,
) -> Failures:
    """Send each message over one connection, and return those that were not sent."""
    failed: dict[str, DeliveryFailure] = {}
    left = list(messages)
    try:
        with open_relay(mail) as server:
            while left:
                message = left[0]
                letter = compose_letter(settings, mail, message, now, is_exercise=is_exercise)
                if failure := _send(server, mail, letter, mail.recipients[message.name]):
                    failed[message.officer_id] = failure
                left.pop(0)
    except (smtplib.SMTPException, OSError) as error:
        return failed | dict.fromkeys((officer_message.officer_id for officer_message in left), describe_failure(error))
    return failed


def describe_failure(error: Exception) -> DeliveryFailure:
    """Return the failure of a conversation with a mail relay, or of a connection."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return DeliveryFailure(FailureKind.LOGIN, error.smtp_code)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return DeliveryFailure(FailureKind.TLS)
    if isinstance(error, smtplib.SMTPConnectError | smtplib.SMTPHeloError):
        return DeliveryFailure(FailureKind.ANSWER, error.smtp_code)
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return DeliveryFailure(FailureKind.UNREACHABLE)
    # The error of a mail server is an OSError too, so that this comes before it.
    if isinstance(error, smtplib.SMTPException) or not isinstance(error, OSError):
        return DeliveryFailure(FailureKind.ANSWER)
    return build_failure(error)


def compose_letter(
    settings: NotificationSettings, mail: MailSettings, message: OfficerMessage, now: datetime, *, is_exercise: bool
) -> EmailMessage:
    """Return the letter to one officer: a count and a link, and nothing of a case."""
    t = get_messages(SHARED, settings.language)
    letter = EmailMessage(policy=SMTP)
    subject = t("mail.subject", n=message.count) if message.count else t("mail.test")
    body = t("mail.body", n=message.count) if message.count else t("mail.test")
    letter["Subject"] = f"{t('exercise')}: {subject}" if is_exercise else subject
    letter["From"] = mail.sender
    letter["To"] = mail.recipients[message.name]
    letter["Date"] = format_datetime(now)
    letter["Auto-Submitted"] = "auto-generated"
    letter.set_content("\n\n".join([body, settings.link, t("mail.why")]) + "\n")
    return letter


@contextmanager
def open_relay(mail: MailSettings) -> Iterator[smtplib.SMTP]:
    """Yield an encrypted and signed-in connection. It is closed in any case."""
    context = None if mail.tls is Tls.NONE else build_tls_context(mail.ca)
    server = (
        smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=context)
        if mail.tls is Tls.IMPLICIT
        else smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
    )
    try:
        if mail.tls is Tls.STARTTLS:
            # Raises SMTPNotSupportedError if the server does not offer it: nothing is sent in the clear.
            server.ehlo_or_helo_if_needed()
            server.starttls(context=context)
        if mail.user is not None and mail.password is not None:
            server.login(mail.user, mail.password)
        yield server
    finally:
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
        server.close()


def _send(server: smtplib.SMTP, mail: MailSettings, letter: EmailMessage, to: str) -> DeliveryFailure | None:
    try:
        server.send_message(letter, mail.sender, [to])
    except smtplib.SMTPRecipientsRefused as error:
        return DeliveryFailure(FailureKind.RECIPIENT, next((code for code, _ in error.recipients.values()), None))
    except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
        return DeliveryFailure(FailureKind.SENDER, error.smtp_code)
    return None
