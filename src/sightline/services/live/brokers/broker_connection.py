"""Connect to the broker of a URL, with the client library that its extra installs."""

from __future__ import annotations

import importlib.util

from sightline.errors import UsageError
from sightline.services.live.brokers.broker_login import BrokerLogin
from sightline.services.live.brokers.message_source import MessageSource
from sightline.services.live.brokers.url import Broker, BrokerUrl

MODULES = {Broker.NATS: "nats", Broker.KAFKA: "confluent_kafka"}


def connect_broker(url: BrokerUrl, login: BrokerLogin, feed_id: str) -> MessageSource:
    """Return a connection. The broker knows it as `sightline-FEED`.

    Raises UsageError if the library is not installed, StoreUnreachable if the broker or the stream is not there.
    """
    if importlib.util.find_spec(MODULES[url.broker]) is None:
        raise UsageError(
            f"{url.broker}:// needs the Python package {MODULES[url.broker]}, which is not installed",
            hint=f"pip install sightline[{url.broker}]",
        )
    if url.broker is Broker.NATS:
        from sightline.services.live.brokers.nats_source import NatsSource  # noqa: PLC0415

        return NatsSource(url, login, f"sightline-{feed_id}")
    from sightline.services.live.brokers.kafka_source import KafkaSource  # noqa: PLC0415

    return KafkaSource(url, login, f"sightline-{feed_id}")
