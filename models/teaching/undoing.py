"""Taking a command back."""

from groundswell.models.intent_command import IntentCommand
from groundswell.models.intents import constraints
from groundswell.models.intents.settling import Shift
from groundswell.models.teaching.effect import Effect
from groundswell.models.teaching.memory import Done
from groundswell.models.teaching.refused import Refused
from groundswell.models.teaching.standing import Standing
from groundswell.models.teaching.told import Told


def undo(given: IntentCommand, here: Standing) -> tuple[Effect, Done]:
    """Restore what a command changed; intents that nothing holds any more go back to the machine."""
    wanted = given.undoes or ""
    done = _undoable(wanted, here)
    effect = Effect(list(done.touched), f"undid {done.command} {wanted}")
    if done.shaped:
        effect.shifts += constraints.undo(here.state, done.journal)
    for intent, facts in done.facts.items():
        for fact, (before, _) in facts.items():
            setattr(here.memory.of(intent), fact, before)
            effect.tell(intent, fact, before)
    alive = here.groups()
    here.memory.succeed((), (intent for intent in done.touched if intent in alive))
    here.memory.succeed((shift.id, shift.other) for shift in effect.shifts if shift.kind == "merged")
    done.undone = True
    for intent in done.touched:
        effect.shifts += _let_go(intent, here)
    return effect, Done("undo", ())


def _undoable(wanted: str, here: Standing) -> Done:
    """Return the command to undo. Refuses what is not known, was undone, or what a later one rests on."""
    done = here.memory.done.get(wanted)
    if done is None:
        raise Refused("unknown_command", f"no command {wanted!r} is among the last that were applied")
    if done.undone or done.command == "undo":
        what = "was undone before" if done.undone else "is an undo: give the command again instead"
        raise Refused("not_undoable", f"command {wanted!r} {what}")
    commands = list(here.memory.done)
    for later in commands[commands.index(wanted) + 1 :]:
        if _rests_on(here.memory.done[later], done):
            what = here.memory.done[later].command
            raise Refused("superseded", f"{what} {later!r} came after it; undo that first")
    return done


def _rests_on(later: Done, done: Done) -> bool:
    """Return whether a later command needs what *done* did: the same fact, or who belongs where."""
    together = set(later.touched) & set(done.touched)
    if later.undone or later.command == "undo" or not together:
        return False
    same = any(done.facts.get(intent, {}).keys() & facts.keys() for intent, facts in later.facts.items())
    born = {fine for fine, _ in done.journal.born} & set(later.touched)
    return same or bool(born) or (done.shaped and later.shaped)


def _let_go(intent: str, here: Standing) -> list[Shift]:
    """Give an intent back to the machine if nothing that was told holds it."""
    shaped = any(d.shaped and not d.undone and intent in d.touched for d in here.memory.done.values())
    told = here.memory.told.get(intent, Told())
    if told.holds or shaped or intent not in here.groups():
        return []
    return constraints.release(here.state, intent)[1]
