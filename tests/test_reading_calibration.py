"""Told outcomes of an agent set what its inferred ones mean: deterministic, bounded, and idempotent."""

import math

import numpy as np
import pytest

from groundswell.models.reading.calibration import (
    MAX_SAMPLES,
    MIN_FOR_ERROR,
    PRIOR,
    THUMB_WEIGHT,
    TRUSTED,
    Calibration,
    Shown,
)
from groundswell.models.reading.outcome import MAX_PROBABILITY, Evidence, judge

DONE, REFUSED = Shown(2.6, wrote=True), Shown(-2.3, wrote=False)


def taught(number: int, *, inverted: bool) -> Calibration:
    calibration = Calibration()
    for place in range(number):
        shown = (DONE, REFUSED)[place % 2]
        calibration.learn(str(place), shown, good=(shown is DONE) != inverted)
    return calibration


def test_an_untaught_agent_has_the_shipped_coefficients():
    intercept, slope, _ = PRIOR
    assert Calibration().success(Shown(1.0, wrote=True)) == pytest.approx(
        1 / (1 + math.exp(-intercept - slope))
    )
    assert not Calibration().trusted
    assert Calibration().facts().error is None


def test_where_done_means_failure_the_slope_turns_round():
    calibration = taught(50, inverted=True)
    assert calibration.facts().slope < 0
    assert calibration.success(DONE) < 0.25
    assert calibration.success(REFUSED) > 0.75


def test_the_coefficients_are_at_the_minimum_of_the_penalised_loss():
    """The gradient of the objective, written out anew, vanishes there."""
    rng = np.random.default_rng(1)
    calibration, rows = Calibration(), []
    for place in range(40):
        score, wrote, good = round(float(rng.normal()), 1), bool(rng.integers(2)), bool(rng.integers(2))
        calibration.learn(str(place), Shown(score, wrote), good=good)
        rows.append((np.array([1.0, score, wrote]), good))
    logits = {
        shown: _logit(calibration.success(Shown(*shown)))
        for shown in ((0.0, False), (1.0, False), (0.0, True))
    }
    intercept = logits[0.0, False]
    at = np.array([intercept, logits[1.0, False] - intercept, logits[0.0, True] - intercept])
    pull = np.array([0.3, 1.0, 1.0]) * (at - np.array(PRIOR))
    gradient = sum((1 / (1 + math.exp(-at @ row)) - good) * row for row, good in rows) + pull
    assert np.abs(gradient).max() < 1e-6


def _logit(chance: float) -> float:
    return math.log(chance / (1 - chance))


def test_told_twice_counts_once_and_a_correction_counts_as_it_was_last_told():
    once, twice, corrected = Calibration(), Calibration(), Calibration()
    assert once.learn("a", DONE, good=True)
    assert twice.learn("a", DONE, good=True)
    assert not twice.learn("a", DONE, good=True)
    assert corrected.learn("a", DONE, good=False)
    assert corrected.learn("a", DONE, good=True)
    assert once.to_json() == twice.to_json() == corrected.to_json()


def test_what_is_forgotten_leaves_no_trace():
    calibration = taught(4, inverted=True)
    before = calibration.to_json()
    calibration.learn("x", DONE, good=True)
    assert calibration.forget("x")
    assert not calibration.forget("x")
    assert calibration.to_json() == before
    assert calibration.success(DONE) == taught(4, inverted=True).success(DONE)


def test_a_restored_calibration_goes_on_bit_for_bit():
    live, other = taught(31, inverted=False), Calibration.from_json(taught(31, inverted=False).to_json())
    for place in range(40, 60):
        live.learn(str(place), REFUSED, good=place % 3 == 0)
        other = Calibration.from_json(other.to_json())
        other.learn(str(place), REFUSED, good=place % 3 == 0)
        assert live.success(DONE) == other.success(DONE)
    assert live.to_json() == other.to_json()


def test_the_oldest_conversations_go_and_the_state_stays_small():
    calibration = taught(MAX_SAMPLES + 40, inverted=False)
    assert calibration.facts().told == MAX_SAMPLES
    assert len(calibration.to_json()) < 20_000
    assert not calibration.forget("0")


def test_a_thumb_counts_less_than_a_told_outcome_and_gives_way_to_it():
    thumbs, told = Calibration(), Calibration()
    for place in range(10):
        thumbs.learn(str(place), DONE, good=False, weight=THUMB_WEIGHT)
        told.learn(str(place), DONE, good=False)
    assert Calibration().success(DONE) > thumbs.success(DONE) > told.success(DONE)
    assert (thumbs.facts().told, thumbs.facts().thumbs) == (0, 10)
    for place in range(10):
        thumbs.learn(str(place), DONE, good=False)
    assert thumbs.success(DONE) == told.success(DONE)


def test_the_error_is_that_of_what_was_foreseen_before_it_was_told():
    assert taught(MIN_FOR_ERROR - 1, inverted=False).facts().error is None
    early, late = (taught(number, inverted=True).facts().error or 1.0 for number in (MIN_FOR_ERROR, 200))
    assert late < early < 1  # the first were foreseen by the shipped coefficients, all wrong


@pytest.mark.parametrize("score", [-9.0, -2.0, -0.5, 0.3, 3.0, 50.0])
def test_no_inference_is_surer_than_it_may_be_however_much_was_told(score):
    for calibration in (Calibration(), taught(200, inverted=False), taught(200, inverted=True)):
        status, probability = judge(
            {Evidence.ANSWERED}, calibration, Shown(score, wrote=False), stated=True, silent=False
        )
        assert probability <= MAX_PROBABILITY or status == "unknown"


def test_a_handoff_is_an_escalation_until_enough_was_told_of_such():
    calibration, handed = Calibration(), Shown(-0.5, wrote=False)
    for place in range(3 * TRUSTED):
        status, _ = judge({Evidence.HANDOFF}, calibration, handed, stated=True, silent=False)
        assert status == "escalated" or place >= TRUSTED
        calibration.learn(str(place), handed, good=True)
    assert judge({Evidence.HANDOFF}, calibration, handed, stated=True, silent=False)[0] == "completed"
