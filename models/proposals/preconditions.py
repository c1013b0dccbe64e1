"""A precondition: the state of a record, as the agent last read it, when the agent wrote to it."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundswell.models.proposals.thread import Call, Thread
from groundswell.models.proposals.tools import (
    attributes,
    id_arguments,
    is_read,
    is_write,
    leaves,
    record_type,
)

#: Names and values come from tool results. What does not look like a name or a state is no candidate:
#: it could carry an instruction into the prompt, or one user's data.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,59}")
_VALUE = re.compile(r"[A-Za-z0-9_+-]+(?: [A-Za-z0-9_+-]+){0,2}")
_MAX_VALUE = 30


@dataclass(frozen=True, order=True)
class Precondition:
    """A write tool, and an attribute and value of the record that it was called on."""

    tool: str
    attribute: str
    value: str


def record_states(thread: Thread) -> Iterator[tuple[Precondition, int]]:
    """Yield the states that each write of a thread was made on, with the write's turn index."""
    parsed: dict[int, list[tuple[str, str]]] = {}
    for place, call in enumerate(thread.calls):
        if is_write(call.name):
            state: dict[str, str] = {}
            for read in _reads_of(call, thread.calls[:place]):
                if read.turn not in parsed:
                    parsed[read.turn] = list(attributes(_json(read.use.result)))
                state.update(parsed[read.turn])
            for attribute, value in state.items():
                if _is_state(attribute, value):
                    yield Precondition(call.name, attribute, value), call.turn


def record_noun(threads: Sequence[Thread], tool: str) -> str:
    """Return what the records that a tool writes to are called, by the readers' names; else "record"."""
    counts: dict[str, int] = {}
    for thread in threads:
        for place, call in enumerate(thread.calls):
            if call.name == tool:
                nouns = {record_type(read.name) for read in _reads_of(call, thread.calls[:place])}
                for noun in nouns - {None}:
                    counts[str(noun)] = counts.get(str(noun), 0) + 1
    return min(counts, key=lambda noun: (-counts[noun], noun)) if counts else "record"


def _reads_of(write: Call, earlier: tuple[Call, ...]) -> list[Call]:
    """Return the successful reads made with an id that the write names."""
    written = set(leaves(dict(id_arguments(write.use.arguments))))
    return [
        read
        for read in earlier
        if read.ok and is_read(read.name) and written & set(id_arguments(read.use.arguments).values())
    ]


def _is_state(attribute: str, value: str) -> bool:
    fits = len(value) <= _MAX_VALUE and _VALUE.fullmatch(value) is not None
    return fits and _NAME.fullmatch(attribute) is not None


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
