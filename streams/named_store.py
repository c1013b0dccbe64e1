"""The store that the settings name. Apart from `services`, whose embedder takes seconds to import."""

from groundswell.sinks.store import Store, open_store
from groundswell.streams.settings import Settings


def open_named_store(settings: Settings) -> Store:
    """Open the store. Raises StoreError if another process has it or it cannot be written."""
    api_key = settings.store_api_key.get_secret_value() if settings.store_api_key else None
    return open_store(settings.store, api_key=api_key)
