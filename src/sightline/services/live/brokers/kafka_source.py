"""Read a topic of Kafka: each partition is assigned at our place, whatever offset the broker has for the group."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, ResourceType

from sightline.errors import Refused, StoreUnreachable, UsageError
from sightline.services.live.brokers.broker_login import BrokerLogin
from sightline.services.live.brokers.message_source import BATCH, BrokerAway, BrokerMessage, Stream, as_lines
from sightline.services.live.brokers.url import BrokerUrl

CALL_S = 10.0
"""Most seconds of one call."""
FETCH_S = 0.05
"""Seconds for which a fetch waits for a message."""
QUEUE_KIB = 16 << 10
"""Most KiB of one partition that the client receives ahead."""
PERMANENT = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError.TOPIC_AUTHORIZATION_FAILED}


class KafkaSource:
    """A connection to Kafka. `group`: the group under which offsets are committed, for its administrators to see.

    Raises StoreUnreachable if no broker answers, or there is no such topic; Refused for a topic that is compacted.
    """

    def __init__(self, url: BrokerUrl, login: BrokerLogin, group: str) -> None:
        self._url, self._is_lost, self._last_error = url, True, "it does not answer"
        self._lows: dict[int, int] = {}
        settings = _build_settings(url, login) | {"error_cb": self._note}
        quiet = logging.getLogger("sightline.kafka")
        quiet.addHandler(logging.NullHandler())
        quiet.propagate = False
        reading: dict[str, Any] = {
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "isolation.level": "read_committed",
            "allow.auto.create.topics": False,
            "queued.max.messages.kbytes": QUEUE_KIB,
        }
        try:
            self._admin = AdminClient(settings, logger=quiet)
            self._consumer = Consumer(settings | reading, logger=quiet)
            self._lookup = Consumer(settings | reading, logger=quiet)
        except KafkaException as error:
            raise UsageError(f"{url}: {_format_error(error)}", hint="correct the file of --broker-login") from None
        try:
            self._require_complete()
        except BrokerAway as error:
            self.close()
            raise StoreUnreachable(
                f"{url}: the broker cannot be reached: {error}; {self._last_error}",
                hint="start it, or correct the URL or the file of --broker-login",
            ) from None

    @property
    def is_stale(self) -> bool:
        """Return whether the connection was lost, or the broker has no message at our place."""
        return self._is_lost

    def find_streams(self) -> Sequence[Stream]:
        """Return the partitions. Raises StoreUnreachable if there is no such topic."""
        topic = self._url.stream
        try:
            about = self._admin.describe_topics(TopicCollection([topic]), request_timeout=CALL_S)[topic].result()
            ends = {
                partition.id: self._consumer.get_watermark_offsets(TopicPartition(topic, partition.id), timeout=CALL_S)
                for partition in about.partitions
            }
        except KafkaException as error:
            if error.args[0].code() in PERMANENT:
                raise StoreUnreachable(
                    f"{self._url}: {_format_error(error)}", hint="make the topic, or correct the URL"
                ) from None
            raise BrokerAway(_format_error(error)) from None
        return [
            Stream(number, f"{about.topic_id}:{number}", f"{self._url}/{number}", first, end)
            for number, (first, end) in sorted(ends.items())
        ]

    def open(self, positions: Mapping[int, int]) -> None:
        """Assign the partitions at our places. What the broker dropped is not waited for."""
        topic = self._url.stream
        places = []
        try:
            for number, position in sorted(positions.items()):
                first, _ = self._consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=CALL_S)
                places.append(TopicPartition(topic, number, max(first, position)))
            self._is_lost = False
            self._consumer.assign(places)
        except KafkaException as error:
            self._is_lost = True
            raise BrokerAway(_format_error(error)) from None

    def receive(self) -> Sequence[BrokerMessage]:
        """Return the next messages of any partition."""
        self._lows = {}
        try:
            result = self._consumer.consume(BATCH, FETCH_S)
        except KafkaException as why:
            self._is_lost = True
            raise BrokerAway(_format_error(why)) from None
        messages = []
        for message in result:
            if (error := message.error()) is not None:
                # A partition may have a hole now. What came before it counts.
                self._last_error, self._is_lost = error.str(), True
                break
            messages.append(BrokerMessage(message.partition(), message.offset(), as_lines(message.value() or b"")))
        return messages

    def read_one(self, number: int, position: int) -> bytes | None:
        """Return the message of a position."""
        place = TopicPartition(self._url.stream, number, position)
        try:
            first, end = self._consumer.get_watermark_offsets(place, timeout=CALL_S)
            if not first <= position < end:
                return None
            self._lookup.assign([place])
            result = self._lookup.consume(1, CALL_S)
            self._lookup.unassign()
        except KafkaException as error:
            raise BrokerAway(_format_error(error)) from None
        if not result or result[0].error() is not None:
            raise BrokerAway("a message could not be read again")
        return as_lines(result[0].value() or b"") if result[0].offset() == position else None

    def count_missing(self, number: int, first: int, until: int) -> int:
        """Return how many the broker dropped. Marks of transactions take positions too, and are no messages."""
        if number not in self._lows:
            # Asked once for all messages that were received together: each transaction has a mark.
            place = TopicPartition(self._url.stream, number)
            try:
                self._lows[number], _ = self._consumer.get_watermark_offsets(place, timeout=CALL_S)
            except KafkaException as error:
                raise BrokerAway(_format_error(error)) from None
        return max(0, min(until, self._lows[number]) - first)

    def commit(self, number: int, until: int) -> None:
        """Commit the offset. Nobody waits for it: it is never read."""
        with suppress(KafkaException):
            self._consumer.commit(offsets=[TopicPartition(self._url.stream, number, until)], asynchronous=True)

    def close(self) -> None:
        """End the connections."""
        self._consumer.close()
        self._lookup.close()

    def _require_complete(self) -> None:
        """Raise Refused for a topic of which Kafka deletes messages between others, so that nobody could count them."""
        topic = ConfigResource(ResourceType.TOPIC, self._url.stream)
        try:
            result = self._admin.describe_configs([topic], request_timeout=CALL_S)[topic].result()
        except KafkaException as error:
            if error.args[0].code() in PERMANENT:
                raise StoreUnreachable(
                    f"{self._url}: {_format_error(error)}",
                    hint="make the topic, and let this user read it and its configuration",
                ) from None
            raise BrokerAway(_format_error(error)) from None
        if "compact" in result["cleanup.policy"].value:
            raise Refused(
                f"{self._url}: the topic is compacted: what is deleted between messages cannot be counted",
                hint="send the feed to a topic with cleanup.policy=delete",
            )

    def _note(self, why: KafkaError) -> None:
        # That one broker of several is down loses nothing: the client goes on with another.
        self._last_error = why.str()
        self._is_lost |= why.code() == KafkaError._ALL_BROKERS_DOWN or why.fatal()


def _build_settings(url: BrokerUrl, login: BrokerLogin) -> dict[str, Any]:
    is_encrypted = login.is_for_tls or not url.is_local
    has_user = login.user is not None
    settings: dict[str, Any] = {
        "bootstrap.servers": ",".join(url.servers),
        "client.id": "sightline",
        "security.protocol": ("SASL_" if has_user else "") + ("SSL" if is_encrypted else "PLAINTEXT"),
        "socket.timeout.ms": int(CALL_S * 1000),
        "reconnect.backoff.max.ms": 2000,
    }
    if has_user:
        named = {"sasl.mechanism": login.mechanism, "sasl.username": login.user, "sasl.password": login.read_password()}
        settings |= named
    given = {"ssl.ca.location": login.ca, "ssl.certificate.location": login.certificate, "ssl.key.location": login.key}
    return settings | {name: value for name, value in given.items() if value is not None}


def _format_error(why: KafkaException) -> str:
    return str(why.args[0].str())
