"""What a worker works with: store, embedder, metrics, board, language model; opened once, closed once."""

import time
from dataclasses import dataclass, field

from groundswell.models.board import BoardState
from groundswell.sinks.embedder import BUNDLED, OpenAIEmbedder, TextEmbedder
from groundswell.sinks.embedder_process import EmbedderProcess
from groundswell.sinks.metrics import Metrics
from groundswell.sinks.openai_endpoint import ChatModel
from groundswell.sinks.store import Store
from groundswell.streams.collections import COLLECTIONS
from groundswell.streams.logs import Logs
from groundswell.streams.named_store import open_named_store
from groundswell.streams.settings import Settings


@dataclass(slots=True)
class Services:
    """The parts that the stages share."""

    settings: Settings
    store: Store
    embedder: TextEmbedder
    logs: Logs
    metrics: Metrics = field(default_factory=Metrics)
    board: BoardState = field(default_factory=BoardState)
    chat: ChatModel | None = None

    @classmethod
    def open(cls, settings: Settings, logs: Logs, store: Store | None = None) -> "Services":
        """Open the store (unless one is given) and load the embedder that the settings name."""
        return cls(
            settings,
            store or open_named_store(settings),
            open_embedder(settings),
            logs,
            chat=open_chat(settings),
        )

    async def close(self) -> None:
        """Make everything durable, and close what is open."""
        await self.store.close()
        if self.chat is not None:
            await self.chat.close()

    async def ensure(self) -> None:
        """Create the collections that are missing."""
        for collection in COLLECTIONS:
            await self.store.ensure(collection)


def open_embedder(settings: Settings) -> TextEmbedder:
    """Load the embedder that the settings name."""
    if settings.embedder_url is not None:
        key = settings.embedder_api_key.get_secret_value() if settings.embedder_api_key else "none"
        return OpenAIEmbedder(settings.embedder_url, settings.embedder, key)
    model = BUNDLED if settings.embedder == "bundled" else settings.embedder
    return EmbedderProcess(model, settings.embedder_threads)


def open_chat(settings: Settings) -> ChatModel | None:
    """Return the language model that the settings name, if they name one. Nothing is sent yet."""
    if settings.llm_base_url is None or settings.llm_model is None:
        return None
    key = settings.llm_api_key.get_secret_value() if settings.llm_api_key else "none"
    return ChatModel(settings.llm_base_url, settings.llm_model, key, settings.llm_timeout_s)


def wall_clock() -> float:
    """Return seconds since the epoch: for delays that are shown, never for a result."""
    return time.time()
