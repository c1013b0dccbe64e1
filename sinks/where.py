"""A condition on payloads: equal to, one of, between; and all of these at once.

    Where.equal(tenant="a", agent="b") & Where.at_most("offset", 10)

Values are data: they travel as values to the engine and are never part of an expression.
On a key that holds a list, a condition is met if any element meets it.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from groundswell.sinks.points import Collection, StoreError

Value = str | int

_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_EXACT = 2**53  # engines compare ranges as float64


@dataclass(frozen=True, slots=True)
class OneOf:
    """The key holds one of the values, which are all strings or all integers; none of none."""

    key: str
    values: tuple[str, ...] | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The key holds a number with gte <= number < lt; None is no bound."""

    key: str
    gte: int | None = None
    lt: int | None = None


Condition = OneOf | Between


@dataclass(frozen=True, slots=True)
class Where:
    """A conjunction; without conditions it is true of every point."""

    conditions: tuple[Condition, ...] = ()

    @classmethod
    def equal(cls, **values: Value) -> "Where":
        """Match points whose every key holds its value."""
        return cls(tuple(_one_of(key, (value,)) for key, value in values.items()))

    @classmethod
    def any_of(cls, key: str, values: Iterable[Value]) -> "Where":
        """Match one of the values; no point does if there are none."""
        return cls((_one_of(key, tuple(values)),))

    @classmethod
    def between(cls, key: str, gte: int | None = None, lt: int | None = None) -> "Where":
        """Match a number from *gte* up to, but not including, *lt*."""
        for bound in (gte, lt):
            if bound is not None and (type(bound) is not int or abs(bound) > _EXACT):
                raise StoreError(f"bound {bound!r} on {key} must be an integer of at most 53 bits")
        return cls((Between(_key(key), gte, lt),))

    @classmethod
    def at_least(cls, key: str, least: int) -> "Where":
        """Match *least* or more."""
        return cls.between(key, gte=least)

    @classmethod
    def at_most(cls, key: str, most: int) -> "Where":
        """Match *most* or less."""
        return cls.between(key, lt=most + 1)

    def __and__(self, other: "Where") -> "Where":
        return Where(self.conditions + other.conditions)

    def check(self, collection: Collection) -> "Where":
        """Return self. Raises StoreError if a key has no index there: the engine would read every point."""
        for condition in self.conditions:
            if condition.key not in collection.indexed:
                raise StoreError(
                    f"collection {collection.name} has no index on {condition.key!r}; "
                    f"filter on one of {sorted(collection.indexed)} or declare it"
                )
        return self


EVERYTHING = Where()


def _key(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise StoreError(f"payload key {key!r} must be a plain name: a path could mean another field")
    return key


def _one_of(key: str, values: tuple[Value, ...]) -> OneOf:
    texts = tuple(value for value in values if isinstance(value, str))
    numbers = tuple(value for value in values if type(value) is int and -(2**63) <= value < 2**63)
    if len(texts) == len(values):
        return OneOf(_key(key), tuple(map(_sendable, texts)))
    if len(numbers) == len(values):
        return OneOf(_key(key), numbers)
    raise StoreError(f"values of {key} must be all strings or all 64-bit integers, not {values!r:.200}")


def _sendable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise StoreError(f"value {text!r:.200} has a lone surrogate, which no store can hold") from error
    return text
