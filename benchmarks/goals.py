"""Goals of figures: what a benchmark that holds its figures to goals checks and prints, in one form."""

from collections.abc import Mapping


def told(goal: float, at_most: bool) -> str:
    """Give a goal in words."""
    return f"goal at {'most' if at_most else 'least'} {goal:g}"


def shortfalls(
    figures: Mapping[str, float], goals: Mapping[str, tuple[float, bool]], *, may_lack: bool = False
) -> list[str]:
    """Name each figure that misses its goal, and each that is missing unless it *may_lack*.

    *goals*: figure to its goal, and whether that is an upper bound.
    """
    missed = []
    for name, (goal, at_most) in goals.items():
        value = figures.get(name)
        if value is None:
            missed += [] if may_lack else [f"{name}: not measured"]
        elif value > goal if at_most else value < goal:
            missed.append(f"{name}: {value:.3f}, {told(goal, at_most)}")
    return missed
