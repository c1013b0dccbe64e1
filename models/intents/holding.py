"""Holding: micro-clusters that a person gave to a sub-intent, and how to take that back.

A pin holds micro-clusters in a sub-intent, and that in an intent, whatever a refit finds. Pins are
addressed by their place, which micro-clusters carry as owner: a place is emptied, never closed up.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from groundswell.models.intents.geometry import Labels
from groundswell.models.intents.params import HEAD, MODEL, PINS
from groundswell.models.intents.state import Pin, State
from groundswell.models.intents.ward import FREE

NOBODY = Pin("", "")


class NoRoom(ValueError):
    """As many sub-intents are held as can be, or no micro-cluster is left."""


@dataclass(slots=True)
class Journal:
    """What one command changed: enough to take it back after any number of refits.

    `owners`: (uid of a micro-cluster, place before, place after); `pins`: (place, before, after);
    `groups`: (sub-intent, intent before, intent after); `born`: (sub-intent, the one it came out of).
    """

    owners: list[tuple[int, int, int]] = field(default_factory=list)
    pins: list[tuple[int, Pin, Pin]] = field(default_factory=list)
    groups: list[tuple[str, str, str]] = field(default_factory=list)
    born: list[tuple[str, str]] = field(default_factory=list)

    def hold(self, state: State, slots: Labels, fine: str, intent: str) -> None:
        """Give micro-clusters to a sub-intent of an intent. Raises NoRoom where the limit is reached."""
        place = place_of(state, fine)
        if place is None:
            place = _empty_place(state)
        self._write(state, place, Pin(fine, intent))
        self.own(state, slots, place)

    def own(self, state: State, slots: Labels, place: int) -> None:
        """Let micro-clusters carry a place, or FREE."""
        store = state.micros.store
        for slot in slots.tolist():
            before = int(store.owners[slot])
            if before != place:
                self.owners.append((int(store.uids[slot]), before, place))
                store.owners[slot] = place
                state.micros.dirty.add(slot)
                state.teaches = None

    def release(self, state: State, intent: str) -> None:
        """Free everything that is held for an intent."""
        owners = state.micros.rows().owners
        for place, pin in enumerate(state.pins):
            if pin.intent == intent:
                self.own(state, np.flatnonzero(owners == place), FREE)
                self._write(state, place, NOBODY)

    def regroup(self, state: State, fine: str, intent: str) -> None:
        """Let a live sub-intent, and the pin on it, belong to an intent."""
        model = state.model
        if model is not None and fine in model.position:
            row = model.position[fine]
            if model.intents[row] != intent:
                self.groups.append((fine, model.intents[row], intent))
                model.intents[row] = intent
                state.changed.add(MODEL)
        place = place_of(state, fine)
        if place is not None:
            self._write(state, place, Pin(fine, intent))

    def _write(self, state: State, place: int, pin: Pin) -> None:
        if place == len(state.pins):
            state.pins.append(NOBODY)
        if state.pins[place] != pin:
            self.pins.append((place, state.pins[place], pin))
            state.pins[place] = pin
            state.teaches = None
        state.changed.update((HEAD, PINS))

    def undo(self, state: State) -> "Journal":
        """Take the changes back, the last one first; return the journal of that.

        What has changed again since is left as it is. A pin whose place is taken gets another; where
        there is none, or the sub-intent is held for another intent by now, its members are left to the
        machine.
        """
        back, moved = Journal(), dict[int, int]()
        for place, before, after in reversed(self.pins):
            now = moved.get(place, place)
            if now == FREE or (before == NOBODY and state.pins[now] != after):
                continue
            if before != NOBODY:
                now = moved[place] = _place_again(state, now, before, after)
            if now != FREE:
                back._write(state, now, before)
        self._give_back(state, back, moved)
        for fine, before_intent, after_intent in reversed(self.groups):
            row = state.model.position.get(fine) if state.model else None
            if row is not None and state.model is not None and state.model.intents[row] == after_intent:
                back.regroup(state, fine, before_intent)
        return back

    def _give_back(self, state: State, back: "Journal", moved: dict[int, int]) -> None:
        rows = state.micros.rows()
        slots = {int(uid): slot for slot, uid in enumerate(rows.uids.tolist())}
        for uid, before, after in reversed(self.owners):
            slot = slots.get(uid)
            if slot is None or int(rows.owners[slot]) != after:
                continue
            place = moved.get(before, before)
            alive = place != FREE and state.pins[place] != NOBODY
            back.own(state, np.array([slot]), place if alive else FREE)
        for place, pin in enumerate(state.pins):
            if pin == NOBODY:
                back.own(state, np.flatnonzero(rows.owners == place), FREE)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value."""
        pins = [(place, [*before], [*after]) for place, before, after in self.pins]
        return {"owners": self.owners, "pins": pins, "groups": self.groups, "born": self.born}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Journal":
        """Return the journal that `to_json` gave."""
        return cls(
            [(uid, before, after) for uid, before, after in value["owners"]],
            [(place, Pin(*before), Pin(*after)) for place, before, after in value["pins"]],
            [(fine, before, after) for fine, before, after in value["groups"]],
            [(fine, parent) for fine, parent in value["born"]],
        )


def place_of(state: State, fine: str) -> int | None:
    """Return the place of the pin on a sub-intent, if there is one."""
    return next((place for place, pin in enumerate(state.pins) if pin.fine == fine), None)


def _place_again(state: State, place: int, before: Pin, after: Pin) -> int:
    """Return where the pin *before*, of which *place* was made *after*, can stand again; FREE: nowhere."""
    held = place_of(state, before.fine)
    if held is not None and (held != place or state.pins[place] != after):
        return held if state.pins[held] == before else FREE
    if state.pins[place] == after:
        return place
    return _empty_place(state) if _has_room(state) else FREE


def _has_room(state: State) -> bool:
    return NOBODY in state.pins or len(state.pins) < state.params.pins


def _empty_place(state: State) -> int:
    for place, pin in enumerate(state.pins):
        if pin == NOBODY:
            return place
    if len(state.pins) >= state.params.pins:
        raise NoRoom(f"at most {state.params.pins} sub-intents can be held; unpin some first")
    return len(state.pins)
