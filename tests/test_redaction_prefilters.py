"""What makes redaction cheap changes nothing of what it finds."""

import gzip
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import pytest
from redaction_planted import planted

from groundswell.models.reading.redaction import DEFAULT, PATTERNS, REDACTION_VERSION
from groundswell.models.reading.redaction_pattern import NamedPattern, NumberPattern, TextPattern, found
from groundswell.models.reading.redaction_view import View

HERE = Path(__file__).parent
#: What the shipped examples are once redacted, by the version of the patterns.
EXAMPLES = {"3": "da6c195275d54bedc24250e78067ef45f38aa9b36107c8f230c3011c0d5b7809"}


def example_texts():
    for path in sorted((HERE.parent / "examples").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                yield from (turn["text"] or "" for turn in json.loads(line)["turns"])


@pytest.fixture(scope="module")
def texts():
    look_alikes = (HERE / "redaction_look_alikes.txt").read_text("utf-8").splitlines()
    every = [turn.text for turn in planted()] + look_alikes + sorted(set(example_texts()))[::5]
    # A letter that grows in lower case, one that ignoring case turns into i, and a digit of another script.
    strange = [f"{letter} {text}" for letter in "İı٣" for text in every[:400]]
    return [*every, *strange, *(text.upper() for text in every[:400])]


def everywhere(pattern, text):
    """Give what a pattern finds if it is looked for in every place of every text."""
    if isinstance(pattern, NumberPattern):
        return replace(pattern, glued=True).spans(View(text))
    if isinstance(pattern, NamedPattern) and pattern.word is not None:
        return pattern._all(text)
    if isinstance(pattern, NamedPattern) and not pattern.possible(View(text)):
        return []
    return found(pattern.regex, pattern.secret, text)


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_a_pattern_finds_the_same_as_in_a_search_of_the_whole_text(pattern, texts):
    assert isinstance(pattern, TextPattern | NamedPattern | NumberPattern)
    for text in texts:
        assert pattern.spans(View(text)) == everywhere(pattern, text), text


def test_a_text_without_a_digit_is_tried_on_every_pattern_that_needs_none():
    assert DEFAULT.redact("password: hunter, mail x@example.com") == "password: [secret], mail [email]"
    for text in ("no digit", "٣"):
        assert View(text).digits == sum(map(str.isdecimal, text))


def test_redaction_of_the_examples_changes_only_with_its_version():
    digest = hashlib.sha256()
    for text in example_texts():
        digest.update(DEFAULT.redact(text).encode() + b"\n")
    assert EXAMPLES[REDACTION_VERSION] == digest.hexdigest()
