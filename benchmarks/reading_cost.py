"""What reading a turn costs, redaction included and the embedding left out.

    python benchmarks/reading_cost.py DATA [--vectors FILE.npz] [--json] [--check]

DATA is a folder with star_first_week, agentrx_tau_retail and tau2_airline_retail (gzip JSON lines); the first
4,000 turns of each are told to the reader three times over, and each turn counts with its fastest time: the
work is the same each time, and what is slower was another process's doing. Microseconds by data set:
`redaction` of every text and tool call, `reading` of every turn after it, and `step`, both together.
"""

import json
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from gate_data import Vectors, rows
from vectors_cli import run

from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.redaction import redact
from groundswell.models.reading.running_mean import RunningMean

SETS = ("star_first_week", "agentrx_tau_retail", "tau2_airline_retail")
TURNS, TIMES = 4_000, 3
#: Figure: at most this.
AT_MOST = {
    "star_first_week step mean": 100.0,
    "tau2_airline_retail step mean": 250.0,
    **{f"{name} step p99": 1000.0 for name in SETS},
    **{f"{name} redaction mean": 60.0 for name in SETS},
}


def tell(dialogue: dict[str, Any], mean: RunningMean, embed: Vectors, spent: list[tuple[int, int]]) -> None:
    """Tell a dialogue to a new reader; nanoseconds of redaction and of reading go to *spent*."""
    reader = ConversationReader(mean)
    for ordinal, turn in enumerate(dialogue["turns"]):
        text, role = turn["text"] or "", turn["role"]
        vector = embed(text) if role == "user" and text.strip() else None
        arguments = json.dumps(turn.get("tool_args")) if turn.get("tool_args") else ""
        began = time.perf_counter_ns()
        text, arguments = redact(text), redact(arguments)
        redacted = time.perf_counter_ns()
        if arguments:
            reader.tool_call(ordinal, turn["tool_name"] or "", arguments)
        elif vector is not None:
            reader.user(ordinal, text, vector)
        elif role == "tool":
            reader.tool_result(ordinal, text, turn.get("error"))
        elif role == "assistant" and text:
            reader.agent(ordinal, text)
        spent.append((redacted - began, time.perf_counter_ns() - redacted))


def costs(path: Path, embed: Vectors) -> dict[str, float]:
    """Give mean and 99th percentile, microseconds."""
    dialogues, turns = [], 0
    for dialogue in rows(path):
        dialogues.append(dialogue)
        turns += len(dialogue["turns"])
        if turns >= TURNS:
            break
    runs = []
    for _ in range(TIMES):
        mean, spent = RunningMean(), list[tuple[int, int]]()
        for dialogue in dialogues:
            tell(dialogue, mean, embed, spent)
        runs.append(list(islice(spent, TURNS)))
    fastest = np.array(runs).min(axis=0) / 1000
    parts = {"redaction": fastest[:, 0], "reading": fastest[:, 1], "step": fastest.sum(axis=1)}
    return {
        f"{name} {what}": value
        for name, each in parts.items()
        for what, value in (("mean", float(each.mean())), ("p99", float(np.percentile(each, 99))))
    }


def measure(data: Path, embed: Vectors) -> dict[str, float]:
    """Measure each set."""
    return {
        f"{name} {figure}": value
        for name in SETS
        for figure, value in costs(data / f"{name}.jsonl.gz", embed).items()
    }


if __name__ == "__main__":
    sys.exit(run(__doc__, measure, {}, AT_MOST))
