"""Vectors taken in by the engine, for the benchmarks that score what it makes of them."""

from collections.abc import Iterable, Iterator

from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.record import Vector


def arrive(engine: IntentEngine, turns: Iterable[tuple[Vector, str]]) -> Iterator[str]:
    """Take in (vector, goal) in order; give the sub-intent each got. A goal may be empty: not told."""
    opened: dict[str, int] = {}
    for number, (vector, goal) in enumerate(turns):
        given = engine.assign(vector, Stamp(number, f"benchmark/0/{number}/0"), opened.get(goal))
        if goal:
            opened.setdefault(goal, given.micro)
        yield given.fine
