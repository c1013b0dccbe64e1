"""Ids of intents: derived from the position of the event at which they were born.

An id has the form of a ULID (https://github.com/ulid/spec): 26 characters of Crockford's
base 32, 48 bits of time and 80 bits that are here a digest instead of random, so that a
replay of the same log gives the same ids.
"""

import hashlib
from typing import NamedTuple

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ID_LENGTH = 26
LATEST_MS = (1 << 48) - 1


class Stamp(NamedTuple):
    """When and where an event stands: event time in milliseconds, and a position unique in its log."""

    time_ms: int
    position: str


def mint_id(namespace: str, stamp: Stamp, ordinal: int) -> str:
    """Return the id of the `ordinal`-th intent born at `stamp`; times outside 48 bits are clamped."""
    seed = "\x1f".join((namespace, stamp.position, str(ordinal)))
    digest = hashlib.sha256(seed.encode("utf-8", "surrogatepass")).digest()
    time = min(max(stamp.time_ms, 0), LATEST_MS)
    number = (time << 80) | int.from_bytes(digest[:10], "big")
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range(5 * (ID_LENGTH - 1), -1, -5))
