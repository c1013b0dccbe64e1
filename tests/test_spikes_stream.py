import random
from itertools import pairwise

import pytest
from spikes_minutes import DAY, START, count, history, live, minute_of, poisson, run

from groundswell.models.minute import Count
from groundswell.models.spike import SpikeKind
from groundswell.models.spikes.settings import SpikeSettings
from groundswell.models.spikes.state import SpikeState

RATES = {"cancel": 1.0, "refund": 2.0, "baggage": 0.3, "status": 4.0, "seat": 30.0}
PAST = 15
NOW = START + PAST * DAY


def known(rates=RATES, days=PAST, settings=None, failing=0.1):
    """Return a state that has seen *days* of the past."""
    state = SpikeState("acme", "support", settings)
    assert run(state, history(rates, days, failing=failing)) == []
    return state


def firing(spikes, kind=None):
    return [s for s in spikes if s.status == "firing" and kind in (None, s.kind)]


def resolved(spikes):
    return [s for s in spikes if s.status == "resolved"]


def test_constant_traffic_never_alarms():
    assert run(known(), live(RATES, NOW, 2 * DAY)) == []


def test_a_fivefold_rise_at_one_a_minute_fires_with_its_onset():
    waits, misses = [], []
    state = known()
    records = state.changes()
    for seed in range(20):
        state = SpikeState("acme", "support")
        state.restore(records)
        onset = NOW + 60 + seed
        spikes = run(state, live(RATES, NOW, 60 + seed, seed)) + run(
            state, live({**RATES, "cancel": 5.0}, onset, 60, seed + 99)
        )
        first = firing(spikes)[0]
        assert (first.intent_id, first.kind) == ("cancel", SpikeKind.VOLUME)
        waits.append(first.detected_minute - onset + 1)
        misses.append(abs(first.onset_minute - onset))
    assert sorted(waits)[10] <= 12
    assert sorted(misses)[10] <= 2


def test_an_event_is_complete_and_says_what_happened_in_a_sentence():
    settings = SpikeSettings(runbook_url="https://ops.example/{intent}")
    state = known(settings=settings)
    counts = {"cancel": count(NOW, "cancel", 1, version="v1")}
    run(state, [minute_of(NOW, counts)])
    run(state, live(RATES, NOW + 1, 300))
    onset = NOW + 301
    spikes = []
    for minute in range(onset, onset + 30):
        counts = {"cancel": count(minute, "cancel", 5, version="v2"), "seat": count(minute, "seat", 6)}
        spikes += run(state, [minute_of(minute, counts)])
    event = firing(spikes)[0]
    assert event.type == "intent.spike.firing.v1"
    assert event.source == "/tenants/acme/agents/support"
    assert event.subject == event.intent_id == event.labels.intent_id == "cancel"
    assert event.starts_at == "2024-10-22T05:01:00.000Z"
    assert event.ends_at is None
    assert event.annotations.runbook_url == "https://ops.example/cancel"
    assert event.annotations.summary.startswith('Conversations about "about cancel" are ')
    assert "x their usual share (" in event.annotations.summary
    assert "since 05:01 UTC)" in event.annotations.summary
    assert event.observed == 5 * (event.detected_minute - onset + 1) == event.conversations
    assert event.ratio_low <= event.ratio <= event.ratio_high
    assert event.share_after > 3 * event.share_before
    assert event.statistic >= event.threshold
    assert [(m.kind, m.value, m.minute) for m in event.release_markers] == [("prompt_version", "v2", onset)]
    assert event.prompt_versions == ("v2",)
    assert event.fines == ("cancel",)
    assert event.groups == {fine: fine for fine in sorted(RATES)}
    assert event.names["seat"] == "about seat"
    assert event.as_of[0].offset == event.detected_minute
    assert event.time == f"2024-10-22T05:{event.detected_minute - onset + 1:02d}:00.000Z"


