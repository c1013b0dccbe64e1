import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.models.spikes.baseline import baseline_of, winsor
from groundswell.models.spikes.fine import FineBaseline
from groundswell.models.spikes.history import Outcomes, Volume
from groundswell.models.spikes.hull import MAX_STARTS, MIN_SLOPE, Hull, Mark
from groundswell.models.spikes.noise import Noise
from groundswell.models.spikes.statistic import (
    Dispersion,
    failure_statistic,
    failure_threshold,
    volume_statistic,
    volume_threshold,
    wilson,
)

#: Rises above this are found exactly: (r - 1) / ln r is the slope of the hull's pruning.
EXACT = 1.56

streams = st.lists(
    st.tuples(st.integers(0, 12), st.floats(0.05, 3.0, allow_nan=False)), min_size=1, max_size=60
)


def best_by_hull(stream, dispersion):
    hull, observed, expected = Hull(), 0.0, 0.0
    for minute, (n, b) in enumerate(stream):
        hull.push(Mark(observed, expected, minute))
        observed, expected = observed + n, expected + b
    scores = [volume_statistic(observed - s.observed, expected - s.expected, dispersion) for s in hull.starts]
    return max(scores)


def best_by_trying(stream, dispersion):
    windows = [stream[start:] for start in range(len(stream))]
    sums = [(sum(n for n, _ in w), sum(b for _, b in w)) for w in windows]
    return max((volume_statistic(n, b, dispersion), n / b) for n, b in sums)


@given(streams)
@settings(max_examples=300, deadline=None)
def test_the_hull_finds_the_best_of_all_windows(stream):
    score, ratio = best_by_trying(stream, 0.0)
    found = best_by_hull(stream, 0.0)
    assert found <= score + 1e-9
    if ratio >= EXACT:
        assert found == pytest.approx(score, abs=1e-6)


@given(streams)
@settings(max_examples=300, deadline=None)
def test_with_overdispersion_too_a_clear_rise_is_the_best_of_all_windows(stream):
    score, ratio = best_by_trying(stream, 0.07)
    if ratio >= 2.5:
        assert best_by_hull(stream, 0.07) == pytest.approx(score, abs=1e-6)


@given(streams)
@settings(max_examples=200, deadline=None)
def test_minutes_without_a_count_may_be_left_out_of_the_hull(stream):
    every, some, observed, expected = Hull(), Hull(), 0.0, 0.0
    for minute, (n, b) in enumerate(stream):
        mark = Mark(observed, expected, minute)
        every.push(mark)
        if n:
            some.push(mark)
            assert some.starts == every.starts
        observed, expected = observed + n, expected + b


@given(streams)
def test_the_slopes_of_the_hull_rise_and_its_size_is_bounded(stream):
    hull, observed, expected = Hull(), 0.0, 0.0
    for minute, (n, b) in enumerate(stream * 4):
        hull.push(Mark(observed, expected, minute))
        observed, expected = observed + n, expected + b
    pairs = list(zip(hull.starts, hull.starts[1:], strict=False))
    slopes = [(b.observed - a.observed) / (b.expected - a.expected) for a, b in pairs]
    assert slopes == sorted(slopes)
    assert all(slope > MIN_SLOPE for slope in slopes)
    assert len(hull.starts) <= MAX_STARTS


def test_the_count_statistic_without_overdispersion_is_that_of_poisson_counts():
    assert volume_statistic(12.5, 2.5, 0.0) == pytest.approx(10 * math.log(5) - 8)


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 3))
def test_the_count_statistic_is_finite_and_not_negative(observed, expected, dispersion):
    assert 0 <= volume_statistic(observed, expected, dispersion) < math.inf


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.floats(0.005, 0.995), st.floats(0, 1e9))
def test_the_failure_statistic_is_finite_and_not_negative(failures, decided, rate, known):
    assert 0 <= failure_statistic(min(failures, decided), decided, rate * decided, known) < math.inf


