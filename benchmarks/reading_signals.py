"""What the friction signals are worth: precision by reading, lift by data set, first failing turn, cost.

    python benchmarks/reading_signals.py DATA [--vectors FILE.npz] [--json] [--check]

DATA is a folder with star_first_week, tau_airline_gpt4o, tau_retail_grok3, agentrx_tau_retail,
tau2_airline_retail and dbdc3_en (gzip JSON lines; those that are missing are left out).

Precision: `signal_readings.jsonl` holds 390 hits drawn at random, round-robin over the sets, from the half
of the dialogues on which no detector was mended, each with one reader's verdict; counted are those that still
fire (60 more are of `signal_heads.py`). Two detectors were mended after that reading: give-up ("I'll call
back later" is none) and rephrase, of which 60 hits were read before the last mends.
Lift: the share of failures among dialogues with the signal over that among all; five dialogues at least.
First failing turn: AgentRx's failures, the earliest friction or write against the published root cause.
"""

import json
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from gate_data import Vectors, rows
from vectors_cli import run

from groundswell.models.reading.phrases import FRICTION, Signal
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.reading.tools import is_write_tool

READINGS = Path(__file__).with_name("signal_readings.jsonl")
SETS = (
    "star_first_week",
    "tau_airline_gpt4o",
    "tau_retail_grok3",
    "agentrx_tau_retail",
    "tau2_airline_retail",
    "dbdc3_en",
)
#: Figure: at least this.
GOALS = {
    **{f"{signal} precision": 0.85 for signal in FRICTION - {Signal.UNCERTAINTY}},
    "dissatisfaction precision": 0.75,
    "rephrase precision": 0.75,
    "first failing turn within 3": 0.44,
}
#: Dialogues with a signal below which its lift is not told.
FEW = 5


@dataclass
class Heard:
    """What was read in one dialogue: (turn, signal), and the agent's steps that are suspected."""

    dialogue: dict[str, Any]
    signals: list[tuple[int, Signal]] = field(default_factory=list)
    suspects: list[int] = field(default_factory=list)


def hear(dialogue: dict[str, Any], mean: RunningMean, embed: Vectors, seconds: list[float]) -> Heard:
    """Tell a dialogue to a new reader; CPU time of each turn goes to *seconds*."""
    reader, heard, ordinal, step = ConversationReader(mean), Heard(dialogue), 0, None
    for place, turn in enumerate(dialogue["turns"]):
        text, role, shown = turn["text"] or "", turn["role"], set[Signal]()
        vector = embed(text) if role == "user" and text.strip() else None
        began = time.thread_time()
        if vector is not None:
            shown |= set(reader.user(ordinal, text, vector).signals)
        elif role == "tool":
            shown |= set(reader.tool_result(ordinal, text, turn.get("error")).signals)
        elif role == "assistant" and text:
            shown |= set(reader.agent(ordinal, text).signals)
        seconds.append(time.thread_time() - began)
        if role == "assistant":
            step = turn.get("step", place)
            if name := turn.get("tool_name"):
                ordinal += 1
                arguments = json.dumps(turn.get("tool_args"), sort_keys=True)
                shown |= set(reader.tool_call(ordinal, name, arguments).signals)
                heard.suspects += [step] if is_write_tool(name) else []
        ordinal += 1
        heard.signals += [(place, signal) for signal in sorted(shown)]
        heard.suspects += [step] if shown & FRICTION and step is not None else []
    return heard


def lifts(name: str, heard: list[Heard]) -> dict[str, float]:
    """Give each friction signal's lift, and in how many dialogues it was seen."""
    known = [each for each in heard if each.dialogue["outcome"] is not None]
    if not known:
        return {}
    base = sum(each.dialogue["outcome"] == "failure" for each in known) / len(known)
    figures = {f"{name} failures": base}
    for signal in sorted(FRICTION):
        fired = [each for each in known if any(shown == signal for _, shown in each.signals)]
        if len(fired) >= FEW:
            failed = sum(each.dialogue["outcome"] == "failure" for each in fired) / len(fired)
            figures |= {f"{name} {signal} lift": failed / base, f"{name} {signal} dialogues": len(fired)}
    return figures


def first_failing_turn(heard: list[Heard]) -> dict[str, float]:
    """Compare the earliest suspect with the published step of each failure's root cause."""
    distances = []
    for each in heard:
        truth = each.dialogue["meta"].get("failure_ground_truth")
        if each.dialogue["outcome"] == "failure" and truth and each.suspects:
            root = (truth.get("root_cause") or {}).get("failure_id")
            steps = {failure["failure_id"]: failure["step_number"] for failure in truth["failures"]}
            first = truth["failures"][0]["step_number"]
            distances.append(abs(min(each.suspects) - steps.get(root, first)))
    if not distances:
        return {}
    within = {f"first failing turn within {n}": float(np.mean(np.array(distances) <= n)) for n in (0, 1, 3)}
    return within | {"first failing turn suspects": len(distances)}


def precisions(heard: dict[str, list[Heard]]) -> dict[str, float]:
    """Give each signal's precision over the hits that were read and still fire."""
    fires = {
        (name, each.dialogue["conversation_id"], place, str(signal))
        for name, dialogues in heard.items()
        for each in dialogues
        for place, signal in each.signals
    }
    right: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in rows(READINGS):
        if (row["set"], row["conversation"], row["turn"], row["signal"]) in fires:
            right[row["signal"]][row["right"]] += 1
    figures: dict[str, float] = {}
    for signal, verdicts in right.items():
        figures |= {
            f"{signal} precision": verdicts[True] / verdicts.total(),
            f"{signal} read": verdicts.total(),
        }
    return figures


def measure(data: Path, embed: Vectors) -> dict[str, float]:
    """Measure whatever is there."""
    heard: dict[str, list[Heard]] = {}
    figures: dict[str, float] = {}
    for name in SETS:
        path = data / f"{name}.jsonl.gz"
        if not path.exists():
            continue
        mean, seconds = RunningMean(), list[float]()
        heard[name] = [hear(dialogue, mean, embed, seconds) for dialogue in rows(path)]
        figures |= lifts(name, heard[name])
        figures[f"{name} microseconds per turn"] = float(np.mean(seconds)) * 1e6
        figures[f"{name} microseconds per turn p99"] = float(np.percentile(seconds, 99)) * 1e6
    if star := heard.get("star_first_week"):
        connected = [each for each in star if each.dialogue["meta"]["completion"] == "Complete"]
        figures |= lifts("star connected", connected)
    return precisions(heard) | first_failing_turn(heard.get("agentrx_tau_retail", [])) | figures


if __name__ == "__main__":
    sys.exit(run(__doc__, measure, GOALS, sets_may_lack=True))
