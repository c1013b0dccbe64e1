"""A thread that is put together from messages: who said what, each call with its answer, each turn once.

A turn's id is its content and how often that was said before in the conversation. So a turn that two
exports hold has one id, and whatever is imported twice is a duplicate.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from groundswell.models.importing.calls import Calls, OpenCall
from groundswell.models.importing.exchange import Exchange, spoken
from groundswell.models.importing.history import news
from groundswell.models.importing.message import Call, Message

Event = dict[str, Any]


@dataclass(slots=True)
class Transcript:
    """The conversation so far. `common` holds the fields that all of its events share."""

    common: Mapping[str, Any]
    _said: list[str] = field(default_factory=list)
    _events: list[Event | None] = field(default_factory=list)
    _last: int = 0
    _calls: Calls = field(default_factory=Calls)
    _systems: set[str] = field(default_factory=set)
    _ids: Counter[str] = field(default_factory=Counter)
    _ends: dict[str, str] = field(default_factory=dict)

    def take(self, exchange: Exchange) -> None:
        """Take one exchange in; they come in the order of their times."""
        if exchange.kind == "feedback":
            self._feedback(exchange)
            return
        if exchange.kind == "tool":
            for message in exchange.said:
                self._ran(message, exchange)
        else:
            self.hear(exchange.heard, exchange.start, exchange.facts, opening=exchange.opening)
            self._say(exchange)
        if (end := self._end()) is not None:
            self._ends[exchange.id] = self._ends[exchange.trace] = end

    def hear(
        self, messages: Iterable[Message], time: int, facts: Mapping[str, Any], *, opening: bool = False
    ) -> None:
        """Add what is new in *messages*, at their own times or else at *time* (ms)."""
        heard = list(messages)
        old = len(spoken(heard)) - len(news(self._said, spoken(heard), opening=opening))
        for message in heard:
            if message.role == "system":
                self._system(message, time, facts)
            elif old > 0:
                old -= 1
            else:
                self._add(message, time, facts)

    def events(self) -> list[Event]:
        """Return the events in order, numbered."""
        told = [event for event in self._events if event is not None]
        return [event | {"seq": number} for number, event in enumerate(told)]

    def _say(self, exchange: Exchange) -> None:
        """Add what came out. An answer is new; a state that is given back whole begins with the history."""
        if any(message.role == "user" for message in exchange.said):
            self.hear(exchange.said, exchange.end, exchange.facts)
        else:
            for message in spoken(exchange.said):
                self._add(message, exchange.end, exchange.facts)

    def _end(self) -> str | None:
        """Return the id of the last turn."""
        turns = (event for event in reversed(self._events) if event and "type" not in event)
        return next((str(event["turn_id"]) for event in turns), None)

    def _system(self, message: Message, time: int, facts: Mapping[str, Any]) -> None:
        """Add a system prompt when it is first seen: it steers what follows until there is another."""
        if message.text and message.text not in self._systems:
            self._systems.add(message.text)
            self._put({"role": "system", "text": message.text}, _at(message, time), facts)

    def _add(self, message: Message, time: int, facts: Mapping[str, Any]) -> None:
        at = _at(message, time)
        self._said.append(message.fingerprint)
        if message.role == "tool":
            found, is_news = self._calls.told(message)
            self._answer(found, message, is_news, at, facts)
            return
        if message.text or not message.calls:
            self._put({"role": message.role, "text": message.text}, at, facts)
        for call in message.calls:
            self._calls.ask(call, len(self._events))
            self._put({"role": "tool", "tool": _tool(call)}, at, facts)

    def _ran(self, message: Message, exchange: Exchange) -> None:
        found, is_news = self._calls.ran(message)
        latency = {} if exchange.latency_ms is None else {"latency_ms": exchange.latency_ms}
        self._answer(found, message, is_news, exchange.end, exchange.facts, latency)

    def _answer(
        self,
        found: OpenCall | None,
        message: Message,
        is_news: bool,
        time: int,
        facts: Mapping[str, Any],
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """Put the turn of a call where its answer came, and take away the one that waited for it."""
        if found is not None:
            self._events[found.place] = None
        if is_news:
            asked = (
                message.calls[0] if message.calls else Call(message.name or "unknown", None, message.answers)
            )
            tool = _tool(asked if found is None else found.call) | {"result": message.text}
            if message.failed is not None:
                tool["status"] = "error" if message.failed else "ok"
            self._put({"role": "tool", "tool": tool | dict(more or {})}, time, facts)

    def _feedback(self, exchange: Exchange) -> None:
        target = self._ends.get(exchange.about or exchange.trace)
        feedback = exchange.feedback | ({"turn_id": target} if target else {})
        event = {"type": "feedback", "turn_id": f"feedback-{exchange.id}"[:256], "feedback": feedback}
        self._events.append({**self.common, **event, "time": exchange.start})

    def _put(self, event: Event, time: int, facts: Mapping[str, Any]) -> None:
        """Append a turn; time does not run backwards, or parallel calls would tear a thread apart."""
        self._last = max(self._last, time)
        turn = {"turn_id": self._identified(event), **event, "time": self._last}
        self._events.append({**self.common, **facts, **turn})

    def _identified(self, event: Event) -> str:
        content = _content(event)
        self._ids[content] += 1
        return content if self._ids[content] == 1 else f"{content}.{self._ids[content]}"


def _at(message: Message, time: int) -> int:
    return time if message.time is None else message.time


def _tool(call: Call) -> Event:
    tool: Event = {"name": call.name[:256]}
    if call.id is not None:
        tool["call_id"] = call.id[:256]
    if call.arguments is not None:
        tool["arguments"] = call.arguments
    return tool


def _content(event: Mapping[str, Any]) -> str:
    """Return a digest of what a turn says; the ids of calls are no part of it."""
    tool = event.get("tool") or {}
    parts = [event["role"], event.get("text"), *map(tool.get, ("name", "arguments", "result"))]
    return hashlib.sha256(orjson.dumps(parts, option=orjson.OPT_SORT_KEYS)).hexdigest()[:20]
