"""The history of an agent's intents: births, renames, merges, splits and flags, with their time and actor.

Bounded: the newest events of each intent, of the intents that were last heard of.
"""

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson
from pydantic import Field

from groundswell.models.contract import Message
from groundswell.models.intent_event import IntentEvent
from groundswell.models.record import StateRecord

#: Records that the intents are spread over, intents in each, events of each intent.
SHARDS, INTENTS, EVENTS = 8, 64, 8
#: Changes that say nothing about what an intent is.
_QUIET = frozenset({"updated"})
#: What a change of one intent is to the other one that it concerns.
_ELSEWHERE = {"merged": "took_in", "split": "gave_off"}


class Past(Message):
    """One event of an intent's history."""

    time: str = Field(description="event time, RFC 3339")
    change: str
    actor: str
    name: str = ""
    previous_name: str = ""
    lineage: tuple[str, ...] = ()
    by: str = Field(default="", description="who gave the command, where one did it")


@dataclass(slots=True)
class History:
    """The past of each intent, oldest first."""

    shards: list[dict[str, list[Past]]] = field(default_factory=lambda: [{} for _ in range(SHARDS)])
    _changed: set[int] = field(default_factory=set)

    @staticmethod
    def record_names() -> list[str]:
        """Return the name of every record that a history can write."""
        return [_record_name(number) for number in range(SHARDS)]

    def note(self, events: Iterable[IntentEvent]) -> None:
        """Remember what happened."""
        for event in events:
            if event.change not in _QUIET:
                past = _past(event)
                self._add(event.intent_id, past)
                for other in event.lineage if event.change in _ELSEWHERE else ():
                    told = {"change": _ELSEWHERE[event.change], "lineage": (event.intent_id,)}
                    self._add(other, past.model_copy(update={**told, "previous_name": ""}))

    def of(self, intent: str) -> tuple[Past, ...]:
        """Return what is known of an intent's past, oldest first."""
        return tuple(self.shards[_shard(intent)].get(intent, ()))

    def forget_names(self, intents: Iterable[str]) -> None:
        """Drop the names that intents ever had: one of them may have been somebody's turn."""
        for intent in intents:
            shard = self.shards[_shard(intent)]
            if intent in shard:
                shard[intent] = [_nameless(past) for past in shard[intent]]
                self._changed.add(_shard(intent))

    def _add(self, intent: str, past: Past) -> None:
        number = _shard(intent)
        shard = self.shards[number]
        # The last in the dict is the one heard of last; so the first gives way.
        shard[intent] = [*shard.pop(intent, []), past][-EVENTS:]
        if len(shard) > INTENTS:
            del shard[next(iter(shard))]
        self._changed.add(number)

    def changes(self) -> dict[str, StateRecord]:
        """Return the records that changed since the last call, in a fixed order."""
        records = {}
        for number in sorted(self._changed):
            shard = self.shards[number]
            # As a list, since the order counts.
            value = [[intent, [past.model_dump() for past in pasts]] for intent, pasts in shard.items()]
            records[_record_name(number)] = StateRecord(orjson.dumps(value))
        self._changed.clear()
        return records

    @classmethod
    def restore(cls, records: Mapping[str, StateRecord]) -> "History":
        """Return the history that the records hold."""
        history = cls()
        for number, name in enumerate(cls.record_names()):
            if name in records:
                value = orjson.loads(records[name].payload)
                history.shards[number] = {
                    intent: [Past.model_validate(past) for past in pasts] for intent, pasts in value
                }
        return history


def _past(event: IntentEvent) -> Past:
    return Past(
        time=event.time,
        change=event.change,
        actor=event.actor,
        name=event.name,
        previous_name=event.previous_name or "",
        lineage=event.lineage,
        by=event.by,
    )


def _nameless(past: Past) -> Past:
    return past.model_copy(update={"name": "", "previous_name": ""})


def _shard(intent: str) -> int:
    return zlib.crc32(intent.encode("utf-8", "surrogatepass")) % SHARDS


def _record_name(number: int) -> str:
    return f"past{number}"
