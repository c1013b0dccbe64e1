import json
from typing import Any

import jsonschema
import pytest
from proposals_threads import run, uninsured
from pydantic import ValidationError

from groundswell.models.change import (
    CHANGE_EVENTS,
    ChangeMeasured,
    ChangeProposed,
    ChangeStatus,
    ChangeSuperseded,
    ChangeWithdrawn,
    ChangeWithheld,
)
from groundswell.models.change_envelope import event_id_of, fingerprint_of, hash_of, proposal_id_of

ENVELOPE = {
    "specversion": "1.0",
    "id": "e1",
    "source": "/tenants/demo/agents/booking",
    "subject": "cancel",
    "time": "2026-03-01T12:00:00.000Z",
    "datacontenttype": "application/json",
    "dataschema": "https://example.org/schema.json",
    "tenant_id": "demo",
    "agent_id": "booking",
    "environment": "production",
    "correlation_id": "spike-7",
    "fingerprint": "0" * 64,
}
COHORT = {"from": "2026-03-01T00:00:00Z", "to": "2026-03-08T00:00:00Z", "n": 400}
MINIMAL: dict[type[Any], dict[str, Any]] = {
    ChangeSuperseded: {"proposal_id": "p", "revision": 1, "superseded_by": "q", "reason": "new base"},
    ChangeWithdrawn: {"proposal_id": "p", "revision": 1, "reason": "base_moved"},
    ChangeStatus: {"proposal_id": "p", "status": "merged", "sha": "abc", "actor": "jo"},
    ChangeMeasured: {
        "proposal_id": "p",
        "merged_sha": "abc",
        "deployed_at": "2026-03-01T12:00:00Z",
        "cohorts": {"before": COHORT, "after": COHORT, "match_keys": ["plan"], "excluded_diagnosis_ids": 31},
        "metric": {
            "before": 0.5,
            "after": 0.4,
            "delta": -0.1,
            "ci_low": -0.2,
            "ci_high": 0.0,
            "test": "betting e-process",
        },
        "guardrails": [{"metric": "escalation_rate", "before": 0.1, "after": 0.1, "ok": True}],
        "overlapping_changes": [],
        "verdict": "keep",
        "next_action": "none",
        "inverse_diff": "--- a/x\n",
    },
}


@pytest.fixture(scope="module")
def proposal() -> ChangeProposed:
    return run(uninsured()).proposals[0]


@pytest.fixture(scope="module")
def withheld() -> ChangeWithheld:
    return run([]).withheld[0]


def test_a_proposal_survives_the_wire(proposal: ChangeProposed) -> None:
    again = ChangeProposed.model_validate_json(proposal.encode())
    assert again == proposal
    assert again.encode() == proposal.encode()


def test_a_withheld_change_survives_the_wire(withheld: ChangeWithheld) -> None:
    assert ChangeWithheld.model_validate_json(withheld.encode()) == withheld


@pytest.mark.parametrize("model", MINIMAL, ids=lambda model: model.event_type)
def test_every_other_event_survives_the_wire(model: type[ChangeStatus]) -> None:
    event = model.model_validate(ENVELOPE | MINIMAL[model])
    assert event.type == model.event_type
    assert model.model_validate_json(event.encode()) == event


def test_every_event_type_has_its_model() -> None:
    assert {*MINIMAL, ChangeProposed, ChangeWithheld} == set(CHANGE_EVENTS.values())
    assert all(name.startswith("change.") and name.endswith(".v1") for name in CHANGE_EVENTS)


@pytest.mark.parametrize("name", CHANGE_EVENTS)
@pytest.mark.parametrize("mode", ["serialization", "validation"])
def test_every_event_has_a_json_schema(name: str, mode: Any) -> None:
    schema = CHANGE_EVENTS[name].model_json_schema(mode=mode)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_what_is_sent_fits_its_own_schema(proposal: ChangeProposed, withheld: ChangeWithheld) -> None:
    for event in (proposal, withheld):
        schema = type(event).model_json_schema(mode="serialization")
        jsonschema.validate(json.loads(event.encode()), schema)


def test_auto_merge_can_be_true_in_no_event(proposal: ChangeProposed) -> None:
    data = json.loads(proposal.encode())
    assert data["review"] == data["review"] | {"required": True, "auto_merge": False}
    for change in ({"auto_merge": True}, {"required": False}):
        with pytest.raises(ValidationError):
            ChangeProposed.model_validate(data | {"review": data["review"] | change})
    review = ChangeProposed.model_json_schema(mode="serialization")["$defs"]["Review"]["properties"]
    assert review["auto_merge"]["const"] is False


