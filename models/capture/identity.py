"""Whose conversation a span belongs to, and what was in effect: by the table of `names`."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from groundswell.models.capture import names
from groundswell.models.capture.records import Attributes
from groundswell.models.capture.values import first, label, parsed, slice_of
from groundswell.models.dialogue import MAX_SLICES, agent_name

#: The longest conversation id that an event may have; a longer one is replaced by its digest.
_ID_LIMIT = 256
#: What the SDKs write where nobody named the service.
_UNNAMED = "unknown_service"


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator decides: names of metadata that become slices, and where turns are read."""

    slices: tuple[str, ...] = ()
    roots: bool = False


def identity(
    own: Attributes, resource: Attributes, trace_id: str, span_id: str, options: Options
) -> dict[str, Any] | None:
    """Return the fields that all events of a span share; None without a conversation id or a trace.

    Attributes of the span outrank those of its resource.
    """
    known = {**resource, **own}
    conversation = conversation_of(own, resource) or trace_id
    if not conversation:
        return None
    fields: dict[str, Any] = {
        "tenant": agent_name(label(first(known, names.TENANT)) or "default"),
        "agent": agent_name(_agent(known)),
        "conversation_id": conversation,
    }
    named = {
        "model": label(first(known, names.MODEL)),
        "prompt_version": _prompt_version(known),
        "release": label(first(known, names.RELEASE)),
        "config_version": label(first(known, names.CONFIG_VERSION)),
        "variant": label(first(known, names.VARIANT)),
        "user_id": label(first(known, names.USER)) or label(_metadata(known).get("user_id")),
        "trace_id": trace_id or None,
        "span_id": span_id or None,
        "slices": _slices(known, options.slices) or None,
    }
    return fields | {name: value for name, value in named.items() if value is not None}


def conversation_of(own: Attributes, resource: Attributes) -> str | None:
    """Return the id that the attributes give the conversation, in the order of `names.CONVERSATION`."""
    metadata = _metadata(own)
    found = (
        label(first(own, names.CONVERSATION), 10_000)
        or label(first(metadata, names.CONVERSATION_METADATA), 10_000)
        or label(first(resource, names.CONVERSATION), 10_000)
    )
    if found is None or len(found) <= _ID_LIMIT:
        return found
    return "sha256:" + hashlib.sha256(found.encode()).hexdigest()


def _agent(known: Attributes) -> str:
    for name in names.AGENT:
        found = label(known.get(name))
        if found and not found.startswith(_UNNAMED):
            return found
    return "default"


def _prompt_version(known: Attributes) -> str | None:
    """Return `name@version` of a managed prompt, or its version, or its name."""
    for name, version in names.PROMPT:
        if (given := label(known.get(version), 120)) is not None:
            prompt = label(known.get(name), 120)
            return f"{prompt}@{given}" if prompt else given
    return None


def _slices(known: Attributes, allowed: tuple[str, ...]) -> dict[str, Any]:
    """Return what conversations may be filtered by: our own slices, and metadata that is allowed."""
    found: dict[str, Any] = {}
    for prefix in names.SLICE_PREFIXES:
        for name, value in known.items():
            short = name.removeprefix(prefix)
            if name.startswith(prefix) and (prefix.startswith("groundswell.") or short in allowed):
                found.setdefault(short, value)
    for name, value in _metadata(known).items():
        if name in allowed:
            found.setdefault(name, value)
    found.setdefault("environment", first(known, names.ENVIRONMENT))
    fit = {name: slice_of(value) for name, value in sorted(found.items()) if 0 < len(name) <= 64}
    return dict([(name, value) for name, value in fit.items() if value is not None][:MAX_SLICES])


def _metadata(known: Attributes) -> Mapping[str, Any]:
    """Return OpenInference's `metadata`: a JSON object."""
    metadata, _ = parsed(known.get("metadata"))
    return metadata if isinstance(metadata, dict) else {}
