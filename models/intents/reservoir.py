"""Which conversations are kept of many: a weighted sample without replacement, the recent weighing more.

A-ES (Efraimidis and Spirakis, 2006): each item draws u**(1/w), the largest stay. With weights that double
every half-life, w = 2**(t/h), the order is that of t/h*ln 2 - ln(-ln u), which neither overflows nor
changes as time passes (Cormode et al., "Forward decay", 2009). u is a hash of what the item is and not a
draw, so the sample does not depend on the order of arrival.
"""

import hashlib
import math
from collections.abc import Iterable
from typing import NamedTuple

#: Conversations kept on each side.
KEPT = 6
HALF_LIFE_MS = 7 * 24 * 3600 * 1000


class Kept(NamedTuple):
    """One goal of one conversation (its uuid), when its outcome was known (ms), and the step it broke at."""

    conversation: str
    segment: int
    time: int
    step: str = ""


def priority(item: Kept) -> float:
    """Return what items are ranked by; the largest stay."""
    digest = hashlib.blake2b(f"{item.conversation}\n{item.segment}".encode(), digest_size=7).digest()
    draw = (int.from_bytes(digest, "big") + 0.5) / 2**56
    return item.time / HALF_LIFE_MS * math.log(2) - math.log(-math.log(draw))


def sample(items: Iterable[Kept]) -> list[Kept]:
    """Return at most `KEPT` of *items*, the highest priority first."""
    ranked = sorted(items, key=lambda item: (-priority(item), item))
    return ranked[:KEPT]
