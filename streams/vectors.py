"""Embeddings off the event loop, one thread, each text once: people say the same things."""

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


class Vectors:
    """Gives the embedding of a text. It depends on the text alone, so remembering changes no result."""

    def __init__(self, embedder: TextEmbedder, metrics: Metrics) -> None:
        self._embedder = embedder
        self._metrics = metrics
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="embedder")

    async def of(self, texts: Sequence[str]) -> dict[str, Vector]:
        """Return the vector of each text."""
        missing = [text for text in texts if text not in self._known]
        if missing:
            started = time.perf_counter()
            loop = asyncio.get_running_loop()
            vectors = await loop.run_in_executor(self._pool, self._embedder.embed, missing)
            self._metrics.observe_embedding((time.perf_counter() - started) / len(missing))
            self._known.update(zip(missing, vectors, strict=True))
        found = {text: self._known[text] for text in texts}
        for text in found:
            self._known.move_to_end(text)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found
