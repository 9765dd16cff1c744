"""Read a stream of NATS JetStream: with our own pull consumer, made again at our position at each opening."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from bisect import bisect_left
from collections import deque
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import nats.errors
import nats.js.errors
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy, RetentionPolicy

from sightline.errors import Refused, StoreUnreachable
from sightline.services.live.brokers.broker_login import BrokerLogin
from sightline.services.live.brokers.message_source import BATCH, BrokerAway, BrokerMessage, Stream, as_lines
from sightline.services.live.brokers.url import BrokerUrl

CALL_S = 20.0
"""Most seconds of one call."""
FETCH_S = 0.05
"""Seconds for which a fetch waits for a message."""
ACK_WAIT_S = 3600.0
"""Seconds until NATS delivers again what is not acknowledged. A part is registered long before."""
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class PendingMessage:
    """A message that was received, and the subject of its acknowledgement."""

    position: int
    reply: str


class NatsSource:
    """A connection to NATS, in a thread of its own. `consumer`: the name of the durable consumer.

    Raises StoreUnreachable if no server answers, or there is no such stream; Refused for a stream that would delete
    what was not read.
    """

    def __init__(self, url: BrokerUrl, login: BrokerLogin, consumer: str) -> None:
        self._url, self._login, self._consumer = url, login, consumer
        self._is_lost, self._is_queue = True, False
        self._next_delivery, self._last_error = 1, "it does not answer"
        self._refusals, self._is_refused = 0, asyncio.Event()
        self._unacknowledged: deque[PendingMessage] = deque()
        self._subscription: Any = None
        self._dropped: tuple[int, list[int]] | None = None
        self._client = Client()
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, name="nats", daemon=True).start()
        try:
            self._run(self._connect())
        except BrokerAway:
            self.close()
            raise StoreUnreachable(
                f"{url}: the server cannot be reached: {self._last_error}",
                hint="start the server, or correct the URL or the file of --broker-login",
            ) from None
        self._stream = self._client.jetstream(timeout=CALL_S / 2)

    @property
    def is_stale(self) -> bool:
        """Return whether the connection was lost, or a delivery is missing."""
        return self._is_lost or not self._client.is_connected

    def find_streams(self) -> Sequence[Stream]:
        """Return the stream. Raises StoreUnreachable if it is not there."""
        about = self._read_info()
        retention = about["config"].get("retention")
        if retention == RetentionPolicy.INTEREST:
            raise Refused(
                f"{self._url}: the stream keeps messages only while consumers are there, and deletes them otherwise",
                hint="read a stream with the retention limits or workqueue",
            )
        self._is_queue = retention == RetentionPolicy.WORK_QUEUE
        state = about["state"]
        end = state["last_seq"] + 1
        first = min(max(1, state["first_seq"]), end)
        pending = None if self._url.subject is None else self._run(self._count_pending())
        return (Stream(0, f"{about['created']}:0", str(self._url), first, end, pending),)

    def open(self, positions: Mapping[int, int]) -> None:
        """Delete the consumer, and make it again at our position. A work queue begins with what is not acknowledged."""
        self._run(self._open(positions.get(0)))

    def receive(self) -> Sequence[BrokerMessage]:
        """Return the next messages."""
        self._dropped = None
        if self._subscription is None:
            return ()
        try:
            fetched = self._run(self._subscription.fetch(BATCH, timeout=FETCH_S))
        except BrokerAway:
            if self.is_stale:
                raise
            return ()
        messages = []
        for message in fetched:
            position, delivery = read_sequences(message.reply)
            if delivery != self._next_delivery:
                # What was on its way is lost: it would come again much later, and out of order.
                self._is_lost = True
                break
            self._next_delivery += 1
            self._unacknowledged.append(PendingMessage(position, message.reply))
            messages.append(BrokerMessage(0, position, as_lines(message.data)))
        return messages

    def read_one(self, number: int, position: int) -> bytes | None:  # noqa: ARG002 - a stream has one part
        """Return the message of a position."""
        try:
            message = self._run(self._stream.get_msg(self._url.stream, position))
        except BrokerAway as why:
            if isinstance(why.__cause__, nats.js.errors.NotFoundError):
                return None
            raise
        return as_lines(message.data or b"")

    def count_missing(self, number: int, first: int, until: int) -> int:  # noqa: ARG002 - a stream has one part
        """Return how many messages are missing. With a subject, those that were deleted may be of another one."""
        if self._url.subject is None:
            return until - first
        if self._dropped is None:
            # Asked once for all messages that were received together: between any two of them may be other subjects.
            state = self._read_info()["state"]
            self._dropped = int(state["first_seq"]), sorted(state.get("deleted") or ())
        begin, deleted = self._dropped
        between = bisect_left(deleted, until) - bisect_left(deleted, max(first, begin))
        return max(0, min(until, begin) - first) + max(0, between)

    def commit(self, number: int, until: int) -> None:  # noqa: ARG002 - a stream has one part
        """Acknowledge what is before a position: each message of a work queue, of other streams the last one."""
        done = [message for message in self._unacknowledged if message.position < until]
        self._unacknowledged = deque(message for message in self._unacknowledged if message.position >= until)
        if done:
            self._run(self._acknowledge(done if self._is_queue else done[-1:]))

    def close(self) -> None:
        """End the connection and its thread."""
        with suppress(BrokerAway):
            self._run(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _connect(self) -> None:
        """Connect. Raises ConnectionRefusedError once the servers refused the login: trying again changes nothing."""
        login, scheme = self._login, "nats"
        options: dict[str, Any] = {"user": login.user, "password": login.read_password()}
        if login.is_for_tls or not self._url.is_local:
            scheme, options["tls"] = "tls", login.build_tls_context()
        if login.credentials is not None:
            options["user_credentials"] = str(Path(login.credentials))
        connecting = asyncio.ensure_future(
            self._client.connect(
                servers=[f"{scheme}://{server}" for server in self._url.servers],
                name="sightline",
                connect_timeout=5,
                reconnect_time_wait=1,
                max_reconnect_attempts=-1,
                error_cb=self._note,
                disconnected_cb=self._lose,
                **options,
            )
        )
        refused = asyncio.ensure_future(self._is_refused.wait())
        try:
            await asyncio.wait((connecting, refused), return_when=asyncio.FIRST_COMPLETED)
            if not connecting.done():
                raise ConnectionRefusedError(self._last_error)
            connecting.result()
        finally:
            connecting.cancel()
            refused.cancel()

    async def _lose(self) -> None:
        self._is_lost = True

    async def _note(self, why: Exception) -> None:
        # After a refusal, the server also cuts the connection: the refusal says more.
        is_refusal = "Authorization" in str(why) or isinstance(why, ssl.SSLError)
        if is_refusal or "Authorization" not in self._last_error:
            self._last_error = str(why) or type(why).__name__
        self._refusals += is_refusal
        if self._refusals >= len(self._url.servers):
            self._is_refused.set()

    async def _open(self, position: int | None) -> None:
        with suppress(nats.js.errors.NotFoundError):
            await self._stream.delete_consumer(self._url.stream, self._consumer)
        self._subscription, self._unacknowledged = None, deque()
        if position is None:
            return
        policy = AckPolicy.EXPLICIT if self._is_queue else AckPolicy.ALL
        begin = (
            {"deliver_policy": DeliverPolicy.ALL}
            if self._is_queue
            else {"deliver_policy": DeliverPolicy.BY_START_SEQUENCE, "opt_start_seq": max(1, position)}
        )
        config = ConsumerConfig(
            durable_name=self._consumer,
            ack_policy=policy,
            ack_wait=ACK_WAIT_S,
            max_ack_pending=-1,
            filter_subject=self._url.subject,
            **begin,
        )
        await self._stream.add_consumer(self._url.stream, config)
        self._subscription = await self._stream.pull_subscribe_bind(self._consumer, self._url.stream)
        self._next_delivery, self._is_lost = 1, False

    async def _acknowledge(self, done: Sequence[PendingMessage]) -> None:
        for message in done:
            await self._client.publish(message.reply, b"+ACK")
        await self._client.flush(int(CALL_S / 2))

    async def _count_pending(self) -> int | None:
        """Return how many messages of the subject were not delivered, or None before it is read."""
        if self._subscription is None:
            return None
        with suppress(nats.js.errors.NotFoundError):
            consumer = await self._stream.consumer_info(self._url.stream, self._consumer)
            return int(consumer.num_pending or 0)
        return None

    def _read_info(self) -> dict[str, Any]:
        """Return what the server says of the stream, with the positions that were deleted."""
        subject = f"$JS.API.STREAM.INFO.{self._url.stream}"
        reply = self._run(self._client.request(subject, b'{"deleted_details":true}', timeout=CALL_S / 2))
        about: dict[str, Any] = json.loads(reply.data)
        if "error" in about:
            code, text = about["error"].get("code"), about["error"].get("description", "")
            if code == 404:
                raise StoreUnreachable(f"{self._url}: {text}", hint="make the stream, or correct the URL")
            raise BrokerAway(text)
        return about

    def _run(self, call: Coroutine[Any, Any, R]) -> R:
        """Return what a call on the connection's thread returns."""
        future = asyncio.run_coroutine_threadsafe(call, self._loop)
        try:
            return future.result(CALL_S)
        except (nats.errors.Error, OSError, TimeoutError) as why:
            future.cancel()
            raise BrokerAway(str(why) or self._last_error) from why


def read_sequences(reply: str) -> tuple[int, int]:
    """Return the position in the stream and the number of the delivery, as the reply subject of a message says them.

    `$JS.ACK.STREAM.CONSUMER.DELIVERED.POSITION.DELIVERY.TIME.PENDING`; newer servers may put a domain and an account
    before the stream (ADR-15 of NATS). The library also reads the time, which takes a quarter of all.
    """
    parts = reply.split(".")
    at = 5 if len(parts) == 9 else 7
    return int(parts[at]), int(parts[at + 1])
