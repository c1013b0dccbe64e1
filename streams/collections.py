"""Every Qdrant collection: what it holds, and how its points are named."""

import uuid
from functools import lru_cache

from groundswell.sinks.store import Collection, Distance

_NAMESPACE = uuid.UUID("0b0f9c3e-61a8-5d0f-8a55-0d8d2f2f6f0a")

#: Each turn of each conversation, with the embedding of user turns: the queryable archive.
TURNS = Collection(
    "turns",
    dim=384,
    distance=Distance.COSINE,
    tenants=("owner",),
    keywords=("conversation", "conversation_id", "role", "tool_name", "user"),
    integers=("time",),
)
#: State of the stages: records of one owner, committed together.
TURNS_STATE = Collection("turns-state", dim=None, keywords=("owner", "kind"), state=True)
INTENTS_STATE = Collection(
    "intents-state", dim=384, keywords=("owner", "kind"), integers=("opened",), state=True
)
SPIKES_STATE = Collection("spikes-state", dim=None, keywords=("owner", "kind"), state=True)
PROPOSALS_STATE = Collection("proposals-state", dim=None, keywords=("owner", "kind"), state=True)
NAMING_STATE = Collection("naming-state", dim=None, keywords=("owner", "kind"), state=True)

COLLECTIONS = (TURNS, TURNS_STATE, INTENTS_STATE, SPIKES_STATE, PROPOSALS_STATE, NAMING_STATE)


@lru_cache(maxsize=65_536)
def record_id(owner: str, name: str) -> str:
    """Return the point id of the record *name* of *owner*."""
    return str(uuid.uuid5(_NAMESPACE, f"{owner}\n{name}"))
