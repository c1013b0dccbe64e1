"""One run of the engine over labelled vectors, and the figures of several, for `intents.py`."""

import time
from collections.abc import Iterable, Sequence
from itertools import islice, pairwise
from statistics import mean
from typing import Any

import numpy as np
from intents_arrival import arrive
from intents_data import Indices, score
from intents_rivals import contest

from groundswell.models.intents.engine import IntentEngine
from groundswell.models.record import Vector

LEVELS = ("arrival", "resolved", "final", "final_fine")
TENTHS = 10  # parts of the stream, after each of which all past events are labelled anew
Report = dict[str, Any]


def cluster(
    stream: Sequence[Vector], goals: Sequence[str] | None = None
) -> tuple[dict[str, list[str]], dict[str, float]]:
    """Run the engine over the vectors; return the labels of each level, and figures of the run.

    `goals`: what conversation each is of, empty for one by itself; None: all are.
    `churn`: mean percentage of past events whose intent is another after a further tenth of the stream.
    """
    engine = IntentEngine(namespace="benchmark")
    arriving = arrive(engine, zip(stream, goals or [""] * len(stream), strict=True))
    arrival: list[str] = []
    before: list[str] = []
    moved: list[float] = []
    seconds, state = 0.0, 0
    bounds = [len(stream) * part // TENTHS for part in range(TENTHS + 1)]
    for begin, end in pairwise(bounds):
        start = time.process_time()
        arrival += islice(arriving, end - begin)
        seconds += time.process_time() - start
        now = [engine.label(vector)[1] for vector in stream[:end]]
        if before:
            moved.append(float(np.mean([a != b for a, b in zip(before, now, strict=False)])))
        before = now
    for record in engine.changes().values():
        state += len(record.payload) + (0 if record.vector is None else record.vector.nbytes)
    final = [engine.label(vector) for vector in stream]
    labels = {
        "arrival": arrival,
        "resolved": [engine.resolve(fine) for fine in arrival],
        "final": [intent for _, intent in final],
        "final_fine": [fine for fine, _ in final],
    }
    return labels, {
        "events_per_cpu_second": round(len(stream) / seconds),
        "churn": round(100 * mean(moved), 1) if moved else 0.0,
        "state_mib": round(state / 2**20, 2),
    }


def contenders(stream: Sequence[Vector], truth: Indices, seed: int) -> Report:
    """Return the scores of every rival."""
    intents = int(truth.max()) + 1
    report: Report = {}
    for name, labels, speed in contest(stream, intents, seed):
        found = score(truth[: len(labels)], labels.tolist())
        report[name] = {**found, "events": len(labels), "events_per_cpu_second": round(speed)}
    return report


def summary(reports: Sequence[Report]) -> Report:
    """Return (mean, least, most) of each figure over runs that differ in the seed alone."""
    return {
        name: (round(mean(values), 2), min(values), max(values))
        for name, values in _columns([dict(_flat(report)) for report in reports]).items()
    }


def _flat(report: Report) -> Iterable[tuple[str, float]]:
    for name, value in report.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", number) for inner, number in value.items())
        elif name in ("events_per_cpu_second", "churn", "state_mib"):
            yield name, value


def _columns(rows: Sequence[dict[str, float]]) -> dict[str, list[float]]:
    return {name: [row[name] for row in rows] for name in rows[0]}
