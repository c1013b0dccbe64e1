"""Repeated looks at a growing agent, for `proposals.py`: what chance gives over all, and what is found.

An agent is looked at whenever a quarter more of its conversations are decided; each look spends what the
new ones have earned (`contrast.alpha_for`). When the first look comes is chance, so a proposal should come
of whatever schedule: each start gives one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from groundswell.models.proposals.patterns import Pattern, find_patterns
from groundswell.models.proposals.rules import RuleBook
from groundswell.models.proposals.search import run_tests, split_by_prompt
from groundswell.models.proposals.thread import Thread

#: Decided conversations at the first look; growth until the next.
STARTS, GROWTH = range(16, 36), 1.25
Shuffle = Callable[[list[Thread], np.random.Generator], NDArray[Any]]


@dataclass(frozen=True)
class Look:
    """One look: at the first *size* conversations, *news* of them new (None: all), with these candidates."""

    size: int
    news: int | None
    candidates: Sequence[Pattern]


def schedule(threads: Sequence[Thread], book: RuleBook | None, start: int) -> list[Look]:
    """Give the looks at threads with known outcome, in their order."""
    looks: list[Look] = []
    size = start
    while size <= len(threads):
        candidates, _ = split_by_prompt(find_patterns(threads[:size]), book)
        looks.append(Look(size, size - looks[-1].size if looks else None, candidates))
        size = int(np.ceil(size * GROWTH))
    return looks


def found(threads: Sequence[Thread], looks: Sequence[Look]) -> set[str]:
    """Give the patterns that pass at some look."""
    return {
        test.pattern.key
        for look in looks
        for test in run_tests(threads[: look.size], look.candidates, look.news)
        if test.passed
    }


def measure(
    threads: list[Thread], book: RuleBook | None, shuffles: dict[str, Shuffle], rounds: int, seed: int
) -> dict[str, float]:
    """Give the false proposals per 1,000 conversations over all looks, and the schedules that find each.

    *threads*: those with known outcome, in the order in which they came.
    """
    rng = np.random.default_rng(seed)
    mixed = [threads[place] for place in rng.permutation(len(threads))]
    looks, figures = schedule(mixed, book, STARTS[0]), dict[str, float]()
    for name, shuffle in shuffles.items():
        passed = 0
        for _ in range(rounds):
            outcomes = shuffle(mixed, rng)
            null = [
                replace(thread, failed=bool(failed)) for thread, failed in zip(mixed, outcomes, strict=True)
            ]
            passed += len(found(null, looks))
        figures[f"false per 1000 over {len(looks)} looks, {name}"] = 1000 * passed / (rounds * len(threads))
    schedules = [found(threads, schedule(threads, book, start)) for start in STARTS]
    for pattern in sorted(set().union(*schedules)):
        figures[f"{pattern} schedules"] = sum(pattern in one for one in schedules) / len(schedules)
    return figures
