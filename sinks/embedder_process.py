"""A local embedding model in a process of its own.

In one interpreter a model and the stages take turns: the model releases it while it computes, and then
waits for the stages to let it go on. Here only texts and vectors pass between the two, over a pipe.

A message is its length (8 bytes, little endian), a byte that says what it is, and the rest. The process
ends when its input does, however its parent died.
"""

import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Sequence
from typing import IO

import numpy as np
import orjson

from groundswell.models.record import Vector
from groundswell.sinks.embedder import Embedder, EmbeddingError, sendable

_LENGTH = 8
_READY, _TEXTS, _VECTORS, _ERROR = b"r", b"t", b"v", b"e"


class EmbedderProcess:
    """Embeds in a process of its own; gives the same vectors, bit for bit, as `Embedder.load(model)`."""

    def __init__(self, model: str, threads: int = 1) -> None:
        """Start the process and let it load the model. Raises ValueError if there is no such model."""
        self._command = [sys.executable, "-m", __name__, model, str(threads)]
        self._asking = threading.Lock()
        self._start()

    def _start(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for the parent, which ends this one
        )
        self._end = weakref.finalize(self, _end, self._process)
        kind, body = _read(self._answers)
        if kind != _READY:
            self._end()
            raise ValueError(body.decode())
        ready = orjson.loads(body)
        self.name: str = ready["name"]
        self.dim: int = ready["dim"]

    @property
    def pid(self) -> int:
        """Id of the process."""
        return self._process.pid

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Give one unit float32 vector of shape (dim,) per text, in order.

        A process that has died is started again, once. Raises EmbeddingError if that is in vain, or if
        the model gave numbers that are not finite.
        """
        asked = orjson.dumps([sendable(text) for text in texts])
        with self._asking:
            try:
                kind, body = self._ask(asked)
            except (OSError, EOFError):
                self._end()
                kind, body = self._ask_again(asked)
        if kind != _VECTORS:
            raise EmbeddingError(body.decode())
        return list(np.frombuffer(body, np.float32).reshape(len(texts), self.dim))

    def close(self) -> None:
        """End the process."""
        self._end()

    def _ask_again(self, asked: bytes) -> tuple[bytes, bytes]:
        try:
            self._start()
            return self._ask(asked)
        except (OSError, EOFError, ValueError) as error:
            raise EmbeddingError(f"the embedding process ends at once: {error}") from error

    def _ask(self, asked: bytes) -> tuple[bytes, bytes]:
        assert self._process.stdin is not None
        _write(self._process.stdin, _TEXTS, asked)
        return _read(self._answers)

    @property
    def _answers(self) -> IO[bytes]:
        assert self._process.stdout is not None
        return self._process.stdout


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Close the pipes, and see the process off; one that does not heed them is killed."""
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            try:
                pipe.close()
            except OSError:
                continue  # it was broken already
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _write(pipe: IO[bytes], kind: bytes, body: bytes) -> None:
    pipe.write(len(body).to_bytes(_LENGTH, "little") + kind + body)
    pipe.flush()


def _read(pipe: IO[bytes]) -> tuple[bytes, bytes]:
    """Return what kind of message comes, and its body. Raises EOFError where there is none any more."""
    head = pipe.read(_LENGTH + 1)
    if len(head) <= _LENGTH:
        raise EOFError("the embedding process has ended")
    length = int.from_bytes(head[:_LENGTH], "little")
    body = pipe.read(length)
    if len(body) < length:
        raise EOFError("the embedding process has ended in the middle of an answer")
    return head[_LENGTH:], body


def _serve(model: str, threads: int, questions: IO[bytes], answers: IO[bytes]) -> None:
    """Load the model and answer until the questions end."""
    try:
        embedder = Embedder.load(model, threads)
    except ValueError as error:
        _write(answers, _ERROR, str(error).encode())
        return
    _write(answers, _READY, orjson.dumps({"name": embedder.name, "dim": embedder.dim}))
    while True:
        try:
            _, body = _read(questions)
        except EOFError:
            return
        try:
            vectors = embedder.embed(orjson.loads(body))
        except EmbeddingError as error:
            _write(answers, _ERROR, str(error).encode())
            continue
        _write(answers, _VECTORS, b"".join(vector.tobytes() for vector in vectors))


if __name__ == "__main__":
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no answer
    _serve(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer, out)