def test_a_version_that_was_there_before_is_no_release_marker():
    state = known()
    for minute in range(NOW, NOW + 3 * DAY, 30):
        run(
            state,
            [minute_of(minute, {f: count(minute, f, int(30 * r), version="v1") for f, r in RATES.items()})],
        )
    start = NOW + 3 * DAY
    spikes = []
    for minute in range(start, start + 20):
        counts = {"cancel": count(minute, "cancel", 5, version="v1"), "seat": count(minute, "seat", 6)}
        spikes += run(state, [minute_of(minute, counts)])
    assert firing(spikes)[0].prompt_versions == ("v1",)
    assert firing(spikes)[0].release_markers == ()


def test_a_surge_of_all_traffic_is_silent():
    surge = {fine: 4 * rate for fine, rate in RATES.items()}
    assert run(known(), live(surge, NOW, 180)) == []


def test_merging_two_intents_is_silent():
    state = known()
    rng = random.Random(5)
    groups = {fine: ("merged" if fine in ("status", "cancel", "seat") else fine) for fine in RATES}
    spikes = []
    for minute in range(NOW, NOW + 600):
        counts = {f: count(minute, f, n) for f, r in RATES.items() if (n := poisson(rng, r))}
        spikes += state.minute(minute_of(minute, counts, groups, regrouped=minute == NOW + 30))
    assert spikes == []
    assert set(state.watches.by_intent) == {"merged", "refund", "baggage"}


def test_merging_an_intent_of_yesterday_into_an_old_one_is_silent():
    state = known(settings=SpikeSettings(min_users=10**6))  # the newcomer itself is not told
    rates = {**RATES, "new": 3.0}
    run(state, live(rates, NOW, 700))
    state.alarms.settings = SpikeSettings()
    groups = {f: ("cancel" if f == "new" else f) for f in rates}
    spikes = []
    for message in live(rates, NOW + 700, 300, seed=8):
        own = {f: groups[f] for f in message.counts}
        change = message.minute == NOW + 700
        spikes += state.minute(
            message.model_copy(update={"groups": groups if change else own, "regrouped": change})
        )
    assert firing(spikes, SpikeKind.EMERGING) == []
    assert [s for s in firing(spikes) if s.intent_id == "cancel"] == []


def test_splitting_an_intent_is_silent():
    state = SpikeState("acme", "support")
    whole = {f: ("trip" if f in ("status", "seat", "cancel") else f) for f in RATES}
    for message in history(RATES, PAST):
        assert state.minute(message.model_copy(update={"groups": whole})) == []
    spikes = []
    for message in live(RATES, NOW, 600):
        change = message.minute == NOW
        groups = {f: f for f in (RATES if change else message.counts)}
        spikes += state.minute(message.model_copy(update={"groups": groups, "regrouped": change}))
    assert spikes == []
    assert "trip" not in state.watches.by_intent


def test_a_vanished_fine_intent_folds_into_its_successor_in_silence():
    state = known()
    spikes = []
    for message in live({**RATES, "cancel": 3.0, "refund": 0.0}, NOW, 300):
        change = message.minute == NOW
        groups = {f: f for f in message.counts} | ({f: f for f in RATES if f != "refund"} if change else {})
        moved = {"refund": "cancel"} if change else {}
        spikes += state.minute(
            message.model_copy(update={"groups": groups, "moved": moved, "regrouped": change})
        )
    assert spikes == []
    assert "refund" not in state.watches.home


def test_a_spike_in_a_merged_intent_is_still_found():
    state = known()
    spikes = []
    for message in live({**RATES, "cancel": 12.0}, NOW, 60):
        groups = {f: ("merged" if f in ("cancel", "refund") else f) for f in RATES}
        spikes += state.minute(
            message.model_copy(update={"groups": groups, "regrouped": message.minute == NOW})
        )
    assert firing(spikes)[0].intent_id == "merged"
    assert firing(spikes)[0].fines == ("cancel", "refund")


