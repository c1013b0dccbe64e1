"""The moments of a conversation's turns: read from what an export has, filled in where it has none."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise

#: From turn to turn in a conversation that has no times at all.
TURN_MS = 5000
#: A number of this size or more is in milliseconds: in seconds it would be past the year 5000.
_MILLISECONDS = 1e11


def moment(value: object) -> int | None:
    """Return epoch seconds, epoch milliseconds or ISO 8601 text (UTC unless it says) as milliseconds.

    Nothing, and empty text, gives None. Raises ValueError for anything else.

    >>> moment(1589286356), moment("2020-05-12T12:25:56"), moment(None)
    (1589286356000, 1589286356000, None)
    """
    if value is None or value == "":
        return None
    if isinstance(value, str):
        try:
            when = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("wanted ISO 8601 text or epoch seconds") from None
        return round((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp() * 1000)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e15:
        raise ValueError("wanted ISO 8601 text or epoch seconds")
    return round(value if abs(value) >= _MILLISECONDS else value * 1000)


def spread(times: Sequence[int | None], start: int) -> list[int]:
    """Return *times* (ms) with the missing ones filled in.

    Between two known neighbours they are spread evenly; before the first and after the last known
    one they are 1 ms apart. Where none is known they begin at *start*, `TURN_MS` apart.

    >>> spread([None, 1000, None, 2000, None], 0)
    [999, 1000, 1500, 2000, 2001]
    """
    known = [(index, time) for index, time in enumerate(times) if time is not None]
    if not known:
        return [start + index * TURN_MS for index in range(len(times))]
    (first, opening), (last, closing) = known[0], known[-1]
    filled = [opening - first + index for index in range(first)]
    for (index, time), (after, then) in pairwise(known):
        filled += [time + (then - time) * step // (after - index) for step in range(after - index)]
    return [*filled, *(closing + step for step in range(len(times) - last))]
