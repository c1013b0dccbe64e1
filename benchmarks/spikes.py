"""Spike detection on simulated intents, beside what one would pick instead.

    python benchmarks/spikes.py [--json] [--check] [FILE]

Each agent has 50 intents of one rate, four weeks of history, daily and weekly seasons, a
tilt of its own per intent, and hourly gamma noise (CV 0.2): the noise model is an
assumption. Each detector has one threshold for all rates; the rivals' is the lowest that
allows one false alarm in 1,000 intent-weeks. It takes two minutes of one
core. FILE replays your own intent minutes (JSON lines of `intent.minute.v1`) and counts
what fires.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.models.minute import Count, IntentMinute
from groundswell.models.position import Source
from groundswell.models.record import StateRecord
from groundswell.models.spikes.state import SpikeState

Matrix = NDArray[np.float64]

SEED = 20240501
WEEK, DAY, HOUR = 10080, 1440, 60
INTENTS = 50
RATES = (0.1, 1.0, 10.0)  #: conversations per minute
AGENTS = {0.1: 12, 1.0: 5, 10.0: 2}  #: weeks without a spike: 50 intents each
SIZES = (5.0, 3.0)
SPIKES = 6  #: agents with a spike, by rate and size
QUIET, LENGTH = 240, 120  #: minutes before a spike, and of it
TRAFFIC = 100.0  #: conversations per minute of an agent
START = 2000 * WEEK
USERS = tuple(f"user{i:08d}" for i in range(64 * 32))

#: What the figures must reach.
GOALS = {
    "power at 1/min, 5x": ("at least", 0.97),
    "median delay at 1/min, 5x": ("at most", 12.0),
    "false alarms per 1,000 intent-weeks": ("at most", 2.0),
    "alarms in a 4x surge of all traffic, per 1,000 intents": ("at most", 2.0),
}


@dataclass
class Simulated:
    """Counts of minutes x intents, and the agent's traffic by minute."""

    start: int
    counts: Matrix
    traffic: Matrix


