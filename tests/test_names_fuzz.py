"""Whatever is said, in every data set that ships and in other scripts, a name can be made of it."""

import gzip
import json
import random
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import gate_languages
import pytest
from fuzz_events import hostile

from groundswell.models.intents.fine_words import Example
from groundswell.models.intents.names import NameBook
from groundswell.models.naming.makeshift import is_makeshift
from groundswell.models.naming.rules import faults
from groundswell.models.naming.stretches import NAME_LIMIT

HERE = Path(__file__).parent
EXAMPLES = sorted((HERE.parent / "examples").glob("*.jsonl.gz"))
SAMPLE = 160  # turns of a source
SIZES = (1, 5)  # turns of an intent


def dialogues(path: Path) -> Iterator[str]:
    with gzip.open(path, "rt") as lines:
        for dialogue in map(json.loads, lines):
            yield from (turn["text"] for turn in dialogue["turns"] if turn.get("text"))


def labelled() -> Iterator[str]:
    with (HERE / "gate_labels.jsonl").open() as lines:
        for row in map(json.loads, lines):
            yield from (row["text"], row["agent"])


def spoken() -> Iterator[str]:
    for block in gate_languages.NEEDS.values():
        yield from filter(None, map(str.strip, block.splitlines()))


def malicious() -> Iterator[str]:
    for event in hostile(7, 600):
        try:
            text = json.loads(event.value).get("text")
        except (ValueError, AttributeError, RecursionError):
            continue
        if isinstance(text, str):
            yield text


@cache
def sample(source: str) -> tuple[str, ...]:
    """Return a bounded sample of what a source says, the same at every run."""
    other = {"labelled": labelled, "spoken": spoken, "malicious": malicious}
    found = [*other[source]()] if source in other else [*dialogues(HERE.parent / "examples" / source)]
    return tuple(random.Random(0).sample(found, min(SAMPLE, len(found))))


def named(texts: tuple[str, ...], size: int) -> dict[str, str]:
    book, groups = NameBook(SAMPLE), {}
    for place, text in enumerate(texts):
        fine = f"f{place // size:03d}"
        groups[fine] = [fine]
        book.observe(fine, Example(place % 7 / 7, text, f"c{place}", opens=place % 3 > 0))
    return {intent: one.name for intent, one in book.name_all(groups).items()}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("source", [*(path.name for path in EXAMPLES), "labelled", "spoken", "malicious"])
def test_every_intent_gets_a_name_of_its_own(source: str, size: int) -> None:
    texts = sample(source)
    assert len(texts) > SAMPLE // 3
    names = named(texts, size)
    assert len({*names.values()}) == len(names) == -(-len(texts) // size)
    for name in names.values():
        assert 0 < len(name) <= NAME_LIMIT
        assert name == " ".join(name.split())
        assert not any(unicodedata.category(sign)[0] == "C" for sign in name)
        assert is_makeshift(name) or not faults(name)
    assert named(texts, size) == names
