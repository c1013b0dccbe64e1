"""A name that a language model suggests: it takes the place of the machine's own, and of nothing else."""

from dataclasses import replace

from groundswell.models.intent_command import IntentCommand
from groundswell.models.intents.names import NameBook
from groundswell.models.naming.rules import faults, fit_description, plain, sentence_case
from groundswell.models.teaching.effect import Effect
from groundswell.models.teaching.refused import Refused
from groundswell.models.teaching.standing import Standing


def suggest(given: IntentCommand, here: Standing, names: NameBook) -> Effect:
    """Give an intent the suggested name, if the machine's name that the model saw still stands.

    A person's name outranks it for ever. The intent is not held: when it moves, the machine names it anew.
    Raises Refused, and changes nothing, where the name cannot stand.
    """
    intent = here.live(given.intent or "", retired=True)
    if called := here.memory.name_of(intent):
        raise Refused("outranked", f"a person named {intent} {called!r}")
    kept = names.kept(intent)
    if kept is None or kept.by != "machine" or kept.version != given.name_version:
        stands = f"version {kept.version} by {kept.by}" if kept else "none"
        raise Refused("superseded", f"the name of version {given.name_version} stands no more: {stands} does")
    name = sentence_case(given.name or "")
    if name == kept.name:
        raise Refused("no_change", f"{intent} is called {name!r} already")
    if wrong := faults(name, _taken(intent, here, names)):
        raise Refused("unfit_name", f"{plain(name, 60)!r} {wrong[0]}")
    told = fit_description(given.description or "")
    names.keep(intent, replace(kept, name=name, by="llm", reason="llm", version=kept.version + 1, told=told))
    return Effect([intent], f"name: {name!r}, before: {kept.name!r}")


def _taken(intent: str, here: Standing, names: NameBook) -> list[str]:
    """Return the names of the other live intents: those that people gave, and the machine's."""
    others = sorted(here.groups() - {intent})
    kept = [name.name for other in others if (name := names.kept(other)) is not None]
    return [*kept, *(name for other, name in here.memory.names().items() if other in others)]
