"""A topic of a real Kafka broker as a feed: killed, restarted, set back and made anew."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from sightline.errors import Refused, StoreUnreachable
from sightline.services.live.brokers.url import parse_broker_url
from sightline.services.live.chain import compute_feed_id
from sightline.services.live.status import list_feeds
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.rows import FeedStart
from tests.office import combined_log
from tests.servers.certificates import make_certificates
from tests.servers.fixtures import missing
from tests.servers.kafka import Kafka
from tests.servers.program import HOST, NotHere
from tests.services.live.messages import deliveries, require_messages
from tests.services.live.test_kill import kill_at
from tests.services.live.unit import LiveOffice


@pytest.fixture(scope="module")
def server() -> Iterator[Kafka]:
    if shutil.which("mvn") is None:
        pytest.skip("not installed: mvn, which brings Kafka")
    try:
        kafka = Kafka()
    except NotHere as why:
        missing(why)
        raise
    try:
        yield kafka
    finally:
        kafka.close()


@pytest.fixture
def topic(request: pytest.FixtureRequest, server: Kafka) -> str:
    """A topic with two partitions."""
    name = str(request.node.name)
    server.add_topic(name, 2)
    return name


@pytest.fixture
def live(tmp_path: Path, server: Kafka, topic: str) -> LiveOffice:
    url = parse_broker_url(f"kafka://{server.address}/{topic}")
    found = LiveOffice.found(tmp_path)
    return replace(found, request=replace(found.request, inputs=(url,)))


def lines(number: int, count: int = 60) -> list[str]:
    return combined_log(count, start=1000 * number, hits_every=5).splitlines()


def watch_all(live: LiveOffice, count: int) -> list[str]:
    """Watch until the parts hold so many messages; the gaps that were told. A fetch may come later than a look."""
    gaps = list[str]()
    for _ in range(60):
        gaps += live.watch_once().gaps
        if live.has_parts() and sum(delivery.messages for delivery in deliveries(live)) >= count:
            return gaps
    raise AssertionError("they did not come")


def test_partitions_become_parts_and_the_broker_learns_it_afterwards(
    live: LiveOffice, server: Kafka, topic: str
) -> None:
    server.publish(topic, 0, *lines(0))
    # The mark of a transaction takes a position, and is no message that is missing.
    server.publish(topic, 1, *lines(1), transaction="one")
    server.publish(topic, 1, *lines(2), transaction="one")
    assert watch_all(live, 180) == []
    require_messages(live, lines(0), [*lines(1), *lines(2)])
    with live.office.workspace.read() as tables:
        assert [feed_start.first_offset for feed_start in tables[FeedStart].select()] == [0, 0]
    (status,) = list_feeds(live.office.io)
    assert (status.lines, status.missing, status.repeated) == (180, 0, 0)
    assert status.bytes == sum(len(line) + 1 for number in range(3) for line in lines(number))
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_killed_watch_resumes_and_broker_restarts_lose_nothing(live: LiveOffice, server: Kafka, topic: str) -> None:
    dice, sent, killed = random.Random(5), (list[str](), list[str]()), 0
    for number in range(8):
        sent[number % 2].extend(lines(number, 40))
        server.publish(topic, number % 2, *lines(number, 40))
        if number == 3:
            server.stop()
            server.start()
        killed += kill_at(dice.randrange(1, 200), live)
    assert watch_all(live, 320) == []
    require_messages(live, *sent)
    assert killed > 3 and sum(delivery.missing for delivery in deliveries(live)) == 0
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_offsets_that_somebody_committed_do_not_count(live: LiveOffice, server: Kafka, topic: str) -> None:
    server.publish(topic, 0, *lines(0))
    watch_all(live, 60)
    server.publish(topic, 0, *lines(1))
    with live.office.workspace.read():
        feed = compute_feed_id(live.parts()[0].source_id, live.parts()[0].input)
    other = Consumer({"bootstrap.servers": server.address, "group.id": f"sightline-{feed}"})
    other.commit(offsets=[TopicPartition(topic, 0, 120)], asynchronous=False)
    other.close()
    assert watch_all(live, 120) == []
    require_messages(live, [*lines(0), *lines(1)], [])


def test_messages_that_the_broker_dropped_are_counted(live: LiveOffice, server: Kafka, topic: str) -> None:
    server.publish(topic, 0, *lines(0))
    watch_all(live, 60)
    server.publish(topic, 0, *lines(1))
    client = server.admin()
    client.delete_records([TopicPartition(topic, 0, 70)])[TopicPartition(topic, 0, 70)].result()
    (gap,) = watch_all(live, 110)
    assert "10 messages between the positions 60 and 70" in gap
    require_messages(live, [*lines(0), *lines(1)[10:]], [])
    assert list_feeds(live.office.io)[0].missing == 10


def test_a_topic_that_was_made_anew_is_a_gap_and_is_read_from_its_beginning(
    live: LiveOffice, server: Kafka, topic: str
) -> None:
    server.publish(topic, 0, *lines(0))
    watch_all(live, 60)
    client = server.admin()
    client.delete_topics([topic])[topic].result()
    server.add_topic(topic, 2)
    server.publish(topic, 0, *lines(1))
    (gap,) = watch_all(live, 120)
    assert "was replaced" in gap and "position 60" in gap
    require_messages(live, [*lines(0), *lines(1)], [])


def test_a_broker_that_lost_messages_and_gives_their_positions_again(
    live: LiveOffice, server: Kafka, topic: str
) -> None:
    """The last part ended at 100. An older copy of the store ends at 60, and new messages take
    the positions from 60.
    """
    server.publish(topic, 0, *lines(0))
    watch_all(live, 60)
    server.stop()
    older = server.store.with_name("older")
    shutil.copytree(server.store, older)
    server.start()
    server.publish(topic, 0, *lines(1, 40))
    watch_all(live, 100)
    server.stop()
    shutil.rmtree(server.store)
    older.rename(server.store)
    server.start()
    server.publish(topic, 0, *lines(2, 90))
    (gap,) = watch_all(live, 190)
    assert "lost messages before position 100" in gap and "from 60 on" in gap
    require_messages(live, [*lines(0), *lines(1, 40), *lines(2, 90)], [])


def test_a_topic_that_is_compacted_is_refused(tmp_path: Path, server: Kafka) -> None:
    server.add_topic("compacted", cleanup_policy="compact")
    live = LiveOffice.found(tmp_path)
    url = parse_broker_url(f"kafka://{server.address}/compacted")
    with pytest.raises(Refused, match="is compacted"):
        live.watch_once(replace(live.request, inputs=(url,)))
    url = parse_broker_url(f"kafka://{server.address}/nothing")
    with pytest.raises(StoreUnreachable, match="nothing"):
        live.watch_once(replace(live.request, inputs=(url,)))


def test_a_user_signs_in_over_tls_and_another_authority_is_not_trusted(tmp_path: Path) -> None:
    made, secret = tmp_path / "made", "correct-horse-battery"
    (made / "other").mkdir(parents=True)
    make_certificates(made, "broker")
    make_certificates(made / "other")
    (made / "keystore.pem").write_text((made / "broker.key").read_text() + (made / "broker.pem").read_text())
    login = f'org.apache.kafka.common.security.plain.PlainLoginModule required user_feed="{secret}";'
    keystore = {"ssl.keystore.type": "PEM", "ssl.keystore.location": str(made / "keystore.pem")}
    sasl = {"sasl.enabled.mechanisms": "PLAIN", "listener.name.sasl_ssl.plain.sasl.jaas.config": login}
    server = Kafka(keystore | sasl)
    try:
        server.add_topic("feed")
        server.publish("feed", 0, *lines(0))
        live, file = LiveOffice.found(tmp_path), made / "login.toml"
        url = parse_broker_url(f"kafka://{HOST}:{server.encrypted_port}/feed")
        live = replace(live, request=replace(live.request, inputs=(url,), broker_login=file))
        given = 'user = "feed"\npassword_file = "password"\nmechanism = "PLAIN"\n'
        (made / "password").write_text(f"{secret}\n")
        (made / "password").chmod(0o600)
        file.write_text(f'{given}ca = "other/ca.pem"\n')
        file.chmod(0o600)
        with pytest.raises(StoreUnreachable, match="certificate verify failed") as refused:
            live.watch_once()
        file.write_text(f'{given}ca = "ca.pem"\n')
        assert watch_all(live, 60) == []
        require_messages(live, lines(0))
        stored_bytes = b"".join(path.read_bytes() for path in live.office.workspace.folder.rglob("*") if path.is_file())
        assert secret.encode() not in stored_bytes and secret not in str(refused.value)
    finally:
        server.close()
