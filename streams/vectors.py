"""Embeddings, each text once: people say the same things, and rules are looked at again and again."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from groundswell.models.record import Vector
from groundswell.sinks.embedder import TextEmbedder
from groundswell.sinks.metrics import Metrics

#: Texts remembered, the latest used; 384 float32 each, so some 12 MB.
_REMEMBERED = 8_192


class Remembered:
    """The vectors of the texts that were used last. A vector depends on its text alone."""

    def __init__(self, size: int = _REMEMBERED) -> None:
        self._size = size
        self._known: OrderedDict[str, Vector] = OrderedDict()

    def missing(self, texts: Sequence[str]) -> list[str]:
        """Return the texts that no vector is known of, each once."""
        return [text for text in dict.fromkeys(texts) if text not in self._known]

    def add(self, texts: Sequence[str], vectors: Sequence[Vector]) -> None:
        """Remember the vector of each text."""
        self._known.update(zip(texts, vectors, strict=True))

    def take(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector of each text, all of which are known; forget what was used longest ago."""
        found = [self._known[text] for text in texts]
        for text in texts:
            self._known.move_to_end(text)
        while len(self._known) > self._size:
            self._known.popitem(last=False)
        return found


class Vectors:
    """Gives embeddings off the event loop, by one thread of its own."""

    def __init__(self, embedder: TextEmbedder, metrics: Metrics) -> None:
        self._embedder = embedder
        self._metrics = metrics
        self._remembered = Remembered()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embedder")

    async def of(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Return the vector of each text."""
        if missing := self._remembered.missing(texts):
            started = time.perf_counter()
            loop = asyncio.get_running_loop()
            vectors = await loop.run_in_executor(self._pool, self._embedder.embed, missing)
            self._metrics.observe_embedding((time.perf_counter() - started) / len(missing))
            self._remembered.add(missing, vectors)
        return dict(zip(texts, self._remembered.take(texts), strict=True))


class RememberingEmbedder:
    """Gives embeddings at once, in the caller's thread, for whoever asks of few texts and often the same."""

    def __init__(self, embedder: TextEmbedder) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._remembered = Remembered()

    def embed(self, texts: Sequence[str]) -> list[Vector]:
        """Return the vector of each text."""
        if missing := self._remembered.missing(texts):
            self._remembered.add(missing, self._embedder.embed(missing))
        return self._remembered.take(texts)
