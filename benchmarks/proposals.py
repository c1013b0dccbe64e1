"""What is proposed from the conversations of three published agents, and what chance alone would give.

    python benchmarks/proposals.py DATA [--prompt FILE] [--json] [--check] [--rounds N] [--seed N]

DATA is a folder with tau2_airline_retail, tau_airline_gpt4o and tau_retail_grok3 (gzip JSON lines,
with NAME.prompt.md beside them; those that are missing are left out), or one file of dialogues with
outcomes of one's own, whose system prompt is given with --prompt. For each set it prints the
proposals and the near misses, then how many proposals per 1,000 conversations the same gate makes
when outcomes are shuffled: within each agent version, and by whole groups (all conversations of a
task keep their outcomes, another task gets them); for one look at all conversations, and over repeated
looks while they come in (`proposals_looks.py`, a fifth of the rounds). Beside it stands what one would do
by hand: every pattern whose holders fail more than all other conversations (Fisher's exact test, p < .05).
`--check` exits 1 and names each figure that falls short of its goal.

The outages count real 503 results. The users of these sets are simulated.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import proposals_looks
from proposals_cases import Case, read_cases, trigger_of
from scipy import stats

from groundswell.models.proposals.examine import Examination, examine
from groundswell.models.proposals.outage import find_outages
from groundswell.models.proposals.patterns import Pattern, find_patterns
from groundswell.models.proposals.rules import RuleBook
from groundswell.models.proposals.search import run_tests, split_by_prompt
from groundswell.models.proposals.thread import Thread
from groundswell.sinks.embedder import Embedder

#: Figure: (least, most).
GOALS = {
    "tau2_airline proposals": (1, 1),
    "tau2_airline precondition:cancel_reservation:insurance=no failed_with": (31, 31),
    "tau2_airline precondition:cancel_reservation:insurance=no with_pattern": (32, 32),
    "tau2_airline precondition:cancel_reservation:insurance=no failed_without": (9, 9),
    "tau2_airline precondition:cancel_reservation:insurance=no without_pattern": (15, 15),
    "tau2_airline precondition:cancel_reservation:insurance=no p": (0, 0.02),
    "tau2_airline false per 1000, shuffled": (0, 1),
    "tau2_airline false per 1000, groups shuffled": (0, 1),
    "tau2_airline false per 1000 over 12 looks, shuffled": (0, 1),
    "tau2_airline false per 1000 over 12 looks, groups shuffled": (0, 1),
    "tau2_airline precondition:cancel_reservation:insurance=no schedules": (0.9, 1),
    "tau_airline proposals": (0, 0),
    "tau_airline false per 1000, shuffled": (0, 1),
    "tau_airline false per 1000, groups shuffled": (0, 1),
    "tau_retail proposals": (1, 1),
    "tau_retail outage get_order_details hit": (67, 67),
    "tau_retail outage get_order_details recovered": (59, 59),
    "tau_retail false per 1000, shuffled": (0, 1),
    "tau_retail false per 1000, groups shuffled": (0, 1),
}


def false_rate(
    case: Case, candidates: Sequence[Pattern], rounds: int, rng: np.random.Generator, by_group: bool
) -> float:
    """Return the proposals per 1,000 conversations that the gate makes from shuffled outcomes."""
    known = [thread for thread in case.threads if thread.failed is not None]
    passed = 0
    for _ in range(rounds):
        outcomes = _groups_shuffled(known, rng) if by_group else _shuffled(known, rng)
        null = [replace(thread, failed=bool(failed)) for thread, failed in zip(known, outcomes, strict=True)]
        passed += sum(test.passed for test in run_tests(null, candidates))
    return 1000 * passed / (rounds * max(len(known), 1))


def _shuffled(threads: list[Thread], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    outcomes = np.array([bool(thread.failed) for thread in threads])
    strata = np.array([thread.stratum for thread in threads])
    for stratum in np.unique(strata):
        places = np.flatnonzero(strata == stratum)
        outcomes[places] = outcomes[rng.permutation(places)]
    return outcomes


def _groups_shuffled(threads: list[Thread], rng: np.random.Generator) -> np.ndarray[Any, Any]:
    """Give every group the outcomes of another group of its size."""
    outcomes = np.array([bool(thread.failed) for thread in threads])
    groups = np.array([thread.cluster for thread in threads])
    places = {group: np.flatnonzero(groups == group) for group in np.unique(groups)}
    shuffled = outcomes.copy()
    for size in sorted({len(held) for held in places.values()}):
        alike = [group for group, held in places.items() if len(held) == size]
        for group, donor in zip(alike, rng.permutation(alike), strict=True):
            shuffled[places[group]] = outcomes[places[donor]]
    return shuffled


def by_hand(threads: Sequence[Thread], patterns: Sequence[Pattern]) -> int:
    """Count the patterns whose holders fail more than all other conversations, Fisher's exact p < .05."""
    failed = np.array([bool(thread.failed) for thread in threads])
    count = 0
    for pattern in patterns:
        held = np.isin(np.arange(len(threads)), list(pattern.holders))
        table = [[int((failed & held).sum()), int((~failed & held).sum())]]
        table.append([int((failed & ~held).sum()), int((~failed & ~held).sum())])
        count += bool(stats.fisher_exact(table, alternative="greater").pvalue < 0.05)
    return count


