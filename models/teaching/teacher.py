"""Carrying out a command on an agent's intents: facts (names, states) and shapes (who belongs where)."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from groundswell.models.intent_command import CommandRead, IntentCommand
from groundswell.models.intent_event import IntentChange
from groundswell.models.intents import constraints
from groundswell.models.intents.holding import Journal, NoRoom
from groundswell.models.intents.pins import pin_intent
from groundswell.models.intents.settling import Shift
from groundswell.models.intents.state import State
from groundswell.models.naming.phrases import NAME_LIMIT
from groundswell.models.naming.rules import plain
from groundswell.models.record import Vector
from groundswell.models.teaching.memory import INTENTS, Done, Memory
from groundswell.models.teaching.refused import Refused
from groundswell.models.teaching.told import Deed, Told


@dataclass(slots=True)
class Effect:
    """What a command did: intents touched, shifts between intents, changes to be announced, in words."""

    touched: list[str]
    detail: str
    shifts: list[Shift] = field(default_factory=list)
    said: list[tuple[IntentChange, str]] = field(default_factory=list)
    revived: list[str] = field(default_factory=list)


class Teacher:
    """Applies commands to the engine's state and the memory of what was told."""

    def __init__(self, state: State, memory: Memory) -> None:
        self._state = state
        self._memory = memory

    def apply(self, read: CommandRead) -> Effect:
        """Carry a command out. Raises Refused, having changed nothing that counts."""
        given = read.given
        act: Callable[[], tuple[Effect, Done]] = {
            "rename": partial(self._fact, given, "name", lambda: self._free_name(given)),
            "describe": partial(
                self._fact, given, "description", lambda: plain(given.description or "", 500)
            ),
            "pin": partial(self._fact, given, "pinned", lambda: True),
            "retire": partial(self._fact, given, "retired", lambda: True),
            "unretire": partial(self._fact, given, "retired", lambda: False),
            "dismiss": partial(self._fact, given, "dismissed", lambda: True),
            "undismiss": partial(self._fact, given, "dismissed", lambda: False),
            "unpin": partial(self._unpin, given),
            "merge": partial(self._merge, given),
            "split": partial(self._split, given, read),
            "move-examples": partial(self._move, given, read),
            "must-link": partial(self._link, given, read),
            "cannot-link": partial(self._part, given, read),
            "undo": partial(self._undo, given),
        }[given.command]
        try:
            effect, done = act()
        except NoRoom as full:
            raise Refused("limit", str(full)) from full
        except constraints.Contradiction as clash:
            raise Refused("contradiction", str(clash)) from clash
        done.touched = tuple(dict.fromkeys(effect.touched))
        self._memory.remember(given.id, done)
        for intent in done.touched:
            deed = Deed(given.id, given.command, given.actor, given.time, effect.detail)
            self._memory.of(intent).note(deed)
        return effect

    # -- facts

    def _fact(self, given: IntentCommand, fact: str, value_of: Callable[[], object]) -> tuple[Effect, Done]:
        """Set one fact about an intent and hold the intent, so that no refit makes the fact void."""
        intent = self._live(given.intent or "", retired=fact != "pinned" and fact != "dismissed")
        if intent not in self._memory.told and len(self._memory.told) >= INTENTS:
            raise Refused("limit", f"facts are kept of at most {INTENTS} intents")
        before, value = getattr(self._memory.told.get(intent, Told()), fact), value_of()
        if before == value and fact != "pinned":
            raise Refused("no_change", f"{intent} has {fact} {value!r} already")
        if not self._held(intent).owners and before == value:
            raise Refused("no_change", f"{intent} is pinned already")
        done = Done(given.command, (), {intent: {fact: (before, value)}})
        self._set(intent, fact, value)
        effect = Effect([intent], f"{fact}: {value!r}, before: {before!r}")
        if fact == "description":
            effect.said.append(("described", intent))
        elif fact == "pinned":
            effect.said.append(("pinned", intent))
        elif fact == "dismissed":
            effect.said.append(("dismissed" if value else "undismissed", intent))
        elif fact == "retired" and not value:
            effect.revived.append(intent)
        return effect, done

    def _set(self, intent: str, fact: str, value: object) -> None:
        setattr(self._memory.of(intent), fact, value)

    def _free_name(self, given: IntentCommand) -> str:
        name = plain(given.name or "", NAME_LIMIT)
        if not name:
            raise Refused("contradiction", "the name holds no visible character")
        for intent, taken in self._memory.names().items():
            if taken == name and intent != given.intent and intent in self._groups():
                raise Refused(
                    "contradiction", f"{intent} is called so already; merge them, or choose another"
                )
        return name

    def _held(self, intent: str) -> Journal:
        journal = Journal()
        try:
            pin_intent(self._state, intent, journal)
        except ValueError as problem:
            reason = "empty" if "no events" in str(problem) else "limit"
            raise Refused(reason, str(problem)) from problem  # type: ignore[arg-type]
        return journal

    def _unpin(self, given: IntentCommand) -> tuple[Effect, Done]:
        intent = self._live(given.intent or "", retired=True)
        told = self._memory.told.get(intent, Told())
        if told.retired or told.dismissed:
            what = "retired" if told.retired else "dismissed"
            raise Refused("contradiction", f"{intent} is {what}, which holds it; take that back first")
        if all(pin.intent != intent for pin in self._state.pins):
            raise Refused("no_change", f"{intent} is not held")
        journal, shifts = constraints.release(self._state, intent)
        done = Done(given.command, (), {intent: {"pinned": (told.pinned, False)}}, journal, shaped=True)
        self._set(intent, "pinned", False)
        return Effect([intent], "left to the machine", shifts, [("unpinned", intent)]), done

    # -- shapes

    def _merge(self, given: IntentCommand) -> tuple[Effect, Done]:
        into = self._live(given.into or "")
        sources = list(dict.fromkeys(given.intents))
        if into in sources:
            raise Refused("cycle", f"{into} cannot be merged into itself")
        for source in sources:
            self._live(source)
        try:
            journal, shifts = constraints.merge_intents(self._state, sources, into)
        except NoRoom:
            raise
        except ValueError as problem:
            raise Refused("empty" if "no events" in str(problem) else "limit", str(problem)) from problem
        self._memory.succeed((source, into) for source in sources)
        done = Done(given.command, (), journal=journal, shaped=True)
        return Effect([into, *sources], f"{', '.join(sources)} into {into}", shifts), done

    def _split(self, given: IntentCommand, read: CommandRead) -> tuple[Effect, Done]:
        intent = self._live(given.intent or "")
        leaving, staying = self._vectors(read, given.examples), self._vectors(read, given.keeps)
        journal, shifts, new = constraints.split_intent(self._state, intent, leaving, staying)
        done = Done(given.command, (), journal=journal, shaped=True)
        if given.name:
            name = self._free_name(given)
            done.facts[new] = {"name": ("", name)}
            self._set(new, "name", name)
        touched = [intent, new, *(one for shift in shifts for one in (shift.id, shift.other))]
        return Effect(touched, f"{new} split off from {intent}", shifts), done

    def _move(self, given: IntentCommand, read: CommandRead) -> tuple[Effect, Done]:
        return self._moved(given, read, given.examples, self._live(given.into or ""))

    def _link(self, given: IntentCommand, read: CommandRead) -> tuple[Effect, Done]:
        """Let examples share the intent of the first."""
        self._need_model()
        first = self._vectors(read, given.examples)[0]
        return self._moved(given, read, given.examples, self._live(constraints.intent_at(self._state, first)))

    def _moved(
        self, given: IntentCommand, read: CommandRead, examples: tuple[str, ...], into: str
    ) -> tuple[Effect, Done]:
        vectors = self._vectors(read, examples)
        origins = [constraints.intent_at(self._state, vector) for vector in vectors]
        journal, shifts = constraints.move_examples(self._state, vectors, into)
        touched = [into, *origins, *(shift.id for shift in shifts)]
        self._memory.succeed((shift.id, shift.other) for shift in shifts if shift.kind == "merged")
        effect = Effect(touched, f"{len(vectors)} examples held in {into}", shifts, [("constrained", into)])
        return effect, Done(given.command, (), journal=journal, shaped=True)

    def _part(self, given: IntentCommand, read: CommandRead) -> tuple[Effect, Done]:
        self._need_model()
        one, other = self._vectors(read, given.examples)
        places = [constraints.intent_at(self._state, one), constraints.intent_at(self._state, other)]
        journal, shifts, new = constraints.keep_apart(self._state, one, other)
        touched = [*places, *([new] if new else []), *(shift.id for shift in shifts)]
        detail = f"{new} split off from {places[0]}" if new else "held apart where they are"
        said: list[tuple[IntentChange, str]] = [] if new else [("constrained", one) for one in places]
        done = Done(given.command, (), journal=journal, shaped=True)
        return Effect(touched, detail, shifts, said), done

    # -- undo

    def _undo(self, given: IntentCommand) -> tuple[Effect, Done]:
        wanted = given.undoes or ""
        done = self._memory.done.get(wanted)
        if done is None:
            raise Refused("unknown_command", f"no command {wanted!r} is among the last that were applied")
        if done.undone or done.command == "undo":
            what = "was undone before" if done.undone else "is an undo: give the command again instead"
            raise Refused("not_undoable", f"command {wanted!r} {what}")
        self._check_last(wanted, done)
        effect = Effect(list(done.touched), f"undid {done.command} {wanted}")
        for intent, facts in done.facts.items():
            for fact, (before, _) in facts.items():
                self._take_back(intent, fact, before, effect)
        if done.shaped:
            effect.shifts += constraints.undo(self._state, done.journal)
        alive = self._groups()
        self._memory.succeed((), (intent for intent in done.touched if intent in alive))
        merged = [(shift.id, shift.other) for shift in effect.shifts if shift.kind == "merged"]
        self._memory.succeed(merged)
        done.undone = True
        for intent in done.touched:
            effect.shifts += self._let_go(intent)
        return effect, Done("undo", ())

    def _check_last(self, wanted: str, done: Done) -> None:
        """Refuse where a later command rests on this one."""
        later = list(self._memory.done.items())
        later = later[[command for command, _ in later].index(wanted) + 1 :]
        for command, other in later:
            if other.undone or other.command == "undo" or not set(other.touched) & set(done.touched):
                continue
            same = any(
                done.facts.get(intent, {}).keys() & facts.keys() for intent, facts in other.facts.items()
            )
            born = {fine for fine, _ in done.journal.born} & set(other.touched)
            if same or born or (done.shaped and other.shaped):
                raise Refused("superseded", f"{other.command} {command!r} came after it; undo that first")

    def _take_back(self, intent: str, fact: str, before: object, effect: Effect) -> None:
        self._set(intent, fact, before)
        if fact == "retired" and not before:
            effect.revived.append(intent)
        if fact == "dismissed":
            effect.said.append(("dismissed" if before else "undismissed", intent))
        if fact == "description":
            effect.said.append(("described", intent))
        if fact == "pinned":
            effect.said.append(("pinned" if before else "unpinned", intent))

    def _let_go(self, intent: str) -> list[Shift]:
        """Give an intent back to the machine once nothing that was told holds it."""
        told = self._memory.told.get(intent, Told())
        shaped = any(d.shaped and not d.undone and intent in d.touched for d in self._memory.done.values())
        if told.holds or shaped or intent not in self._groups():
            return []
        return constraints.release(self._state, intent)[1]

    # -- what is there

    def _groups(self) -> set[str]:
        return set(self._state.model.intents) if self._state.model else set()

    def _need_model(self) -> None:
        if self._state.model is None:
            raise Refused("unknown_intent", "no intent has emerged yet")

    def _live(self, intent: str, *, retired: bool = False) -> str:
        """Return a live intent. Refuses what is not known, merged away, silent, or retired."""
        if intent in self._groups():
            if not retired and self._memory.told.get(intent, Told()).retired:
                raise Refused("retired_intent", f"{intent} is retired; unretire it first")
            return intent
        into = self._memory.successor(intent)
        if into == intent:
            into = self._state.resolve(intent)
        if into != intent and into in self._groups():
            raise Refused("merged_intent", f"{intent} is part of {into} now; name that one")
        if any(one is not None and one.intent == intent for one in self._state.archive.ring):
            raise Refused("retired_intent", f"{intent} fell silent; it comes back by itself with its theme")
        raise Refused("unknown_intent", f"no intent of this agent has the id {intent!r}")

    def _vectors(self, read: CommandRead, turns: tuple[str, ...]) -> list[Vector]:
        self._need_model()
        if missing := [turn for turn in turns if turn not in read.vectors]:
            raise Refused(
                "unknown_turn",
                f"turn {missing[0]!r} is no archived turn of this agent that says what its user wants",
            )
        size = self._state.params.dimension
        vectors = [_decoded(read.vectors[turn]) for turn in dict.fromkeys(turns)]
        for turn, vector in zip(dict.fromkeys(turns), vectors, strict=True):
            if vector.shape != (size,) or not abs(float(vector @ vector) - 1) < 1e-3:
                raise Refused("unknown_turn", f"turn {turn!r} was embedded by another model")
        return vectors


def _decoded(text: str) -> Vector:
    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32)
