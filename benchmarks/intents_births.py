"""How soon a new theme is an intent of its own: python benchmarks/intents_births.py FILE [options].

FILE is that of `intents.py`. Ordinary traffic (some intents of the file, shuffled) runs through the engine;
then, in each trial, a theme that it has never seen comes with 15 conversations among 285 ordinary ones.
It is found when an announced intent holds at least half of the theme so far, and at least half of what
that intent took since the theme began is the theme. Printed are the share of trials in which that is so
by the tenth conversation and by the last, and how many further intents were born per 1,000 turns.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from intents import embed
from intents_cli import finish
from intents_data import Indices, number_labels, read_utterances

from groundswell.models.intents.engine import IntentEngine
from groundswell.models.intents.ids import Stamp
from groundswell.models.intents.params import EngineParams
from groundswell.models.record import StateRecord, Vector

THEME, WINDOW = 15, 300  # conversations of the theme, and of everything while it comes
IN_TIME = 10  # conversations by which it is to be found
ORDINARY, EARLIER = 20, 1_500  # intents of ordinary traffic, and events of it before any theme
#: figure -> its goal, and whether that is an upper bound.
GOALS = {"found_in_time": (0.8, False), "spurious_per_1000": (1.0, True)}


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of one theme: at which of its conversations it was found (0: never), other births."""

    found: int
    spurious: int


def run_trial(records: dict[str, StateRecord], window: Sequence[tuple[Vector, bool]]) -> Trial:
    """Run a window of (vector, whether it is the theme) through the engine that `records` hold."""
    engine = IntentEngine.restore(EngineParams(), "births", records)
    before = set(engine.groups().values())
    taken: list[tuple[str, bool]] = []
    seen = found = 0
    for i, (vector, theme) in enumerate(window, EARLIER):
        taken.append((engine.assign(vector, Stamp(i, f"births/0/{i}/0")).fine, theme))
        seen += theme
        if theme and not found and is_found(engine, taken, seen):
            found = seen
    own = Counter(engine.resolve(fine) for fine, theme in taken if theme)
    born = set(engine.groups().values()) - before
    return Trial(found, len(born - {intent for intent, count in own.items() if 2 * count >= seen}))


def is_found(engine: IntentEngine, taken: Sequence[tuple[str, bool]], seen: int) -> bool:
    """Tell whether an announced intent is the theme's own."""
    live = set(engine.groups().values())
    theme = Counter(engine.resolve(fine) for fine, one in taken if one)
    every = Counter(engine.resolve(fine) for fine, _ in taken)
    intent, count = theme.most_common(1)[0]
    return intent in live and 2 * count >= seen and 2 * count >= every[intent]


def measure(path: Path, trials: int, seed: int) -> dict[str, float]:
    """Return the figures of `trials` themes."""
    utterances = read_utterances(path, with_oos=False)
    labels = number_labels([one.intent for one in utterances])
    random = np.random.default_rng(seed)
    kinds = random.permutation(int(labels.max()) + 1)
    ordinary = random.permutation(np.flatnonzero(np.isin(labels, kinds[:ORDINARY])))
    base, rest = ordinary[:EARLIER], ordinary[EARLIER:]
    drawn: list[tuple[Indices, Indices]] = []
    for trial in range(trials):
        kind = kinds[ORDINARY + trial % (len(kinds) - ORDINARY)]
        theme = random.choice(np.flatnonzero(labels == kind), THEME, replace=False)
        drawn.append((theme, random.choice(rest, WINDOW - THEME, replace=False)))
    wanted = np.unique(np.concatenate([base, *(part for pair in drawn for part in pair)]))
    vectors = dict(zip(wanted.tolist(), embed([utterances[i] for i in wanted]), strict=True))
    engine = IntentEngine(namespace="births")
    for place, i in enumerate(base.tolist()):
        engine.assign(vectors[i], Stamp(place, f"births/0/{place}/0"))
    records = engine.changes()
    done = []
    for theme, others in drawn:
        window = [(vectors[i], True) for i in theme.tolist()] + [(vectors[i], False) for i in others.tolist()]
        done.append(run_trial(records, [window[i] for i in random.permutation(WINDOW)]))
    return {
        "trials": trials,
        "found_in_time": sum(0 < trial.found <= IN_TIME for trial in done) / trials,
        "found_at_all": sum(trial.found > 0 for trial in done) / trials,
        "spurious_per_1000": 1000 * sum(trial.spurious for trial in done) / (trials * WINDOW),
    }


def main() -> int:
    """Run; return the exit status."""
    parser = argparse.ArgumentParser(description="How soon a new theme is an intent of its own.")
    parser.add_argument("file", type=Path, help='JSON lines {"text", "intent"}, .gz or not')
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--check", action="store_true", help="exit 1, naming each figure short of its goal")
    args = parser.parse_args()
    try:
        figures = measure(args.file, args.trials, args.seed)
    except (OSError, ValueError) as error:
        print(f"cannot read the utterances: {error}", file=sys.stderr)
        return 2
    if args.json:
        print(json.dumps({"data": str(args.file), "seed": args.seed, "figures": figures}))
    return finish(figures, GOALS, shown=not args.json, check=args.check)


if __name__ == "__main__":
    sys.exit(main())