def test_an_open_alert_of_an_intent_that_was_merged_away_is_resolved():
    state = known()
    opened = firing(run(state, live({**RATES, "cancel": 6.0}, NOW, 20)))[0]
    counts = {"refund": count(NOW + 20, "refund", 2)}
    groups = {f: ("refund" if f == "cancel" else f) for f in RATES}
    spikes = state.minute(minute_of(NOW + 20, counts, groups, regrouped=True))
    assert [(s.status, s.fingerprint) for s in spikes] == [("resolved", opened.fingerprint)]
    assert "another intent" in spikes[0].annotations.summary


def test_failures_that_rise_without_volume_fire_as_failure():
    state = known()
    spikes = run(state, live(RATES, NOW, 200, failing={"refund": 0.5}))
    assert {(s.intent_id, s.kind) for s in firing(spikes)} == {("refund", SpikeKind.FAILURE)}
    event = firing(spikes)[0]
    assert event.onset_minute - NOW <= 20
    assert event.detected_minute - NOW <= 60
    assert event.failure_rate > 0.3
    assert "usually 10%" in event.annotations.summary


@pytest.mark.parametrize(("decided", "fires"), [(19, False), (20, True)])
def test_failures_need_a_baseline_of_twenty_decided_conversations(decided, fires):
    state = SpikeState("acme", "support")
    run(state, [minute_of(START, {"new": count(START, "new", decided, completed=decided)})])
    minute = START + 60
    spikes = run(state, [minute_of(minute, {"new": count(minute, "new", 18, failed=18)})])
    assert (SpikeKind.FAILURE in {s.kind for s in spikes}) == fires


def test_an_intent_without_a_past_emerges():
    state = known()
    spikes = run(state, live({**RATES, "new": 1.0}, NOW, 60))
    event = firing(spikes)[0]
    assert (event.intent_id, event.kind) == ("new", SpikeKind.EMERGING)
    assert event.observed >= 10
    assert event.users >= 5
    assert event.annotations.summary.startswith("New: conversations about")


def test_an_intent_that_emerged_and_stays_is_told_once():
    state = known()
    spikes = run(state, live({**RATES, "new": 1.0}, NOW, 4 * DAY))
    assert {s.fingerprint for s in spikes} == {firing(spikes)[0].fingerprint}
    assert [s.status for s in spikes][-1] == "resolved"
    assert "now taken as usual" in spikes[-1].annotations.summary


def test_an_agent_that_is_not_known_yet_has_no_volume_alerts():
    state = SpikeState("acme", "support")
    assert run(state, live(RATES, START, 600)) == []
    assert firing(run(state, live({**RATES, "cancel": 8.0}, START + 600, 120))) == []


def test_ten_conversations_of_four_users_are_no_spike():
    state = known()
    users = tuple("abcd")
    spikes = []
    for minute in range(NOW, NOW + 40):
        busy = Count(conversations=5, users=users)
        spikes += state.minute(minute_of(minute, {"cancel": busy, "seat": count(minute, "seat", 6)}))
    assert firing(spikes) == []


def test_an_alert_escalates_with_one_fingerprint_and_other_ids():
    spikes = firing(run(known(), live({**RATES, "cancel": 6.0}, NOW, 90)))
    assert len(spikes) >= 3
    assert len({s.fingerprint for s in spikes}) == 1
    assert len({s.id for s in spikes}) == len(spikes)
    pairs = pairwise(spikes)
    assert all(later.statistic >= 2 * earlier.statistic for earlier, later in pairs)
    assert [s.labels.severity for s in spikes][-1] == "critical"


def test_an_alert_is_resolved_after_two_usual_hours():
    state = known()
    opened = firing(run(state, live({**RATES, "cancel": 6.0}, NOW, 60)))[0]
    (event,) = resolved(run(state, live(RATES, NOW + 60, 300)))
    assert event.fingerprint == opened.fingerprint
    assert event.type == "intent.spike.resolved.v1"
    assert event.ends_at is not None
    assert event.starts_at == opened.starts_at
    assert state.watches.by_intent["cancel"].alerts == {}


