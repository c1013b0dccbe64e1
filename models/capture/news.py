"""What one call of a model adds to its conversation, under ids that do not depend on who saw it first.

A chat API is sent the whole conversation, or the last part of it, again and again. New in a call are
the messages after the last one of the assistant, and the answer; what stands before was new in an
earlier call. An application may rewrite what it sends again (a retrieved context cut out, a reply
shortened), so history is never compared with what was said before: it is left.

A turn's id is a digest of what was said, of the message right before it, and of how often the same
had been said after the same before (in what is visible); a second new message hangs on the first. So:

- the same call exported twice, retried, or seen by two instrumentations gives equal ids: one turn;
- "yes" and a second "yes" follow different replies: two turns; after the same reply word for word the
  count tells them apart, as long as the application sends the first one along;
- where no earlier reply is sent along (the first message, or an API that keeps the history itself) the
  trace is part of the id: two requests are two turns.

A tool call is known by its call id. A short one may be given again in another request ("call_0"):
then the trace is part of it.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from groundswell.models.capture.dialects import Talk
from groundswell.models.capture.messages import Said
from groundswell.models.capture.parts import Answer, Call
from groundswell.models.capture.values import text_of

#: A call id of this length is unique; a shorter one may come again.
_UNIQUE = 12


@dataclass(frozen=True, slots=True)
class Turn:
    """Something new: a text, or a tool call with its answer. `place` is its index among all messages."""

    turn_id: str
    role: str
    place: int
    text: str | None = None
    call: Call | None = None
    answer: Answer | None = None
    output: bool = False


def turn_id(*parts: object) -> str:
    """Return the id of a turn: a digest of what makes it that turn."""
    content = orjson.dumps([part if isinstance(part, int) else str(part) for part in parts])
    return "otlp-" + hashlib.blake2b(content, digest_size=16).hexdigest()


def tool_turn_id(call_id: str, trace_id: str) -> str:
    """Return the id of the turn of a tool call, whether a span or a message tells of it."""
    return turn_id("tool", call_id, "" if len(call_id) >= _UNIQUE else trace_id)


def news(talk: Talk, trace_id: str) -> list[Turn]:
    """Return what is new in a call, in order."""
    said = [*talk.inputs, *talk.outputs]
    begin, sent = _begin(talk.inputs), len(talk.inputs)
    asked = [call for one in said for call in one.calls]
    calls = {call.name: call for call in asked} | {call.call_id: call for call in asked if call.call_id}
    scope, before, seen = _scope(talk, trace_id), "", Counter[tuple[str, str]]()
    anchor = scope
    found: list[Turn] = []
    for place, one in enumerate(said):
        digest = _digest(one)
        if one.role == "system":
            if begin == _opening(talk.inputs) and one.text:
                found.append(Turn(turn_id("system", one.text), "system", place, one.text))
            continue
        pair = (before, digest)
        if place >= begin:
            where = (anchor, seen[pair])
            found += _turns(one, place, where, calls, trace_id, output=place >= sent)
            anchor = turn_id(digest, *where)  # what is new hangs on the new before it
        else:
            anchor = scope + digest
        seen[pair] += 1
        before = digest
    return found


def _scope(talk: Talk, trace_id: str) -> str:
    """Return what tells this call's news from the same words in another request: nothing, or the trace."""
    replied = any(one.role == "assistant" and one.text for one in talk.inputs)
    return "" if replied or talk.truncated else trace_id


def _begin(inputs: Sequence[Said]) -> int:
    """Return where the news begins: after the assistant's last message, unless nobody spoke before it."""
    last = max((place for place, one in enumerate(inputs) if one.role == "assistant"), default=-1)
    opening = _opening(inputs)
    spoken = any(one.role in ("user", "tool") for one in inputs[: last + 1])
    return last + 1 if spoken else opening


def _opening(inputs: Sequence[Said]) -> int:
    """Return the place of the first message that is no instruction."""
    return next((place for place, one in enumerate(inputs) if one.role != "system"), len(inputs))


def _turns(
    one: Said,
    place: int,
    where: tuple[str, int],
    calls: dict[str, Call],
    trace_id: str,
    *,
    output: bool,
) -> Iterator[Turn]:
    for number, answer in enumerate(one.answers):
        known = answer.call_id
        call = calls.get(known or answer.name or "") or Call(known, answer.name or "unknown")
        identity = tool_turn_id(known, trace_id) if known else turn_id("tool", number, *where, _digest(one))
        yield Turn(identity, "tool", place, call=call, answer=answer, output=output)
    if one.text and one.role != "tool":
        yield Turn(turn_id(one.role, one.text, *where), one.role, place, one.text, output=output)


def _digest(one: Said) -> str:
    """Return a digest of all that a message says."""
    calls = [[call.call_id, call.name, text_of(call.arguments)] for call in one.calls]
    answers: list[Any] = [[answer.call_id, text_of(answer.result)] for answer in one.answers]
    content = orjson.dumps([one.role, one.text, calls, answers])
    return hashlib.blake2b(content, digest_size=16).hexdigest()
