import math
from itertools import pairwise

from spikes_minutes import DAY, START, count, live, minute_of, run

from groundswell.models.spike import SpikeKind
from groundswell.models.spikes.state import SpikeState


def outcomes(start, number, failing, fine="billing", every=7, others=()):
    """Yield *number* decided conversations of one intent; every *failing*-th of them fails."""
    for i in range(number):
        minute = start + i * every
        failed = int(bool(failing) and i % failing == 0)
        counts = {fine: count(minute, fine, 1, failed, 1 - failed)}
        counts |= {other: count(minute, other, n, 0, n) for other, n in others}
        yield minute_of(minute, counts)


def burns(spikes):
    return [s for s in spikes if s.kind is SpikeKind.SLOW_BURN]


def test_a_small_agent_with_one_failing_intent_burns_and_is_told_again_with_a_quarter_more_evidence():
    state = SpikeState("acme", "support")
    spikes = run(state, outcomes(START, 130, failing=2))
    decided = [round(s.expected / 0.25) for s in spikes]
    assert decided[0] == 7  # at six, three failures leave a doubt
    assert all(later == earlier + max(5, math.ceil(earlier / 4)) for earlier, later in pairwise(decided))
    assert all(s.look for s in spikes)
    assert {(s.kind, s.status, s.intent_id) for s in spikes} == {(SpikeKind.SLOW_BURN, "firing", "billing")}
    assert len({s.fingerprint for s in spikes}) == 1
    assert len({s.id for s in spikes}) == len(spikes)
    assert "keep failing (4 of 7, 57%)" in spikes[0].annotations.summary


def test_no_slow_burn_without_evidence_of_a_high_rate():
    few = run(SpikeState("acme", "support"), outcomes(START, 5, failing=1))
    rare = run(SpikeState("acme", "support"), outcomes(START, 300, failing=5))
    assert burns(few) == burns(rare) == []


def test_only_the_intents_with_the_most_failing_conversations_burn():
    state = SpikeState("acme", "support")
    spikes = []
    for i in range(60):
        minute = START + i * 7
        counts = {f"f{k}": count(minute, f"f{k}", k + 1, failed=k + 1) for k in range(6)}
        spikes += state.minute(minute_of(minute, counts))
    last = {s.intent_id for s in burns(spikes)}
    assert {"f3", "f4", "f5"} <= last
    assert "f0" not in last


def test_a_slow_burn_subsides_when_conversations_succeed_again():
    state = SpikeState("acme", "support")
    first = burns(run(state, outcomes(START, 60, failing=2)))
    later = burns(run(state, outcomes(START + 1000, 400, failing=0)))
    assert [s.status for s in later][-1] == "resolved"
    assert later[-1].fingerprint == first[0].fingerprint
    assert later[-1].ends_at is not None


def test_an_intent_that_fails_as_much_as_ever_is_a_slow_burn_and_no_failure_spike():
    rates = {"billing": 0.5, "other": 2.0}
    spikes = run(SpikeState("acme", "support"), live(rates, START, 2 * DAY, failing={"billing": 0.6}))
    assert {(s.kind, s.intent_id) for s in spikes} == {(SpikeKind.SLOW_BURN, "billing")}
    assert 10 <= len(spikes) <= 30


def test_one_look_is_taken_for_each_quarter_of_new_evidence_whichever_intents_burn():
    state = SpikeState("acme", "support")
    spikes, decided, looks = [], 0, []
    for i in range(90):
        minute = START + i * 7
        counts = {f"f{k}": count(minute, f"f{k}", k + 1, failed=k + 1) for k in range(6)}
        told = state.minute(minute_of(minute, counts))
        decided += 21
        assert sum(s.look for s in told) <= 1
        looks += [decided] if any(s.look for s in told) else []
        spikes += told
    assert len(looks) > 8
    assert all(later - earlier >= earlier / 4 for earlier, later in pairwise(looks))
    assert all(later - earlier <= earlier / 4 + 21 for earlier, later in pairwise(looks))
    assert {s.intent_id for s in burns(spikes) if s.look} == {"f5"}


def test_a_restored_state_takes_its_looks_where_the_undisturbed_one_does():
    minutes = list(outcomes(START, 90, failing=2))
    undisturbed = run(SpikeState("acme", "support"), minutes)
    first, again = SpikeState("acme", "support"), SpikeState("acme", "support")
    told = run(first, minutes[:41])
    again.restore(first.changes())
    assert told + run(again, minutes[41:]) == undisturbed
