"""What an agent's told outcomes say about its inferred ones: a logistic regression for each agent.

The score says what the user was told. Whether that was right belongs to the agent: where refusing is
right, "done" means failure, and the slope turns round. So the probability of success is a logistic
function of the score, and of whether something was changed, whose coefficients start at those of STAR and
move with each conversation of the agent whose outcome was told, or that was given a thumb (which counts
less). Maximum a posteriori with a normal prior (ridge), by Newton's method with halved steps.

The coefficients are a function of the conversations remembered and of nothing else: told twice, corrected
or forgotten, a conversation counts as it was last told, or not at all.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

#: Conversations remembered, the latest by when they were first told of.
MAX_SAMPLES = 256
#: Intercept, slope of the score, and weight of a change, before anything is told; and how firmly.
PRIOR = (0.4, 0.8, 0.0)
PRECISION = (0.3, 1.0, 1.0)
#: What a thumb counts, of a told outcome.
THUMB_WEIGHT = 0.3
#: From so many told outcomes on, the agent's own coefficients may overrule what a handoff looks like.
TRUSTED = 10
#: Fewer give no calibration error.
MIN_FOR_ERROR = 20
_BINS = 5
_STEPS, _HALVINGS, _CLOSE = 30, 30, 1e-8

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a conversation showed: its score, and whether a tool changed something."""

    score: float
    wrote: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """A conversation whose outcome is known. `foreseen`: the probability of success just before."""

    score: float
    wrote: bool
    good: bool
    weight: float
    foreseen: float


@dataclass(frozen=True, slots=True)
class CalibrationFacts:
    """The state of one agent's calibration, for people. `error` is None while too little is known."""

    told: int
    thumbs: int
    intercept: float
    slope: float
    wrote: float
    error: float | None


class Calibration:
    """One agent's coefficients and the conversations that they rest on."""

    def __init__(self, samples: dict[str, Sample] | None = None) -> None:
        self._samples = samples or {}
        self._fitted: Floats | None = None
        self._facts: CalibrationFacts | None = None

    @property
    def told(self) -> int:
        """How many of the remembered conversations have a told outcome."""
        return self.facts().told

    @property
    def trusted(self) -> bool:
        """Whether enough was told to overrule what the conversation looks like."""
        return self.told >= TRUSTED

    def success(self, shown: Shown) -> float:
        """Return the probability that the user got what they came for."""
        intercept, slope, wrote = self._coefficients()
        logit = intercept + slope * shown.score + wrote * shown.wrote
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))

    def learn(self, conversation: str, shown: Shown, *, good: bool, weight: float = 1.0) -> bool:
        """Learn how a conversation went, or went after all; return whether that is news.

        What was foreseen stays what it was when the conversation was first told of.
        """
        before = self._samples.get(conversation)
        foreseen = self.success(shown) if before is None else before.foreseen
        sample = Sample(shown.score, shown.wrote, good, weight, foreseen)
        if sample == before:
            return False
        self._samples[conversation] = sample
        while len(self._samples) > MAX_SAMPLES:
            del self._samples[next(iter(self._samples))]
        self._fitted = self._facts = None
        return True

    def forget(self, conversation: str) -> bool:
        """Unlearn a conversation; return whether it was known."""
        known = self._samples.pop(conversation, None) is not None
        if known:
            self._fitted = self._facts = None
        return known

    def facts(self) -> CalibrationFacts:
        """Return the state for people, rounded."""
        if self._facts is None:
            intercept, slope, wrote = (round(float(value), 4) for value in self._coefficients())
            told, error = sum(sample.weight == 1 for sample in self._samples.values()), self._error()
            thumbs = len(self._samples) - told
            rounded = None if error is None else round(error, 4)
            self._facts = CalibrationFacts(told, thumbs, intercept, slope, wrote, rounded)
        return self._facts

    def _error(self) -> float | None:
        """Return the calibration error of what was foreseen of told outcomes, each before it was told.

        The expected calibration error over fifths of equal size (Naeini et al. 2015), prequential
        (Dawid 1984): no conversation is predicted by coefficients that know it.
        """
        known = sorted(
            (sample.foreseen, sample.good) for sample in self._samples.values() if sample.weight == 1
        )
        if len(known) < MIN_FOR_ERROR:
            return None
        edges = [round(part * len(known) / _BINS) for part in range(_BINS + 1)]
        gaps = (
            abs(sum(foreseen - good for foreseen, good in known[start:end])) for start, end in pairwise(edges)
        )
        return sum(gaps) / len(known)

    def _coefficients(self) -> Floats:
        if self._fitted is None:
            self._fitted = _fit(list(self._samples.values()))
        return self._fitted

    def to_json(self) -> bytes:
        """Return the state as a JSON document; `from_json` restores it bit for bit."""
        return orjson.dumps(
            [
                [key, sample.score, sample.wrote, sample.good, sample.weight, sample.foreseen]
                for key, sample in self._samples.items()
            ]
        )

    @classmethod
    def from_json(cls, payload: bytes) -> "Calibration":
        """Restore what `to_json` gave."""
        rows: list[list[Any]] = orjson.loads(payload)
        return cls({key: Sample(*values) for key, *values in rows})


def _fit(samples: list[Sample]) -> Floats:
    """Return the coefficients, shape (3,), at which the penalised log loss is least."""
    prior, precision = np.array(PRIOR), np.array(PRECISION)
    if not samples:
        return prior
    inputs = np.ones((len(samples), 3))
    inputs[:, 1] = [sample.score for sample in samples]
    inputs[:, 2] = [sample.wrote for sample in samples]
    good = np.array([sample.good for sample in samples], np.float64)
    weights = np.array([sample.weight for sample in samples])

    def loss(at: Floats) -> float:
        logits = inputs @ at
        misfit = weights * (np.logaddexp(0, logits) - good * logits)
        return float(misfit.sum() + (precision * (at - prior) ** 2).sum() / 2)

    at, least = prior, loss(prior)
    for _ in range(_STEPS):
        step = _newton_step(inputs, good, weights, at, precision * (at - prior), np.diag(precision))
        reached = loss(at - step)
        for _ in range(_HALVINGS):
            if reached <= least:
                break
            step = step / 2
            reached = loss(at - step)
        at, least = at - step, reached
        if np.abs(step).max() < _CLOSE:
            break
    return at


def _newton_step(
    inputs: Floats, good: Floats, weights: Floats, at: Floats, pull: Floats, ridge: Floats
) -> Floats:
    """Return the step to the minimum of the quadratic that fits the loss at *at*."""
    chance = 1 / (1 + np.exp(-np.clip(inputs @ at, -30, 30)))
    gradient = inputs.T @ (weights * (chance - good)) + pull
    curvature = (inputs.T * (weights * chance * (1 - chance))) @ inputs + ridge
    return np.asarray(np.linalg.solve(curvature, gradient), dtype=np.float64)
