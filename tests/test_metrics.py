"""The metrics: what is counted, under bounded labels, and how it is exposed."""

import random
import re

import pytest

from groundswell.models.labels import MAX_AGENTS, MAX_INTENTS, MAX_REASONS
from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.models.slots import OTHER, Popularity, Slots
from groundswell.models.spike import Spike
from groundswell.sinks.metrics import OUTCOMES, Metrics

OPENMETRICS = "application/openmetrics-text; version=1.0.0"
INTENT = "01JABC"


def value(metrics: Metrics, series: str, /, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"groundswell_{series}", labels)


def of_intent(metrics: Metrics, series: str, intent: str = INTENT, /, **labels: str) -> float | None:
    return value(metrics, series, tenant="acme", agent="shop", intent=intent, **labels)


def assign(metrics: Metrics, intent: str = INTENT, agent: str = "shop", *, new: bool = True) -> None:
    metrics.observe_assignment("acme", agent, intent, new_conversation=new)


def minute(number: int, counts: dict[str, int], groups: dict[str, str], **fields: object) -> IntentMinute:
    return IntentMinute(
        tenant="acme",
        agent="shop",
        minute=number,
        closed=(number + 1) * 60_000,
        conversations=sum(counts.values()),
        counts={fine: Count(conversations=n, turns=n) for fine, n in counts.items()},
        groups=groups,
        source=Source(log="c", partition=0, offset=number),
        **fields,
    )


def spike(status: str, fingerprint: str = "f1", kind: str = "volume") -> Spike:
    text = {"alertname": "IntentSpike", "tenant": "acme", "agent": "shop", "intent_id": INTENT}
    return Spike.model_validate(
        {
            **text, "id": fingerprint + status, "source": "s", "type": "t", "subject": INTENT, "time": "t",
            "intent_name": "n", "kind": kind, "status": status, "fingerprint": fingerprint, "startsAt": "t",
            "labels": {**text, "intent_kind": kind, "severity": "info"},
            "annotations": {"intent_name": "n", "summary": "s"}, "onset_minute": 1, "detected_minute": 2,
            "observed": 1, "expected": 1, "ratio": 1, "ratio_low": 1, "ratio_high": 1, "excess": 0,
            "conversations": 1, "users": 1, "share_before": 0, "share_after": 0, "statistic": 1,
            "threshold": 1, "time_ms": 1,
        }
    )  # fmt: skip


def test_a_turn_counts_at_once_and_its_conversation_only_when_it_is_new() -> None:
    metrics = Metrics()
    assign(metrics)
    assign(metrics, new=False)
    assert of_intent(metrics, "intent_turns_total") == 2
    assert of_intent(metrics, "intent_conversations_total") == 1


def test_every_counter_of_an_intent_begins_at_zero_so_that_rates_see_its_first_step() -> None:
    metrics = Metrics()
    assign(metrics)
    for status in OUTCOMES:
        assert of_intent(metrics, "intent_outcomes_total", outcome=status) == 0
    for name in ("repaired", "tool_errors", "thumbs_up", "thumbs_down"):
        assert of_intent(metrics, f"intent_{name}_total") == 0


def test_an_outcome_that_is_taken_back_lowers_no_counter() -> None:
    metrics = Metrics()
    assign(metrics)
    metrics.observe_outcome("acme", "shop", INTENT, "abandoned")
    metrics.observe_outcome("acme", "shop", INTENT, "abandoned", -1)
    metrics.observe_outcome("acme", "shop", INTENT, "completed")
    assert of_intent(metrics, "intent_outcomes_total", outcome="abandoned") == 1
    assert of_intent(metrics, "intent_outcome_corrections_total", outcome="abandoned") == 1
    assert of_intent(metrics, "intent_outcomes_total", outcome="completed") == 1


