"""The commands of one agent, as they come in its turns: applied or refused, and what is said about it."""

from dataclasses import dataclass, field

from groundswell.models.announcing import Cause
from groundswell.models.change_envelope import hash_of, schema_url, source_of
from groundswell.models.contract import owner_of, rfc3339
from groundswell.models.intent_command import IntentCommand, IntentCommandAnswer
from groundswell.models.intent_event import IntentEvent
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.lineage import LineageEvent
from groundswell.models.intents.names import NameBook
from groundswell.models.position import Source
from groundswell.models.taxonomy import Taxonomy
from groundswell.models.teaching.effect import Effect
from groundswell.models.teaching.memory import Memory
from groundswell.models.teaching.refused import Refused
from groundswell.models.teaching.standing import Standing
from groundswell.models.teaching.suggesting import suggest
from groundswell.models.teaching.teacher import apply
from groundswell.models.turn import TurnRead


@dataclass(slots=True)
class Heard:
    """What a command led to: the answer to it, events about intents, and sub-intents that moved."""

    answer: IntentCommandAnswer
    events: list[IntentEvent] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Commands:
    """Applies commands; all that changes is in the engine, the memory, the names and the taxonomy."""

    engine: IntentEngine
    memory: Memory
    names: NameBook
    taxonomy: Taxonomy

    def take(self, message: TurnRead, at: Source) -> Heard | None:
        """Take a command in; None if its id came before."""
        if message.command is None or self.memory.is_repeat(message.command.given.id):
            return None
        given, state = message.command.given, self.engine.state
        if given.command == "suggest-name":
            return self._suggested(given, message, at)
        state.begin(Stamp(message.time, f"command {message.source.text()}"))
        try:
            effect = apply(message.command, state, self.memory)
        except Refused as refused:
            return Heard(_answer(given, message.time, at, refused=refused))
        heard = Heard(_answer(given, message.time, at, effect=effect))
        lineage, heard.moved = self.engine.lineage(), self.engine.moved()
        for old, new in heard.moved:
            self.names.fold(old, new)
        self._carry_names(given, effect)
        lineage += [_revived(intent, message, self.engine) for intent in effect.revived]
        shares = {shift.id: shift.share for shift in effect.shifts}
        cause = Cause(given.id, given.actor, frozenset(effect.touched), shares)
        heard.events = self.taxonomy.update(
            self.engine.groups(),
            lineage,
            self.names,
            message.time,
            at,
            hidden=self.memory.retired(),
            cause=cause,
        )
        told = {intent: told.description for intent, told in self.memory.told.items()}
        heard.events += self.taxonomy.say(effect.said, message.time, at, cause, told)
        return heard

    def _suggested(self, given: IntentCommand, message: TurnRead, at: Source) -> Heard:
        """Take a model's name: no pin, nothing to undo, and no person's word is touched."""
        here = Standing(self.engine.state, self.memory)
        try:
            effect = suggest(given, here, self.names)
        except Refused as refused:
            return Heard(_answer(given, message.time, at, refused=refused))
        cause = Cause(given.id, given.actor, frozenset(effect.touched), {}, "llm")
        events = self.taxonomy.update(
            self.engine.groups(),
            (),
            self.names,
            message.time,
            at,
            hidden=self.memory.retired(),
            cause=cause,
        )
        return Heard(_answer(given, message.time, at, effect=effect), events)

    def _carry_names(self, given: IntentCommand, effect: Effect) -> None:
        """Keep the machine's names of intents that the command ended; give back those that it undid."""
        ended = [shift.id for shift in effect.shifts if shift.kind == "merged"]
        kept = {intent: name for intent in ended if (name := self.names.kept(intent)) is not None}
        self.memory.done[given.id].names = kept
        before = self.memory.done.get(given.undoes or "")
        alive = set(self.engine.groups().values())
        for intent, name in (before.names if before else {}).items():
            if intent in alive:
                self.names.keep(intent, name)

    def follow(self, lineage: list[LineageEvent]) -> None:
        """Learn what a refit did to ids: what splits off something retired or dismissed is that too."""
        merged = [(one.id, one.into) for one in lineage if one.level == "intent" and one.into]
        self.memory.succeed(merged, (one.id for one in lineage if one.level == "intent" and not one.into))
        for one in lineage:
            parent = self.memory.told.get(one.parent or "")
            if one.level != "intent" or one.kind != "split" or parent is None:
                continue
            if parent.retired or parent.dismissed:
                child = self.memory.of(one.id)
                child.retired, child.dismissed = parent.retired, parent.dismissed


def _revived(intent: str, message: TurnRead, engine: IntentEngine) -> LineageEvent:
    seen, position = engine.state.clock.seen, message.source.text()
    return LineageEvent("revived", "intent", intent, None, None, seen, message.time, position)


def _answer(
    given: IntentCommand,
    time: int,
    at: Source,
    *,
    effect: Effect | None = None,
    refused: Refused | None = None,
) -> IntentCommandAnswer:
    """Return the answer: its id follows from where the command stands in the log of turns."""
    status = "refused" if refused else "applied"
    touched = tuple(dict.fromkeys(effect.touched)) if effect else ()
    event_type = f"intent.command.{status}.v1"
    return IntentCommandAnswer.model_validate(
        {
            "id": hash_of((owner_of(given.tenant, given.agent), at.text(), given.id, "answer"))[:32],
            "source": source_of(given.tenant, given.agent),
            "type": event_type,
            "subject": touched[0] if touched else given.intent or given.into or "",
            "time": rfc3339(time),
            "dataschema": schema_url(event_type),
            "tenant": given.tenant,
            "agent": given.agent,
            "command_id": given.id,
            "command": given.command,
            "actor": given.actor,
            "status": status,
            "reason": refused.reason if refused else None,
            "detail": refused.detail if refused else effect.detail if effect else "",
            "intents": touched,
        }
    )
