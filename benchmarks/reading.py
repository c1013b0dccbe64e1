"""What reading a conversation without an LLM reaches, and what it costs.

    python benchmarks/reading.py DATA [--vectors FILE.npz] [--json] [--check]

DATA is a folder with the labelled sets (gzip JSON lines: multidogo_dev, clinc150, banking77,
star_first_week, tau_retail_grok3, agentrx_tau_retail, tau2_airline_retail, tau_airline_gpt4o, dbdc3_en;
those that are missing are left out), or one file of dialogues with outcomes of one's own. Every figure
comes from the product's public functions, on the bundled model at batch size 1. `--check` exits 1 and names
each figure that falls short of its goal. The gate's and the signals' figures are those of `reading_gate.py`
and `reading_signals.py`, with their splits and goals.

Splits. Goals: `reading_segments.py` (odd pairs; the rule was fitted on the even ones). Outcome: the weights
were set with STAR's even dialogues in view, so `star odd` are the figures of the others; the tau sets and
AgentRx were never fitted to. Calibration: by task, `reading_outcomes.py`. STAR's disconnects count as
failures, so "the user got no answer" is partly true by definition; `star connected` leaves them out.
"""

import sys
from pathlib import Path

import reading_gate
import reading_segments
import reading_signals
from dialogue_reading import Costs, rows
from gate_data import Vectors
from reading_outcomes import DRAWS, SEED, TOLD, calibrated, raw, read, suspects
from vectors_cli import run

#: Figure: at least this. Airline agents have no goal before they are told outcomes: there refusing is often
#: right, and the score says what the user was told.
GOALS = {
    "star outcome auc": 0.895,
    "star connected outcome auc": 0.870,
    "star decided accuracy": 0.885,
    "star decided share": 0.85,
    "star per goal outcome auc": 0.825,
    f"tau_airline_gpt4o after {TOLD} told auc": 0.69,
    "tau_retail_grok3 outcome auc": 0.62,
    "agentrx_tau_retail outcome auc": 0.62,
    "tau2 retail outcome auc": 0.62,
    "agentrx suspect within 3": 0.44,
    "star pairs split precision": 0.79,
    "star pairs split recall": 0.81,
    "star pairs without closing split precision": 0.60,
    "star pairs without closing split recall": 0.30,
    **{f"signals: {name}": goal for name, goal in reading_signals.GOALS.items()},
    **{f"gate: {name}": goal for name, goal in reading_gate.GOALS.items()},
}
#: Figure: at most this. Times are CPU time right after an inference, which leaves the caches cold.
MOST = {
    f"tau_airline_gpt4o after {TOLD} told calibration error": 0.08,
    "star false splits per dialogue": 0.12,
    "star surest": 0.85,
    "star microseconds per user turn": 150.0,
    "star microseconds per agent turn": 100.0,
}
SETTINGS = {"model": "all-MiniLM-L6-v2-int8", "batch_size": 1, "seed": SEED, "draws": DRAWS}
#: What the gate's part needs of the folder.
GATE_SETS = ("multidogo_dev", "clinc150", "star_first_week", "banking77")


def star(path: Path, embed: Vectors) -> dict[str, float]:
    """Measure what STAR has: outcomes whole, of the half not looked at, and without disconnects; goals."""
    dialogues, costs = list(rows(path)), Costs()
    known = read(dialogues, embed, costs)
    figures = raw("star", known) | raw("star odd", known[1::2])
    figures |= raw("star connected", [each for each in known if each.connected])
    figures |= calibrated("star", known) | costs.figures("star")
    return figures | reading_segments.measure(dialogues, embed)


def measure(data: Path, embed: Vectors) -> dict[str, float]:
    """Measure whatever is there."""
    if data.is_file():
        name, known = data.name.split(".")[0], read(rows(data), embed, Costs())
        return raw(name, known) | calibrated(name, known)
    figures: dict[str, float] = {}
    sets = {path.name.split(".")[0]: path for path in sorted(data.glob("*.jsonl.gz"))}
    if path := sets.get("star_first_week"):
        figures |= star(path, embed)
    agents = {name: (name, None) for name in ("tau_retail_grok3", "agentrx_tau_retail", "tau_airline_gpt4o")}
    agents |= {f"tau2 {one}": ("tau2_airline_retail", f"tau2-{one}") for one in ("retail", "airline")}
    for name, (held_in, agent) in agents.items():
        if path := sets.get(held_in):
            of_agent = (each for each in rows(path) if agent in (None, each["agent"]))
            known = read(of_agent, embed, Costs())
            figures |= raw(name, known) | calibrated(name, known)
    if path := sets.get("agentrx_tau_retail"):
        figures |= suspects(rows(path), embed)
    figures |= {f"signals: {name}": value for name, value in reading_signals.measure(data, embed).items()}
    if sets.keys() >= set(GATE_SETS):
        figures |= {f"gate: {name}": value for name, value in reading_gate.measure(data, embed).items()}
    return figures


if __name__ == "__main__":
    sys.exit(run(__doc__, measure, GOALS, MOST, settings=SETTINGS, sets_may_lack=True))
