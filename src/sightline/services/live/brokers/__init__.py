"""Streams of message brokers as live feeds: NATS JetStream and Kafka."""

from __future__ import annotations