@pytest.mark.parametrize("failing", [False, True])
def test_an_alert_is_resolved_when_time_passes_without_traffic(failing):
    state = known()
    rates = RATES if failing else {**RATES, "cancel": 6.0}
    opened = firing(run(state, live(rates, NOW, 90, failing={"cancel": 0.8} if failing else 0.1)))
    later = NOW + 90 + 3 * DAY
    (event,) = run(state, [minute_of(later, {"seat": count(later, "seat", 1)})])
    assert (event.status, event.fingerprint) == ("resolved", opened[0].fingerprint)
    assert event.ends_at < "2024-10-22T06:00"


def test_a_weak_return_during_the_cool_down_is_not_told_again():
    def second(pause):
        state = known()
        run(state, live({**RATES, "cancel": 6.0}, NOW, 60))
        run(state, live(RATES, NOW + 60, 200))
        start = NOW + 260 + pause
        run(state, live(RATES, NOW + 260, pause, seed=9))
        return [
            s.detected_minute - start
            for s in firing(run(state, live({**RATES, "cancel": 5.0}, start, 60, 4)))
        ]

    early, late = second(0), second(400)
    assert early[0] > late[0]


def test_what_has_been_so_for_a_week_is_the_new_usual():
    state = known()
    spikes = run(state, live({**RATES, "cancel": 4.0}, NOW, 9 * DAY))
    assert [s.status for s in spikes][-1] == "resolved"
    assert resolved(spikes)[0].time_ms == (firing(spikes)[0].detected_minute + 7 * DAY) * 60_000
    assert state.watches.by_intent["cancel"].epoch == 1
    assert 3.0 <= state.watches.by_intent["cancel"].baseline.share * 40.3 <= 5.0


def test_the_past_is_frozen_while_an_alert_is_open():
    state = known()
    share = state.watches.by_intent["cancel"].baseline.share
    run(state, live({**RATES, "cancel": 6.0}, NOW, 20 * 60))
    assert state.watches.by_intent["cancel"].baseline.share == pytest.approx(share, rel=0.02)


def test_a_dismissed_intent_raises_no_alarm_is_still_counted_and_may_raise_one_again():
    state = known()
    quiet = [m.model_copy(update={"dismissed": ("cancel",)}) for m in live({**RATES, "cancel": 8.0}, NOW, 60)]
    assert run(state, quiet) == []
    counted = sum(past.conversations for past in state.watches.by_intent["cancel"].fines.values())
    assert counted > 300
    loud = live({**RATES, "cancel": 8.0}, NOW + 60, 30, 5)
    assert {spike.intent_id for spike in firing(run(state, loud))} == {"cancel"}


def test_dismissing_ends_an_alarm_and_says_why_and_the_spike_tells_what_is_dismissed():
    state = known()
    assert firing(run(state, live({**RATES, "cancel": 8.0}, NOW, 60)))
    message = minute_of(NOW + 60, {"seat": count(NOW + 60, "seat", 30)}, dismissed=("cancel",))
    [ended] = run(state, [message])
    assert (ended.status, ended.intent_id, ended.dismissed) == ("resolved", "cancel", ("cancel",))
    assert "dismissed by a person" in ended.annotations.summary
    restored = SpikeState("acme", "support")
    restored.restore(state.changes())
    more = live({**RATES, "cancel": 8.0}, NOW + 61, 30)
    assert run(restored, [m.model_copy(update={"dismissed": ("cancel",)}) for m in more]) == []


def test_a_dismissed_intent_burns_unseen_and_takes_no_place_among_the_slow_burns():
    rates = {f"intent-{i}": 2.0 for i in range(4)}
    settings = SpikeSettings(slow_burn_top=1)
    state = SpikeState("acme", "support", settings)
    days = list(history(rates, PAST, failing=0.8))
    spikes = run(state, [m.model_copy(update={"dismissed": ("intent-0",)}) for m in days])
    burning = {spike.intent_id for spike in firing(spikes, SpikeKind.SLOW_BURN)}
    assert burning
    assert "intent-0" not in burning
