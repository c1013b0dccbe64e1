"""The two detectors of an intent: its share of conversations, and its failure rate.

Both run NB-FOCuS: a hull of candidate onsets and a likelihood ratio that allows for
overdispersion and for an uncertain baseline. Expected counts follow the agent's traffic,
so a surge of all conversations is silent.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from groundswell.models.spikes.baseline import Baseline
from groundswell.models.spikes.hull import Hull, Mark
from groundswell.models.spikes.statistic import (
    BURSTINESS,
    DIGITS,
    failure_statistic,
    interval,
    volume_statistic,
    wilson,
)


class Metric(StrEnum):
    """What is watched of an intent."""

    VOLUME = "volume"
    FAILURE = "failure"
    SLOW_BURN = "slow_burn"


class Evidence(NamedTuple):
    """What happened since an onset, against what the past explains."""

    start: Mark
    minute: int
    statistic: float
    observed: float
    expected: float
    low: float
    high: float
    conversations: int
    decided: int
    failures: int
    exposure: int

    @property
    def ratio(self) -> float:
        """Return observed over expected."""
        return self.observed / max(self.expected, 1e-3)

    @property
    def excess(self) -> float:
        """Return how many more than expected."""
        return self.observed - self.expected


@dataclass(slots=True)
class Tally:
    """An intent's running totals, corrections left out: they are no news of now."""

    conversations: int = 0
    decided: int = 0
    failures: int = 0
    exposure: int = 0

    def add(self, conversations: int, decided: int, failures: int) -> None:
        """Take in a minute."""
        self.conversations += conversations
        self.decided += decided
        self.failures += failures


@dataclass(slots=True)
class Monitor:
    """One metric's running totals of observed and expected, and its candidate onsets."""

    observed: float = 0.0
    expected: float = 0.0
    hull: Hull = field(default_factory=Hull)

    def mark(self, minute: int, tally: Tally) -> Mark:
        """Return the totals before *minute*."""
        counts = (tally.conversations, tally.decided, tally.failures, tally.exposure)
        return Mark(self.observed, self.expected, minute, *counts)

    def to_json(self) -> list[Any]:
        """Return a JSON value."""
        return [self.observed, self.expected, [list(mark) for mark in self.hull.starts]]

    @classmethod
    def from_json(cls, value: Sequence[Any]) -> "Monitor":
        """Return what `to_json` gave."""
        return cls(value[0], value[1], Hull(Mark(*mark) for mark in value[2]))


def volume_score(monitor: Monitor, start: Mark, minute: int, baseline: Baseline) -> float:
    """Return the statistic of the conversations from *start* to the end of *minute*."""
    dispersion = baseline.dispersion.at(minute - start.minute + 1) + 1.0 / baseline.evidence
    return volume_statistic(monitor.observed - start[0], monitor.expected - start[1], dispersion)


def failure_score(monitor: Monitor, start: Mark, decided: int, baseline: Baseline) -> float:
    """Return the statistic of the failures among the *decided* conversations (a total) since *start*."""
    failures, expected = monitor.observed - start.observed, monitor.expected - start.expected
    return failure_statistic(failures, decided - start.decided, expected, baseline.failures)


def onset_of(
    metric: Metric, monitor: Monitor, tally: Tally, minute: int, baseline: Baseline
) -> tuple[float, Mark | None]:
    """Return the highest statistic over the candidate onsets, rounded, and its onset."""
    best, onset = 0.0, None
    for start in monitor.hull.starts:
        if metric is Metric.VOLUME:
            score = volume_score(monitor, start, minute, baseline)
        else:
            score = failure_score(monitor, start, tally.decided, baseline)
        if score > best:
            best, onset = score, start
    return round(best, DIGITS), onset


def evidence_since(
    metric: Metric, monitor: Monitor, tally: Tally, start: Mark, minute: int, baseline: Baseline
) -> Evidence:
    """Return what happened since *start*, up to the end of *minute*."""
    observed, expected = monitor.observed - start.observed, monitor.expected - start.expected
    decided = tally.decided - start.decided
    if metric is Metric.VOLUME:
        statistic = volume_score(monitor, start, minute, baseline)
        low, high = _volume_interval(observed, expected, minute - start.minute + 1, baseline)
    else:
        statistic = failure_score(monitor, start, tally.decided, baseline)
        low, high = _failure_interval(observed, decided, expected, baseline)
    return Evidence(
        start=start,
        minute=minute,
        statistic=round(statistic, DIGITS),
        observed=observed,
        expected=expected,
        low=low,
        high=high,
        conversations=tally.conversations - start.conversations,
        decided=decided,
        failures=tally.failures - start.failures,
        exposure=tally.exposure - start.exposure,
    )


def _volume_interval(
    observed: float, expected: float, minutes: int, baseline: Baseline
) -> tuple[float, float]:
    variance = BURSTINESS / max(observed, 1.0) + baseline.dispersion.at(minutes) + 1.0 / baseline.evidence
    return interval(observed / max(expected, 1e-3), variance)


def _failure_interval(
    failures: float, decided: int, expected: float, baseline: Baseline
) -> tuple[float, float]:
    """Return the Wilson ends over the usual rate, widened by what is uncertain about that rate."""
    if decided <= 0 or expected <= 0:
        return 0.0, 0.0
    low, high = wilson(failures, decided)
    usual = expected / decided
    slack = (1.0 - baseline.failure_rate) / (baseline.failures + 0.5)
    return interval(low / usual, slack)[0], interval(high / usual, slack)[1]
