"""The published schemas are those of the models, and the models' own events fit them."""

import json
from pathlib import Path
from typing import Any

import orjson
import pytest
from fuzz_events import PROCESSED, hostile
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from groundswell.models.change import CHANGE_EVENTS
from groundswell.models.change_envelope import schema_url
from groundswell.models.contract import CloudEvent
from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.names import NameBook
from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.models.spike import Spike, SpikeAnnotations, SpikeKind, SpikeLabels
from groundswell.models.taxonomy import Taxonomy
from groundswell.models.turn import SegmentOutcome, TurnRead
from groundswell.streams.cli import app
from groundswell.streams.schemas import schemas

FOLDER = Path(__file__).parents[1] / "docs" / "schemas"
SCHEMAS = dict(schemas())
AT = Source(log="l", partition=0, offset=3)


def faults(name: str, value: bytes | Any) -> list[str]:
    parsed = orjson.loads(value) if isinstance(value, bytes) else value
    return [error.message for error in Draft202012Validator(SCHEMAS[name]).iter_errors(parsed)]


def test_the_published_files_are_what_the_command_writes_now(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["schemas", "--out", str(tmp_path)])
    assert done.exit_code == 0, done.output
    written = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    published = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}
    assert written == published, "run: groundswell schemas --out docs/schemas"


def test_the_command_removes_schemas_of_types_that_are_gone(tmp_path: Path) -> None:
    (tmp_path / "intent.vanished.v1.json").write_text("{}")
    CliRunner().invoke(app, ["schemas", "--out", str(tmp_path)])
    assert {path.stem for path in tmp_path.iterdir()} == set(SCHEMAS)


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_each_schema_is_valid_and_is_named_as_its_events_say(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert SCHEMAS[name]["$id"] == schema_url(name) == schema_url((FOLDER / f"{name}.json").stem)
    assert json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["title"] == name


def test_every_change_event_has_a_schema() -> None:
    assert CHANGE_EVENTS.keys() <= SCHEMAS.keys()


def test_readers_may_meet_unknown_fields() -> None:
    assert '"additionalProperties": false' not in json.dumps(SCHEMAS)


def test_the_schema_of_conversation_events_accepts_what_is_accepted_and_refuses_what_is_refused() -> None:
    validator = Draft202012Validator(SCHEMAS["conversation.event.v1"])
    accepted = refused = 0
    for one in hostile(3, 600):
        if one.fate == PROCESSED and b'"specversion"' not in one.value:
            assert validator.is_valid(orjson.loads(one.value)), one.value[:300]
            accepted += 1
        elif one.fate == "not_an_object":
            assert not validator.is_valid(orjson.loads(one.value)), one.value
            refused += 1
    assert accepted > 100
    assert refused > 10
    assert validator.is_valid({"conversation_id": "c1", "role": "user", "text": "hello"})
    assert not validator.is_valid({"conversation_id": 5, "role": "user", "text": "hello"})
    assert not validator.is_valid({"conversation_id": "c1", "role": "nobody", "text": "hello"})
    assert not validator.is_valid({"conversation_id": "c1", "tenant": "Big Corp"})


def test_taxonomy_events_fit_the_schema_that_they_name() -> None:
    taxonomy, names = Taxonomy("acme", "support"), NameBook()
    names.observe("f1", Example(0.9, "I want to cancel my order"))
    created = taxonomy.update({"f1": "i1"}, (), names, 0, AT)
    retired = taxonomy.update({}, (), names, 60_000, AT)
    for event in (*created, *retired):
        assert event.dataschema == schema_url(event.type)
        assert not faults(event.type, event.encode())
    assert [event.type for event in (*created, *retired)] == ["intent.created.v1", "intent.retired.v1"]


def test_an_event_fits_the_schema_of_no_other_type() -> None:
    taxonomy, names = Taxonomy("acme", "support"), NameBook()
    [created] = taxonomy.update({"f1": "i1"}, (), names, 0, AT)
    assert faults("intent.retired.v1", created.encode())


def test_spikes_fit_their_schema() -> None:
    labels = SpikeLabels(
        alertname="IntentVolumeSpike",
        tenant="acme",
        agent="support",
        intent_id="i1",
        intent_kind=SpikeKind.VOLUME,
        severity="info",
    )
    zeros = dict.fromkeys(
        (
            *("observed", "expected", "ratio", "ratio_low", "ratio_high", "excess", "share_before"),
            *("share_after", "statistic", "threshold"),
        ),
        0.5,
    )
    whole = dict.fromkeys(("onset_minute", "detected_minute", "conversations", "users", "time_ms"), 1)
    spike = Spike(
        id="s",
        source="/tenants/acme/agents/support",
        type="intent.spike.firing.v1",
        subject="i1",
        time="2026-01-01T00:00:00.000Z",
        tenant="acme",
        agent="support",
        intent_id="i1",
        intent_name="cancel order",
        kind=SpikeKind.VOLUME,
        status="firing",
        fingerprint="f",
        startsAt="2026-01-01T00:00:00.000Z",
        labels=labels,
        annotations=SpikeAnnotations(intent_name="cancel order", summary="up"),
        **zeros,
        **whole,
    )
    assert not faults("intent.spike.firing.v1", spike.encode())
    assert faults("intent.spike.firing.v1", spike.encode().replace(b'"startsAt"', b'"starts_at"'))


def test_turns_and_minutes_fit_their_schemas() -> None:
    outcome = SegmentOutcome(segment=0, status="failed", probability=1.0)
    turn = TurnRead(tenant="acme", agent="support", time=1, source=AT, outcomes=(outcome,))
    assert not faults("turn.read.v1", turn.encode())
    minute = IntentMinute(
        tenant="acme",
        agent="support",
        minute=1,
        closed=1,
        conversations=1,
        counts={"f1": Count(turns=2, completed=-1)},
        source=AT,
    )
    assert not faults("intent.minute.v1", minute.encode())


def test_headers_are_those_of_the_binary_mode_of_cloudevents() -> None:
    event = CloudEvent(id="1", source="/s", type="t.v1", subject="x", time="2026-01-01T00:00:00Z")
    assert dict(event.headers()) == {
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_source": b"/s",
        "ce_type": b"t.v1",
        "ce_subject": b"x",
        "ce_time": b"2026-01-01T00:00:00Z",
        "content-type": b"application/json",
    }
