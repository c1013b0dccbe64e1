"""What spans take over from the spans above them: an application names the conversation once, at the top.

Only spans of the same payload are known. Name the conversation on every span where you can.
"""

from collections.abc import Sequence

from groundswell.models.capture.names import INHERITED
from groundswell.models.capture.records import Attributes, Span

_NAMES = frozenset(INHERITED)
#: Levels of spans that are climbed.
_LEVELS = 64


class Inherited:
    """The spans of a payload as trees."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = {(span.trace_id, span.span_id): span for span in spans if span.span_id}
        self._known: dict[tuple[str, str], Attributes] = {}

    def attributes(self, span: Span, own: Attributes) -> Attributes:
        """Return *own* attributes of *span*, completed by those of the spans above."""
        from_above = self._of(span.trace_id, span.parent_id)
        return {**from_above, **own} if from_above else own

    def _of(self, trace_id: str, span_id: str) -> Attributes:
        """Return what the spans under this one take over."""
        way: list[tuple[str, str]] = []
        place = (trace_id, span_id)
        while place in self._spans and place not in self._known and place not in way and len(way) < _LEVELS:
            way.append(place)
            place = (trace_id, self._spans[place].parent_id)
        found = self._known.get(place, {})
        for place in reversed(way):
            own = self._spans[place].attributes
            mine = {name: own[name] for name in _NAMES & own.keys()}
            found = self._known[place] = {**found, **mine} if mine else found
        return found