def measure(case: Case, embedder: Embedder, rounds: int, seed: int) -> tuple[dict[str, float], Examination]:
    """Return the figures of one set, and the examination they come from."""
    found = examine(case.threads, case.files, trigger_of(case, embedder.name), embedder.embed)
    figures: dict[str, float] = {
        "conversations": len(case.threads),
        "proposals": len(found.proposals),
        "withheld": len(found.withheld),
    }
    for proposal in found.proposals:
        if proposal.gate is not None:
            gate = proposal.gate.model_dump()
            figures |= {f"{proposal.pattern} {name}": value for name, value in gate.items()}
    for outage in find_outages(case.threads):
        name = f"outage {outage.tool}"
        figures |= {f"{name} hit": len(outage.hit), f"{name} recovered": outage.recovered}
    known = [thread for thread in case.threads if thread.failed is not None]
    patterns = find_patterns(known)
    book = RuleBook(case.files.prompt.text, embedder.embed) if case.files.prompt else None
    candidates, unnamed = split_by_prompt(patterns, book)
    figures |= {"candidates": len(candidates), "not in the prompt": len(unnamed)}
    rng = np.random.default_rng(seed)
    figures["false per 1000, shuffled"] = false_rate(case, candidates, rounds, rng, by_group=False)
    figures["false per 1000, groups shuffled"] = false_rate(case, candidates, rounds, rng, by_group=True)
    shuffles = {"shuffled": _shuffled, "groups shuffled": _groups_shuffled}
    arrived = sorted(known, key=lambda thread: case.arrival[thread.conversation_id])
    figures |= proposals_looks.measure(arrived, book, shuffles, max(rounds // 5, 1), seed)
    figures["by hand: patterns"] = by_hand(known, patterns)
    return figures, found


def show(name: str, figures: dict[str, float], found: Examination) -> None:
    """Print one set's figures, proposals and near misses."""
    print(f"\n== {name}")
    for figure, value in figures.items():
        print(f"  {figure:<75} {value:.4g}")
    for proposal in found.proposals:
        print(f"\n  PROPOSED {proposal.title}\n  {proposal.summary}\n")
        print("\n".join(f"    {line}" for line in proposal.change.unified_diff.splitlines()))
    for kept in found.withheld:
        gate = kept.gate
        if gate is None:
            figures_of = kept.brief
        else:
            against = f"{gate.failed_without}/{gate.without_pattern}"
            figures_of = f"{gate.failed_with}/{gate.with_pattern} against {against}, p {gate.p:.3f}"
        print(f"  withheld ({kept.reason}) {kept.pattern}: {figures_of}")


def shortfalls(figures: dict[str, float], sets: Sequence[str]) -> list[str]:
    """Return what falls short of its goal among the sets that were measured."""
    missed = []
    for goal, (least, most) in GOALS.items():
        if goal.split(" ")[0] in sets:
            value = figures.get(goal)
            if value is None or not least <= value <= most:
                missed.append(f"{goal}: {value}, goal {least} to {most}")
    return missed


def main() -> int:
    """Measure, print, and check against the goals where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--prompt", type=Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--rounds", type=int, default=300, help="shuffles per set and kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    embedder = Embedder.default()
    figures: dict[str, float] = {}
    sets = []
    for case in read_cases(options.data, options.prompt):
        measured, found = measure(case, embedder, options.rounds, options.seed)
        sets.append(case.name)
        figures |= {f"{case.name} {name}": value for name, value in measured.items()}
        if not options.json:
            show(case.name, measured, found)
    settings = {"seed": options.seed, "rounds": options.rounds, "embedder": embedder.name}
    if options.json:
        print(json.dumps({"settings": settings, "data": sets, "figures": figures}))
    else:
        print(f"\n{settings}")
    missed = shortfalls(figures, sets) if options.check else []
    for line in missed:
        print(f"short of its goal: {line}", file=sys.stderr)
    return 1 if missed or not sets else 0


if __name__ == "__main__":
    sys.exit(main())
