"""Goals within one conversation: STAR's dialogues of different tasks, joined in pairs, for `reading.py`.

A goal should open in the first two needs of the second dialogue, and nowhere else. The rule was fitted on
the pairs of even place; the figures are those of odd place. "Without closing" cuts off what closes the
first dialogue: its last turns, as long as they are the user's, state completion, offer more or take leave.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from dialogue_reading import Costs, Dialogue, Told
from gate_data import Vectors
from scipy.stats import rankdata

from groundswell.models.reading.phrases import Signal
from groundswell.models.reading.reader import ConversationReader
from groundswell.models.reading.running_mean import RunningMean
from groundswell.models.reading.signals import agent_signals, closes, user_signals

Turns = list[Dialogue]


@dataclass
class Joined:
    """Two dialogues read as one: for each need whether it opened a goal, and each goal's score."""

    before: list[bool]
    after: list[bool]
    scores: list[tuple[float, bool]]  #: of the goals whose outcome is known: score, success


def auc(positive: list[bool], scores: list[float]) -> float:
    """Give the area under the ROC curve, ties counted half."""
    truth, ranks = np.array(positive), rankdata(scores)
    ones = int(truth.sum())
    return float((ranks[truth].sum() - ones * (ones + 1) / 2) / (ones * (len(truth) - ones)))


def without_closing(turns: Turns) -> Turns:
    """Give the turns up to the last of the agent that says more than that it is over."""
    kept = list(turns)
    while kept:
        text, role = kept[-1]["text"] or "", kept[-1]["role"]
        shown = agent_signals(text) if role == "assistant" else set()
        ends = shown & {Signal.ANYTHING_ELSE, Signal.COMPLETION} or closes(user_signals(text))
        if role != "user" and not (role == "assistant" and text and ends):
            break
        kept.pop()
    return kept


def pairs(dialogues: list[Dialogue]) -> Iterator[tuple[int, Dialogue, Dialogue]]:
    """Give the dialogues of one task each, those of the first half with those of the second, numbered."""
    single = [each for each in dialogues if len(each["meta"].get("tasks", [])) == 1]
    half = len(single) // 2
    joined = zip(single[:half], single[half:], strict=False)
    differing = [(a, b) for a, b in joined if a["meta"]["tasks"] != b["meta"]["tasks"]]
    yield from ((place, *pair) for place, pair in enumerate(differing))


def join(first: Turns, second: Turns, known: list[str | None], mean: RunningMean, embed: Vectors) -> Joined:
    """Read two dialogues as one; *known* are their outcomes."""
    told = Told(ConversationReader(mean))
    told.tell(first, embed, Costs())
    seam, place = len(told.openings), told.reader.segment.number
    told.tell(second, embed, Costs())
    goals = {one.segment: one.score for one in told.reader.outcomes()}
    ends = goals.get(place), goals[told.reader.segment.number]
    scores = [
        (score, outcome == "success")
        for score, outcome in zip(ends, known, strict=True)
        if outcome and score is not None
    ]
    return Joined(told.openings[:seam], told.openings[seam:], scores)


def measure(dialogues: list[Dialogue], embed: Vectors) -> dict[str, float]:
    """Give precision and recall of new goals, false ones per single dialogue, and the AUC per goal."""
    cuts: dict[str, Callable[[Turns], Turns]] = {"": list, " without closing": without_closing}
    figures: dict[str, float] = {}
    for name, cut in cuts.items():
        mean, read = RunningMean(), []
        for place, first, second in pairs(dialogues):
            known = [first["outcome"], second["outcome"]]
            joined = join(cut(first["turns"]), second["turns"], known, mean, embed)
            read += [joined] if place % 2 else []
        found = sum(any(one.after[:2]) for one in read)
        opened = sum(sum(one.before) + sum(one.after) for one in read)
        figures |= {
            f"star pairs{name} split precision": found / max(opened, 1),
            f"star pairs{name} split recall": found / max(len(read), 1),
        }
        if not name:
            scores = [score for one in read for score in one.scores]
            figures["star per goal outcome auc"] = auc([good for _, good in scores], [z for z, _ in scores])
            figures["star pairs"] = len(read)
    return figures | _alone(dialogues, embed)


def _alone(dialogues: list[Dialogue], embed: Vectors) -> dict[str, float]:
    mean, opened = RunningMean(), []
    for dialogue in dialogues:
        told = Told(ConversationReader(mean))
        told.tell(dialogue["turns"], embed, Costs())
        opened.append(sum(told.openings))
    return {"star false splits per dialogue": float(np.mean(opened[1::2]))}
