"""The words of each family: one mechanism, one rule, and what else could explain the pattern.

Only families whose drafts were worth merging have a template. Restating a tool's own error, or
asking for one change per yes, passed statistical gates and was rubbish to a reader: they have none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from groundswell.models.change_parts import Alternative, FailureClass
from groundswell.models.proposals.patterns import Pattern
from groundswell.models.proposals.tools import name_words


@dataclass(frozen=True, slots=True)
class Wording:
    """What a pattern is called and what to write against it.

    `query` finds the rule nearest to it. `strengthening` is written where that rule exists,
    `addition` where it does not; None where the family only strengthens. `appended` says that the
    words join the rule's own line. `confirmed` is true only where the mechanism shows in the
    transcript itself and needs no statistics.
    """

    action: str
    mechanism: str
    failure_class: FailureClass
    query: str
    strengthening: str
    addition: str | None
    alternatives: tuple[Alternative, ...]
    appended: bool = False
    confirmed: bool = False


def wording_of(pattern: Pattern, noun: str, tools: Sequence[str]) -> Wording:
    """Return the words for a pattern of a contrast family.

    `noun` is what its records are called; `tools` are the tools called where the pattern shows,
    most frequent first.
    """
    match pattern.family:
        case "precondition":
            return _precondition(pattern, noun)
        case "write_order":
            return _write_order(pattern, noun)
        case "confirmation":
            return _confirmation(_named(tools))
        case "read_first":
            return _read_first(pattern, _named(tools))
        case "outage":
            return _outage(pattern.tool)


def _named(tools: Sequence[str]) -> str:
    return ", ".join(f"`{tool}`" for tool in tools[:3])


def _precondition(pattern: Pattern, noun: str) -> Wording:
    state, tool = pattern.precondition, pattern.tool
    assert state is not None
    check = (
        f'Before calling {tool}, read the {noun} and check `{state.attribute}`. If it is "{state.value}", '
    )
    return Wording(
        action=f"check {state.attribute} before {tool}",
        mechanism=f"`{tool}` is called on a {noun} that the agent last read with "
        f'`{state.attribute}` = "{state.value}".',
        failure_class="missing_instruction",
        query=f"{tool} {state.attribute} {state.value} condition",
        strengthening=f"{check}call {tool} only when another of the conditions above is met; "
        "if none is, decline and do not offer it.",
        addition=f"{check}call {tool} only when a rule of this section allows it; "
        "if none does, decline and do not offer it.",
        alternatives=(
            _alternative(
                "misread_intent",
                f'users whose {noun} has `{state.attribute}` = "{state.value}" may ask for something harder: '
                "the state would mark the task, not cause the failure",
            ),
        ),
    )


def _write_order(pattern: Pattern, noun: str) -> Wording:
    earlier, rejected = pattern.after, pattern.tool
    rule = (
        f"If the user wants both on the same {noun}, call {rejected} before {earlier}: "
        f"once {earlier} has run, {rejected} is rejected. Ask for every change first."
    )
    return Wording(
        action=f"call {rejected} before {earlier}",
        mechanism=f"`{rejected}` is rejected because `{earlier}` ran on the same {noun} before it.",
        failure_class="wrong_tool",
        query=f"{rejected} only once status no longer modified {earlier} {rejected}",
        strengthening=rule,
        addition=rule,
        alternatives=(
            _alternative("misread_intent", "the user asked for the second change after the first had run"),
        ),
        confirmed=True,
    )


def _confirmation(tools: str) -> Wording:
    return Wording(
        action="wait for a yes before each change",
        mechanism=f"A change ({tools}) is written although the last user turn is no yes to a listing of it: "
        "it names a method, picks an option or gives data.",
        failure_class="missing_instruction",
        query="list action details and obtain explicit user confirmation before update",
        strengthening="Naming a payment method, picking an option or giving data is not a confirmation: list "
        'the complete details again and wait for a "yes" before every single call.',
        addition=None,
        alternatives=(
            _alternative(
                "misread_intent", "the confirmation may be worded in a way that the lexicon of yes misses"
            ),
        ),
        appended=True,
    )


def _read_first(pattern: Pattern, tools: str) -> Wording:
    what = pattern.tool or "a tool that changes a record"
    return Wording(
        action=f"read the record before {' '.join(name_words(pattern.tool)) or 'a change'}",
        mechanism=f"A record is changed ({tools}) whose id was not read before in the conversation.",
        failure_class="missing_context",
        query=f"{what} obtain id and check before",
        strengthening=f"Never call {what} for an id that you have not read in this conversation.",
        addition=None,
        alternatives=(
            _alternative(
                "missing_instruction", "the record may have been shown by a tool that was given no id"
            ),
        ),
    )


def _outage(tool: str) -> Wording:
    return Wording(
        action=f"retry {tool}",
        mechanism=f"`{tool}` fails with an infrastructure error; the agent spends turns on it or gives up, "
        "although an identical call later succeeds.",
        failure_class="bad_tool_data",
        query="",
        strengthening="",
        addition=None,
        alternatives=(
            _alternative(
                "config", f"the timeout or the rate limit of `{tool}` may be set too low for its load"
            ),
        ),
        confirmed=True,
    )


def _alternative(failure_class: FailureClass, mechanism: str) -> Alternative:
    return Alternative(failure_class=failure_class, mechanism=mechanism)
