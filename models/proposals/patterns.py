"""A pattern: one step that some conversations share and others, which called the same tool, lack.

Only conversations that called the same tool are compared. Against all conversations a pattern
mostly measures how hard the task was: "payment does not add up" failed 12 of 13 in tau-bench
airline, but `book_reservation` without it failed 11 of 11.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from groundswell.models.proposals.preconditions import Precondition, record_states
from groundswell.models.proposals.sequence import rejected_after, unconfirmed_write, unread_writes
from groundswell.models.proposals.thread import Thread
from groundswell.models.proposals.tools import is_write

Family = Literal["precondition", "write_order", "confirmation", "read_first", "outage"]

#: Conversations that a candidate needs on each side before it is contrasted at all.
MIN_SUPPORT = 5
#: A record attribute with more distinct values than this names objects, not states.
MAX_STATES = 6


@dataclass(frozen=True)
class Pattern:
    """A family with its key, the threads that show it and where, and the threads it is compared in.

    `holders` maps a thread's position to the turn index at which it shows the pattern; `domain`
    holds the positions of all threads that called the same tool, holders included. `tool` is
    empty where any write counts. `precondition` and `after` (the earlier write of a write order)
    belong to their families.
    """

    family: Family
    tool: str
    holders: Mapping[int, int]
    domain: frozenset[int]
    precondition: Precondition | None = None
    after: str = ""

    @property
    def key(self) -> str:
        """The machine-readable mechanism: equal for equal problems, free of counts and of wording."""
        if self.precondition is not None:
            return f"{self.family}:{self.tool}:{self.precondition.attribute}={self.precondition.value}"
        return f"{self.family}:{self.tool or '*'}" + (f":after:{self.after}" if self.after else "")

    @property
    def supported(self) -> bool:
        """Whether both sides have enough conversations to compare."""
        return min(len(self.holders), len(self.domain) - len(self.holders)) >= MIN_SUPPORT


def find_patterns(threads: Sequence[Thread]) -> list[Pattern]:
    """Return the supported patterns of all contrast families, by key.

    Two patterns held by the same threads of the same domain are one: the first key stands.
    """
    callers = _callers(threads)
    found = [
        *_preconditions(threads, callers),
        *_write_orders(threads, callers),
        *_confirmations(threads, callers),
        *_unread(threads, callers),
    ]
    distinct: dict[tuple[frozenset[int], frozenset[int]], Pattern] = {}
    for pattern in sorted(found, key=lambda pattern: pattern.key):
        if pattern.supported:
            distinct.setdefault((frozenset(pattern.holders), pattern.domain), pattern)
    return list(distinct.values())


def _callers(threads: Sequence[Thread]) -> dict[str, frozenset[int]]:
    """Return the positions of the threads that called each writing tool; "" for any of them."""
    found: dict[str, set[int]] = {"": set()}
    for position, thread in enumerate(threads):
        for call in thread.calls:
            if is_write(call.name):
                found.setdefault(call.name, set()).add(position)
                found[""].add(position)
    return {tool: frozenset(positions) for tool, positions in found.items()}


def _preconditions(threads: Sequence[Thread], callers: Mapping[str, frozenset[int]]) -> list[Pattern]:
    holders: dict[Precondition, dict[int, int]] = {}
    for position, thread in enumerate(threads):
        for state, turn in record_states(thread):
            holders.setdefault(state, {}).setdefault(position, turn)
    states: dict[tuple[str, str], int] = {}
    for state in holders:
        states[state.tool, state.attribute] = states.get((state.tool, state.attribute), 0) + 1
    return [
        Pattern("precondition", state.tool, held, callers[state.tool], precondition=state)
        for state, held in holders.items()
        if 2 <= states[state.tool, state.attribute] <= MAX_STATES
    ]


def _write_orders(threads: Sequence[Thread], callers: Mapping[str, frozenset[int]]) -> list[Pattern]:
    holders: dict[tuple[str, str], dict[int, int]] = {}
    for position, thread in enumerate(threads):
        for earlier, rejected in rejected_after(thread):
            holders.setdefault((earlier.name, rejected.name), {}).setdefault(position, earlier.turn)
    return [
        Pattern("write_order", rejected, held, callers[earlier] & callers[rejected], after=earlier)
        for (earlier, rejected), held in holders.items()
    ]


def _confirmations(threads: Sequence[Thread], callers: Mapping[str, frozenset[int]]) -> list[Pattern]:
    turns = {position: unconfirmed_write(thread) for position, thread in enumerate(threads)}
    held = {position: turn for position, turn in turns.items() if turn is not None}
    return [Pattern("confirmation", "", held, callers[""])]


def _unread(threads: Sequence[Thread], callers: Mapping[str, frozenset[int]]) -> list[Pattern]:
    holders: dict[str, dict[int, int]] = {}
    for position, thread in enumerate(threads):
        for call in unread_writes(thread):
            for tool in (call.name, ""):
                holders.setdefault(tool, {}).setdefault(position, call.turn)
    return [Pattern("read_first", tool, held, callers[tool]) for tool, held in holders.items()]
