"""A real Kafka broker: its jars come from Maven Central, and run on the installed Java."""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from confluent_kafka import KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from sightline.errors import undo_on_failure
from tests.servers.program import HOST, NotHere, Program, free_ports

VERSION = "3.9.1"
JARS = Path.home() / ".cache" / "sightline-tests" / f"kafka-{VERSION}"
_POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sightline.tests</groupId>
  <artifactId>kafka</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{VERSION}</version>
    </dependency>
  </dependencies>
</project>
"""
_SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    # After it was killed, its controller lets it in again only when its last session is over.
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
    # Each message is on disk before it is acknowledged to who sent it.
    "log.flush.interval.messages": "1",
}


def install() -> None:
    """Fetch the jars by Maven, if it is there and they are not."""
    if JARS.exists() or shutil.which("mvn") is None:
        return
    with tempfile.TemporaryDirectory() as folder:
        pom, jars = Path(folder) / "pom.xml", Path(folder) / "jars"
        pom.write_text(_POM)
        copy = ["dependency:copy-dependencies", f"-DoutputDirectory={jars}", "-DincludeScope=runtime"]
        subprocess.run(["mvn", "-q", "-B", "-f", pom, *copy], check=True)
        JARS.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(jars, JARS.with_suffix(".tmp"), dirs_exist_ok=True)
        JARS.with_suffix(".tmp").rename(JARS)


class Kafka:
    """One broker that is its own controller, which a test may kill, start again, and put back.

    `settings`: more of its configuration. With a `ssl.keystore.location`, it also listens at `encrypted_port`.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._java = shutil.which("java")
        if self._java is None or not JARS.exists():
            raise NotHere("Kafka (java, mvn, and python -m tests.servers install)")
        self._place = Path(tempfile.mkdtemp(prefix="sightline-kafka-"))
        self.store = self._place / "store"
        (self._place / "run").mkdir()
        self.port, controller, self.encrypted_port = free_ports(3)
        open_to_all = f"PLAINTEXT://{HOST}:{self.port}"
        if "ssl.keystore.location" in (settings or {}):
            open_to_all += f",SASL_SSL://{HOST}:{self.encrypted_port}"
        ports = {
            "listeners": f"{open_to_all},CONTROLLER://{HOST}:{controller}",
            "advertised.listeners": open_to_all,
            "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT",
            "controller.quorum.voters": f"1@{HOST}:{controller}",
            "log.dirs": str(self.store),
        }
        self._file = self._place / "server.properties"
        given = _SETTINGS | ports | dict(settings or {})
        self._file.write_text("".join(f"{name}={value}\n" for name, value in given.items()))
        with undo_on_failure(self.close):
            identity = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
            format_store = self._command("kafka.tools.StorageTool", "format", "-t", identity, "-c", str(self._file))
            subprocess.run(format_store, check=True, capture_output=True)
            self.start()

    def start(self) -> None:
        """Start it, with what it stored."""
        self._program = Program(self._command("kafka.Kafka", str(self._file)), self._place / "run", signal="KILL")
        self._program.wait_until(self._answers)

    def stop(self, number: int = signal.SIGKILL) -> None:
        """End it; by default as a loss of power does."""
        self._program.stop(number)

    def close(self) -> None:
        """Kill it, and remove all."""
        if hasattr(self, "_program"):
            self.stop()
        shutil.rmtree(self._place, ignore_errors=True)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"{HOST}:{self.port}"

    def admin(self) -> AdminClient:
        """Return a client that may do all."""
        return AdminClient({"bootstrap.servers": self.address, "log_level": 0})

    def add_topic(self, name: str, partitions: int = 1, **settings: str) -> None:
        """Make a topic."""
        config = {key.replace("_", "."): value for key, value in settings.items()}
        client = self.admin()
        client.create_topics([NewTopic(name, partitions, 1, config=config)])[name].result()

    def publish(self, topic: str, partition: int, *messages: bytes | str, transaction: str | None = None) -> None:
        """Send messages one after the other; all are stored when this returns. `transaction`: the id of a sender."""
        given = {"bootstrap.servers": self.address, "acks": "all", "linger.ms": 0, "log_level": 0}
        producer = Producer(given | ({} if transaction is None else {"transactional.id": transaction}))
        if transaction is not None:
            producer.init_transactions()
            producer.begin_transaction()
        for message in messages:
            producer.produce(topic, message, partition=partition)
        if transaction is not None:
            producer.commit_transaction()
        assert producer.flush(30) == 0

    def _command(self, *words: str) -> list[str]:
        options = ["-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{JARS}/*"]
        return [self._java or "", *options, *words]

    def _answers(self) -> bool:
        with suppress(KafkaException):
            return bool(self.admin().list_topics(timeout=2).brokers)
        return False
