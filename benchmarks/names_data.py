"""What `names.py` reads: user turns of a data set as the `turns` stage reads them, with true labels."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gate_data import Vectors, rows

from groundswell.models.position import Source
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.redaction import redact
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.turn import TurnRead, encode_vector

#: Event time of the first turn, and between turns (ms): names do not depend on it.
_START, _STEP = 1_760_000_000_000, 1_000
DIALOGUES = ("star_first_week", "tau_airline_gpt4o", "tau_retail_grok3", "tau2_airline_retail")
UTTERANCES = ("banking77", "clinc150")


@dataclass(frozen=True, slots=True)
class Need:
    """A turn that passed the gate, as a message of `turns`, and its true label."""

    message: TurnRead
    label: str


def needs(path: Path, embed: Vectors) -> dict[str, list[Need]]:
    """Give the needs of a data set by agent, in the order of arrival (utterances shuffled by seed 0).

    STAR's dialogues carry one agent, because one assistant served all of its tasks.
    """
    found: dict[str, list[Need]] = {}
    if path.name.split(".")[0] in UTTERANCES:
        agent = path.name.split(".")[0]
        lines = [row for row in rows(path) if row["intent"] != "oos"]
        random.Random(0).shuffle(lines)
        found[agent] = [
            _need(agent, f"u{place}", place, redact(row["text"]), embed(redact(row["text"])), row["intent"])
            for place, row in enumerate(lines)
        ]
        return found
    means: dict[str, RunningMean] = {}
    for dialogue in rows(path):
        agent = (
            dialogue["agent"].split("-")[0] if dialogue["agent"].startswith("star-") else dialogue["agent"]
        )
        reader = ConversationReader(means.setdefault(agent, RunningMean()))
        mine = found.setdefault(agent, [])
        for text, vector, segment, label in _spoken(dialogue, reader, embed):
            mine.append(_need(agent, dialogue["conversation_id"], len(mine), text, vector, label, segment))
    return found


def _spoken(
    dialogue: dict[str, Any], reader: ConversationReader, embed: Callable[[str], Any]
) -> Iterator[tuple[str, Any, int, str]]:
    """Give (redacted text, vector to cluster, goal, true label) of the user turns that say what is wanted."""
    meta = dialogue["meta"]
    common = meta.get("weak_intent") or "+".join(meta.get("tasks", ())) or "?"
    for ordinal, turn in enumerate(dialogue["turns"]):
        text = redact(turn["text"] or "")
        if turn["role"] == "user" and text.strip():
            reading = reader.user(ordinal, text, embed(text))
            if reading.vector is not None:
                yield text, reading.vector, reading.segment, turn.get("task") or common
        elif turn["role"] == "assistant" and text:
            reader.agent(ordinal, text)


def _need(
    agent: str, conversation: str, place: int, text: str, vector: Any, label: str, segment: int = 0
) -> Need:
    return Need(
        TurnRead(
            tenant="benchmark",
            agent=agent,
            conversation=conversation,
            conversation_id=conversation,
            time=_START + place * _STEP,
            source=Source(log="events", partition=0, offset=place),
            segment=segment,
            role="user",
            text=text,
            passes=True,
            vector=encode_vector(vector),
        ),
        label,
    )
