"""What is there when a command comes: live intents, those that are gone, and the turns that it names."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from groundswell.models.intent_command import CommandRead
from groundswell.models.intents.holding import Journal
from groundswell.models.intents.pins import pin_intent
from groundswell.models.intents.state import State
from groundswell.models.naming.rules import plain
from groundswell.models.naming.stretches import NAME_LIMIT
from groundswell.models.record import Vector
from groundswell.models.teaching.memory import Memory
from groundswell.models.teaching.refused import Refused, unheld


@dataclass(frozen=True, slots=True)
class Standing:
    """The engine's state and what people have told. Each method raises Refused, and changes no intent."""

    state: State
    memory: Memory

    def groups(self) -> set[str]:
        """Return the live intents."""
        return set(self.state.model.intents) if self.state.model else set()

    def live(self, intent: str, *, retired: bool = False) -> str:
        """Return a live intent. Refuses one that is unknown, merged away, silent or retired."""
        if intent in self.groups():
            if not retired and self.memory.is_retired(intent):
                raise Refused("retired_intent", f"{intent} is retired; unretire it first")
            return intent
        into = self.memory.successor(intent)
        if into == intent:
            into = self.state.resolve(intent)
        if into != intent and into in self.groups():
            raise Refused("merged_intent", f"{intent} is part of {into} now; name that one")
        if any(one is not None and one.intent == intent for one in self.state.archive.ring):
            raise Refused("retired_intent", f"{intent} fell silent; it comes back by itself with its theme")
        raise Refused("unknown_intent", f"no intent of this agent has the id {intent!r}")

    def name(self, name: str, intent: str = "") -> str:
        """Return a name as it is kept, if *intent* may have it: no other live one is called so."""
        name = plain(name, NAME_LIMIT)
        if not name:
            raise Refused("contradiction", "the name holds no visible character")
        for other, taken in self.memory.names().items():
            if taken == name and other != intent and other in self.groups():
                raise Refused("contradiction", f"{other} is called so already; merge them, or choose another")
        return name

    def hold(self, intent: str) -> Journal:
        """Hold an intent as it is."""
        journal = Journal()
        try:
            pin_intent(self.state, intent, journal)
        except ValueError as problem:
            raise unheld(problem) from problem
        return journal

    def vectors(self, read: CommandRead, turns: Sequence[str]) -> list[Vector]:
        """Return what was clustered of each turn, unit vectors (dimension,)."""
        if self.state.model is None:
            raise Refused("unknown_intent", "no intent has emerged yet")
        vectors, size = [], self.state.params.dimension
        for turn in dict.fromkeys(turns):
            if turn not in read.vectors:
                wanted = "no archived turn of this agent that says what its user wants"
                raise Refused("unknown_turn", f"turn {turn!r} is {wanted}")
            raw = base64.b64decode(read.vectors[turn])
            vector = np.frombuffer(raw, dtype="<f4").astype(np.float32)
            if vector.shape != (size,) or not abs(float(vector @ vector) - 1) < 1e-3:
                raise Refused("unknown_turn", f"turn {turn!r} was embedded by another model")
            vectors.append(vector)
        return vectors
