"""A table of messages: one row a message, columns as somebody called them.

A column is found by a mapping (`text=message`) or, without one, by the usual names. Columns mapped to
`slices.NAME` become slices. What has no column is left out; without times, rows are seconds apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from groundswell.models.importing.content import InvalidRow, parsed
from groundswell.models.importing.roles import role_of
from groundswell.models.importing.scores import centred
from groundswell.models.moments import TURN_MS, moment

#: The fields of a row, each with the names under which a column is taken for it.
FIELDS: dict[str, tuple[str, ...]] = {
    "conversation_id": (
        *("conversation_id", "conversation", "chat_id", "chat", "session_id", "session", "thread_id"),
        *("thread", "dialogue_id", "dialog_id", "ticket_id", "call_id"),
    ),
    "role": ("role", "sender", "speaker", "author", "from", "participant", "sender_type", "author_type"),
    "text": ("text", "message", "content", "body", "utterance", "message_text", "transcript"),
    "time": ("time", "timestamp", "ts", "created_at", "sent_at", "datetime", "date", "created"),
    "turn_id": ("turn_id", "message_id", "msg_id"),
    "seq": ("seq", "turn", "turn_number", "position", "message_index"),
    "user_id": ("user_id", "customer_id", "user"),
    "tenant": ("tenant",),
    "agent": ("agent", "agent_name", "bot_name"),
    "model": ("model",),
    "prompt_version": ("prompt_version",),
    "release": ("release",),
    "config_version": ("config_version",),
    "variant": ("variant",),
    "tool_name": ("tool_name", "tool"),
    "tool_arguments": ("tool_arguments", "tool_args"),
    "tool_result": ("tool_result",),
    "tool_status": ("tool_status",),
    "score": ("score", "rating", "thumb"),
    "comment": ("comment", "feedback"),
    "edited_reply": ("edited_reply",),
    "outcome": ("outcome",),
}
NEEDED = ("conversation_id", "role", "text")
_LABELS = ("turn_id", "user_id", "model", "prompt_version", "release", "config_version", "variant")


class UnknownColumns(ValueError):
    """The columns do not say which holds what; the message names them and the way out."""


@dataclass(frozen=True, slots=True)
class Table:
    """Which column of a table (by number) holds which field."""

    columns: Mapping[str, int]

    @classmethod
    def of(cls, header: Sequence[str], mapping: Mapping[str, str]) -> "Table":
        """Find the columns of *header*; *mapping* says which column holds a field.

        Raises UnknownColumns if a mapped column is not there, or a needed one cannot be found.
        """
        names = [name.strip() for name in header]
        if missing := sorted(set(mapping.values()) - set(names)):
            raise UnknownColumns(f"no column is called {', '.join(missing)}; there are {', '.join(names)}")
        plain = [name.lower().replace(" ", "_").replace("-", "_") for name in names]
        found = {field: names.index(column) for field, column in mapping.items()}
        taken = set(found.values())
        for field, aliases in FIELDS.items():
            place = next((plain.index(alias) for alias in aliases if alias in plain), None)
            if field not in found and place is not None and place not in taken:
                found[field] = place
                taken.add(place)
        if lacking := [field for field in NEEDED if field not in found]:
            raise UnknownColumns(_advice(names, lacking))
        return cls(found)

    def event(self, cells: Sequence[str], number: int, start: int) -> dict[str, Any]:
        """Return the event of data row *number* (from 0); without a time it is at *start* + number * 5 s.

        Raises InvalidRow if a cell cannot be read.
        """
        row = {field: cells[place].strip() for field, place in self.columns.items() if place < len(cells)}
        row["text"] = cells[self.columns["text"]] if self.columns["text"] < len(cells) else ""
        if not row.get("conversation_id"):
            raise InvalidRow("the cell of conversation_id is empty")
        event: dict[str, Any] = {"conversation_id": row["conversation_id"][:256], **_what(row)}
        event |= {name: row[name][:256] for name in _LABELS if row.get(name)}
        event["time"] = _time(row, start + number * TURN_MS)
        event["seq"] = _seq(row, number)
        slices = {name[7:]: row[name][:256] for name in row if name.startswith("slices.") and row[name]}
        return event | ({"slices": slices} if slices else {})

    def names(self, cells: Sequence[str]) -> tuple[str | None, str | None]:
        """Return the tenant and the agent of a row, as far as columns say."""
        found = (self.columns.get(name) for name in ("tenant", "agent"))
        tenant, agent = (
            None if place is None or place >= len(cells) else cells[place].strip() or None for place in found
        )
        return tenant, agent


def _advice(names: Sequence[str], lacking: Sequence[str]) -> str:
    maps = " ".join(f"--map {field}=COLUMN" for field in lacking)
    return (
        f"the columns are {', '.join(names)[:300]}; none of them is known to hold {', '.join(lacking)}. "
        f"Say which does: {maps}"
    )


def _what(row: Mapping[str, str]) -> dict[str, Any]:
    """Return what kind of event a row is, and its content."""
    if not row.get("role") and row.get("outcome"):
        return {"type": "outcome", "outcome": {"status": row["outcome"].lower()}}
    if not row.get("role") and (row.get("score") or row.get("comment") or row.get("edited_reply")):
        return {"type": "feedback", "feedback": _feedback(row)}
    role = role_of(row.get("role") or "")
    if role is None:
        raise InvalidRow(f"role {row.get('role', '')!r:.40} is not known")
    if role == "tool" or (row.get("tool_name") and not row["text"]):
        return {"role": "tool", "tool": _tool(row)}
    return {"role": role, "text": row["text"]}


def _tool(row: Mapping[str, str]) -> dict[str, Any]:
    tool: dict[str, Any] = {"name": row.get("tool_name", "")[:256] or "unknown"}
    if row.get("tool_arguments"):
        tool["arguments"] = parsed(row["tool_arguments"])
    if result := row.get("tool_result") or row["text"]:
        tool["result"] = result
    status = row.get("tool_status", "").lower()
    if status:
        tool["status"] = "error" if status in ("error", "failed", "failure", "false") else "ok"
    return tool


def _feedback(row: Mapping[str, str]) -> dict[str, Any]:
    told = {name: row[name] for name in ("comment", "edited_reply") if row.get(name)}
    try:
        score = centred(float(row["score"])) if row.get("score") else 0.0
    except ValueError as error:
        raise InvalidRow(f"score {row['score']!r:.40} is no number") from error
    if score is None:
        raise InvalidRow(f"score {row['score']!r:.40} is not between -1 and 1")
    return {"score": score, **told}


def _time(row: Mapping[str, str], default: int) -> int:
    text = row.get("time", "")
    if not text:
        return default
    try:
        number = float(text) if text.replace(".", "", 1).isdigit() else None
        found = moment(text if number is None else number)
    except ValueError as error:
        raise InvalidRow(f"time {text!r:.40}: {error}") from error
    return default if found is None else found


def _seq(row: Mapping[str, str], number: int) -> int:
    text = row.get("seq", "")
    return int(text) if text.isdigit() and len(text) < 16 else number
