"""Rounds of notifications: who has news that no message told of yet, and the bounded attempts to send them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from sightline.casework.permissions.access import Action, Actor, allow
from sightline.casework.permissions.roster import list_officers_on_duty
from sightline.errors import name_output_on_error
from sightline.ledger.instants import to_microseconds
from sightline.model import Stamp
from sightline.services.inbox.news import KEPT_US, list_news_since
from sightline.services.inbox.news_item import News
from sightline.services.notifications import own_news
from sightline.services.notifications.delivery_state import ChannelState, DeliveryChannel, read_state, write_state
from sightline.services.notifications.failures import Failures, OfficerMessage
from sightline.services.notifications.mail import send_mail
from sightline.services.notifications.settings import NotificationSettings
from sightline.services.notifications.watched_replies import list_watched_replies
from sightline.services.notifications.webhook import call_webhook
from sightline.storage.rows import Account, Officer
from sightline.storage.rows import Workspace as WorkspaceRow
from sightline.storage.table import Tables
from sightline.workspace.workspace import Workspace

WAITS_US = tuple(60_000_000 * minutes for minutes in (1, 5, 15, 60))
"""How long a channel waits after each failed attempt."""
MOST_TRIES = len(WAITS_US) + 1
"""Attempts for the same news. Then they are given up: the inbox of the web app still has them."""
LOCK = ".notifications.lock"


@dataclass(frozen=True, slots=True)
class UnsentMessage:
    """A message that was not sent yet, and when the newest of its notifications came."""

    message: OfficerMessage
    newest_us: int


def deliver_notifications(
    workspace: Workspace, settings: NotificationSettings, now: datetime
) -> dict[DeliveryChannel, ChannelState] | None:
    """Send what waits by each channel, and return the new state. None if another process is at it now."""
    with _hold_lock(workspace) as is_mine:
        if not is_mine:
            return None
        states = read_state(workspace.folder)
        watched = list_watched_replies(workspace, to_microseconds(now) - KEPT_US)
        with workspace.read() as tables:
            unread = list(list_unread(tables, now, watched))
            is_exercise = _is_exercise(tables)
        for channel in list_channels(settings):
            if to_microseconds(now) >= states[channel].next_us:
                _deliver_by(channel, settings, states[channel], unread, now, is_exercise=is_exercise)
        write_state(workspace.folder, states)
        return states


def send_test(
    workspace: Workspace, settings: NotificationSettings, now: datetime
) -> dict[DeliveryChannel, ChannelState]:
    """Send every officer with an address a test now, and let the next round try again. Returns the new state."""
    with _hold_lock(workspace, waits=True):
        states = read_state(workspace.folder)
        with workspace.read() as tables:
            tests = [OfficerMessage(officer.officer_id, known[0], 0) for officer, known in _list_names(tables)]
            is_exercise = _is_exercise(tables)
        for channel in list_channels(settings):
            state, messages = states[channel], _select_addressed(channel, settings, tests)
            state.tries, state.next_us = {}, 0
            state.failures = dict(_send_by(channel, settings, messages, now, is_exercise=is_exercise))
            _note_sent(state, len(messages) - len(state.failures), to_microseconds(now))
        write_state(workspace.folder, states)
        return states


def list_channels(settings: NotificationSettings) -> list[DeliveryChannel]:
    """Return the channels that are configured."""
    given = {DeliveryChannel.MAIL: settings.mail, DeliveryChannel.WEBHOOK: settings.webhook}
    return [channel for channel, there in given.items() if there is not None]


def list_unread(tables: Tables, now: datetime, watched: Sequence[News] = ()) -> Iterator[UnsentMessage]:
    """Yield each officer on duty who has unread news. `watched`: replies about watched leads."""
    now_us = to_microseconds(now)
    result = [*list_news_since(tables, now_us - KEPT_US), *watched]
    result = [*result, *own_news.list_silent_feeds(own_news.list_feed_instants(tables, now_us), now_us)]
    for officer, names in _list_names(tables):
        actor = Actor(officer.officer_id, officer.role)
        mine = own_news.select_news_of_officer(result, officer.officer_id, partial(_may, actor), now_us)
        read_us = own_news.read_until(tables, officer.officer_id)
        unread = [news for news in mine if news.at_us > read_us]
        if unread:
            yield UnsentMessage(OfficerMessage(officer.officer_id, names[0], len(unread)), unread[0].at_us)


def list_officers_without_address(tables: Tables, settings: NotificationSettings) -> list[Officer]:
    """Return the officers on duty without a mail address."""
    known = set() if settings.mail is None else settings.mail.recipients.keys()
    return [officer for officer, names in _list_names(tables) if not known & set(names)]


def _deliver_by(
    channel: DeliveryChannel,
    settings: NotificationSettings,
    state: ChannelState,
    unread: Sequence[UnsentMessage],
    now: datetime,
    *,
    is_exercise: bool,
) -> None:
    """Send by one channel to the officers who have newer notifications than were sent, and update its state."""
    unsent = {
        message.message.officer_id: message
        for message in unread
        if message.newest_us > state.told_us.get(message.message.officer_id, 0)
    }
    messages = _select_addressed(channel, settings, [message.message for message in unsent.values()])
    if not messages:
        return
    state.failures = dict(_send_by(channel, settings, messages, now, is_exercise=is_exercise))
    now_us = to_microseconds(now)
    state.next_us = now_us + int(settings.every_s * 1_000_000)
    for message in messages:
        newest_us = unsent[message.officer_id].newest_us
        if message.officer_id in state.failures:
            _note_failure(state, message.officer_id, newest_us, now_us)
        else:
            state.told_us[message.officer_id] = newest_us
            state.tries.pop(message.officer_id, None)
    _note_sent(state, len(messages) - len(state.failures), now_us)


def _note_sent(state: ChannelState, count: int, now_us: int) -> None:
    """Count what was sent, and note when something was sent last, and when something failed."""
    if count:
        state.sent, state.sent_us = state.sent + count, now_us
    if state.failures:
        state.failed_us = now_us


def _note_failure(state: ChannelState, officer_id: str, newest_us: int, now_us: int) -> None:
    tries = state.tries.get(officer_id, 0) + 1
    if tries >= MOST_TRIES:
        state.given_up += 1
        state.told_us[officer_id] = newest_us
        state.tries.pop(officer_id, None)
        return
    state.tries[officer_id] = tries
    state.next_us = min(state.next_us, now_us + WAITS_US[tries - 1])


def _select_addressed(
    channel: DeliveryChannel, settings: NotificationSettings, messages: Sequence[OfficerMessage]
) -> list[OfficerMessage]:
    """Return the messages that the channel can send: mail needs the officer's address."""
    if channel is DeliveryChannel.WEBHOOK or settings.mail is None:
        return list(messages)
    addresses = settings.mail.recipients
    named = [
        (message, next((name for name in (message.name, message.officer_id) if name in addresses), None))
        for message in messages
    ]
    return [OfficerMessage(message.officer_id, name, message.count) for message, name in named if name is not None]


