"""Facts about an intent: its name, its description, whether it is pinned, retired or dismissed."""

from groundswell.models.intent_command import MAX_DESCRIPTION, IntentCommand
from groundswell.models.intents import constraints
from groundswell.models.naming.rules import plain
from groundswell.models.teaching.effect import Effect
from groundswell.models.teaching.memory import INTENTS, Done
from groundswell.models.teaching.refused import Refused
from groundswell.models.teaching.standing import Standing
from groundswell.models.teaching.told import Told

#: The fact that each command sets, and the value of those that are states.
FACTS: dict[str, tuple[str, bool]] = {
    "rename": ("name", True),
    "describe": ("description", True),
    "pin": ("pinned", True),
    "retire": ("retired", True),
    "unretire": ("retired", False),
    "dismiss": ("dismissed", True),
    "undismiss": ("dismissed", False),
}


def set_fact(given: IntentCommand, here: Standing) -> tuple[Effect, Done]:
    """Set one fact and hold the intent, so that no refit makes the fact void."""
    fact, state = FACTS[given.command]
    intent = here.live(given.intent or "", retired=fact not in ("pinned", "dismissed"))
    told = here.memory.told
    if intent not in told and sum(one.holds for one in told.values()) >= INTENTS:
        raise Refused("limit", f"facts are kept of at most {INTENTS} intents")
    value: object = state
    if fact == "name":
        value = here.name(given.name or "", intent)
    elif fact == "description":
        value = plain(given.description or "", MAX_DESCRIPTION)
    before = getattr(told.get(intent, Told()), fact)
    if before == value and fact != "pinned":
        raise Refused("no_change", f"{intent} has {fact} {value!r} already")
    if not here.hold(intent).owners and before == value:
        raise Refused("no_change", f"{intent} is pinned already")
    setattr(here.memory.of(intent), fact, value)
    effect = Effect([intent], f"{fact}: {value!r}, before: {before!r}")
    effect.tell(intent, fact, value)
    return effect, Done(given.command, (), {intent: {fact: (before, value)}})


def unpin(given: IntentCommand, here: Standing) -> tuple[Effect, Done]:
    """Give an intent back to the machine, whatever held it. Its name and description stay."""
    intent = here.live(given.intent or "", retired=True)
    told = here.memory.told.get(intent, Told())
    if told.retired or told.dismissed:
        what = "retired" if told.retired else "dismissed"
        raise Refused("contradiction", f"{intent} is {what}, which holds it; take that back first")
    if all(pin.intent != intent for pin in here.state.pins):
        raise Refused("no_change", f"{intent} is not held")
    journal, shifts = constraints.release(here.state, intent)
    done = Done(given.command, (), {intent: {"pinned": (told.pinned, False)}}, journal, shaped=True)
    here.memory.of(intent).pinned = False
    return Effect([intent], "left to the machine", shifts, [("unpinned", intent)]), done
