"""Microsoft Presidio, which finds names and places with a language model: the extra ``presidio``.

The only importer of presidio_analyzer, and only when it is asked for. It takes milliseconds a text, and
what it finds depends on the version of its model: install the same one on every worker.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from groundswell.models.reading.redaction_pattern import Span
from groundswell.models.reading.redaction_view import View

#: Presidio's own confidence from which a finding counts.
LEAST_SCORE = 0.6
#: Longest text that the language model is given at once, characters; spaCy's own bound is a million.
_CHUNK = 50_000


class MissingPresidio(RuntimeError):
    """The settings ask for Presidio and it cannot be used."""


class Analyzer(Protocol):
    """What is used of `presidio_analyzer.AnalyzerEngine`."""

    def analyze(
        self,
        text: str,
        language: str,
        entities: list[str] | None = None,
        score_threshold: float | None = None,
    ) -> Sequence[Any]:
        """Return findings, each with `start`, `end` and `score`."""
        ...


@dataclass(frozen=True, slots=True)
class PresidioPattern:
    """What an analyzer finds, as a pattern of redaction that runs after the built-in ones."""

    analyzer: Analyzer
    language: str
    entities: tuple[str, ...]
    name: str = "presidio"
    placeholder: str = "[personal]"

    @classmethod
    def open(cls, language: str, entities: Sequence[str]) -> "PresidioPattern":
        """Load Presidio's analyzer with its default models.

        Raises MissingPresidio, saying what to install, if it or a model is not there.
        """
        try:
            module = importlib.import_module("presidio_analyzer")
        except ImportError as error:
            raise MissingPresidio(
                "the setting `presidio` needs Microsoft Presidio: pip install 'groundswell[presidio]'"
            ) from error
        try:
            return cls(module.AnalyzerEngine(supported_languages=[language]), language, tuple(entities))
        except (OSError, SystemExit, ValueError) as error:
            raise MissingPresidio(
                f"Presidio cannot read language {language!r}: {error}. Install the spaCy model that it names"
            ) from error

    def spans(self, view: View) -> list[Span]:
        """Return what the analyzer finds, in order, overlapping findings joined."""
        spans: list[Span] = []
        for start, end in sorted(self._findings(view.text)):
            if spans and start <= spans[-1][1]:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            else:
                spans.append((start, end))
        return spans

    def _findings(self, text: str) -> list[Span]:
        found: list[Span] = []
        for at in range(0, len(text), _CHUNK):
            results = self.analyzer.analyze(
                text=text[at : at + _CHUNK],
                language=self.language,
                entities=list(self.entities) or None,
                score_threshold=LEAST_SCORE,
            )
            found += [(at + one.start, at + one.end) for one in results if one.end > one.start]
        return found
