"""A stream of a real NATS server as a feed: killed, restarted, purged, set back and made anew."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from nats.js.api import RetentionPolicy

from sightline.errors import NotAllowed, Refused, StoreUnreachable
from sightline.ledger.instants import to_microseconds
from sightline.services.live import watch as watching
from sightline.services.live.alarms import Alarm, AlarmLimits
from sightline.services.live.brokers.broker_connection import connect_broker
from sightline.services.live.brokers.broker_feed import BrokerFeed
from sightline.services.live.brokers.broker_login import read_login
from sightline.services.live.brokers.message_source import BrokerMessage, Stream
from sightline.services.live.brokers.url import parse_broker_url
from sightline.services.live.chain import compute_feed_id
from sightline.services.live.lags import FRESH_US, write_lags
from sightline.services.live.metrics import format_metrics
from sightline.services.live.status import list_feeds
from sightline.services.verification.verify import VerifyRequest, verify_workspace
from sightline.storage.rows import FeedLag, FeedStart
from tests.office import combined_log
from tests.servers.certificates import make_certificates
from tests.servers.fixtures import missing
from tests.servers.nats import Nats
from tests.servers.program import HOST, NotHere
from tests.services.live.messages import deliveries, require_messages
from tests.services.live.test_kill import kill_at
from tests.services.live.unit import LiveOffice
from tests.waits import wait_until


@pytest.fixture
def server() -> Iterator[Nats]:
    try:
        nats = Nats()
    except NotHere as why:
        missing(why)
        raise
    try:
        nats.add_stream("FEED", ["web.>"])
        yield nats
    finally:
        nats.close()


@pytest.fixture
def live(tmp_path: Path, server: Nats) -> LiveOffice:
    return office(tmp_path, server)


def office(folder: Path, server: Nats, query: str = "") -> LiveOffice:
    url = parse_broker_url(f"nats://{HOST}:{server.port}/FEED{query}")
    live = LiveOffice.found(folder)
    return replace(live, request=replace(live.request, inputs=(url,)))


def lines(number: int, count: int = 60) -> list[str]:
    return combined_log(count, start=1000 * number, hits_every=5).splitlines()


def test_messages_become_parts_and_the_broker_learns_it_afterwards(live: LiveOffice, server: Nats) -> None:
    first, second = lines(0), lines(1)
    # A message may hold several lines, with or without a line end.
    server.publish("web.a", *first[:-2], "\n".join(first[-2:]) + "\n")
    assert live.watch_once().gaps == []
    server.publish("web.b", *second)
    totals = live.watch_once()
    assert (totals.lines, totals.missing, totals.repeated) == (60, 0, 0)
    assert live.watch_once().parts == 0
    require_messages(live, [*first[:-2], "\n".join(first[-2:]) + "\n", *second])
    with live.office.workspace.read() as tables:
        (start,) = tables[FeedStart].select()
    assert start.first_offset == 1 and live.parts()[-1].until_offset == 120
    (status,) = list_feeds(live.office.io)
    assert (status.lines, status.bytes) == (120, sum(len(one) + 1 for one in [*first, *second]))
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_feed_in_which_something_always_comes_becomes_parts_all_the_same(tmp_path: Path) -> None:
    class Steady:
        """A source that has one more message whenever it is asked."""

        is_stale, count = False, 0

        def find_streams(self) -> list[Stream]:
            return [Stream(0, "a/b+c:0", "nats://localhost/FEED", 1, self.count + 1)]

        def receive(self) -> list[BrokerMessage]:
            self.count += 1
            return [BrokerMessage(0, self.count, b"line\n")]

        def __getattr__(self, _: str) -> Callable[..., None]:
            return lambda *_: None

    feed = BrokerFeed("nats://localhost/FEED", 1 << 20, Steady())  # type: ignore[arg-type]
    (start,) = feed.find_starts()
    feed.begin(start, 0)
    piece = feed.read()
    assert piece is not None and piece.content == b"line\n"
    feed.accept(piece)
    # Ids of topics are base64: another feed of the same place goes on there.
    source = Steady()
    source.count = piece.place.offset - 1
    other = BrokerFeed("nats://localhost/FEED", 1 << 20, source, [start.place, piece.place])  # type: ignore[arg-type]
    later = other.read()
    assert later is not None and (later.gap, later.first_offset) == (None, piece.place.offset)


def test_waiting_messages_are_counted_until_they_are_registered(tmp_path: Path, server: Nats) -> None:
    for query, mine in (("", 90), ("?subject=web.a.>", 60)):
        live = office(tmp_path / str(mine), server, query)
        feed_id = compute_feed_id("source", str(live.request.inputs[0]))
        if not query:
            server.publish("web.a.x", *lines(0))
            server.publish("web.b.x", *lines(1, 30))
        source = connect_broker(live.request.inputs[0], read_login(None), feed_id)  # type: ignore[arg-type]
        feed = BrokerFeed("FEED", 4_000, source)
        try:
            (start,) = feed.find_starts()
            feed.begin(start, 0)
            counts = []
            while (piece := feed.read()) is not None:
                assert feed.find_starts() == []
                counts.append(feed.count_waiting_messages())
                feed.accept(piece)
                counts.append(feed.count_waiting_messages())
            assert (counts[0], counts[-1]) == (mine, 0)
            assert counts == sorted(counts, reverse=True) and len(set(counts)) > 2
        finally:
            feed.close()


def test_the_status_says_how_many_messages_wait_while_a_watch_runs(
    live: LiveOffice, server: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "LAG_EACH_S", 0.0)
    server.publish("web.a", *lines(0))
    live.watch_once()
    (status,) = list_feeds(live.office.io)
    assert status.lag_messages == 0 and "0 messages" in status.to_row()
    workspace = live.office.workspace
    now_us = to_microseconds(live.office.io.clock())
    write_lags(workspace, [FeedLag(status.feed, None, 7, now_us)])
    (status,) = list_feeds(live.office.io, AlarmLimits(lag_messages=6))
    assert status.lag_messages == 7 and Alarm.LAG in status.alarms
    assert f'input="{status.input}"}} 7' in format_metrics([status])
    write_lags(workspace, [FeedLag(status.feed, None, 7, now_us - FRESH_US - 1)])
    assert list_feeds(live.office.io)[0].lag_messages is None


def test_only_messages_of_the_subject_are_read(tmp_path: Path, server: Nats) -> None:
    live = office(tmp_path, server, "?subject=web.a.>")
    for number, one in enumerate(lines(0)):
        server.publish(f"web.{'ab'[number % 2]}.x", one)
    assert live.watch_once().gaps == []
    require_messages(live, lines(0)[::2])
    server.publish("web.a.x", *lines(1, 20))
    server.publish("web.b.x", *lines(2, 20))
    server.publish("web.a.x", *lines(3, 20))
    server.delete("FEED", 61, 62, 90)
    # What was deleted may be of another subject.
    (gap,) = live.watch_once().gaps
    assert "2 messages between the positions 60 and 63" in gap and "1 messages between the positions 81 and 101" in gap
    require_messages(live, [*lines(0)[::2], *lines(1, 20)[2:], *lines(3, 20)])


def test_a_killed_watch_resumes_and_server_restarts_lose_nothing(live: LiveOffice, server: Nats) -> None:
    dice, sent, killed = random.Random(5), list[str](), 0
    for number in range(10):
        sent += lines(number, 40)
        server.publish("web.a", *lines(number, 40))
        if number % 4 == 3:
            server.stop()
            server.start()
        killed += kill_at(dice.randrange(1, 200), live)
    live.watch_once()
    require_messages(live, sent)
    assert killed > 4 and sum(delivery.missing for delivery in deliveries(live)) == 0
    assert verify_workspace(live.office.workspace, VerifyRequest(), lambda *_: None).findings == []


def test_a_place_that_the_server_knows_better_does_not_count(live: LiveOffice, server: Nats) -> None:
    """Somebody acknowledged everything in our name: what we did not register is read all the same."""
    server.publish("web.a", *lines(0))
    live.watch_once()
    server.publish("web.a", *lines(1))

    async def acknowledge(stream: object) -> None:
        (name,) = [one.name for one in await stream.consumers_info("FEED")]  # type: ignore[attr-defined]
        reader = await stream.pull_subscribe_bind(name, "FEED")  # type: ignore[attr-defined]
        for one in await reader.fetch(100, timeout=1):
            await one.ack_sync()

    server.call(acknowledge)
    live.watch_once()
    require_messages(live, [*lines(0), *lines(1)])


def test_messages_that_the_server_dropped_are_counted(live: LiveOffice, server: Nats) -> None:
    first, second = lines(0), lines(1)
    server.publish("web.a", *first)
    live.watch_once()
    server.publish("web.a", *second)
    server.call(lambda stream: stream.purge_stream("FEED", seq=71))
    server.delete("FEED", 80)
    (gap,) = live.watch_once().gaps
    assert "10 messages between the positions 61 and 71" in gap and "1 messages between the positions 80 and 81" in gap
    require_messages(live, [*first, *second[10:19], *second[20:]])
    (status,) = list_feeds(live.office.io)
    assert (status.missing, status.repeated) == (11, 0)


def test_messages_that_are_dropped_before_the_first_part_are_counted(
    live: LiveOffice, server: Nats, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end(_: BrokerFeed) -> None:
        raise InterruptedError

    server.publish("web.a", *lines(0))
    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr(BrokerFeed, "read", end)
        live.watch_once()
    server.call(lambda stream: stream.purge_stream("FEED", seq=31))
    (gap,) = live.watch_once().gaps
    assert "30 messages between the positions 1 and 31" in gap
    require_messages(live, lines(0)[30:])


def test_a_stream_that_was_made_anew_is_a_gap_and_is_read_from_its_beginning(live: LiveOffice, server: Nats) -> None:
    server.publish("web.a", *lines(0))
    live.watch_once()
    server.call(lambda stream: stream.delete_stream("FEED"))
    server.add_stream("FEED", ["web.>"])
    server.publish("web.a", *lines(1))
    (gap,) = live.watch_once().gaps
    assert "was replaced" in gap and "position 61" in gap
    require_messages(live, [*lines(0), *lines(1)])


@pytest.mark.parametrize("more", [20, 90])
def test_a_server_that_lost_messages_and_gives_their_positions_again(live: LiveOffice, server: Nats, more: int) -> None:
    """The last part ended at 100. An older copy of the store ends at 60, and new messages take
    the positions from 61.
    """
    server.publish("web.a", *lines(0))
    live.watch_once()
    server.stop()
    shutil.copytree(server.store, server.store.with_name("older"))
    server.start()
    server.publish("web.a", *lines(1, 40))
    live.watch_once()
    server.stop()
    shutil.rmtree(server.store)
    server.store.with_name("older").rename(server.store)
    server.start()
    server.publish("web.a", *lines(2, more))
    (gap,) = live.watch_once().gaps
    assert "lost messages before position 101" in gap and "from 61 on" in gap
    require_messages(live, [*lines(0), *lines(1, 40), *lines(2, more)])


def test_a_work_queue_is_emptied_once_its_messages_are_registered(tmp_path: Path, server: Nats) -> None:
    server.call(lambda stream: stream.delete_stream("FEED"))
    server.add_stream("FEED", ["web.>"], retention=RetentionPolicy.WORK_QUEUE)
    live = office(tmp_path, server)
    sent = list[str]()
    dice = random.Random(9)
    for number in range(5):
        sent += lines(number, 40)
        server.publish("web.a", *lines(number, 40))
        kill_at(dice.randrange(60, 160), live)
    live.watch_once()
    require_messages(live, sent)
    # The server takes the acknowledged messages away in a thread of its own.
    wait_until(lambda: server.call(lambda stream: stream.stream_info("FEED")).state.messages == 0)


def test_a_stream_that_deletes_what_nobody_reads_is_refused(tmp_path: Path, server: Nats) -> None:
    server.call(lambda stream: stream.delete_stream("FEED"))
    server.add_stream("FEED", ["web.>"], retention=RetentionPolicy.INTEREST)
    with pytest.raises(Refused, match="deletes them otherwise"):
        office(tmp_path, server).watch_once()


def test_a_stream_that_is_not_there_is_named(live: LiveOffice, server: Nats) -> None:
    server.call(lambda stream: stream.delete_stream("FEED"))
    with pytest.raises(StoreUnreachable, match="stream not found"):
        live.watch_once()


def test_a_password_is_read_from_a_private_file_and_never_leaks(tmp_path: Path) -> None:
    secret = "correct-horse-battery"
    server = Nats(f'authorization {{ user: feed, password: "{secret}" }}', {"user": "feed", "password": secret})
    try:
        server.add_stream("FEED", ["web.>"])
        server.publish("web.a", *lines(0))
        live, login = office(tmp_path, server), tmp_path / "login.toml"
        login.write_text('user = "feed"\npassword_file = "password"\n')
        (tmp_path / "password").write_text(f"{secret}\n")
        request = replace(live.request, broker_login=login)
        with pytest.raises(NotAllowed, match="holds a secret"):
            live.watch_once(request)
        login.chmod(0o600)
        (tmp_path / "password").chmod(0o600)
        assert live.watch_once(request).lines == 60
        stored_bytes = b"".join(path.read_bytes() for path in live.office.workspace.folder.rglob("*") if path.is_file())
        assert secret.encode() not in stored_bytes and b"/FEED" in stored_bytes
        assert not any(line.encode() in stored_bytes for line in lines(0) if "//board.example/" not in line)
        with pytest.raises(StoreUnreachable, match="Authorization Violation") as refused:
            live.watch_once()
        assert secret not in str(refused.value)
    finally:
        server.close()


def test_a_client_is_known_by_its_certificate_and_another_authority_is_not_trusted(tmp_path: Path) -> None:
    made = tmp_path / "made"
    (made / "other").mkdir(parents=True)
    make_certificates(made, "server", "feed")
    make_certificates(made / "other")
    pems = f'cert_file: "{made}/server.pem", key_file: "{made}/server.key", ca_file: "{made}/ca.pem", verify: true'
    file = made / "login.toml"
    file.write_text('ca = "ca.pem"\ncertificate = "feed.pem"\nkey = "feed.key"\n')
    file.chmod(0o600)
    server = Nats(f"tls {{ {pems} }}", {"tls": read_login(file).build_tls_context()})
    try:
        server.add_stream("FEED", ["web.>"])
        server.publish("web.a", *lines(0))
        live = office(tmp_path, server)
        live = replace(live, request=replace(live.request, broker_login=file))
        assert live.watch_once().lines == 60
        require_messages(live, lines(0))
        for text in ('ca = "ca.pem"\n', 'ca = "other/ca.pem"\ncertificate = "feed.pem"\nkey = "feed.key"\n'):
            file.write_text(text)
            with pytest.raises(StoreUnreachable):
                live.watch_once()
    finally:
        server.close()
