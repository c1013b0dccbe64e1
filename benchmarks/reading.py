"""What reading a conversation without an LLM reaches, and what it costs.

    python benchmarks/reading.py DATA [--json] [--check]

DATA is a folder with the labelled sets (gzip JSON lines: multidogo_dev, banking77, star_first_week,
tau_retail_grok3, agentrx_tau_retail, tau2_airline_retail, tau_airline_gpt4o; those that are missing are
left out), or one file of dialogues with outcomes of one's own. Every figure comes from the product's
public functions, on the bundled model at batch size 1. `--check` exits 1 and names each figure that
falls short of its goal.

MultiDoGO's figures are in-sample: the shipped gate was fitted to its labels. BANKING77, tau-bench and
AgentRx were never trained on. STAR's disconnects count as failures, so "the user got no answer" is
partly true by definition; `star connected` leaves them out.
"""

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from dialogue_reading import Cached, Costs, Dialogue, Told, rows
from scipy.stats import rankdata

from groundswell.models.reading.gate import GATE, THRESHOLD, RuleGate
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean

#: Figure: at least this. Airline agents are reported without a goal: there
#: refusing is often right, and the score says what the user was told.
GOALS = {
    "multidogo gate precision": 0.90,
    "multidogo gate recall": 0.90,
    "banking77 gate pass": 0.97,
    "star outcome auc": 0.88,
    "star connected outcome auc": 0.85,
    "star decided accuracy": 0.87,
    "star decided share": 0.80,
    "tau_retail_grok3 outcome auc": 0.65,
    "agentrx_tau_retail outcome auc": 0.62,
    "tau2 retail outcome auc": 0.62,
    "star pairs split precision": 0.75,
    "star pairs split recall": 0.75,
}
#: Figure: at most this, CPU time right after an inference, which leaves the caches cold.
MOST = {"star microseconds per user turn": 150.0, "star microseconds per agent turn": 100.0}
#: MultiDoGO's dialogue acts that say nothing of what the user wants; `-` labels are out of domain.
NO_NEED = {"contentonly", "confirmation", "openinggreeting", "thankyou", "rejection", "closinggreeting"}
OUT_OF_DOMAIN = {"outofdomain", ""}


def auc(positive: list[bool], scores: list[float]) -> float:
    """Give the area under the ROC curve, ties counted half."""
    truth, ranks = np.array(positive), rankdata(scores)
    ones = int(truth.sum())
    return float((ranks[truth].sum() - ones * (ones + 1) / 2) / (ones * (len(truth) - ones)))


def precision_recall(truth: Iterable[bool], found: Iterable[bool]) -> tuple[float, float]:
    """Give precision and recall of what was found."""
    pairs = Counter(zip(truth, found, strict=True))
    hits = pairs[True, True]
    return hits / max(hits + pairs[False, True], 1), hits / max(hits + pairs[True, False], 1)


def gate_on_multidogo(path: Path, embed: Cached) -> dict[str, float]:
    """Compare the gate with plain rules on unique texts, each with the majority of its labels."""
    votes: dict[str, Counter[bool]] = defaultdict(Counter)
    for dialogue in rows(path):
        for turn in dialogue["turns"]:
            label = turn["intent"].split("<div>")[0].strip()
            if label not in OUT_OF_DOMAIN and turn["text"].strip():
                votes[turn["text"]][label not in NO_NEED] += 1
    truth = [vote[True] > vote[False] for vote in votes.values()]
    learnt = [GATE.probability(text, embed(text)) > THRESHOLD for text in votes]
    rules = [RuleGate().probability(text) > THRESHOLD for text in votes]
    return {
        **named("multidogo gate", truth, learnt),
        **named("multidogo rules", truth, rules),
        "multidogo texts": len(votes),
    }


def named(name: str, truth: list[bool], found: list[bool]) -> dict[str, float]:
    """Give precision and recall under a name."""
    precision, recall = precision_recall(truth, found)
    return {f"{name} precision": precision, f"{name} recall": recall}


def gate_on_banking(path: Path, embed: Cached) -> dict[str, float]:
    """Give the share of utterances, all of which say what the user wants, that pass."""
    texts = [row["text"] for row in rows(path)]
    learnt = sum(GATE.probability(text, embed(text)) > THRESHOLD for text in texts)
    rules = sum(RuleGate().probability(text) > THRESHOLD for text in texts)
    return {"banking77 gate pass": learnt / len(texts), "banking77 rules pass": rules / len(texts)}