class Agent:
    """An agent whose intents have one rate and tilts of their own."""

    def __init__(self, rate: float, seed: int) -> None:
        self.rng = np.random.default_rng([SEED, int(rate * 10), seed])
        self.rate = rate
        self.tilt = self.rng.uniform(0, 0.3, INTENTS)
        self.peak = self.rng.uniform(0, 24, INTENTS)

    def simulate(
        self, start: int, minutes: int, rise: float = 1.0, surge: float = 1.0, onset: int = 0
    ) -> Simulated:
        """Return *minutes* from *start* (a full hour); intents *rise*, or all traffic, from *onset*."""
        at = np.arange(start, start + minutes)
        hours = -(-minutes // HOUR)
        mood = np.repeat(self.rng.gamma(100.0, 0.01, hours), HOUR)[:minutes]
        own = np.repeat(self.rng.gamma(25.0, 0.04, (hours, INTENTS)), HOUR, axis=0)[:minutes]
        tilt = np.exp(self.tilt * np.sin(2 * np.pi * (at[:, None] / HOUR - self.peak) / 24))
        base = SEASON[at % WEEK] * mood * np.where(np.arange(minutes) >= onset, surge, 1.0)
        mean = self.rate * base[:, None] * own * tilt
        mean[onset:] *= rise
        bursts = self.rng.poisson(mean / 1.15)
        return Simulated(start, bursts + self.rng.binomial(bursts, 0.15), self.rng.poisson(TRAFFIC * base))


def _season() -> Matrix:
    minute = np.arange(WEEK)
    day = np.exp(0.7 * np.sin(2 * np.pi * (minute % DAY / HOUR - 9) / 24))
    week = day * np.where(minute // DAY >= 5, 0.5, 1.0)
    return np.asarray(week / week.mean())


SEASON = _season()


def messages(stream: Simulated, step: int = 1) -> Iterator[IntentMinute]:
    """Yield the stream as closed minutes, *step* minutes taken together (history needs no more)."""
    rows, traffic = stream.counts.astype(int), stream.traffic.astype(int)
    for first in range(0, len(rows), step):
        row = rows[first : first + step].sum(axis=0)
        yield minute_of(stream.start + first, row, int(traffic[first : first + step].sum()))


@cache
def count_of(conversations: int, group: int) -> Count:
    """Return a count whose users are one of 64 disjoint groups."""
    users = USERS[32 * group :][: min(conversations, 32)]
    return Count.model_construct(conversations=conversations, users=users)


def minute_of(minute: int, row: NDArray[Any], traffic: int) -> IntentMinute:
    """Return one minute; every conversation has a user of its own."""
    busy = np.flatnonzero(row).tolist()
    counts = {f"i{intent:03d}": count_of(int(row[intent]), minute % 64) for intent in busy}
    return IntentMinute.model_construct(
        tenant="sim",
        agent="sim",
        minute=minute,
        closed=(minute + 1) * 60_000,
        conversations=traffic,
        counts=counts,
        groups={fine: fine for fine in counts},
        source=Source(log="sim", partition=0, offset=minute),
    )


def learnt(history: Simulated) -> dict[str, StateRecord]:
    """Return the state after *history*."""
    state = SpikeState("sim", "sim")
    for message in messages(history, HOUR):
        state.minute(message)
    return state.changes()


def fired(records: dict[str, StateRecord], stream: Simulated) -> list[tuple[int, int]]:
    """Return (intent, minute of the stream) of the first firing of every alert."""
    state = SpikeState("sim", "sim")
    state.restore(records)
    spikes = [spike for message in messages(stream) for spike in state.minute(message)]
    first = {s.fingerprint: s for s in reversed(spikes) if s.status == "firing"}
    return sorted((int(s.intent_id[1:]), s.detected_minute - stream.start) for s in first.values())


def counted(history: Simulated, stream: Simulated) -> Matrix:
    """Return the statistic of "more than k conversations in an hour", minutes x intents."""
    total = np.cumsum(np.vstack([np.zeros((1, INTENTS)), stream.counts]), axis=0)
    begin = np.maximum(np.arange(len(stream.counts)) + 1 - HOUR, 0)
    return np.asarray(total[1:] - total[begin])


def scored(history: Simulated, stream: Simulated) -> Matrix:
    """Return the z-score of an exponentially weighted mean (half-life 30 min) against the hour of week."""
    hour_of_week = np.arange(history.start, history.start + len(history.counts)) % WEEK // HOUR
    usual = np.stack([history.counts[hour_of_week == h].mean(axis=0) for h in range(168)])
    weight = 1 - 0.5 ** (1 / 30)
    seen = expected = usual[stream.start % WEEK // HOUR]
    out = np.empty(stream.counts.shape)
    for i, row in enumerate(stream.counts):
        mean = usual[(stream.start + i) % WEEK // HOUR]
        seen, expected = seen + weight * (row - seen), expected + weight * (mean - expected)
        out[i] = (seen - expected) / np.sqrt(np.maximum(expected, 0.2 * weight) * weight / (2 - weight))
    return out


RIVALS = {"count in 60 min > k": counted, "EWMA z-score, seasonal": scored}


def quiet_weeks() -> tuple[dict[str, Any], dict[str, float]]:
    """Return the false alarms by rate, and the rivals' thresholds for one in 1,000 intent-weeks."""
    alarms: dict[str, Any] = {}
    peaks: dict[str, list[float]] = {name: [] for name in RIVALS}
    for rate, agents in AGENTS.items():
        found = 0
        for seed in range(agents):
            agent = Agent(rate, seed)
            history = agent.simulate(START - 4 * WEEK, 4 * WEEK)
            week = agent.simulate(START, WEEK)
            found += len(fired(learnt(history), week))
            for name, statistic in RIVALS.items():
                peaks[name] += statistic(history, week).max(axis=0).tolist()
        alarms[f"{rate:g}/min"] = {"intent_weeks": agents * INTENTS, "alarms": found}
    allowed = round(sum(AGENTS.values()) * INTENTS / 1000)
    return alarms, {name: sorted(values)[-1 - allowed] for name, values in peaks.items()}


def first_above(statistic: Matrix, threshold: float) -> list[int | None]:
    """Return by intent the minutes from the onset until the statistic exceeds *threshold*."""
    above = statistic[QUIET:] > threshold
    return [int(np.argmax(column)) + 1 if column.any() else None for column in above.T]


def delays(found: list[tuple[int, int]]) -> list[int | None]:
    """Return by intent the minutes from the onset until an alert fired in it."""
    first: dict[int, int] = {}
    for intent, minute in found:
        if minute >= QUIET:
            first[intent] = min(first.get(intent, minute), minute)
    return [first[i] - QUIET + 1 if i in first else None for i in range(INTENTS)]


def figures(waits: list[int | None]) -> dict[str, Any]:
    """Return the power and the median delay (of all spikes, the missed ones taking forever)."""
    times = sorted(wait if wait is not None else sys.maxsize for wait in waits)
    median = times[len(times) // 2]
    power = sum(wait is not None for wait in waits) / len(waits)
    return {"power": round(power, 3), "median_minutes": median if median < sys.maxsize else None}


def spikes_found(thresholds: dict[str, float]) -> tuple[dict[str, Any], int]:
    """Return power and delay by size, rate and detector, and the intents that a surge alarmed."""
    waits: dict[tuple[str, str, str], list[int | None]] = {}
    surged = 0
    for rate in RATES:
        for seed in range(SPIKES):
            agent = Agent(rate, 1000 + seed)
            history = agent.simulate(START - 4 * WEEK, 4 * WEEK)
            records = learnt(history)
            begin = START + (29 * seed + 5) % 168 * HOUR
            for rise in SIZES:
                stream = agent.simulate(begin, QUIET + LENGTH, rise=rise, onset=QUIET)
                row = (f"{rise:g}x 2 h", f"{rate:g}/min")
                waits.setdefault((*row, "groundswell"), []).extend(delays(fired(records, stream)))
                for name, statistic in RIVALS.items():
                    values = first_above(statistic(history, stream), thresholds[name])
                    waits.setdefault((*row, name), []).extend(values)
            surge = agent.simulate(begin, QUIET + LENGTH, surge=4.0, onset=QUIET)
            surged += len({intent for intent, _ in fired(records, surge)})
    table: dict[str, Any] = {}
    for (size, speed, name), values in waits.items():
        table.setdefault(size, {}).setdefault(speed, {})[name] = figures(values)
    return table, surged


def simulated() -> dict[str, Any]:
    """Return all figures."""
    began = time.perf_counter()
    alarms, thresholds = quiet_weeks()
    table, surged = spikes_found(thresholds)
    weeks = sum(entry["intent_weeks"] for entry in alarms.values())
    found = sum(entry["alarms"] for entry in alarms.values())
    best = table["5x 2 h"]["1/min"]["groundswell"]
    return {
        "settings": {"seed": SEED, "intents_per_agent": INTENTS, "spikes_by_cell": SPIKES * INTENTS},
        "data": "simulated",
        "detection": table,
        "false_alarms": alarms,
        "rival_thresholds": {name: round(value, 3) for name, value in thresholds.items()},
        "figures": {
            "power at 1/min, 5x": best["power"],
            "median delay at 1/min, 5x": best["median_minutes"],
            "false alarms per 1,000 intent-weeks": round(1000 * found / weeks, 3),
            "alarms in a 4x surge of all traffic, per 1,000 intents": round(
                1000 * surged / (len(RATES) * SPIKES * INTENTS), 3
            ),
        },
        "seconds": round(time.perf_counter() - began, 1),
    }


def replayed(path: Path) -> dict[str, Any]:
    """Return what fires in a file of intent minutes, one JSON object a line."""
    states: dict[tuple[str, str], SpikeState] = {}
    fired_kinds: Counter[str] = Counter()
    minutes = 0
    with path.open("rb") as lines:
        for line in lines:
            message = IntentMinute.model_validate_json(line)
            key = (message.tenant, message.agent)
            state = states.setdefault(key, SpikeState(*key))
            fired_kinds.update(f"{s.kind} {s.status}" for s in state.minute(message))
            minutes += 1
    intents = sum(len(state.watches.by_intent) for state in states.values())
    return {
        "data": path.name,
        "minutes": minutes,
        "intents": intents,
        "events": dict(sorted(fired_kinds.items())),
    }


def shortfalls(reached: dict[str, Any]) -> list[str]:
    """Return the goals that were missed, in words."""
    missed = []
    for name, (direction, goal) in GOALS.items():
        value = reached[name]
        holds = value is not None and (value >= goal if direction == "at least" else value <= goal)
        if not holds:
            missed.append(f"{name}: {value}, wanted {direction} {goal}")
    return missed


def report(result: dict[str, Any]) -> None:
    """Print the figures for people."""
    for size, speeds in result.get("detection", {}).items():
        for speed, rows in speeds.items():
            for name, row in rows.items():
                median = row["median_minutes"]
                print(f"{size}  {speed:>7}  {name:<24} {row['power']:>6.1%}  median {median or '-'} min")
    for key in (
        "false_alarms",
        "rival_thresholds",
        "figures",
        "settings",
        "data",
        "minutes",
        "events",
        "seconds",
    ):
        if key in result:
            print(f"{key}: {result[key]}")


def main() -> int:
    """Run, print, and with --check return 1 if a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="fail if a figure falls short of its goal")
    options = parser.parse_args()
    result = replayed(options.file) if options.file else simulated()
    if options.json:
        print(json.dumps(result))
    else:
        report(result)
    missed = shortfalls(result["figures"]) if options.check and not options.file else []
    for line in missed:
        print(f"short of its goal: {line}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