def _send_by(
    channel: DeliveryChannel,
    settings: NotificationSettings,
    messages: Sequence[OfficerMessage],
    now: datetime,
    *,
    is_exercise: bool,
) -> Failures:
    if channel is DeliveryChannel.MAIL and settings.mail is not None:
        return send_mail(settings, settings.mail, messages, now, is_exercise=is_exercise)
    if settings.webhook is not None:
        return call_webhook(settings, settings.webhook, messages, now, is_exercise=is_exercise)
    return {}


def _list_names(tables: Tables) -> list[tuple[Officer, tuple[str, ...]]]:
    """Return each officer on duty with the sign-in name, if there is one, and the id."""
    signing: Mapping[str, str] = {account.officer_id: account.name for account in tables[Account].select()}
    return [
        (officer, tuple(name for name in (signing.get(officer.officer_id), officer.officer_id) if name))
        for officer in list_officers_on_duty(tables)
    ]


def _may(actor: Actor, action: Action) -> bool:
    return allow(actor, action).allowed


def _is_exercise(tables: Tables) -> bool:
    return tables[WorkspaceRow].select()[0].stamp is Stamp.EXERCISE


@contextmanager
def _hold_lock(workspace: Workspace, *, waits: bool = False) -> Iterator[bool]:
    """Hold the lock of the rounds: servers of one workspace take turns. Yields whether it is held."""
    path = workspace.folder / LOCK
    with name_output_on_error(path):
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(number, fcntl.LOCK_EX | (0 if waits else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True
    finally:
        os.close(number)
