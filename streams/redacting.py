"""Redaction as it is configured: of texts, of structured values, and of labels."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from groundswell.models.event import MAX_TEXT, ConversationEvent
from groundswell.models.event_parts import Slice
from groundswell.models.reading.redaction import Redactor
from groundswell.models.reading.redaction_json import redact_value
from groundswell.streams.settings import Settings

#: Characters beyond the longest text kept that are redacted with it: the cut must not halve a secret.
_MARGIN = 4_096
#: Labels remembered with what they became: most are the same for thousands of turns.
_LABELS = 16_384
_LABEL_FIELDS = ("model", "prompt_version", "release", "config_version", "variant", "trace_id", "span_id")
#: W3C trace and span ids, UUIDs and the like: random, and nobody's.
_RANDOM = re.compile(r"[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class Redaction:
    """What leaves an event before any of it is stored or sent."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        labels = redactor.for_labels()
        self._label: Callable[[str], str] = lru_cache(_LABELS)(labels.redact)

    @classmethod
    def of(cls, settings: Settings) -> "Redaction":
        """Return what *settings* ask for. Raises ValueError or MissingPresidio where that cannot be had."""
        extra = {f"custom{number}": regex for number, regex in enumerate(settings.redact_extra)}
        names = None if settings.redact == ("default",) else settings.redact
        more = []
        if settings.presidio is not None:
            from groundswell.sinks.presidio import PresidioPattern

            more.append(PresidioPattern.open(settings.presidio, settings.presidio_entities))
        return cls(Redactor.of(names, extra, more))

    def text(self, text: str) -> str:
        """Return a text without its secrets, cut to MAX_TEXT."""
        return self.redactor.redact(text[: MAX_TEXT + _MARGIN])[:MAX_TEXT]

    def value(self, value: Any) -> str:
        """Return a JSON value as a text without its secrets, cut to MAX_TEXT."""
        return "" if value is None else redact_value(value, self.redactor, MAX_TEXT + _MARGIN)[:MAX_TEXT]

    def label(self, text: str | None) -> str | None:
        """Return a label without its secrets: a version like 2.4.1.3 is no address there."""
        return text if text is None or _RANDOM.fullmatch(text) else self._label(text)

    def name(self, event: ConversationEvent) -> str:
        """Return the conversation's id as it may be shown: if it had a secret, its uuid tells it apart."""
        shown = self.redactor.redact(event.conversation_id)
        return shown if shown == event.conversation_id else f"{shown} {event.conversation[:8]}"

    def labels(self, event: ConversationEvent) -> ConversationEvent:
        """Return the event with its labels, slices, and names and ids of tools redacted."""
        given = ((name, getattr(event, name)) for name in _LABEL_FIELDS)
        changed: dict[str, Any] = {
            name: label for name, value in given if value and (label := self.label(value)) != value
        }
        slices = {self._label(name): self._slice(value) for name, value in event.slices.items()}
        if slices != event.slices:
            changed["slices"] = slices
        if event.tool is not None:
            ids = {"name": self.label(event.tool.name), "call_id": self.label(event.tool.call_id)}
            if ids != {"name": event.tool.name, "call_id": event.tool.call_id}:
                changed["tool"] = event.tool.model_copy(update=ids)
        if event.feedback is not None and event.feedback.turn_id:
            told = {"turn_id": self.label(event.feedback.turn_id)}
            changed["feedback"] = event.feedback.model_copy(update=told)
        return event.model_copy(update=changed) if changed else event

    def _slice(self, value: Slice) -> Slice:
        return self._label(value) if isinstance(value, str) else value
