"""A thread in few characters, for whatever reads on: a page, a person, a model with a budget.

What is kept is what a diagnosis needs: of each goal its need, its calls of tools with their status, the
turns that show friction, and how it ended. What does not fit is counted, never silently dropped. The
texts are those of strangers: data, whoever reads them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from groundswell.models.thread_view import Entry, Goal, ThreadView

#: The default budget, characters: about 1,000 tokens of English.
BUDGET = 4_000
#: The least budget: the first need and what was left out always fit.
LEAST = 400
#: Characters of one text that are quoted.
_QUOTE = 240
#: Signals that say nothing went wrong.
_CALM = frozenset({"thanks", "farewell", "question", "completion", "anything_else", "greeting"})


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a summary. `weight` is how much it matters: the least goes first."""

    text: str
    weight: int
    place: tuple[int, int]


def summarise(thread: ThreadView, budget: int = BUDGET) -> str:
    """Return *thread* in at most *budget* characters; equal threads and budgets give equal summaries.

    Raises ValueError for a budget below `LEAST`.
    """
    if budget < LEAST:
        raise ValueError(f"a summary needs a budget of at least {LEAST} characters, not {budget}")
    lines = [line for goal in _goals(thread) for line in _of_goal(thread, goal)]
    head = _head(thread)
    kept = _fitting(lines, budget - len(head) - 80)
    left = len(lines) - len(kept)
    tail = [f"({left} lines left out)"] if left else []
    return "\n".join([head, *(line.text for line in kept), *tail])[:budget]


def _goals(thread: ThreadView) -> Sequence[Goal]:
    said = any(entry.type == "turn" for entry in thread.entries)
    return thread.goals or ((Goal(0),) if said else ())


def _head(thread: ThreadView) -> str:
    turns = [entry for entry in thread.entries if entry.type == "turn"]
    tools = sum(entry.tool is not None for entry in turns)
    feedback = [entry for entry in thread.entries if entry.type == "feedback"]
    thumbs = "".join(_thumb(entry) for entry in feedback[:8])
    numbers = {"turn": len(turns), "tool call": tools, "goal": len(_goals(thread))}
    parts = [f"{number} {what}{'s' * (number != 1)}" for what, number in numbers.items()]
    if thread.hidden:
        parts.append(f"{thread.hidden} entries not read")
    if feedback:
        parts.append(f"feedback {thumbs}")
    return "; ".join(parts)


def _thumb(entry: Entry) -> str:
    score = entry.score or 0
    return "+" if score > 0 else "-" if score < 0 else "o"


def _of_goal(thread: ThreadView, goal: Goal) -> Iterator[Line]:
    """Give the lines of one goal: its need, what happened, its outcome."""
    mine = [entry for entry in thread.entries if (entry.segment or 0) == goal.number]
    named = f" [{_short(goal.name, 80)}]" if goal.name else ""
    need = next((entry for entry in mine if entry.passes), None)
    need = need or next((entry for entry in mine if entry.role == "user" and entry.text), None)
    said = f": {_quoted(need)}" if need else ""
    yield Line(f"goal {goal.number + 1}{named}{said}", 100 if goal.number == 0 else 90, (goal.number, 0))
    for at, entry in enumerate(mine, 1):
        if entry is not need and (line := _of_entry(entry, goal)) is not None:
            yield Line(f"  {line[0]}", line[1], (goal.number, at))
    yield Line(f"  outcome: {_outcome(goal)}", 95, (goal.number, len(mine) + 1))


def _of_entry(entry: Entry, goal: Goal) -> tuple[str, int] | None:
    """Return what is said of one entry and how much it matters, or None for what just went on."""
    suspect = " (suspected first failure)" if entry.id == goal.suspect else ""
    if entry.type == "feedback":
        edited = f" better: {_short(entry.edited_reply)}" if entry.edited_reply else ""
        return f"feedback {_thumb(entry)} {_quoted(entry)}{edited}".rstrip(), 85
    if entry.tool is not None:
        status = entry.tool.status or "answered"
        failed = status == "error" or "tool_error" in entry.signals
        shown = f" -> {_short(entry.tool.result, 120)}" if failed and entry.tool.result else ""
        call = f"{_short(entry.tool.name, 80)}({_short(entry.tool.arguments, 80)})"
        return f"call {call} {'error' if failed else status}{shown}{suspect}", 80 if failed else 40
    friction = [signal for signal in entry.signals if signal not in _CALM]
    if not friction and not suspect:
        return None
    return f"{entry.role} [{', '.join(friction)}]{suspect}: {_quoted(entry)}", 85 if suspect else 60


def _outcome(goal: Goal) -> str:
    if goal.probability is None:
        return goal.status
    return f"{goal.status} (told)" if goal.told else f"{goal.status} (inferred, {goal.probability:.2f})"


def _quoted(entry: Entry) -> str:
    return f'"{_short(entry.text)}"' if entry.text else ""


def _short(text: str, most: int = _QUOTE) -> str:
    """Return *text* on one line; of a long one its beginning, and how much is missing."""
    line = " ".join(text[: 4 * most].split())
    if len(line) <= most and len(text) <= 4 * most:
        return line
    return f"{line[:most]}… (+{len(text) - min(most, len(text))})"


def _fitting(lines: Sequence[Line], budget: int) -> list[Line]:
    """Return the lines that fit: those that matter most, the earlier first, in their own order."""
    chosen: list[Line] = []
    for line in sorted(lines, key=lambda line: (-line.weight, line.place)):
        if (size := len(line.text) + 1) <= budget:
            chosen.append(line)
            budget -= size
    return sorted(chosen, key=lambda line: line.place)
