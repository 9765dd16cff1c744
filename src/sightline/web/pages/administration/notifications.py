"""Notifications by mail and webhook: where they go, what was sent, what failed and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from sightline.casework.permissions.access import Action
from sightline.casework.permissions.roster import list_names
from sightline.errors import UsageError
from sightline.ledger.verbs import JournalVerb
from sightline.services.notifications.delivery_state import ChannelState, DeliveryChannel, read_state
from sightline.services.notifications.rounds import MOST_TRIES, list_officers_without_address, send_test
from sightline.services.notifications.settings import NotificationSettings
from sightline.web.context import RequestContext
from sightline.web.pages.administration.index import build_page, get_settings, is_allowed, is_failing, read_now_us
from sightline.web.pages.administration.router import router
from sightline.web.responses import Page, Redirect

HERE = "/administration/notifications"


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel with its server, its encryption and its state. No secret, and no path of a URL."""

    channel: DeliveryChannel
    place: str
    encryption: str
    state: ChannelState


@router.show(HERE, Action.DOCTOR, JournalVerb.VIEW_PAGE, "room:notifications")
def show_notifications(context: RequestContext) -> Page:
    """Show each channel with its last success and its failures, and the officers without a mail address."""
    settings = get_settings(context)
    with context.read() as tables:
        called = list_names(tables)
        missing = [] if settings is None or settings.mail is None else list_officers_without_address(tables, settings)
    facts = {
        "settings": settings,
        "channels": [] if settings is None else _build_rows(context, settings),
        "names": called,
        "missing": missing,
        "most_tries": MOST_TRIES,
        "can_test": settings is not None and is_allowed(context, Action.NOTIFICATION_TEST),
        "now_us": read_now_us(context),
    }
    return build_page(context, "notifications", facts)


@router.act(f"{HERE}/test", Action.NOTIFICATION_TEST, "room:notifications")
def send_test_messages(context: RequestContext) -> Redirect:
    """Send a test by every channel, and try again what failed."""
    settings = get_settings(context)
    if settings is None:
        raise UsageError("no mail relay and no webhook is configured", hint="sightline serve --notifications FILE")
    officer_session = context.officer_session
    send_test(officer_session.workspace, settings, officer_session.clock())
    if is_failing(context):
        return Redirect(HERE, "notifications.test_failed")
    return Redirect(HERE, "notifications.tested")


def _build_rows(context: RequestContext, settings: NotificationSettings) -> list[ChannelRow]:
    states = read_state(context.officer_session.workspace.folder)
    channel_rows = []
    if settings.mail is not None:
        channel_rows.append(
            ChannelRow(DeliveryChannel.MAIL, settings.mail.place, settings.mail.tls, states[DeliveryChannel.MAIL])
        )
    if settings.webhook is not None:
        encryption = settings.webhook.url.partition(":")[0]
        channel_rows.append(
            ChannelRow(DeliveryChannel.WEBHOOK, settings.webhook.place, encryption, states[DeliveryChannel.WEBHOOK])
        )
    return channel_rows
