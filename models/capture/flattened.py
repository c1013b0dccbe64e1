"""Messages spread over numbered attributes, such as `llm.input_messages.0.message.role`."""

from collections.abc import Iterator, Mapping
from typing import Any


def nested(attributes: Mapping[str, Any], prefix: str) -> Any:
    """Return the values under *prefix* as what their dotted names describe; None if there are none.

    Numbers become places in lists; gaps close. A name that goes on where another ended is left out.

    >>> nested({"p.0.role": "user", "p.0.calls.1.id": "c", "other": 1}, "p.")
    [{'role': 'user', 'calls': [{'id': 'c'}]}]
    """
    tree: dict[str, Any] = {}
    for name, value in attributes.items():
        if name.startswith(prefix):
            _place(tree, name[len(prefix) :].split("."), value)
    return _settled(tree) if tree else None


def _place(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for step in path[:-1][:16]:
        below = tree.setdefault(step, {})
        if not isinstance(below, dict):
            return
        tree = below
    tree.setdefault(path[-1], value)


def _settled(tree: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if tree and all(key.isascii() and key.isdecimal() for key in tree):
        return [_settled(tree[key]) for key in sorted(tree, key=lambda key: (len(key.lstrip("0")), key))]
    return {key: _settled(value) for key, value in tree.items()}


def openinference(attributes: Mapping[str, Any], prefix: str) -> list[dict[str, Any]]:
    """Return OpenInference's messages: each stands under `message`, parts and calls under such names too."""
    return [
        dict(_message(item["message"]))
        for item in _dicts(nested(attributes, prefix))
        if _has(item, "message")
    ]


def _message(message: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in message.items():
        if name == "contents":
            parts = [item.get("message_content") for item in _dicts(value)]
            yield "parts", [part for part in parts if isinstance(part, dict)]
        elif name == "tool_calls":
            calls = [item.get("tool_call") for item in _dicts(value)]
            yield name, [call for call in calls if isinstance(call, dict)]
        else:
            yield name, value


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _has(item: dict[str, Any], name: str) -> bool:
    return isinstance(item.get(name), dict)