def test_the_number_of_series_is_bounded_however_many_agents_and_intents_there_are() -> None:
    metrics = Metrics()
    for agent in range(MAX_AGENTS + 5):
        for intent in range(MAX_INTENTS + 20):
            assign(metrics, f"I{intent}", f"agent{agent}")
    series = [
        s for m in metrics.registry.collect() if m.name == "groundswell_intent_turns" for s in m.samples
    ]
    assert len(series) <= MAX_AGENTS * (MAX_INTENTS + 1) + 1
    total = sum(s.value for s in series)
    assert total == (MAX_AGENTS + 5) * (MAX_INTENTS + 20)
    everyone_else = value(metrics, "intent_turns_total", tenant=OTHER, agent=OTHER, intent=OTHER)
    assert everyone_else == 5 * (MAX_INTENTS + 20)


def test_reasons_are_bounded_too() -> None:
    metrics = Metrics()
    for reason in range(MAX_REASONS + 30):
        metrics.observe_dead_letter("turns", f"reason_{reason}")
    assert value(metrics, "dead_letters_total", stage="turns", reason=OTHER) == 30


def test_a_label_never_carries_what_a_stranger_wrote() -> None:
    metrics = Metrics()
    hostile = '"} 1\nevil_metric{x="\ud800'
    metrics.observe_assignment(hostile, hostile, hostile, new_conversation=True)
    metrics.observe_dead_letter(hostile, hostile)
    metrics.observe_withheld(hostile)
    metrics.observe_batch(hostile, 0.1, processed=1)
    body = metrics.expose()[0].decode()
    assert "evil" not in body
    assert 'tenant="invalid"' in body


def test_a_rename_replaces_the_info_series_and_touches_no_other() -> None:
    metrics = Metrics()
    assign(metrics)
    metrics.name_intent("acme", "shop", INTENT, "refund")
    metrics.name_intent("acme", "shop", INTENT, "refund\u202e of \x00 an order\ud800")
    assert of_intent(metrics, "intent_info", name="refund") is None
    assert of_intent(metrics, "intent_info", name="refund  of   an order ") == 1
    assert of_intent(metrics, "intent_turns_total") == 1
    assert metrics.expose(OPENMETRICS)[0].decode()


def test_a_retired_intent_gives_its_series_up_and_later_turns_count_anew() -> None:
    metrics = Metrics()
    assign(metrics)
    metrics.name_intent("acme", "shop", INTENT, "refund")
    metrics.retire_intent("acme", "shop", INTENT)
    assert of_intent(metrics, "intent_turns_total") is None
    assert of_intent(metrics, "intent_info", name="refund") is None
    assign(metrics)
    assert of_intent(metrics, "intent_turns_total") == 1


def test_shares_are_those_of_the_last_hour_and_follow_a_merge() -> None:
    metrics = Metrics()
    for intent in ("A", "B"):
        assign(metrics, intent)
    metrics.close_minute(minute(100, {"f1": 30}, {"f1": "A"}))
    metrics.close_minute(minute(161, {"f1": 3, "f2": 1}, {"f1": "A", "f2": "B"}, names={"A": "refund"}))
    assert of_intent(metrics, "intent_share", "A") == 0.75
    assert of_intent(metrics, "intent_share", "B") == 0.25
    assert of_intent(metrics, "intent_info", "A", name="refund") == 1
    assert value(metrics, "intents", tenant="acme", agent="shop") == 2
    metrics.close_minute(minute(162, {}, {"f1": "A", "f2": "A"}, regrouped=True))
    assert of_intent(metrics, "intent_share", "A") == 1.0
    assert of_intent(metrics, "intent_share", "B") is None
    assert value(metrics, "intents", tenant="acme", agent="shop") == 1


def test_the_share_of_a_fine_intent_that_vanished_follows_its_successor() -> None:
    metrics = Metrics()
    for intent in ("A", "B"):
        assign(metrics, intent)
    metrics.close_minute(minute(100, {"f1": 1, "f2": 1}, {"f1": "A", "f2": "B"}))
    metrics.close_minute(minute(101, {"f1": 2}, {"f1": "A"}, moved={"f2": "f1"}))
    assert of_intent(metrics, "intent_share", "A") == 1.0


