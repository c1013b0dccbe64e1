"""The impact of an intent, as far as the examined threads show it, with small groups left out."""

from collections.abc import Sequence
from statistics import median

from groundswell.models.change_parts import Impact
from groundswell.models.proposals.thread import Thread


def measure_impact(threads: Sequence[Thread], intent_id: str) -> Impact:
    """Return what the threads themselves tell of an intent; what they do not tell is null."""
    inside = [thread for thread in threads if intent_id in thread.intents] or list(threads)
    known = [thread for thread in inside if thread.failed is not None]
    resolved = [len(thread.turns) for thread in known if not thread.failed]
    stages: dict[str, int] = {}
    for thread in inside:
        if "stage" in thread.slices:
            stage = str(thread.slices["stage"])
            stages[stage] = stages.get(stage, 0) + 1
    return Impact(
        conversations=len(inside),
        users=len({thread.user for thread in inside if thread.user}) or None,
        share=round(len(inside) / len(threads), 6),
        completion_rate=round(len(resolved) / len(known), 6) if known else None,
        abandonment_rate=None,
        median_turns_to_resolution=float(median(resolved)) if resolved else None,
        escalation_rate=None,
        repair_rate=None,
        sentiment=None,
        stage_mix=dict(sorted(stages.items())),
    )


def suppress_small(impact: Impact, min_users: int) -> tuple[Impact, tuple[str, ...]]:
    """Return the impact without what could point at a person, and the names of the fields left out.

    Below `min_users` users (conversations where users are unknown) every figure goes; above it
    only the stages with fewer conversations than that.
    """
    people = impact.users if impact.users is not None else impact.conversations
    if people is not None and people < min_users:
        figures = impact.model_dump(exclude={"stage_mix", "trend"}, exclude_none=True)
        blank = dict.fromkeys(figures, None)
        gone = sorted([*figures, *(name for name in ("stage_mix", "trend") if getattr(impact, name))])
        return impact.model_copy(update={**blank, "stage_mix": {}, "trend": ()}), _paths(gone)
    small = [stage for stage, count in sorted(impact.stage_mix.items()) if count < min_users]
    kept = {stage: count for stage, count in impact.stage_mix.items() if stage not in small}
    return impact.model_copy(update={"stage_mix": kept}), _paths([f"stage_mix.{stage}" for stage in small])


def _paths(names: list[str]) -> tuple[str, ...]:
    return tuple(f"impact.{name}" for name in names)
