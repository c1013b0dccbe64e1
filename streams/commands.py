"""Intent commands in, the same commands out among the turns of their agent.

What a command does depends on what the intents are when it comes. So its place among the turns must be
a fact of the log: each valid command is put into `turns` under its agent's key, with the vectors of the
turns that it names, and the stage after stays a function of one topic. There is no state: a repeat has
the same source position, and the same id.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson
from pydantic import ValidationError

from groundswell.models.contract import owner_of
from groundswell.models.event import EARLIEST_MS, LATEST_MS, InvalidEvent, Reason
from groundswell.models.intent_command import MAX_DESCRIPTION, MAX_NAME, CommandRead, IntentCommand
from groundswell.models.position import Source
from groundswell.models.reading.needs import unit
from groundswell.models.record import Vector
from groundswell.models.turn import TurnRead, encode_vector
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.store import Point, Store, Where
from groundswell.streams.collections import TURNS
from groundswell.streams.delivery import Decision, Output, Record
from groundswell.streams.letters import dead_letter
from groundswell.streams.logs import Logs
from groundswell.streams.redacting import Redaction
from groundswell.streams.settings import Settings
from groundswell.streams.topics import TURNS as TURNS_TOPIC

#: A command is some ids and two short texts: what is larger is none.
MAX_COMMAND_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Loaded:
    """The batch as commands or the problems with them, the vectors of the turns they name, and the log."""

    commands: Sequence[IntentCommand | InvalidEvent]
    vectors: Mapping[tuple[str, str], str]
    log: str


class Commands:
    """The stage."""

    name = "commands"

    def __init__(self, settings: Settings, store: Store, logs: Logs, metrics: Metrics) -> None:
        self._redaction = Redaction.of(settings)
        self._prefix = settings.topic_prefix
        self._store = store
        self._logs = logs
        self._metrics = metrics

    def forget(self) -> None:
        """There is nothing to drop."""

    async def prepare(self, records: Sequence[Record]) -> list[IntentCommand | InvalidEvent]:
        """Decode the batch; what people write is redacted like all else."""
        return [self._read(record) for record in records]

    async def load(
        self, records: Sequence[Record], prepared: Sequence[IntentCommand | InvalidEvent]
    ) -> Loaded:
        """Fetch what was clustered of the turns that are named: by (owner, turn)."""
        vectors: dict[tuple[str, str], str] = {}
        for one in prepared:
            if isinstance(one, IntentCommand) and one.turns:
                owner = owner_of(one.tenant, one.agent)
                for turn, vector in (await clustered(self._store, owner, one.turns)).items():
                    vectors[owner, turn] = encode_vector(vector)
        return Loaded(prepared, vectors, await self._logs.name())

    def decide(self, records: Sequence[Record], loaded: Loaded) -> Decision:
        """Put each command among its agent's turns; bury what is none."""
        decision = Decision()
        for record, one in zip(records, loaded.commands, strict=True):
            if isinstance(one, InvalidEvent):
                decision.outputs.append(dead_letter(record, one, stage=self.name, prefix=self._prefix))
                decision.dead += 1
                decision.effects.append(partial(self._metrics.observe_dead_letter, self.name, one.reason))
                continue
            at = Source(log=loaded.log, partition=record.partition, offset=record.offset)
            decision.outputs.append(self._forwarded(record, one, loaded.vectors, at))
            decision.processed += 1
        return decision

    def _forwarded(
        self,
        record: Record,
        command: IntentCommand,
        vectors: Mapping[tuple[str, str], str],
        at: Source,
    ) -> Output:
        owner = owner_of(command.tenant, command.agent)
        found = {turn: vectors[owner, turn] for turn in command.turns if (owner, turn) in vectors}
        message = TurnRead(
            type="command",
            tenant=command.tenant,
            agent=command.agent,
            time=milliseconds(command.time),
            produced=record.timestamp,
            source=at,
            command=CommandRead(given=command, vectors=found),
        )
        return Output(self._prefix + TURNS_TOPIC.name, owner.encode(), message.encode(), record.timestamp)

    def _read(self, record: Record) -> IntentCommand | InvalidEvent:
        try:
            command = parse(record.value)
        except InvalidEvent as problem:
            return problem
        texts = {
            name: self._redaction.text(text)[:most]
            for name, text, most in (
                ("name", command.name, MAX_NAME),
                ("description", command.description, MAX_DESCRIPTION),
            )
            if text
        }
        return command.model_copy(update=texts)


def parse(value: bytes | None) -> IntentCommand:
    """Return the command in *value*. Raises InvalidEvent with the first thing that is wrong."""
    if not value:
        raise InvalidEvent("invalid_json", "the record has no value")
    if len(value) > MAX_COMMAND_BYTES:
        raise InvalidEvent("too_large", f"{len(value)} bytes; a command has at most {MAX_COMMAND_BYTES}")
    try:
        fields: Any = orjson.loads(value)
    except orjson.JSONDecodeError as error:
        raise InvalidEvent("invalid_json", str(error)) from error
    if not isinstance(fields, dict):
        raise InvalidEvent("not_an_object", f"found {type(fields).__name__}, wanted a JSON object")
    try:
        command = IntentCommand.model_validate(fields)
    except ValidationError as error:
        raise invalid(error) from error
    if not EARLIEST_MS <= milliseconds(command.time) <= LATEST_MS:
        reason: Reason = "ancient_time" if milliseconds(command.time) < EARLIEST_MS else "future_time"
        raise InvalidEvent(reason, f"time {command.time} is not between 2000 and 2100")
    return command


def milliseconds(time: str) -> int:
    """Return an RFC 3339 time as milliseconds since the epoch."""
    since = datetime.fromisoformat(time) - datetime(1970, 1, 1, tzinfo=UTC)
    return round(since.total_seconds() * 1000)


def invalid(error: ValidationError) -> InvalidEvent:
    """Return the first thing that was wrong, without repeating what was written."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    place = ".".join(str(part)[:64] for part in first["loc"]) or "command"
    missing = first["type"] == "missing" or "missing: " in first["msg"]
    reason: Reason = "missing_field" if missing else "invalid_field"
    return InvalidEvent(reason, f"{place}: {first['msg']}"[:300])


async def clustered(store: Store, owner: str, turns: Sequence[str]) -> dict[str, Vector]:
    """Return what was clustered of each turn: it, or its mean with the need before it in its goal.

    Turns of other agents, and those that say nothing of what the user wants, are left out.
    """
    found: dict[str, Vector] = {}
    for point in await store.retrieve(TURNS, list(turns), vectors=True):
        if point.payload.get("owner") != owner or not point.payload.get("passes") or point.vector is None:
            continue
        before = await _need_before(store, point)
        # As `NeedMemory` remembers it: rounded to 16 bits.
        found[point.id] = unit(
            point.vector if before is None else unit(point.vector) + unit(before).astype("<f2").astype("<f4")
        )
    return found


async def _need_before(store: Store, point: Point) -> Vector | None:
    """Return the embedding of the last need before a turn in the same goal."""
    mine = point.payload
    every = await store.read_all(
        TURNS, Where.equal(conversation=mine["conversation"], role="user"), vectors=False
    )
    before = [
        one
        for one in every
        if one.payload.get("passes")
        and one.payload["segment"] == mine["segment"]
        and one.payload["ordinal"] < mine["ordinal"]
    ]
    if not before:
        return None
    last = max(before, key=lambda one: int(one.payload["ordinal"]))
    [full] = await store.retrieve(TURNS, [last.id], vectors=True)
    return full.vector
