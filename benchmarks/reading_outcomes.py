"""Inferred outcomes against those that are known, and what fifty told ones change, for `reading.py`.

Calibration: half of an agent's tasks are drawn, fifty conversations of that half are told, and the
conversations of the other half are foreseen; two hundred draws. So no task is on both sides. The area under
the curve is the mean over draws; the calibration error, over ten bins of equal size, is that of all draws
together, because a hundred conversations alone give an error of .1 by chance.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from dialogue_reading import Costs, Dialogue, Told
from gate_data import Vectors
from reading_segments import auc

from groundswell.models.reading.calibration import Calibration, Shown
from groundswell.models.reading.outcome import SegmentOutcome
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean

TOLD, DRAWS, BINS, SEED = 50, 200, 10, 0


@dataclass
class Read:
    """A dialogue with a known outcome, how its last goal stands, and whether it thanked."""

    task: str
    success: bool
    last: SegmentOutcome
    thanked: bool
    connected: bool


def read(dialogues: Iterable[Dialogue], embed: Vectors, costs: Costs) -> list[Read]:
    """Read dialogues of one agent in their order; those without an outcome teach the running mean alone."""
    mean, found = RunningMean(), []
    for dialogue in dialogues:
        reader = ConversationReader(mean)
        Told(reader).tell(dialogue["turns"], embed, costs)
        if dialogue["outcome"] is None:
            continue
        meta = dialogue.get("meta", {})
        task = str(meta.get("task_id", dialogue["conversation_id"]))
        connected = meta.get("completion", "Complete") == "Complete"
        thanked = "thanked" in reader.segment.evidence
        found.append(Read(task, dialogue["outcome"] == "success", reader.outcomes()[-1], thanked, connected))
    return found


def raw(name: str, known: list[Read]) -> dict[str, float]:
    """Compare the last goal's score and label with what is known of each dialogue."""
    truth = [each.success for each in known]
    right = [
        (each.last.status == "completed") == each.success for each in known if each.last.status != "unknown"
    ]
    return {
        f"{name} outcome auc": auc(truth, [each.last.score for each in known]),
        f"{name} thanks alone auc": auc(truth, [float(each.thanked) for each in known]),
        f"{name} decided share": len(right) / len(known),
        f"{name} decided accuracy": float(np.mean(right)),
        f"{name} surest": max(each.last.probability for each in known),
        f"{name} outcomes": len(known),
    }


def calibrated(name: str, known: list[Read]) -> dict[str, float]:
    """Compare what is foreseen after fifty told outcomes of an agent with what came."""
    rng, tasks = np.random.default_rng(SEED), sorted({each.task for each in known})
    areas, foreseen, came = [], list[float](), list[bool]()
    for _ in range(DRAWS):
        half = {tasks[place] for place in rng.permutation(len(tasks))[: len(tasks) // 2]}
        taught = [each for each in known if each.task in half]
        calibration = Calibration()
        for place in rng.permutation(len(taught))[:TOLD]:
            calibration.learn(str(place), taught[place].last.shown, good=taught[place].success)
        others = [each for each in known if each.task not in half]
        chances = [calibration.success(each.last.shown) for each in others]
        areas.append(auc([each.success for each in others], chances))
        foreseen += chances
        came += [each.success for each in others]
    untaught = [Calibration().success(Shown(each.last.score, each.last.shown.wrote)) for each in known]
    return {
        f"{name} after {TOLD} told auc": float(np.mean(areas)),
        f"{name} after {TOLD} told calibration error": calibration_error(foreseen, came),
        f"{name} untaught calibration error": calibration_error(untaught, [each.success for each in known]),
    }


def calibration_error(foreseen: list[float], came: list[bool]) -> float:
    """Give the mean distance between what was foreseen and what came, over bins of equal size."""
    chances, truth = np.array(foreseen), np.array(came, dtype=float)
    bins = np.array_split(np.argsort(chances, kind="stable"), BINS)
    return float(sum(len(one) * abs(chances[one].mean() - truth[one].mean()) for one in bins) / len(truth))


def suspects(dialogues: Iterable[Dialogue], embed: Vectors) -> dict[str, float]:
    """Compare the earliest suspect of each failure with the published step of its root cause."""
    mean, distances = RunningMean(), []
    for dialogue in dialogues:
        told, truth = Told(ConversationReader(mean)), dialogue["meta"].get("failure_ground_truth")
        told.tell(dialogue["turns"], embed, Costs())
        if dialogue["outcome"] != "failure" or not truth:
            continue
        steps = {failure["failure_id"]: failure["step_number"] for failure in truth["failures"]}
        cause = steps.get((truth.get("root_cause") or {}).get("failure_id"), next(iter(steps.values())))
        goals = told.reader.outcomes()
        found = [one.suspect for one in goals if one.suspect is not None]
        blamed = min(found, default=goals[-1].blamed)
        distances.append(np.inf if blamed is None else abs(told.steps[blamed] - cause))
    within = {f"agentrx suspect within {n}": float(np.mean(np.array(distances) <= n)) for n in (0, 1, 3)}
    return within | {"agentrx failures": len(distances)}