@pytest.mark.parametrize(
    ("part", "fields"),
    {
        "": "specversion id source type subject time datacontenttype dataschema traceparent tenant_id"
        " agent_id environment proposal_id revision fingerprint supersedes status substatus expires_at"
        " correlation_id title summary intent trigger impact score diagnosis change evidence backtest"
        " expectation review pull_request links privacy provenance untrusted_fields",
        "intent": "id name description version lineage first_seen last_seen kind",
        "trigger": "rule_id kind window_start window_end baseline observed ratio threshold min_volume"
        " starts_at release_markers prompt_versions",
        "impact": "conversations users share completion_rate abandonment_rate median_turns_to_resolution"
        " escalation_rate repair_rate sentiment revenue_at_risk stage_mix trend",
        "score": "value components weights formula_version rank",
        "diagnosis": "class mechanism lever confidence first_failing_turn confirmed alternatives"
        " contrast_success_ids",
        "change": "kind repo path base_ref base_digest unified_diff inverse_diff lines_added lines_removed"
        " budget hunks conflicts_checked",
        "evidence": "total included truncated items",
        "backtest": "status motivating golden runner model judge seed excluded_ids_digest report_url",
        "expectation": "metric intent_id cohort baseline direction target min_sample window guardrails",
        "review": "required owners reviewers labels auto_merge",
        "pull_request": "branch commit_message body_markdown marker",
        "links": "dashboard intent conversations_query runbook",
        "privacy": "redaction_version min_users suppressed_fields",
        "provenance": "pipeline_version embedder taxonomy_version llm_model prompt_version tokens cost_usd"
        " input_offsets",
    }.items(),
)
def test_a_proposal_carries_every_field_of_the_contract(
    part: str, fields: str, proposal: ChangeProposed
) -> None:
    data = json.loads(proposal.encode())
    assert set(fields.split()) <= set(data[part] if part else data)


def test_readers_ignore_fields_of_newer_minor_versions(proposal: ChangeProposed) -> None:
    data = json.loads(proposal.encode()) | {"new_field": 1}
    data["diagnosis"]["newer_still"] = "x"
    assert ChangeProposed.model_validate(data) == proposal


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": "x" * 73},
        {"time": "2026-03-01T12:00:00"},
        {"time": "noon"},
        {"type": "change.withheld.v1"},
        {"fingerprint": "abc"},
        {"specversion": "0.3"},
        {"id": ""},
        {"status": "applied"},
    ],
)
def test_what_breaks_the_contract_is_refused(wrong: dict[str, str], proposal: ChangeProposed) -> None:
    with pytest.raises(ValidationError):
        ChangeProposed.model_validate(json.loads(proposal.encode()) | wrong)


def test_headers_are_those_of_the_kafka_binding(proposal: ChangeProposed) -> None:
    headers = dict(proposal.headers())
    assert headers["ce_type"] == b"change.proposed.v1"
    assert headers["ce_id"].decode() == proposal.id
    assert headers["ce_subject"].decode() == proposal.intent.id
    assert headers["content-type"] == b"application/json"
    assert headers["ce_dataschema"].endswith(b"change.proposed.v1.json")
    assert "ce_traceparent" not in headers


def test_event_time_is_the_trigger_s(proposal: ChangeProposed) -> None:
    assert proposal.time == "2026-03-01T12:00:00.000Z"
    assert proposal.expires_at.isoformat() == "2026-03-15T12:00:00+00:00"


@pytest.mark.parametrize("changed", range(6))
def test_the_fingerprint_depends_on_each_of_its_six_parts(changed: int) -> None:
    parts = ["t", "a", "i", "p", "d", "m"]
    other = [part + "x" * (place == changed) for place, part in enumerate(parts)]
    assert fingerprint_of(*parts) != fingerprint_of(*other)


def test_ids_derive_from_what_they_name() -> None:
    fingerprint = fingerprint_of("t", "a", "i", "p", "d", "m")
    assert proposal_id_of(fingerprint, 1) != proposal_id_of(fingerprint, 2)
    assert event_id_of("spike", fingerprint, "x") == event_id_of("spike", fingerprint, "x")
    assert len({event_id_of("spike", fingerprint, kind) for kind in "xy"}) == 2
    assert hash_of(["ab", "c"]) != hash_of(["a", "bc"])
