"""The receiver in front of a whole embedded flow: what is posted to it comes out as turns."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from groundswell.sinks.metrics import Metrics
from groundswell.streams.app import sender
from groundswell.streams.delivery import Output
from groundswell.streams.embedded import Flow, embedded
from groundswell.streams.receiving import open_receiver
from groundswell.streams.settings import Settings


@dataclass
class Running:
    """A flow with its receiver at `url`, and all that the flow wrote."""

    flow: Flow
    url: str
    metrics: Metrics
    client: aiohttp.ClientSession
    outputs: list[Output] = field(default_factory=list)

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, bytes, dict[str, str]]:
        """Post a body; return status, body and headers of the answer. Header names in Python's spelling."""
        named = {name.replace("_", "-"): one for name, one in headers.items()}
        async with self.client.post(self.url + path, data=body, headers=named) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    async def turns(self) -> dict[str, list[dict[str, Any]]]:
        """Return the turns of each conversation once everything has come out."""
        await self.flow.settle()
        found: dict[str, list[dict[str, Any]]] = {}
        for output in self.outputs:
            if output.topic == "turns" and (value := orjson.loads(output.value or b""))["type"] == "turn":
                found.setdefault(value["conversation_id"], []).append(value)
        return found


@asynccontextmanager
async def running(folder: Path, **settings: Any) -> AsyncIterator[Running]:
    """Start the flow and its receiver on a free port."""
    chosen = Settings(otlp_port=0, **settings)
    outputs: list[Output] = []
    metrics = Metrics()
    async with embedded(chosen, folder, on_output=outputs.append, metrics=metrics) as flow:
        server = await open_receiver(chosen, metrics, sender(flow.app, 0, flow.sent.count))
        try:
            async with aiohttp.ClientSession() as client:
                yield Running(flow, f"http://127.0.0.1:{server.port}", metrics, client, outputs)
        finally:
            await server.stop()
