"""Spans as conversation events: which spans tell what, and the events that each gives."""

from collections.abc import Iterable, Sequence
from typing import Any

from groundswell.models.capture import older_events, tools
from groundswell.models.capture.captured import Captured, CapturedEvent, answered, cut, event, tool
from groundswell.models.capture.dialects import Talk, kind_of, talk_of
from groundswell.models.capture.feedback import EVALUATION, feedback_id, feedback_of
from groundswell.models.capture.identity import Options, identity
from groundswell.models.capture.inherited import Inherited
from groundswell.models.capture.names import IGNORE
from groundswell.models.capture.news import news
from groundswell.models.capture.records import Attributes, Span
from groundswell.models.capture.values import first
from groundswell.models.conversation import prompt_digest

#: Evaluations of one span that are taken in.
_EVALUATIONS = 64
#: What a root tells of its whole trace.
_ROOT_INPUT, _ROOT_OUTPUT = ("langfuse.trace.input",), ("langfuse.trace.output",)


def of_spans(spans: Sequence[Span], options: Options, now: int) -> Captured:
    """Return the events in *spans*; *now* (ns) takes the place of a time that is missing."""
    captured = Captured()
    above = Inherited(spans)
    for span in spans:
        own = above.attributes(span, older_events.detailed(span))
        _take(span, own, captured, options, now)
        for one in [one for one in span.events if one.name == EVALUATION][:_EVALUATIONS]:
            evaluation(one.attributes, own, span, captured, options, one.time or span.end or now)
    return captured.settle()


def _take(span: Span, own: Attributes, captured: Captured, options: Options, now: int) -> None:
    """Take in one span, and note what it was."""
    dialect, kind = kind_of(own, remote=span.remote)
    talk = older_events.of_span(span)
    if kind is None and talk is None:
        captured.count("none", "not_genai")
    elif is_ignored(own):
        captured.count(dialect, "ignored")
    elif kind == "tool":
        _take_tool(span, own, dialect, captured, options, now)
    elif kind == "other":
        captured.count(dialect, "other_operation")
    elif options.roots and not _is_root(span):
        captured.count(dialect, "inside_root")
    elif kind == "wrapper" and not options.roots:
        captured.count(dialect, "wrapper")
    else:
        found = talk_of(_rooted(own) if options.roots else own) or talk
        take_talk(found, dialect, span, own, captured, options, now)


def take_talk(
    talk: Talk | None,
    dialect: str,
    span: Span,
    own: Attributes,
    captured: Captured,
    options: Options,
    now: int,
) -> None:
    """Take in what was said in a call."""
    if talk is None:
        captured.count(dialect, "no_content")
        return
    common = identity(own, span.resource, span.trace_id, span.span_id, options)
    if common is None:
        captured.count(talk.dialect, "no_conversation")
        return
    captured.truncated += talk.truncated
    events = list(_events(talk, span, {**_prompt(talk), **common}, now))
    captured.events += events
    captured.count(talk.dialect, "captured" if events else "repeated")


def _events(talk: Talk, span: Span, common: dict[str, Any], now: int) -> Iterable[CapturedEvent]:
    """Give the events of what is new in a call: sent at its start, answered at its end."""
    start = span.start or span.end or now
    end = max(start, span.end)
    for turn in news(talk, span.trace_id):
        fields: dict[str, Any] = {"turn_id": turn.turn_id, "role": turn.role}
        if turn.answer is not None and turn.call is not None:
            fields["tool"] = answered(turn.call, turn.answer)
        else:
            fields["text"] = cut(turn.text)
        yield event(common, end if turn.output else start, turn.place + 1, **fields)


def _take_tool(
    span: Span, own: Attributes, dialect: str, captured: Captured, options: Options, now: int
) -> None:
    """Take in a tool span: at its end, where its answer came."""
    called = tools.tool_of(span)
    call_id = called.get("call_id")
    common = identity(own, span.resource, span.trace_id, span.span_id, options)
    if "arguments" not in called and "result" not in called:
        captured.count(dialect, "no_content")
    elif call_id is None and not options.roots:
        captured.count(dialect, "tool_without_call_id")
    elif common is None:
        captured.count(dialect, "no_conversation")
    else:
        identifier = tools.identity_of(span, call_id)
        when = max(span.start, span.end) or now
        captured.events.append(event(common, when, 0, turn_id=identifier, role="tool", tool=tool(called)))
        captured.count(dialect, "captured")


def evaluation(
    found: Attributes, own: Attributes, span: Span, captured: Captured, options: Options, when: int
) -> None:
    """Take in an evaluation of a call, or of what the span is about."""
    score = feedback_of(found)
    common = identity({**own, **found}, span.resource, span.trace_id, span.span_id, options)
    if score is None:
        captured.count("gen_ai", "no_score")
    elif common is None:
        captured.count("gen_ai", "no_conversation")
    else:
        identifier = feedback_id(found, span.trace_id, span.span_id)
        captured.events.append(event(common, when, 0, type="feedback", turn_id=identifier, feedback=score))
        captured.count("gen_ai", "captured")


def is_ignored(attributes: Attributes) -> bool:
    """Return whether the application asked to leave this out."""
    return attributes.get(IGNORE) in (True, "true", "True", "1", 1)


def _is_root(span: Span) -> bool:
    return not span.parent_id or span.attributes.get("langfuse.internal.is_app_root") is True


def _rooted(own: Attributes) -> Attributes:
    """Return the attributes of a root in which what it tells of the whole trace outranks its own."""
    sent, answer = first(own, _ROOT_INPUT), first(own, _ROOT_OUTPUT)
    told = {"langfuse.observation.input": sent, "langfuse.observation.output": answer}
    return {**own, **{name: value for name, value in told.items() if value is not None}}


def _prompt(talk: Talk) -> dict[str, Any]:
    """Return the version of the prompt that was in effect: the digest of the system prompt's text."""
    said = next((one.text for one in talk.inputs if one.role == "system" and one.text), None)
    return {} if said is None else {"prompt_version": prompt_digest(said)}
