"""Metadata of an export as slices: properties to filter by, not prose and not the tracer's own notes."""

from collections.abc import Mapping
from typing import Any

from groundswell.models.dialogue import MAX_SLICES, WITHHELD, is_slice

#: What tracers and frameworks note for themselves.
_OWN = ("ls_", "langgraph_", "lang", "lc_", "_", "__", "checkpoint_", "resource", "scope", "run_", "trace")
_IDS = frozenset(
    {"session_id", "thread_id", "conversation_id", "user_id", "revision_id", "runtime", "prompt_version"}
)


def slices_of(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return what in *metadata* is a short text or a number, and says something of the user or product."""
    fit = {
        name: value
        for name, value in metadata.items()
        if name not in _IDS | WITHHELD and not name.lower().startswith(_OWN) and is_slice(name, value)
    }
    return dict(list(fit.items())[:MAX_SLICES])