def test_more_overdispersion_makes_the_same_rise_less_surprising():
    scores = [volume_statistic(40, 10, dispersion) for dispersion in (0.0, 0.02, 0.07, 0.3)]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == 4


def test_dispersion_goes_through_its_three_scales_and_falls_after_a_day():
    dispersion = Dispersion(0.08, 0.05, 0.03)
    assert [dispersion.at(t) for t in (1, 60, 240, 1440)] == pytest.approx([0.08, 0.08, 0.05, 0.03])
    assert 0.05 < dispersion.at(120) < 0.08
    assert dispersion.at(14400) == pytest.approx(0.003 + 0.004)
    assert dispersion._replace(floor=0.07).at(14400) == 0.07


def test_ten_times_more_tests_cost_two_and_a_half_nats():
    assert volume_threshold(1000, 1.0) == pytest.approx(17.15)
    assert volume_threshold(10_000, 1.0) - volume_threshold(1000, 1.0) == pytest.approx(2.5, abs=0.02)
    assert failure_threshold(1000, 1.0) == pytest.approx(16.0)


def test_the_wilson_bound_is_that_of_the_literature():
    low, high = wilson(15, 30)
    assert (low, high) == pytest.approx((0.356, 0.644), abs=0.001)


def test_noise_is_estimated_from_hours_that_vary_more_than_counts_do():
    rng, calm, restless = random.Random(4), Noise(), Noise()
    for hour in range(24 * 28):
        calm.add(hour, rng.gauss(200, 200**0.5), 200.0)
        restless.add(hour, rng.gauss(200, 200**0.5) * rng.gammavariate(4, 0.25), 200.0)
    assert calm.dispersion(0.0).hour < 0.02
    assert restless.dispersion(0.0).hour == pytest.approx(0.25, rel=0.25)


def test_dispersion_never_rises_with_the_scale_even_if_slow_moods_dominate():
    noise = Noise()
    for hour in range(24 * 28):
        noise.add(hour, 300.0 if hour // 24 % 2 else 100.0, 200.0)
    dispersion = noise.dispersion(0.0)
    assert dispersion.hour >= dispersion.four_hours >= dispersion.day


def test_folding_two_fine_intents_adds_their_shares_whatever_their_age():
    old, young = Volume(), Volume()
    for hour in range(24):
        old.add(hour, 10, 1000)
    young.add(3, 50, 200)
    shares = old.share + young.share
    young.fold(old)
    assert young.share == pytest.approx(shares, rel=1e-4)


def test_the_share_of_an_intent_is_the_sum_over_its_fine_intents():
    one, two = (FineBaseline(0, Volume([n] * 24, [1000.0] * 24)) for n in (30.0, 70.0))
    whole = baseline_of({"a": one, "b": two}, Noise(), 240, 0.0)
    parts = [baseline_of({"x": fine}, Noise(), 240, 0.0).share for fine in (one, two)]
    assert whole.share == pytest.approx(sum(parts), rel=1e-3)


def test_a_busy_hour_of_day_tilts_the_expectation_once_days_have_shown_it():
    volume = Volume([10.0] * 24, [1000.0] * 24)
    volume.conversations[9] = 30.0
    fines = {"a": FineBaseline(0, volume)}
    first, later = (baseline_of(fines, Noise(), 24 * day + 9, 0.0) for day in (1, 60))
    assert later.rate / later.share > first.rate / first.share > 1.0
    assert baseline_of(fines, Noise(), 24 * 60 + 10, 0.0).rate < later.share


def test_corrections_never_make_outcomes_negative():
    outcomes = Outcomes()
    outcomes.add(3, 5)
    outcomes.add(-10, -2)
    assert (outcomes.failures, outcomes.decided) == (0.0, 3.0)
    outcomes.add(0, -10)
    assert (outcomes.failures, outcomes.decided) == (0.0, 0.0)


def test_an_extraordinary_hour_counts_for_three_times_the_usual():
    assert 1000 * winsor(1000, 60) == pytest.approx(185)
    assert winsor(100, 60) == 1.0
