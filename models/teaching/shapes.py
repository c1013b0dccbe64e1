"""Commands that say who belongs where: merge, split, move, link and keep apart."""

from groundswell.models.intent_command import CommandRead
from groundswell.models.intent_event import IntentChange
from groundswell.models.intents import constraints
from groundswell.models.intents.examples import intent_at
from groundswell.models.intents.holding import NoRoom
from groundswell.models.intents.splitting import split_intent
from groundswell.models.teaching.effect import Effect
from groundswell.models.teaching.memory import Done
from groundswell.models.teaching.refused import Refused, unheld
from groundswell.models.teaching.standing import Standing


def merge(read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    """Make several intents one."""
    given = read.given
    into, sources = here.live(given.into or ""), list(dict.fromkeys(given.intents))
    if into in sources:
        raise Refused("cycle", f"{into} cannot be merged into itself")
    for source in sources:
        here.live(source)
    try:
        journal, shifts = constraints.merge_intents(here.state, sources, into)
    except NoRoom:
        raise
    except ValueError as problem:
        raise unheld(problem) from problem
    here.memory.succeed((source, into) for source in sources)
    done = Done(given.command, (), journal=journal, shaped=True)
    return Effect([into, *sources], f"{', '.join(sources)} into {into}", shifts), done


def split(read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    """Divide an intent by examples."""
    given = read.given
    intent = here.live(given.intent or "")
    name = here.name(given.name) if given.name else ""
    leaving, staying = here.vectors(read, given.examples), here.vectors(read, given.keeps)
    journal, shifts, new = split_intent(here.state, intent, leaving, staying)
    done = Done(given.command, (), journal=journal, shaped=True)
    if name:
        done.facts[new] = {"name": ("", name)}
        here.memory.of(new).name = name
    here.memory.succeed((shift.id, shift.other) for shift in shifts if shift.kind == "merged")
    touched = [intent, new, *(one for shift in shifts for one in (shift.id, shift.other))]
    return Effect(touched, f"{new} split off from {intent}", shifts), done


def move(read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    """Put examples into an intent."""
    return _moved(read, here, here.live(read.given.into or ""))


def link(read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    """Let examples share the intent of the first."""
    first = here.vectors(read, read.given.examples)[0]
    return _moved(read, here, here.live(intent_at(here.state, first)))


def _moved(read: CommandRead, here: Standing, into: str) -> tuple[Effect, Done]:
    vectors = here.vectors(read, read.given.examples)
    origins = [intent_at(here.state, vector) for vector in vectors]
    journal, shifts = constraints.move_examples(here.state, vectors, into)
    touched = [into, *origins, *(shift.id for shift in shifts)]
    here.memory.succeed((shift.id, shift.other) for shift in shifts if shift.kind == "merged")
    effect = Effect(touched, f"{len(vectors)} examples held in {into}", shifts, [("constrained", into)])
    return effect, Done(read.given.command, (), journal=journal, shaped=True)


def part(read: CommandRead, here: Standing) -> tuple[Effect, Done]:
    """Keep two examples apart."""
    one, other = here.vectors(read, read.given.examples)
    places = [here.live(intent_at(here.state, vector)) for vector in (one, other)]
    journal, shifts, new = constraints.keep_apart(here.state, one, other)
    touched = [*places, *([new] if new else []), *(shift.id for shift in shifts)]
    detail = f"{new} split off from {places[0]}" if new else "held apart where they are"
    said: list[tuple[IntentChange, str]] = [] if new else [("constrained", place) for place in places]
    return Effect(touched, detail, shifts, said), Done(read.given.command, (), journal=journal, shaped=True)