def outcomes(dialogues: Iterable[Dialogue], name: str, embed: Cached, costs: Costs) -> dict[str, float]:
    """Compare the last segment's score and label with what is known of each dialogue."""
    mean, truth, scores, thanks, right = RunningMean(), [], [], [], []
    for dialogue in dialogues:
        reader = ConversationReader(mean)
        Told(reader).tell(dialogue["turns"], embed, costs)
        if dialogue["outcome"] is None:
            continue
        success, last = dialogue["outcome"] == "success", reader.outcomes()[-1]
        truth.append(success)
        scores.append(last.score)
        thanks.append(float("thanked" in reader.segment.evidence))
        if last.status != "unknown":
            right.append((last.status == "completed") == success)
    return {
        f"{name} outcome auc": auc(truth, scores),
        f"{name} thanks alone auc": auc(truth, thanks),
        f"{name} decided share": len(right) / len(truth),
        f"{name} decided accuracy": float(np.mean(right)),
        f"{name} outcomes": len(truth),
    }


def pairs(dialogues: list[Dialogue], embed: Cached) -> dict[str, float]:
    """Join dialogues of different tasks: a segment should open in the first two needs of the second."""
    single = [dialogue for dialogue in dialogues if len(dialogue["meta"].get("tasks", [])) == 1]
    half, mean = len(single) // 2, RunningMean()
    found = opened = joined = 0
    for first, second in zip(single[:half], single[half:], strict=False):
        if first["meta"]["tasks"] == second["meta"]["tasks"]:
            continue
        told = Told(ConversationReader(mean))
        told.tell(first["turns"], embed, Costs())
        seam = len(told.openings)
        told.tell(second["turns"], embed, Costs())
        joined += 1
        found += any(told.openings[seam : seam + 2])
        opened += sum(told.openings)
    return {
        "star pairs split precision": found / max(opened, 1),
        "star pairs split recall": found / max(joined, 1),
        "star pairs": joined,
    }


def measure(data: Path) -> dict[str, float]:
    """Measure whatever is there."""
    embed, figures = Cached(), {}
    if data.is_file():
        return outcomes(rows(data), data.name.split(".")[0], embed, Costs())
    sets = {path.name.split(".")[0]: path for path in sorted(data.glob("*.jsonl.gz"))}
    if path := sets.get("multidogo_dev"):
        figures |= gate_on_multidogo(path, embed)
    if path := sets.get("banking77"):
        figures |= gate_on_banking(path, embed)
    if path := sets.get("star_first_week"):
        star, costs = list(rows(path)), Costs()
        figures |= outcomes(star, "star", embed, costs) | costs.figures("star")
        connected = [each for each in star if each["meta"]["completion"] == "Complete"]
        figures |= outcomes(connected, "star connected", embed, Costs()) | pairs(star, embed)
    for name in ("tau_retail_grok3", "agentrx_tau_retail", "tau_airline_gpt4o"):
        if path := sets.get(name):
            figures |= outcomes(rows(path), name, embed, Costs())
    if path := sets.get("tau2_airline_retail"):
        for agent in ("retail", "airline"):
            of_agent = [each for each in rows(path) if each["agent"] == f"tau2-{agent}"]
            figures |= outcomes(of_agent, f"tau2 {agent}", embed, Costs())
    return figures


def shortfalls(figures: dict[str, float]) -> list[str]:
    """Name each figure that misses its goal."""
    low = [(name, "<", goal) for name, goal in GOALS.items() if figures.get(name, goal) < goal]
    high = [(name, ">", goal) for name, goal in MOST.items() if figures.get(name, goal) > goal]
    return [f"{name}: {figures[name]:.3f} {sign} {goal}" for name, sign, goal in low + high]


def main() -> int:
    """Measure, print, check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path, help="folder with the labelled sets, or one file of dialogues")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1 if a figure falls short of its goal")
    arguments = parser.parse_args()
    figures = measure(arguments.data)
    if arguments.json:
        settings = {"model": "all-MiniLM-L6-v2-int8", "batch_size": 1, "threads": 1, "seed": None}
        print(json.dumps({"settings": settings, "data": str(arguments.data), "figures": figures}))
    else:
        for name, value in figures.items():
            goal = GOALS.get(name, MOST.get(name))
            print(f"{name:45s} {value:10.3f}" + (f"   goal {goal}" if goal is not None else ""))
    missed = shortfalls(figures)
    for line in missed:
        print(f"short of its goal: {line}", file=sys.stderr)
    return int(arguments.check and bool(missed))


if __name__ == "__main__":
    sys.exit(main())
