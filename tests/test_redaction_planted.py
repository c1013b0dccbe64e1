"""Redaction finds every planted secret in real turns, and leaves what only looks like one."""

import os
import subprocess
import sys
from collections import Counter

import pytest
from redaction_planted import TESTS, planted

from groundswell.models.reading.redaction import redact

PLANTED = list(planted())
LOOK_ALIKES = (TESTS / "redaction_look_alikes.txt").read_text("utf-8").splitlines()


def test_the_table_has_three_hundred_secrets_of_every_kind_and_each_shows_before_redaction():
    kinds = Counter(one.kind for one in PLANTED)
    assert len(PLANTED) >= 300
    assert set(kinds) == {"email", "phone", "card", "iban", "ip", "secret", "key", "token", "id"}
    assert all(one.left(one.text) for one in PLANTED)


@pytest.mark.parametrize("one", PLANTED, ids=lambda one: f"{one.kind}-{one.line}")
def test_nothing_is_left_of_a_planted_secret(one):
    redacted = redact(one.text)
    assert one.left(redacted) == []
    assert redact(redacted) == redacted


@pytest.mark.parametrize("text", LOOK_ALIKES)
def test_a_look_alike_survives(text):
    assert redact(text) == text


def test_a_text_around_secrets_survives():
    told = [one for one in PLANTED if one.kind in ("card", "iban", "key", "token")]
    for one in told:
        host = one.rest.split("\n")[0]
        assert redact(host) in redact(one.text)


def test_the_result_depends_on_no_hash_seed():
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]); from redaction_planted import planted; "
        "from groundswell.models.reading.redaction import redact; "
        "print(hashlib.sha256(''.join(redact(one.text) for one in planted()).encode()).hexdigest())"
    )
    printed = {
        subprocess.run(
            [sys.executable, "-c", code, str(TESTS)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(printed) == 1
