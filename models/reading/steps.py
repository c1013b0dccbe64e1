"""A step of the agent in one word: which tool it called and how that went, or what kind of answer it gave.

Where conversations of one intent break is told by counting these (see `models/cases.py`), so a step names
no value, no text and no person: `tool:get_order`, `tool_error:get_order`, `refusal`, `question`.
"""

from collections.abc import Collection

from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.wording import encodable

#: Characters of a tool's name that are kept.
MAX_TOOL = 48
#: Nobody answered what the user said last.
NO_ANSWER = "no_answer"
#: Calls of a tool: the kind stands before the colon.
TOOL, TOOL_ERROR, REPEATED_CALL = "tool", "tool_error", "repeated_call"
_ANSWER = "answer"
#: What an answer is called by, what says most first.
_TELLING = (
    Signal.LOOP,
    Signal.HANDOFF,
    Signal.HANDOFF_OFFER,
    Signal.REFUSAL,
    Signal.UNCERTAINTY,
    Signal.APOLOGY_CHAIN,
    Signal.APOLOGY,
    Signal.COMPLETION,
    Signal.ANYTHING_ELSE,
    Signal.QUESTION,
)
_SAID = {
    Signal.LOOP: "said the same again",
    Signal.HANDOFF: "handed over to a person",
    Signal.HANDOFF_OFFER: "offered a person",
    Signal.REFUSAL: "refused",
    Signal.UNCERTAINTY: "was unsure",
    Signal.APOLOGY_CHAIN: "apologised again and again",
    Signal.APOLOGY: "apologised",
    Signal.COMPLETION: "said that it was done",
    Signal.ANYTHING_ELSE: "asked for anything else",
    Signal.QUESTION: "asked back",
}
_CALLED = {TOOL: "called {}", TOOL_ERROR: "{} gave an error", REPEATED_CALL: "called {} again, unchanged"}


def answer_step(signals: Collection[Signal]) -> str:
    """Return the step of an agent's text that shows *signals*."""
    return next((str(signal) for signal in _TELLING if signal in signals), _ANSWER)


def call_step(tool: str, signals: Collection[Signal] = (), *, failed: bool = False) -> str:
    """Return the step of a call of *tool*."""
    kind = TOOL_ERROR if failed else REPEATED_CALL if Signal.REPEATED_CALL in signals else TOOL
    return f"{kind}:{encodable(tool[:MAX_TOOL])}"


def told_step(step: str) -> str:
    """Return a step for people; the name of a tool in it is a stranger's text.

    >>> told_step("tool_error:get_order"), told_step("question"), told_step("other")
    ('get_order gave an error', 'asked back', 'other steps')
    """
    kind, _, tool = step.partition(":")
    if kind in _CALLED and tool:
        return _CALLED[kind].format(tool)
    plain = {_ANSWER: "answered", NO_ANSWER: "gave no answer", "other": "other steps"}
    return plain.get(kind) or next((told for signal, told in _SAID.items() if signal == kind), kind)
