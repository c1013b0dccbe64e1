"""Log records as conversation events: messages, whole calls, and evaluations."""

from collections.abc import Sequence

from groundswell.models.capture import older_events
from groundswell.models.capture.captured import Captured
from groundswell.models.capture.dialects import kind_of, talk_of
from groundswell.models.capture.feedback import EVALUATION
from groundswell.models.capture.identity import Options
from groundswell.models.capture.of_spans import evaluation, is_ignored, take_talk
from groundswell.models.capture.records import Attributes, LogRecord, Span


def of_records(records: Sequence[LogRecord], options: Options, now: int) -> Captured:
    """Return the events in *records*; *now* (ns) takes the place of a time that is missing.

    Records of one span that carry a message each belong together: they are one call.
    """
    captured = Captured()
    calls: dict[tuple[str, str], list[LogRecord]] = {}
    for record in records:
        if is_ignored(record.attributes):
            captured.count("gen_ai_events", "ignored")
        elif older_events.is_message(record.name):
            calls.setdefault((record.trace_id, record.span_id), []).append(record)
        elif record.name == EVALUATION:
            own = _span([record])
            evaluation(record.attributes, own.attributes, own, captured, options, record.time or now)
        elif record.name == older_events.DETAILS:
            _take_details(record, captured, options, now)
        else:
            captured.count("none", "not_genai")
    for of_call in calls.values():
        _take_call(of_call, captured, options, now)
    return captured.settle()


def _take_call(records: Sequence[LogRecord], captured: Captured, options: Options, now: int) -> None:
    """Take in the messages of one call; without a span they are not known to belong together."""
    span = _span(records)
    groups = [records] if span.span_id else [[record] for record in records]
    for group in groups:
        own = _span(group)
        talk = older_events.of_records(group)
        take_talk(talk, "gen_ai_events", own, own.attributes, captured, options, now)


def _take_details(record: LogRecord, captured: Captured, options: Options, now: int) -> None:
    """Take in an event that tells a whole call; its members stand in the attributes or in the body."""
    body = record.body if isinstance(record.body, dict) else {}
    span = _span([record])
    own: Attributes = {**body, **record.attributes}
    dialect, _ = kind_of(own)
    take_talk(talk_of(own), dialect, span, own, captured, options, now)


def _span(records: Sequence[LogRecord]) -> Span:
    """Return the call that the records tell of, as far as they know it."""
    times = [record.time for record in records if record.time]
    attributes: Attributes = {}
    for record in reversed(records):
        attributes.update(record.attributes)
    one = records[0]
    return Span(
        trace_id=one.trace_id,
        span_id=one.span_id,
        parent_id="",
        name=one.name,
        start=min(times, default=0),
        end=max(times, default=0),
        attributes=attributes,
        resource=one.resource,
        scope=one.scope,
    )
