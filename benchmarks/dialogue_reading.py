"""Telling labelled dialogues to the reader, for `reading.py`: files, embeddings, turns, CPU time."""

import gzip
import json
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gate_data import Vectors

from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.redaction import redact
from groundswell.models.record import Vector

Dialogue = dict[str, Any]


def rows(path: Path) -> Iterator[Dialogue]:
    """Give the documents of a file of JSON lines, gzip or plain."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        yield from map(json.loads, lines)


class Costs:
    """CPU seconds spent in reading, by role, embedding left out."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def figures(self, name: str) -> dict[str, float]:
        """Give mean and 99th percentile, microseconds."""
        figures = {}
        for role, spent in self.seconds.items():
            figures[f"{name} microseconds per {role} turn"] = float(np.mean(spent)) * 1e6
            figures[f"{name} microseconds per {role} turn p99"] = float(np.percentile(spent, 99)) * 1e6
        return figures


@dataclass
class Told:
    """A dialogue being told to a reader: for each need whether it opened a goal, and each ordinal's step."""

    reader: ConversationReader
    ordinal: int = 0
    openings: list[bool] = field(default_factory=list)
    steps: dict[int, int] = field(default_factory=dict)

    def tell(self, turns: list[Dialogue], embed: Vectors, costs: Costs) -> None:
        """Tell the turns, redacted."""
        step = 0
        for place, turn in enumerate(turns):
            step = turn.get("step", place) if turn["role"] == "assistant" else step
            self.steps |= {self.ordinal: step, self.ordinal + 1: step}
            text, role = turn["text"] or "", turn["role"]
            vector = embed(redact(text)) if role == "user" else None
            began = time.thread_time()
            self._tell(turn, redact(text), vector)
            costs.seconds["agent" if role == "assistant" else role].append(time.thread_time() - began)

    def _tell(self, turn: Dialogue, text: str, vector: Vector | None) -> None:
        if vector is not None and text:
            reading = self.reader.user(self.ordinal, text, vector)
            self.openings += [reading.new_segment] if reading.passes else []
        elif turn["role"] == "tool":
            self.reader.tool_result(self.ordinal, text, turn.get("error"))
        elif turn["role"] == "assistant" and text:
            self.reader.agent(self.ordinal, text)
        self.ordinal += 1
        if turn["role"] == "assistant" and turn.get("tool_name"):
            arguments = json.dumps(turn.get("tool_args"), sort_keys=True)
            self.reader.tool_call(self.ordinal, turn["tool_name"], arguments)
            self.ordinal += 1
