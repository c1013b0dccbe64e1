"""The store that the settings name. Apart from `services`, whose embedder takes seconds to import."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from groundswell.sinks.store import Collection, Store, StoreError, open_store
from groundswell.streams.collections import TURNS
from groundswell.streams.settings import Settings


def open_named_store(settings: Settings) -> Store:
    """Open the store. Raises StoreError if another process has it or it cannot be written."""
    api_key = settings.store_api_key.get_secret_value() if settings.store_api_key else None
    return open_store(settings.store, api_key=api_key)


def _open_to_read(settings: Settings) -> Store:
    folder = Path(settings.store.removeprefix("edge:").removeprefix("//")).expanduser()
    if settings.store.startswith("edge:") and not (folder / TURNS.name).is_dir():
        raise StoreError(f"{folder} is no store of conversations; set GROUNDSWELL_STORE")
    return open_named_store(settings)


@asynccontextmanager
async def reading(settings: Settings, *collections: Collection) -> AsyncIterator[Store]:
    """Open the store to read *collections*; what is no store is not made one. Raises StoreError."""
    embedded = settings.store.startswith("edge:")
    store = _open_to_read(settings)
    try:
        for collection in collections if embedded else ():
            await store.ensure(collection)
        yield store
    finally:
        await store.close()


def advice(error: Exception, settings: Settings, page: str) -> str:
    """Return what to do about a store that cannot be read; *page* of the board shows the same."""
    if "is in use by process" in str(error):
        return f"{error}; or look at it there: {settings.public_url.rstrip('/')}/{page}"
    return f"{error}; GROUNDSWELL_STORE names the store ({settings.store})"
