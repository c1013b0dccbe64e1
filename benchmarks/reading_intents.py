"""What reading does for the intents: STAR's turns as the product reads and clusters them.

    python benchmarks/reading_intents.py DATA [--vectors FILE.npz] [--json] [--check]

DATA is a folder with star_first_week (gzip JSON lines), whose single-task dialogues have a task (24 of them);
the others are read and clustered too, and not scored. Turns come in the order of time. NMI and purity (the
share of turns whose task is the commonest of their cluster) against the task, at the level of intents and of
sub-intents, by the last model; `on arrival` is the sub-intent that a turn was given when it came. `unlinked`
is the same engine on the same vectors, not told which are of one goal; `gate alone` on those turns by
themselves, without context; `all turns` on every user turn by itself: no gate, no context, no segments.

Purity grows with the number of clusters, and the engine chooses few. `cut into N` is what the same turns give
at other numbers, by the engine's own steps (projection, links, diffusion, tree, k-means), all at once.
The goal of .90 is that of a prototype of the engine, which found 59 clusters there with a purity of .885 and
an NMI of .735; another found 22 with .800 and .770.

STAR's weak labels are among what the gate was fitted to; tasks are not.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gate_data import Vectors, rows
from intents_arrival import arrive
from intents_data import number_labels
from sklearn.metrics import normalized_mutual_info_score
from vectors_cli import run

from groundswell.models.intents.companions import Companions, draw_together
from groundswell.models.intents.diffusion import diffuse
from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.lloyd import lloyd
from groundswell.models.intents.params import EngineParams
from groundswell.models.intents.space import fit_space
from groundswell.models.intents.ward import FREE, ward
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.record import Vector

#: Figure: at least this.
GOALS = {"intents nmi": 0.73, "intents purity": 0.90}
#: Numbers of clusters to compare at: what two prototypes found, and the numbers between.
CUTS = (22, 40, 59, 80)


@dataclass(frozen=True, slots=True, eq=False)
class Turn:
    """A user's turn: when, whose task (None for several), embedding, vector to cluster if it passes, goal."""

    time: float
    task: str | None
    embedding: Vector
    vector: Vector | None
    goal: str


def read(data: Path, embed: Vectors) -> list[Turn]:
    """Read every dialogue; give the user turns in the order of time."""
    mean = RunningMean()
    dialogues = sorted(rows(data / "star_first_week.jsonl.gz"), key=lambda each: each["turns"][0]["ts"])
    turns = [turn for dialogue in dialogues for turn in _turns(dialogue, ConversationReader(mean), embed)]
    return sorted(turns, key=lambda turn: turn.time)


def _turns(dialogue: dict[str, Any], reader: ConversationReader, embed: Vectors) -> Iterator[Turn]:
    for ordinal, turn in enumerate(dialogue["turns"]):
        text = turn["text"] or ""
        if turn["role"] == "user" and text.strip():
            embedding = embed(text)
            vector = reader.user(ordinal, text, embedding).vector
            goal = f"{dialogue['conversation_id']}/{reader.segment.number}"
            yield Turn(turn["ts"], turn.get("task"), embedding, vector, goal)
        elif turn["role"] == "assistant" and text:
            reader.agent(ordinal, text)
        elif turn["role"] == "tool":
            reader.tool_result(ordinal, text, turn.get("error"))


def purity(tasks: Sequence[str], labels: Sequence[str]) -> float:
    """Give the share of turns whose task is the commonest of their label."""
    pairs = Counter(zip(labels, tasks, strict=True))
    best: Counter[str] = Counter()
    for (label, _), count in pairs.items():
        best[label] = max(best[label], count)
    return best.total() / len(tasks)


def scores(tasks: Sequence[str], labels: Sequence[str]) -> dict[str, float]:
    """Give NMI and purity of labels against tasks."""
    nmi = float(normalized_mutual_info_score(number_labels(tasks), number_labels(labels)))
    return {"nmi": nmi, "purity": purity(tasks, labels)}


def cluster(name: str, turns: Sequence[tuple[str | None, Vector, str]]) -> dict[str, float]:
    """Run the engine over (task, vector, goal if it is to count) in order; score turns that have a task."""
    engine = IntentEngine(namespace="benchmark")
    arrival = list(arrive(engine, ((vector, goal) for _, vector, goal in turns)))
    labels = [engine.label(vector) for _, vector, _ in turns]
    levels = {
        "": [intent for _, intent in labels],
        "fine ": [fine for fine, _ in labels],
        "on arrival ": arrival,
    }
    scored = [place for place, (task, *_) in enumerate(turns) if task]
    tasks = [turns[place][0] or "" for place in scored]
    figures: dict[str, float] = {f"{name} turns": len(scored)}
    for level, given in levels.items():
        found = [given[place] for place in scored]
        figures |= {f"{name} {level}{kind}": value for kind, value in scores(tasks, found).items()}
        figures[f"{name} {level}found"] = len(set(found))
    return figures


def cut(turns: Sequence[tuple[str | None, Vector, str]]) -> dict[str, float]:
    """Cluster all (task, vector, goal) at once into each of `CUTS`; score the turns that have a task."""
    params, rows = EngineParams(), np.stack([vector for _, vector, _ in turns])
    weights = np.ones(len(rows), np.float32)
    places = fit_space(rows, rows, weights, params.axes).project_rows(rows)
    first: dict[str, int] = {}
    links = Companions.empty(len(rows), params.companions)
    for row, (_, _, goal) in enumerate(turns):
        if first.setdefault(goal, row) != row:
            links.add(row, first[goal])
    places = draw_together(places, np.arange(len(rows)), links, params.pull)
    diffused = diffuse(places, weights, params.neighbours, params.diffusion_temperature)
    free = np.full(len(rows), FREE)
    tree = ward(diffused, weights, free)
    scored = [place for place, (task, *_) in enumerate(turns) if task]
    tasks = [turns[place][0] or "" for place in scored]
    figures: dict[str, float] = {}
    for number in CUTS:
        labels = lloyd(diffused, weights, tree.cut(number), free != FREE)
        found = [str(labels[place]) for place in scored]
        figures |= {f"cut into {number} {kind}": value for kind, value in scores(tasks, found).items()}
    return figures


def measure(data: Path, embed: Vectors) -> dict[str, float]:
    """Measure with what reading gives, and without it."""
    turns = read(data, embed)
    passing = [(turn.task, turn.vector, turn.goal) for turn in turns if turn.vector is not None]
    alone = [(turn.task, turn.embedding, "") for turn in turns if turn.vector is not None]
    return {
        **cluster("intents", passing),
        **cut(passing),
        **cluster("unlinked", [(task, vector, "") for task, vector, _ in passing]),
        **cluster("gate alone", alone),
        **cluster("all turns", [(turn.task, turn.embedding, "") for turn in turns]),
    }


if __name__ == "__main__":
    sys.exit(run(__doc__, measure, GOALS))