def test_a_spike_fires_until_it_is_resolved_however_often_it_is_told() -> None:
    metrics = Metrics()
    labels = {"tenant": "acme", "agent": "shop", "kind": "volume"}
    metrics.observe_spike(spike("firing"))
    metrics.observe_spike(spike("firing"))
    metrics.observe_spike(spike("firing", "f2"))
    assert value(metrics, "spikes_firing", **labels) == 2
    assert value(metrics, "spikes_total", **labels) == 2
    metrics.observe_spike(spike("resolved"))
    metrics.observe_spike(spike("resolved"))
    assert value(metrics, "spikes_firing", **labels) == 1


def test_proposals_are_counted_by_kind_and_status() -> None:
    metrics = Metrics()
    metrics.observe_proposal("acme", "shop", "system_prompt", "open")
    labels = {"tenant": "acme", "agent": "shop", "kind": "system_prompt", "status": "open"}
    assert value(metrics, "proposals_total", **labels) == 1


def test_a_batch_is_counted_by_what_became_of_its_events() -> None:
    metrics = Metrics()
    metrics.observe_batch("turns", 0.02, processed=5, duplicates=2, dead=1)
    for outcome, count in (("processed", 5), ("duplicate", 2), ("dead", 1)):
        assert value(metrics, "stage_events_total", stage="turns", outcome=outcome) == count
    assert value(metrics, "stage_duration_seconds_count", stage="turns") == 1


def test_the_lag_of_a_partition_that_was_given_away_is_no_longer_told() -> None:
    metrics = Metrics()
    metrics.set_lag("turns", 3, 70)
    assert value(metrics, "consumer_lag", topic="turns", partition="3") == 70
    metrics.drop_lag("turns", 3)
    assert value(metrics, "consumer_lag", topic="turns", partition="3") is None


def test_the_newest_event_time_never_goes_back() -> None:
    metrics = Metrics()
    metrics.observe_event_time(9_000)
    metrics.observe_event_time(4_000)
    assert value(metrics, "last_event_timestamp_seconds") == 9


def test_the_delay_carries_a_trace_as_exemplar_where_the_scraper_takes_one() -> None:
    metrics = Metrics()
    trace = "0af7651916cd43dd8448eb211c80319c"
    metrics.observe_delay(0.3, trace_id=trace, conversation="c1")
    body, content_type = metrics.expose(OPENMETRICS)
    assert content_type.startswith("application/openmetrics-text")
    assert f'# {{trace_id="{trace}"}} 0.3' in body.decode()
    assert body.endswith(b"# EOF\n")
    plain, content_type = metrics.expose("")
    assert content_type.startswith("text/plain")
    assert trace.encode() not in plain


def test_without_a_valid_trace_the_exemplar_is_a_hash_and_never_the_conversation_id() -> None:
    metrics = Metrics()
    metrics.observe_delay(0.3, trace_id="{evil}", conversation="someone@example.org\ud800")
    body = metrics.expose(OPENMETRICS)[0].decode()
    assert re.search(r'# \{conversation="[0-9a-f]{16}"\} 0\.3', body)
    assert "someone" not in body
    assert "evil" not in body


def test_every_metric_says_what_it_is_and_is_named_by_the_rules() -> None:
    for metric in Metrics().registry.collect():
        assert metric.documentation, metric.name
        assert metric.name.startswith(("groundswell_", "process_"))
        assert not metric.name.endswith(("_ms", "_milliseconds", "_count"))


@pytest.mark.parametrize("size", [1, 5])
def test_a_slot_is_kept_against_keys_that_are_not_clearly_more_frequent(size: int) -> None:
    slots = Slots(size, hold=10)
    for _ in range(40):
        for key in range(size + 1):
            _, loser = slots.touch(f"k{key}")
            assert loser is None
    assert f"k{size}" not in slots


def test_a_slot_goes_to_a_key_that_is_clearly_more_frequent_once_it_was_held() -> None:
    slots = Slots(2, hold=50)
    for key in ("a", "b", "b"):
        slots.touch(key)
    answers = [slots.touch("c") for _ in range(60)]
    changed = [i for i, (_, loser) in enumerate(answers) if loser is not None]
    assert changed == [47]  # 50 observations after `a` took it
    assert answers[47] == ("c", "a")
    assert [slots.label(key) for key in "abc"] == [OTHER, "b", "c"]


