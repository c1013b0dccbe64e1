"""Where sub-intents went that are not among the live ones any more, from the store."""

import orjson

from groundswell.models.intents.params import (
    FORWARDS_PER_RECORD,
    EngineParams,
    archive_record,
    forward_record,
)
from groundswell.sinks.store import Store, state_record
from groundswell.streams.collections import INTENTS_STATE, record_id


async def vanished(store: Store, owner: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what took the place of each sub-intent that vanished, and the intent of each silent one.

    Raises StoreUnavailable and StoreError.
    """
    links, silent, params = dict[str, str](), dict[str, str](), EngineParams()
    names = [*map(forward_record, range(params.forwards // FORWARDS_PER_RECORD))]
    names += map(archive_record, range(params.archive))
    ids = [record_id(owner, name) for name in names]
    for point in await store.retrieve(INTENTS_STATE, ids, vectors=True):
        held = orjson.loads(state_record(point).payload)
        if isinstance(held, list):
            links |= dict(filter(None, held))
        elif held:
            silent[held["fine"]] = held["intent"]
    return links, silent
