"""A real Apache Kafka for the tests: one KRaft node on loopback, from the project's own jars.

Maven fetches them once into the user's cache folder; after that a broker starts in about four seconds.
"""

import atexit
import base64
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

import servers
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

VERSION = "4.1.0"
USER, PASSWORD = "groundswell", "of the tests"
DEPENDENCY_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"

POM = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>groundswell</groupId>
  <artifactId>test-broker</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>{VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""

# A one-node cluster that keeps little and lets a group form at once, so that tests do not wait. It looks for
# records beyond a topic's retention all the time: by the default, every five minutes, a test that sends old
# ones would lose them now and then.
PROPERTIES = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},LOGIN://127.0.0.1:{login}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},LOGIN://127.0.0.1:{login}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,LOGIN:SASL_PLAINTEXT
listener.name.login.sasl.enabled.mechanisms=PLAIN
listener.name.login.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  user_{user}="{password}";
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs={logs}
auto.create.topics.enable=false
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=500
log.initial.task.delay.ms=500
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=2000
group.min.session.timeout.ms=1000
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
log.cleaner.dedupe.buffer.size=4194304
"""

#: Configuration of a topic whose records are stamped with times long gone: it forgets nothing.
KEEPS = {"retention.ms": "-1"}

JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")


class Kafka:
    """A broker at an address, and what tests ask of it."""

    def __init__(self, bootstrap: str) -> None:
        self.bootstrap = bootstrap  # host:port

    def create_topics(self, partitions: Mapping[str, int], configs: Mapping[str, str] | None = None) -> None:
        """Create each named topic with that many partitions and one replica."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.create_topics(
                [NewTopic(n, p, 1, topic_configs=dict(configs or {})) for n, p in partitions.items()]
            )
        finally:
            admin.close()

    def delete_records(self, topic: str, partition: int, before: int) -> None:
        """Delete the records of a partition that stand before an offset, as retention would."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.delete_records({TopicPartition(topic, partition): before})
        finally:
            admin.close()

    def topics(self) -> set[str]:
        """Names of the topics that exist."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            return set(admin.list_topics())
        finally:
            admin.close()


class KafkaBroker(Kafka):
    """A broker process of our own: started, killed, paused and restarted on the same data and ports."""

    def __init__(self, folder: Path) -> None:
        """Prepare a cluster whose configuration, data and log stand in `folder`."""
        self._java, self._jars, self._folder = servers.java(), jars(), folder
        port, controller, login = _free_ports(3)
        super().__init__(f"127.0.0.1:{port}")
        self.login = f"127.0.0.1:{login}"  # the same broker, for who knows USER and PASSWORD
        self.cluster_id = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=").replace("-", "A")
        self.log = folder / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._properties = folder / "server.properties"
        self._properties.write_text(
            PROPERTIES.format(
                port=port,
                controller=controller,
                login=login,
                user=USER,
                password=PASSWORD,
                logs=folder / "data",
            ),
            encoding="utf-8",
        )
        self._run("kafka.tools.StorageTool", "format", "-t", self.cluster_id, "-c", str(self._properties))
        atexit.register(self.kill)

    @property
    def pid(self) -> int:
        """Process id of the running broker."""
        assert self._process is not None, "the broker is not running"
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there (a paused one is)."""
        return self._process is not None and self._process.poll() is None

    def start(self, within: float = 60.0) -> None:
        """Start the process and return when it serves clients, at most `within` seconds later."""
        if self.running:
            return
        written = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*_dies_with_us(), *self._command("kafka.Kafka", str(self._properties))],
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # a Ctrl-C is for the tests; they stop the broker when they are done
            )
        deadline = time.monotonic() + within
        while b"Kafka Server started" not in self.log.read_bytes()[written:]:
            if not self.running or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"Kafka did not start within {within:g} s; its log ends:\n{self._tail()}")
            time.sleep(0.1)

    def stop(self, within: float = 30.0) -> None:
        """End the process as an operator would (SIGTERM), and by force if it does not comply."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()
        self._process = None

    def kill(self) -> None:
        """End the process at once (SIGKILL), as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freeze the process (SIGSTOP): connections stay open, nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen process go on (SIGCONT)."""
        os.kill(self.pid, signal.SIGCONT)

    def _command(self, main: str, *arguments: str) -> list[str]:
        return [self._java, *JVM, "-cp", f"{self._jars}/*", main, *arguments]

    def _run(self, main: str, *arguments: str) -> None:
        done = subprocess.run(self._command(main, *arguments), capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{main} failed:\n{done.stdout}{done.stderr}")

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-30:])


def jars() -> Path:
    """Folder with the broker's jars, filled on first use.

    Raises:
        servers.MissingProgram: they are not cached yet and there is no Maven, or it reaches no repository.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "groundswell"
    folder = cache / f"kafka-{VERSION}"
    if not folder.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            _fetch_jars(Path(scratch))
            _publish(Path(scratch) / "jars", folder)
    return folder


def _fetch_jars(scratch: Path) -> None:
    (scratch / "pom.xml").write_text(POM, encoding="utf-8")
    copy = [f"{DEPENDENCY_PLUGIN}:copy-dependencies", f"-DoutputDirectory={scratch / 'jars'}"]
    done = subprocess.run(
        [servers.maven(), "-q", "-B", "-f", str(scratch / "pom.xml"), *copy],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise servers.MissingProgram(
            f"Maven could not fetch Kafka {VERSION} (no network?): {done.stdout.strip()[:300]} "
            f"Try again, {servers.OWN_BROKER}"
        )


def _publish(complete: Path, folder: Path) -> None:
    """Move the complete folder into place in one step; whoever was first has won, the content is the same."""
    try:
        complete.rename(folder)
    except OSError:
        if not folder.exists():
            raise


def _free_ports(count: int) -> list[int]:
    """Ports that nothing listens on; all held at once, so that they differ."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


def _dies_with_us() -> list[str]:
    """Command prefix by which the kernel ends the broker when the tests are killed (Linux)."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []
