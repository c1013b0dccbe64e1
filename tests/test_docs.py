"""What the documents say is so: commands, settings, topics, metrics and links exist, examples work."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
import yaml
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from kafka_broker import KEEPS, Kafka
from markdown_it import MarkdownIt
from pydantic import SecretStr

from groundswell.models.change import ChangeStatus
from groundswell.models.dialogue import events_of
from groundswell.models.event import ConversationEvent, InvalidEvent, Reason, parse
from groundswell.sinks.series import Series
from groundswell.streams.cli import app
from groundswell.streams.delivery import Record
from groundswell.streams.letters import dead_letter
from groundswell.streams.settings import Settings
from groundswell.streams.topics import CONVERSATION_EVENTS, DEAD_LETTERS, OUTPUT_TOPICS, TOPICS

ROOT = Path(__file__).parents[1]
README, ARCHITECTURE, OPERATING, CAPTURE, PRIVACY = (
    ROOT / name
    for name in (
        "README.md",
        "docs/architecture.md",
        "docs/operating.md",
        "docs/capture.md",
        "docs/privacy.md",
    )
)
DOCUMENTS = (
    *(README, ARCHITECTURE, OPERATING, CAPTURE, PRIVACY),
    *(ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"),
)

COMMANDS = typer.main.get_command(app).commands
every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
with_tables = pytest.mark.parametrize("document", [README, OPERATING], ids=lambda path: path.name)


def text(document: Path) -> str:
    return document.read_text("utf-8")


def blocks(document: Path, language: str) -> list[str]:
    """The fenced code of a language."""
    tokens = MarkdownIt("commonmark").parse(text(document))
    return [token.content for token in tokens if token.type == "fence" and token.info == language]


def rows(document: Path, pattern: str) -> Iterator[list[str]]:
    """The cells of each table row whose first cell is code that matches."""
    for line in text(document).splitlines():
        if re.match(rf"\| `(?:{pattern})`", line):
            yield [cell.strip() for cell in line.strip("| ").split("|")]


def code(cell: str) -> str:
    return cell.strip("`")


def section(document: Path, heading: str) -> str:
    """What stands between a second-level heading and the next."""
    return text(document).split(f"\n## {heading}\n")[1].split("\n## ")[0]


# -- commands


@every_document
def test_every_groundswell_command_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"(?:^|[`/ ])groundswell ([a-z]+)(?=[ `\n])", text(document), re.MULTILINE))
    assert named <= set(COMMANDS)


def test_the_readme_names_every_command() -> None:
    for command in COMMANDS:
        assert f"groundswell {command}" in text(README) or f"make {command}" in text(README)


@every_document
def test_every_option_of_a_command_that_is_named_exists(document: Path) -> None:
    for command, rest in re.findall(rf"groundswell ({'|'.join(COMMANDS)})\b([^`\n]*)", text(document)):
        every = [COMMANDS[command], *getattr(COMMANDS[command], "commands", {}).values()]
        known = {option for one in every for parameter in one.params for option in parameter.opts}
        assert set(re.findall(r" (--[a-z-]+)", rest)) <= known, command


@every_document
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", text(ROOT / "Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^ +)make ([a-z]+)", text(document), re.MULTILINE))
    assert named <= targets


def test_every_figure_names_the_command_that_prints_it() -> None:
    table = [line for line in section(README, "Figures").splitlines() if line.startswith("| ")][1:]
    assert table
    for line in table:
        _, figure, command = (cell.strip() for cell in line.strip("|").rsplit("|", 2))
        assert figure
        script = re.search(r"`python (benchmarks/\w+\.py)", command)
        assert script or command in ("the same", "the four runs above"), line
        assert script is None or (ROOT / script[1]).is_file(), line


# -- settings


@with_tables
def test_settings_are_told_with_their_real_defaults(document: Path) -> None:
    told = {code(name): code(default) for name, default, *_ in rows(document, "GROUNDSWELL_[A-Z_]+")}
    assert told
    for name, default in told.items():
        field = Settings.model_fields[name.removeprefix("GROUNDSWELL_").lower()]
        assert default == written(field.get_default(call_default_factory=True)), name


def written(default: Any) -> str:
    """A default as the tables write it."""
    if default in (None, ""):
        return "none"
    if isinstance(default, SecretStr):
        return default.get_secret_value()
    return json.dumps(default) if isinstance(default, tuple | dict) else str(default)


def test_every_setting_is_documented_for_operators() -> None:
    told = {code(name) for name, *_ in rows(OPERATING, "GROUNDSWELL_[A-Z_]+")}
    assert told == {f"GROUNDSWELL_{name.upper()}" for name in Settings.model_fields}


@every_document
def test_every_environment_variable_that_is_named_is_read_somewhere(document: Path) -> None:
    settings = {f"GROUNDSWELL_{name.upper()}" for name in Settings.model_fields}
    of_the_tests = set(re.findall(r"GROUNDSWELL_[A-Z_]+", text(ROOT / "tests/servers.py")))
    of_the_tests |= set(re.findall(r"GROUNDSWELL_[A-Z_]+", text(ROOT / "tests/install_system.sh")))
    named = set(re.findall(r"\bGROUNDSWELL_[A-Z_]+\b", text(document)))
    assert named <= settings | of_the_tests


def test_the_example_configuration_is_valid() -> None:
    (example,) = blocks(README, "yaml")
    settings = Settings(**yaml.safe_load(example))
    assert settings.files_of("default", "support") is not None


# -- topics, metrics, alerts, letters


@with_tables
def test_every_topic_is_documented_with_its_key_and_retention(document: Path) -> None:
    names = "|".join(topic.name for topic in TOPICS)
    told = {code(cells[0]): cells[1:] for cells in rows(document, names)}
    assert set(told) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        assert {topic.key, f"{topic.retention_days} days"} <= set(told[topic.name]), topic.name


def test_every_output_file_of_a_run_is_documented() -> None:
    told = {code(name) for name, *_ in rows(README, r"[a-z-]+\.jsonl")}
    assert told == {f"{topic.name}.jsonl" for topic in OUTPUT_TOPICS}


def test_every_metric_is_documented_with_its_labels() -> None:
    told = {code(name): labels for name, labels, *_ in rows(README, r"groundswell_\w+")}
    assert told == {name: ", ".join(labels) for name, labels in metrics().items()}


def metrics() -> dict[str, tuple[str, ...]]:
    """Labels by the name under which a metric is exposed."""
    declared = [one for one in vars(Series()).values() if hasattr(one, "_labelnames")]
    grouped = [one for one in vars(Series()).values() if isinstance(one, dict)]
    declared += [one for group in grouped for one in group.values()]
    found = {
        metric._name + ("_total" if metric._type == "counter" else ""): metric._labelnames
        for metric in declared
    }
    return {**found, "groundswell_build_info": ("version",)}


@every_document
def test_every_metric_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"`(groundswell_[a-z_]+)`", text(document))) - {"groundswell_"}
    assert named <= set(metrics())


def test_every_alert_is_explained_with_its_severity() -> None:
    groups = yaml.safe_load(text(ROOT / "deploy/prometheus/rules.yml"))["groups"]
    alerts = {
        rule["alert"]: rule["labels"]["severity"]
        for group in groups
        for rule in group["rules"]
        if "alert" in rule
    }
    told = {code(name): severity for name, severity, *_ in rows(OPERATING, "|".join(alerts))}
    assert told == alerts


def test_every_reason_and_header_of_a_dead_letter_is_documented() -> None:
    letters = section(OPERATING, "Dead letters")
    record = Record("conversation-events", 0, 0, None, b"x" * 9_000_000, 0, {})
    letter = dead_letter(record, InvalidEvent("too_large", "9 MB"), stage="turns")
    for word in (*get_args(Reason), *(name for name, _ in letter.headers)):
        assert f"`{word}`" in letters, word


# -- links and places


@every_document
def test_every_link_leads_to_a_file_and_heading_that_exist(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", text(document)):
        if target.startswith("https://"):
            continue
        path, _, anchor = target.partition("#")
        found = (document.parent / path) if path else document
        assert found.exists(), target
        assert not anchor or anchor in anchors(found), target


def anchors(document: Path) -> set[str]:
    """The anchors of headings, as code hosts derive them."""
    headings = re.findall(r"^#+ (.*)$", text(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@every_document
def test_every_path_of_the_repository_that_is_named_exists(document: Path) -> None:
    folders = "models|streams|sinks|tests|benchmarks|examples|deploy|docs"
    for path in re.findall(rf"[`( ]((?:{folders})/[\w./-]*)[`)]", text(document)):
        assert (ROOT / path).exists(), path


@every_document
def test_no_document_knows_the_machine_it_was_written_on(document: Path) -> None:
    places = r"(?:^|[\s`(\"'])/(?:home|root|work|tmp|Users|mnt)/\S*"
    assert re.findall(rf"{places}|index-url|pypi\.\S+", text(document)) == []


def test_pictures_are_small_enough_to_load_with_the_page() -> None:
    for picture in (ROOT / "docs/images").iterdir():
        assert picture.stat().st_size < 300_000, picture.name


# -- snippets


def test_the_example_conversation_is_taken_in() -> None:
    example, _ = blocks(README, "json")
    events = events_of(json.loads(example), start=0)
    told = [event.get("role", event.get("type")) for event in events]
    assert told == ["user", "tool", "assistant", "outcome"]


def test_the_example_answer_to_a_proposal_is_valid() -> None:
    _, example = blocks(README, "json")
    assert ChangeStatus.model_validate_json(example).status == "stale"


def test_every_status_of_a_proposal_is_documented() -> None:
    for status in get_args(ChangeStatus.model_fields["status"].annotation):
        assert re.search(rf'["`]{status}["`]', section(README, "Topics")), status


def test_every_field_of_a_conversation_event_is_documented() -> None:
    told = {name for cells in rows(README, "[a-z_]+") for name in re.findall(r"`([a-z_]+)`", cells[0])}
    assert set(ConversationEvent.model_fields) <= told


@every_document
def test_every_python_snippet_parses(document: Path) -> None:
    for snippet in blocks(document, "python"):
        ast.parse(snippet)


def execute(snippet: str, kafka: Kafka, prefix: str) -> None:
    """Run a snippet as a user would, on the broker and topics of the test."""
    for topic in TOPICS:
        snippet = snippet.replace(f'"{topic.name}"', f'"{prefix}{topic.name}"')
    snippet = snippet.replace("localhost:9092", kafka.bootstrap)
    done = subprocess.run(
        [sys.executable, "-c", snippet], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


async def records(kafka: Kafka, topic: str) -> list[Any]:
    """Everything that stands on a topic of one partition."""
    partition, found = TopicPartition(topic, 0), []
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.bootstrap)
    await consumer.start()
    try:
        consumer.assign([partition])
        await consumer.seek_to_beginning(partition)
        end = (await consumer.end_offsets([partition]))[partition]
        while await consumer.position(partition) < end:
            found += (await consumer.getmany(partition, timeout_ms=500)).get(partition, [])
    finally:
        await consumer.stop()
    return found


async def test_the_producer_of_the_readme_sends_a_valid_event(kafka: Kafka, prefix: str) -> None:
    kafka.create_topics({prefix + CONVERSATION_EVENTS.name: 1})
    (snippet,) = blocks(README, "python")

    execute(snippet, kafka, prefix)

    (record,) = await records(kafka, prefix + CONVERSATION_EVENTS.name)
    event, time = parse(record.value, timestamp=record.timestamp)
    assert (event.conversation_id, event.role, event.text) == ("c1", "user", "Where is my order?")
    assert time == record.timestamp


async def test_the_replay_of_dead_letters_sends_the_mended_record_alone(kafka: Kafka, prefix: str) -> None:
    source, letters = prefix + CONVERSATION_EVENTS.name, prefix + DEAD_LETTERS.name
    kafka.create_topics({source: 1, letters: 1}, KEEPS)
    value = b'{"conversation_id": "c1", "role": "user", "user_text": "Hi"}'
    bad = Record(source, 0, 7, b"k", value, 10**12, {"trace": b"t"})
    worse = Record(source, 0, 8, b"k", b"{", 10**12, {})
    producer = AIOKafkaProducer(bootstrap_servers=kafka.bootstrap)
    await producer.start()
    for record, reason in ((bad, "missing_field"), (worse, "invalid_json")):
        letter = dead_letter(record, InvalidEvent(reason, "as found"), stage="turns")
        await producer.send_and_wait(
            letters, letter.value, letter.key, timestamp_ms=letter.timestamp, headers=list(letter.headers)
        )
    await producer.stop()
    (snippet,) = blocks(OPERATING, "python")

    execute(snippet, kafka, prefix)

    (mended,) = await records(kafka, source)
    event, _ = parse(mended.value, timestamp=mended.timestamp)
    assert event.text == "Hi"
    assert (mended.key, mended.timestamp, mended.headers) == (b"k", 10**12, (("trace", b"t"),))
