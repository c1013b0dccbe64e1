"""Carrying out a command on an agent's intents: facts (names, states) and shapes (who belongs where)."""

from collections.abc import Callable

from groundswell.models.intent_command import CommandRead
from groundswell.models.intents.holding import NoRoom
from groundswell.models.intents.splitting import Contradiction
from groundswell.models.intents.state import State
from groundswell.models.teaching import facts, shapes, undoing
from groundswell.models.teaching.effect import Effect
from groundswell.models.teaching.memory import Done, Memory
from groundswell.models.teaching.refused import Refused
from groundswell.models.teaching.standing import Standing
from groundswell.models.teaching.told import Deed

Shape = Callable[[CommandRead, Standing], tuple[Effect, Done]]
_SHAPES: dict[str, Shape] = {
    "merge": shapes.merge,
    "split": shapes.split,
    "move-examples": shapes.move,
    "must-link": shapes.link,
    "cannot-link": shapes.part,
}
#: Characters of a history entry's detail.
_DETAIL = 120


def apply(read: CommandRead, state: State, memory: Memory) -> Effect:
    """Carry a command out and remember it. Raises Refused where it cannot be: then nothing has changed."""
    given, slots = read.given, state.micros.count
    try:
        effect, done = _act(read, Standing(state, memory))
    except Refused:
        state.micros.withdraw(slots)
        raise
    done.touched = tuple(dict.fromkeys(effect.touched))
    memory.remember(given.id, done)
    deed = Deed(given.id, given.command, given.actor, given.time, effect.detail[:_DETAIL])
    for intent in done.touched:
        memory.of(intent).note(deed)
    return effect


def _act(read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    kind = read.given.command
    if kind in _SHAPES:
        return _shape(_SHAPES[kind], read, here)
    if kind == "undo":
        return undoing.undo(read.given, here)
    return facts.unpin(read.given, here) if kind == "unpin" else facts.set_fact(read.given, here)


def _shape(act: Shape, read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    try:
        return act(read, here)
    except NoRoom as full:
        raise Refused("limit", str(full)) from full
    except Contradiction as clash:
        raise Refused("contradiction", str(clash)) from clash
