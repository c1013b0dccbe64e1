"""Intents and commands while domains come, go and return: python benchmarks/intents_drift.py FILE [options].

FILE holds JSON lines {"text", "intent", "domain"} in the form of CLINC150. Each domain lives for three
phases, is silent for four and returns for two; domains begin a phase apart. Weights halve in a phase of
event time, so what is silent retires. The stream runs twice; in the second run a person looks at each of
the first five domains in its second phase, and merges, splits and pins four of its intents
(`intents_person.py`) by commands. Printed are

- `fines_revived`, `fines_revived_right`: sub-intents that came back under their id, without commands, and
  the percentage of them whose turns are mostly of the label that they were mostly of before; and likewise
  for intents, which need all of their sub-intents to have gone;
- `returned`: percentage of turns of returned domains that went, on arrival, to an intent that had a
  tenth of their label before;
- `refits`: since the last command, at least;
- `named_in_place`, `held_in_place`: percentage of turns that splits put into intents that are held, and of
  all turns of intents that were pinned, which the last model has there; `parted`: of turns that splits took
  out of them, which are out of them: what was split off is left to the machine, so nothing holds them;
- `rest_ari`, `rest_ari_taught`, `rest_loss`: ARI of the turns of all other labels among the last 1,500,
  by the model of the time, mean over phases; and what the commands cost of it.
"""

import os

# Results depend on the number of BLAS threads, and it is read when numpy is imported.
os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import argparse
import sys
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from gate_data import Vectors
from intents_agent import Desk
from intents_cli import Figures, run
from intents_data import Indices, Utterance, number_labels, score
from intents_person import Person
from numpy.typing import NDArray

from groundswell.models.intents.params import EngineParams
from groundswell.models.record import Vector

Labels = NDArray[np.str_]

PHASE_MS = 7 * 86_400_000  # of event time: also the half-life
LIVES, RETURNS, GOES = 3, 7, 9  # phases after a domain's first in which it falls silent, returns, goes
EARLY = 2 / 3  # of its turns come in its first life
TAUGHT, PINNED = 5, 4  # domains that the person looks at, and intents of each
WINDOW = 1_500  # turns that are scored at the end of a phase
FORMER = 0.1  # of a label's turns that make an intent a former one of it
GOALS = {
    "fines_revived_right": (80.0, False),
    "refits": (100.0, False),
    "named_in_place": (100.0, False),
    "held_in_place": (100.0, False),
    "rest_loss": (1.0, True),
}


@dataclass(frozen=True, slots=True)
class Stream:
    """Utterances in the order of their time, in phases; `begins` is the first phase of each one's domain."""

    texts: list[str]
    vectors: list[Vector]
    truth: Indices
    begins: Indices
    time: np.ndarray

    @property
    def returning(self) -> np.ndarray:
        """Which utterances are of a domain's second life."""
        return self.time >= self.begins + RETURNS


@dataclass(slots=True)
class Run:
    """One run over the stream: the desk, ARI of the rest by phase, and refits since the last command.

    archived: retired sub-intents as of the last refit; revived: (turns that had come, sub-intent).
    """

    desk: Desk = field(default_factory=lambda: Desk(EngineParams(half_life_ms=PHASE_MS)))
    ari: list[float] = field(default_factory=list)
    refits: int = 0
    person: Person | None = None
    archived: set[str] = field(default_factory=set)
    revived: list[tuple[int, str]] = field(default_factory=list)

    def refitted(self) -> None:
        """Note a refit, and which sub-intents it brought back."""
        state = self.desk.state.engine.state
        now = {one.fine for one in state.archive.ring if one is not None}
        live = state.model.position if state.model is not None else {}
        self.revived += [(self.desk.number, fine) for fine in sorted(self.archived - now) if fine in live]
        self.refits += 1
        self.archived = now


def drifting(utterances: list[Utterance], embed: Vectors, seed: int) -> Stream:
    """Put utterances in time. Raises ValueError where fewer domains are told than are looked at."""
    random = np.random.default_rng(seed)
    domains = number_labels([one.domain for one in utterances])
    if domains.max() < TAUGHT:
        raise ValueError(f"it tells {domains.max() + 1} domains; more than {TAUGHT} are needed")
    begins = random.permutation(domains.max() + 1)[domains]
    size = len(utterances)
    early = random.random(size) < EARLY
    late = RETURNS + (GOES - RETURNS) * random.random(size)
    time = begins + np.where(early, LIVES * random.random(size), late)
    order = np.argsort(time, kind="stable")
    texts = [utterances[i].text for i in order]
    truth = number_labels([one.intent for one in utterances])[order]
    return Stream(texts, [embed(text) for text in texts], truth, begins[order], time[order])


