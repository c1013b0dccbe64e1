"""What docs/capture.md says is so: every name of the mapping table, every outcome, every example."""

import re
from pathlib import Path
from typing import get_args

import orjson
import yaml
from markdown_it import MarkdownIt

from groundswell.models.capture import names
from groundswell.models.capture.captured import Outcome
from groundswell.models.capture.dialects import KINDS
from groundswell.models.capture.native import events_of
from groundswell.sinks.otlp_answers import _CODES
from groundswell.streams.topics import MAX_MESSAGE_BYTES, OTLP_LOGS, OTLP_SPANS

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs/capture.md").read_text("utf-8")
NOW = 1_790_000_000_000


def row(what: str) -> list[str]:
    """The names in a row of the mapping table, in order; `prefix` {`a`, `b`} and `x` and `.y` spelt out."""
    (line,) = [line for line in TEXT.splitlines() if line.startswith(f"| {what} |")]
    found: list[str] = []
    for prefix, inside, name in re.findall(r"`([\w.]+\.)` \{([^}]*)\}|`([\w.*]+)`", line.split("|")[2]):
        if inside:
            found += [prefix + one for one in re.findall(r"`(\w+)`", inside)]
        elif name.startswith("."):
            found.append(found[-1].rpartition(".")[0] + name)
        else:
            found.append(name)
    return found


def test_the_table_tells_the_names_in_their_order() -> None:
    assert row("conversation") == [*names.CONVERSATION, *names.CONVERSATION_METADATA, "metadata"]
    assert row("tenant")[:-1] == list(names.TENANT)
    assert row("agent")[:-1] == list(names.AGENT)
    assert row("user (stored as a keyed hash)")[:-2] == list(names.USER)
    assert row("model") == list(names.MODEL)
    assert row("release") == list(names.RELEASE)
    assert row("config version, variant") == [*names.CONFIG_VERSION, *names.VARIANT]
    assert {name for pair in names.PROMPT for name in pair} == set(row("prompt version (`name@version`)"))
    assert row("tool") == [name for group in names.TOOL for name in group]
    assert row("kind of operation") == list(dict.fromkeys(name for _, name, _ in KINDS))
    assert row("slices")[-3:] == list(names.ENVIRONMENT)


def test_every_outcome_is_explained() -> None:
    told = set(re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE))
    assert told == {*get_args(Outcome), "truncated"}


def test_every_status_of_the_receiver_is_explained() -> None:
    told = {
        int(code) for cell in re.findall(r"^\| ([\d, ]+) \|", TEXT, re.MULTILINE) for code in cell.split(",")
    }
    assert told == {200, *_CODES}


def test_the_events_of_the_examples_are_taken_in() -> None:
    code = {token.info: token.content for token in MarkdownIt().parse(TEXT) if token.type == "fence"}
    (curl,) = re.findall(r"-d '(.*)'", code["sh"])
    (python,) = re.findall(r"b'(.*)'", code["python"])
    (script,) = re.findall(r"event = (\{.*\});", code["js"])
    script = re.sub(r"(\w+): ", r'"\1": ', script)
    for body in (curl, python, script):
        (event,) = events_of(body.encode(), NOW, 10_000).events
        assert orjson.loads(event.value)["text"] == "Where is my order?"


def test_the_collector_writes_to_the_topics_that_are_read_and_within_their_limit() -> None:
    config = yaml.safe_load((ROOT / "deploy/otel-collector.yaml").read_text("utf-8"))
    kafka = config["exporters"]["kafka"]
    assert (kafka["traces"]["topic"], kafka["logs"]["topic"]) == (OTLP_SPANS.name, OTLP_LOGS.name)
    assert kafka["producer"]["max_message_bytes"] <= MAX_MESSAGE_BYTES
    for pipeline in config["service"]["pipelines"].values():
        for part in ("receivers", "processors", "exporters"):
            assert set(pipeline[part]) <= config[part].keys()
