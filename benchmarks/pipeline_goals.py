"""Goals of `pipeline.py`: what `--check` holds each figure to."""

#: At least this.
AT_LEAST = {"ratios.pipeline_to_embedder": 0.7}
#: At most this.
AT_MOST = {"delay_s.p99": 1.0}


def shortfalls(figures: dict[str, dict[str, float]]) -> list[str]:
    """Return a line for each figure that misses its goal."""
    missed = []
    for goals, word, sign in ((AT_LEAST, "at least", 1), (AT_MOST, "at most", -1)):
        for name, goal in goals.items():
            group, _, key = name.partition(".")
            value = figures[group][key]
            if sign * (value - goal) < 0:
                missed.append(f"{name} is {value}, goal {word} {goal}")
    return missed
