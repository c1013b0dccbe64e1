"""The embedder in a process of its own: the same vectors, and no process left behind, whoever dies."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import psutil
import pytest

from groundswell.sinks.embedder import BUNDLED, Embedder, EmbeddingError
from groundswell.sinks.embedder_process import EmbedderProcess

HOSTILE = ["", "where is my order?", "\ud800 lone", "x" * 5_000_000, "\x00\n", "日本語", "where is my order?"]


@pytest.fixture
def apart() -> Iterator[EmbedderProcess]:
    process = EmbedderProcess(BUNDLED)
    yield process
    process.close()


def gone(pid: int) -> bool:
    """Whether the process ends within ten seconds."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.1)
    return False


def test_it_gives_the_vectors_of_the_model_bit_for_bit(apart: EmbedderProcess) -> None:
    inside = Embedder.default()
    assert (apart.name, apart.dim) == (inside.name, inside.dim)
    found, expected = apart.embed(HOSTILE), inside.embed(HOSTILE)
    assert [vector.tobytes() for vector in found] == [vector.tobytes() for vector in expected]
    assert {(vector.dtype, vector.shape) for vector in found} == {(np.dtype(np.float32), (384,))}
    assert apart.embed([]) == []


def test_one_that_died_is_started_again(apart: EmbedderProcess) -> None:
    (before,) = apart.embed(["refund my order"])
    first = apart.pid
    os.kill(first, signal.SIGKILL)
    (after,) = apart.embed(["refund my order"])
    assert after.tobytes() == before.tobytes()
    assert apart.pid != first


def test_one_that_cannot_be_started_again_says_so(apart: EmbedderProcess) -> None:
    apart._command = [sys.executable, "-c", "pass"]
    os.kill(apart.pid, signal.SIGKILL)
    with pytest.raises(EmbeddingError, match="ends at once"):
        apart.embed(["refund my order"])


def test_a_model_that_is_none_is_told_as_it_would_be_in_process() -> None:
    with pytest.raises(ValueError, match="'no/such' is neither a folder nor a fastembed model"):
        EmbedderProcess("no/such")


def test_closing_ends_the_process(apart: EmbedderProcess) -> None:
    pid = apart.pid
    apart.close()
    assert gone(pid)


def test_it_does_not_outlive_a_parent_that_is_killed() -> None:
    told = (
        "import sys; from groundswell.sinks.embedder_process import EmbedderProcess as E;"
        f"one = E({BUNDLED!r}); print(one.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen([sys.executable, "-c", told], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    parent.kill()
    parent.communicate()
    assert gone(pid)