def test_popularity_forgets_what_was_frequent_two_epochs_ago_but_not_what_still_is() -> None:
    seen = Popularity(epoch=1_000)
    draw = random.Random(7)
    for _ in range(5_000):
        seen.add("early")
    for _ in range(50_000):
        seen.add(draw.choice(["steady", "x", "y", "z"]))
    assert seen.of("early") == 0
    assert seen.of("steady") > 200


def test_an_intent_that_lost_its_slot_leaves_no_series_behind() -> None:
    metrics = Metrics()
    for intent in range(MAX_INTENTS):
        assign(metrics, f"I{intent}")
        metrics.name_intent("acme", "shop", f"I{intent}", f"name {intent}")
    for _ in range(3_000):
        assign(metrics, "newcomer")
    assert of_intent(metrics, "intent_turns_total", "I0") is None
    assert of_intent(metrics, "intent_info", "I0", name="name 0") is None
    assert of_intent(metrics, "intent_turns_total", "I1") == 1
    before_it_had_a_slot = of_intent(metrics, "intent_turns_total", OTHER)
    assert before_it_had_a_slot is not None
    assert before_it_had_a_slot + (of_intent(metrics, "intent_turns_total", "newcomer") or 0) == 3_000


def test_an_agent_that_lost_its_slot_leaves_no_series_behind() -> None:
    metrics = Metrics()
    for agent in range(MAX_AGENTS):
        assign(metrics, agent=f"agent{agent}")
    for _ in range(3_000):
        assign(metrics, agent="newcomer")
    body = metrics.expose()[0].decode()
    assert 'agent="agent0"' not in body
    assert 'agent="newcomer"' in body


def shaped(**mixed: bool) -> dict[str, object]:
    shapes = {
        intent: {"cohesion": 0.7, "separation": 0.4, "ambiguity": 0.1, "mixed": flag}
        for intent, flag in mixed.items()
    }
    return {"shapes": shapes}


def test_quality_is_exported_for_intents_with_a_series_and_ends_with_them() -> None:
    metrics = Metrics()
    assign(metrics, "I1")
    assign(metrics, "I2")
    counts, groups = {"f1": 1}, {"f1": "I1"}
    metrics.close_minute(minute(1, counts, groups, **shaped(I1=True, I2=False, unseen=True)))
    assert of_intent(metrics, "intent_cohesion", "I1") == 0.7
    assert of_intent(metrics, "intent_separation", "I2") == 0.4
    assert of_intent(metrics, "intent_ambiguity", "unseen") is None
    assert of_intent(metrics, "intent_ambiguity", OTHER) is None
    assert value(metrics, "intents_mixed", tenant="acme", agent="shop") == 2
    metrics.close_minute(minute(2, counts, groups))
    assert of_intent(metrics, "intent_cohesion", "I2") == 0.7
    metrics.close_minute(minute(3, counts, groups, **shaped(I1=False)))
    assert of_intent(metrics, "intent_cohesion", "I2") is None
    metrics.retire_intent("acme", "shop", "I1")
    assert of_intent(metrics, "intent_cohesion", "I1") is None
    assert value(metrics, "intents_mixed", tenant="acme", agent="shop") == 0


def test_needs_are_counted_by_whether_an_intent_explained_them_from_zero_on() -> None:
    metrics = Metrics()
    assign(metrics)
    metrics.observe_need("acme", "shop", assigned=True)
    needs = {
        fit: value(metrics, "needs_total", tenant="acme", agent="shop", fit=fit)
        for fit in ("assigned", "unassigned")
    }
    assert needs == {"assigned": 1, "unassigned": 0}
    metrics.observe_need("acme", "shop", assigned=False)
    metrics.observe_need("acme", "unknown", assigned=False)
    assert value(metrics, "needs_total", tenant="acme", agent="shop", fit="unassigned") == 1
    assert value(metrics, "needs_total", tenant=OTHER, agent=OTHER, fit="unassigned") == 1
