"""What a message of an export says: text, or a list of parts, of which those that are no text are named."""

from typing import Any

import orjson

from groundswell.models.event_parts import json_text

#: What stands in a text for a part that is no text.
_MEDIA = {
    **dict.fromkeys(("image", "image_url", "input_image"), "[image]"),
    **dict.fromkeys(("audio", "input_audio", "output_audio"), "[audio]"),
    **dict.fromkeys(("file", "input_file", "document"), "[file]"),
    **dict.fromkeys(("video", "video_url"), "[video]"),
}
_TEXTS = ("text", "input_text", "output_text", "refusal")


class InvalidRow(ValueError):
    """A row of an import that cannot be read; the message says where and what was wanted."""


def text_of(content: object, place: str) -> str:
    """Return what a message says: text, or the texts of its parts. Raises InvalidRow, naming *place*."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        return "\n".join(part for part in map(_part, content) if part)
    if isinstance(content, dict):
        return _part(content) or json_text(content)
    raise InvalidRow(f"{place}.content: wanted text or a list of parts, found {type(content).__name__}")


def _part(part: object) -> str:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return ""
    kind = part.get("type")
    if kind in _MEDIA:
        return _MEDIA[kind]
    texts = (part.get(name) for name in _TEXTS)
    return next((text for text in texts if isinstance(text, str)), "")


def parsed(value: Any) -> Any:
    """Return JSON text as what it says; anything else, and text that is no JSON, as it is."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value
