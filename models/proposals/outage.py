"""An outage: a tool that fails for reasons of its infrastructure, and whether asking again helped.

The lever is the harness, and the ground is how often it happens, not a contrast of outcomes:
being hit does not predict failure, never recovering does. An error counts by its wording, or
wording-free as transient: the identical call fails, then succeeds, with no write between.
Business-rule errors never recovered on an identical retry in 48 tries; they do not count.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from groundswell.models.proposals.thread import Call, Thread
from groundswell.models.proposals.tools import is_write

MIN_CONVERSATIONS = 5
MIN_RATE = 0.02
_Z95 = 1.959963984540054


@dataclass(frozen=True)
class Outage:
    """One tool's infrastructure errors: `errors` of `calls`, and the threads they hit.

    `hit` and `unrecovered` map a thread's position to the turn of its first error, and of its
    first error that no identical later call made good. `callers` are all threads that called it.
    """

    tool: str
    calls: int
    errors: int
    hit: Mapping[int, int]
    unrecovered: Mapping[int, int]
    callers: frozenset[int]

    @property
    def passes(self) -> bool:
        """Whether enough conversations were hit and the error rate is above 2 % with 97.5 % confidence."""
        return len(self.hit) >= MIN_CONVERSATIONS and wilson_low(self.errors, self.calls) > MIN_RATE

    @property
    def recovered(self) -> int:
        """Conversations that were hit and got every failed call answered later."""
        return len(self.hit) - len(self.unrecovered)


def find_outages(threads: Sequence[Thread]) -> list[Outage]:
    """Return the tools with infrastructure errors, most hit conversations first, then by name."""
    calls: dict[str, int] = {}
    errors: dict[str, int] = {}
    callers: dict[str, set[int]] = {}
    hit: dict[str, dict[int, int]] = {}
    unrecovered: dict[str, dict[int, int]] = {}
    for position, thread in enumerate(threads):
        for call in thread.calls:
            calls[call.name] = calls.get(call.name, 0) + 1
            callers.setdefault(call.name, set()).add(position)
        for call, recovered in _infrastructure_errors(thread):
            errors[call.name] = errors.get(call.name, 0) + 1
            hit.setdefault(call.name, {}).setdefault(position, call.turn)
            if not recovered:
                unrecovered.setdefault(call.name, {}).setdefault(position, call.turn)
    found = [
        Outage(
            tool, calls[tool], errors[tool], hit[tool], unrecovered.get(tool, {}), frozenset(callers[tool])
        )
        for tool in errors
    ]
    return sorted(found, key=lambda outage: (-len(outage.hit), outage.tool))


def _infrastructure_errors(thread: Thread) -> Iterator[tuple[Call, bool]]:
    """Yield each infrastructure error with whether an identical call succeeded later.

    Walks back from the end, so that the next success and the next write are at hand.
    """
    if all(call.ok for call in thread.calls):
        return
    answered: dict[tuple[str, str], int] = {}
    next_write = len(thread.calls)
    found: list[tuple[Call, bool]] = []
    for place in reversed(range(len(thread.calls))):
        call = thread.calls[place]
        if call.ok:
            answered[_identity(call)] = place
            next_write = place if is_write(call.name) else next_write
        else:
            again = answered.get(_identity(call))
            transient = again is not None and again <= next_write
            if call.failure == "infrastructure" or transient:
                found.append((call, again is not None))
    yield from reversed(found)


def _identity(call: Call) -> tuple[str, str]:
    return call.name, json.dumps(dict(call.use.arguments), sort_keys=True, default=str)


def wilson_low(successes: int, trials: int) -> float:
    """Return the lower end of the 95 % Wilson score interval of a proportion."""
    if not trials:
        return 0.0
    p, z2 = successes / trials, _Z95**2
    centre = p + z2 / (2 * trials)
    spread = _Z95 * sqrt(p * (1 - p) / trials + z2 / (4 * trials * trials))
    return (centre - spread) / (1 + z2 / trials)
