"""Steps out of order: a write that closes the object for another, without a yes, or without a read.

Write order is learnt from this agent's own rejected calls only. The same order fails on one
back end and is accepted by another (tau-bench and tau2-bench differ on the same two tools).
"""

import re
from collections.abc import Iterator

from groundswell.models.proposals.thread import Call, Thread
from groundswell.models.proposals.tools import is_read, is_write, leaves, object_ids

_YES = re.compile(
    r"\b(yes|yeah|yep|yup|sure|confirm(ed)?|go ahead|proceed|continue|please (do|make)|correct|ok(ay)?"
    r"|certainly|of course|sounds good|that works|do it|absolutely|definitely|perfect|agreed?|all of them"
    r"|oui|s[ií]|ja)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\?|confirm|\byes\b", re.IGNORECASE)


def rejected_after(thread: Thread) -> Iterator[tuple[Call, Call]]:
    """Yield (earlier write, rejected write): a rule refused a write on an object written to before."""
    for place, call in enumerate(thread.calls):
        if call.failure == "rule" and is_write(call.name):
            earlier = _same_object(call, thread.calls[:place])
            if earlier is not None:
                yield earlier, call


def _same_object(call: Call, earlier: tuple[Call, ...]) -> Call | None:
    targets = set(object_ids(call.name, call.use.arguments).items())
    for write in earlier:
        same = targets & set(object_ids(write.name, write.use.arguments).items())
        if same and write.ok and write.name != call.name and is_write(write.name):
            return write
    return None


def unconfirmed_write(thread: Thread) -> int | None:
    """Return the turn of the first write that the user had not just said yes to, or None.

    Confirmed means: the last user turn affirms, and the agent's words before it asked.
    """
    said, asked, answer = "", "", ""
    for turn in thread.turns:
        if turn.tool is not None:
            if is_write(turn.tool.name) and not (_YES.search(answer) and _ASKS.search(asked)):
                return turn.index
        elif turn.role == "user":
            asked, answer = said, turn.text
        elif turn.role == "assistant" and turn.text.strip():
            said = turn.text
    return None


def unread_writes(thread: Thread) -> Iterator[Call]:
    """Yield the writes on an object that no earlier successful read asked for by its id."""
    read: set[str] = set()
    for call in thread.calls:
        if is_read(call.name) and call.ok:
            read.update(leaves(dict(call.use.arguments)))
        elif is_write(call.name):
            targets = set(object_ids(call.name, call.use.arguments).values())
            if targets and not targets & read:
                yield call