def go(stream: Stream, known: list[list[int]], seed: int, *, taught: bool) -> Run:
    """Let the stream pass, with a person at the desk or without."""
    one = Run()
    if taught:
        one.person = Person(one.desk, stream.truth, stream.vectors, seed)
    rest, clock, light = ~np.isin(stream.truth, np.concatenate(known)), one.desk.state.engine.state.clock, 0
    phases = np.floor(stream.time).astype(int)
    for number, (text, vector) in enumerate(zip(stream.texts, stream.vectors, strict=True)):
        one.desk.say(number, text, vector, round(stream.time[number] * PHASE_MS))
        if clock.next_light != light:
            light = clock.next_light
            one.refitted()
        if number + 1 < len(phases) and phases[number + 1] == phases[number]:
            continue
        window = [i for i in range(max(0, number + 1 - WINDOW), number + 1) if rest[i]]
        if window:
            labels = [one.desk.intent(stream.vectors[i]) for i in window]
            one.ari.append(score(np.unique(stream.truth[window], return_inverse=True)[1], labels)["ari"])
        look = phases[number] - 1
        if one.person is not None and 0 <= look < len(known):
            one.person.look(known[look])
            one.refits = 0
    return one


def measure(args: argparse.Namespace, utterances: list[Utterance], embed: Vectors, seed: int) -> Figures:
    """Return the figures of one stream."""
    del args
    stream = drifting(utterances, embed, seed)
    random = np.random.default_rng(seed)
    known = [
        random.permutation(np.unique(stream.truth[stream.begins == place]))[:PINNED].tolist()
        for place in range(TAUGHT)
    ]
    alone, taught = (go(stream, known, seed, taught=one) for one in (False, True))
    before, after = (float(np.mean(one.ari)) for one in (alone, taught))
    return {
        **returns(alone, stream),
        "refits": taught.refits,
        **in_place(taught, stream),
        "rest_ari": before,
        "rest_ari_taught": after,
        "rest_loss": before - after,
    }


def returns(alone: Run, stream: Stream) -> Figures:
    """Return what came of ids and turns of domains that returned."""
    intents, hits = np.array(alone.desk.intents), []
    for label in np.unique(stream.truth):
        mine = stream.truth == label
        early = Counter(intents[mine & ~stream.returning].tolist())
        former = [intent for intent, count in early.items() if count >= FORMER * early.total()]
        hits.append(np.isin(intents[mine & stream.returning], former))
    back = [(said, event.intent_id) for said, event in alone.desk.events if event.change == "revived"]
    return {
        **kept("fines", alone.revived, np.array(alone.desk.fines), stream.truth),
        **kept("intents", back, intents, stream.truth),
        "returned": 100 * float(np.concatenate(hits).mean()),
    }


def kept(name: str, back: list[tuple[int, str]], given: Labels, truth: Indices) -> Figures:
    """Return how many ids came back, and the percentage that stand for the label that they stood for."""
    right = []
    for said, one in back:
        former, now = truth[:said][given[:said] == one], truth[said:][given[said:] == one]
        if len(former) and len(now):
            right.append(np.bincount(former).argmax() == np.bincount(now).argmax())
    share = 100 * float(np.mean(right)) if right else 0.0
    return {f"{name}_revived": len(right), f"{name}_revived_right": share}


def in_place(taught: Run, stream: Stream) -> Figures:
    """Return how much of what a person said still holds, and how much she said."""
    person = taught.person
    if person is None:
        return {}
    holds = {i: taught.desk.intent(stream.vectors[i]) == intent for i, intent in person.told.items()}
    named = [holds[i] for i in person.named & holds.keys()]
    parted = [taught.desk.intent(stream.vectors[i]) != left for i, left in person.parted.items()]
    said = [answer.command for answer in person.answers if answer.status == "applied"]
    return {
        **{kind: said.count(kind) for kind in ("pin", "merge", "split")},
        "named_in_place": 100 * float(np.mean(named)) if named else 100.0,
        "parted": 100 * float(np.mean(parted)) if parted else 100.0,
        "held_in_place": 100 * float(np.mean(list(holds.values()))),
    }


if __name__ == "__main__":
    sys.exit(run(__doc__ or "", measure, GOALS))
