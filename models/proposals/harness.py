"""The retry edit of a harness file: the smallest change of one tool's settings in YAML or JSON.

The file is a mapping with `tools: {NAME: {retries: 0, ...}}`. The text is edited at the position
of its nodes, so that comments and layout stay as they are; then both texts are parsed, and the
edit stands only if nothing differs but the one tool's retry settings.
"""

import yaml

RETRIES = 3
RETRY_ON = (429, 502, 503, 504)
_RETRY_KEYS = ("retries", "max_retries")


class NoSafeEditError(ValueError):
    """The file has a form in which the edit could touch more than it should."""


class AlreadyRetriedError(ValueError):
    """The file retries the tool as often already."""


def with_retries(text: str, tool: str) -> str:
    """Return the text of a harness file with the tool's retries set to 3.

    Raises:
        NoSafeEditError: it is not such a mapping, or the edit cannot be verified.
        AlreadyRetriedError: the tool's retries are 3 or more.

    """
    try:
        before, root = yaml.safe_load(text), yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise NoSafeEditError(f"the harness file does not parse: {error}") from error
    tools = before.get("tools") if isinstance(before, dict) else None
    if not isinstance(tools, dict) or not tools or not isinstance(root, yaml.MappingNode):
        raise NoSafeEditError("the harness file has no mapping `tools` to add retries to")
    settings = tools.get(tool, {})
    if not isinstance(settings, dict):
        raise NoSafeEditError(f"`{tool}` is no mapping in the harness file")
    if key := next((key for key in _RETRY_KEYS if key in settings), None):
        if isinstance(settings[key], int) and settings[key] >= RETRIES:
            raise AlreadyRetriedError(f"{tool} is retried {settings[key]} times already")
        changed = {**settings, key: RETRIES}
        edited = _replaced(text, root, tool, key)
    else:
        changed = {**settings, "retries": RETRIES, "retry_on": list(RETRY_ON)}
        edited = _inserted(text, root, tool, present=tool in tools)
    return _verified(edited, {**before, "tools": {**tools, tool: changed}})


def _replaced(text: str, root: yaml.MappingNode, tool: str, key: str) -> str:
    value = _value(_mapping(_mapping(root, "tools"), tool), key)
    return text[: value.start_mark.index] + str(RETRIES) + text[value.end_mark.index :]


def _inserted(text: str, root: yaml.MappingNode, tool: str, *, present: bool) -> str:
    """Insert the settings before the first key of the tool, or the tool before the first tool."""
    tools = _mapping(root, "tools")
    parent = _mapping(tools, tool) if present else tools
    if not parent.value:
        raise NoSafeEditError(f"`{tool}` has an empty mapping in the harness file")
    first = parent.value[0][0]
    codes = f"[{', '.join(map(str, RETRY_ON))}]"
    quote = first.style if first.style in {'"', "'"} else ""
    retries, retry_on = f"{quote}retries{quote}: {RETRIES}", f"{quote}retry_on{quote}: {codes}"
    eol = "\r\n" if "\r\n" in text else "\n"
    next_line = eol + " " * first.start_mark.column
    if parent.flow_style:
        separator = "," + (next_line if first.start_mark.line != parent.start_mark.line else " ")
        added = [retries, retry_on] if present else [f"{quote}{tool}{quote}: {{{retries}, {retry_on}}}"]
    else:
        separator = next_line
        added = [retries, retry_on] if present else [f"{tool}:", f"  {retries}", f"  {retry_on}"]
    at = first.start_mark.index
    return text[:at] + "".join(part + separator for part in added) + text[at:]


def _value(mapping: yaml.MappingNode, key: str) -> yaml.Node:
    entries: list[tuple[yaml.Node, yaml.Node]] = mapping.value
    for name, value in entries:
        if isinstance(name, yaml.ScalarNode) and name.value == key:
            return value
    raise NoSafeEditError(f"`{key}` is not written out in the harness file; it may come from an alias")


def _mapping(parent: yaml.MappingNode, key: str) -> yaml.MappingNode:
    node = _value(parent, key)
    if not isinstance(node, yaml.MappingNode):
        raise NoSafeEditError(f"`{key}` is no mapping in the harness file")
    return node


def _verified(edited: str, wanted: object) -> str:
    try:
        after = yaml.safe_load(edited)
    except yaml.YAMLError as error:
        raise NoSafeEditError(f"the edited harness file does not parse: {error}") from error
    if after != wanted:
        raise NoSafeEditError(
            "the edit would change more than the tool's retries, for example through an alias"
        )
    return edited
