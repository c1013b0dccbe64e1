"""Calls of tools and their answers, which exports hold apart: asked for, run, and told to the model.

The same answer may come twice: from the row of the tool that ran, and in the history of the model's
next call. The first counts.
"""

from dataclasses import dataclass, field

from groundswell.models.importing.message import Call, Message


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that has no answer yet, and the place of its turn in the thread."""

    call: Call
    place: int


@dataclass(slots=True)
class Calls:
    """The calls of one conversation."""

    _open: list[OpenCall] = field(default_factory=list)
    _answered: set[str] = field(default_factory=set)
    _ran: list[tuple[str, str]] = field(default_factory=list)

    def ask(self, call: Call, place: int) -> None:
        """Note that the model asked for *call* at *place*."""
        self._open.append(OpenCall(call, place))

    def told(self, message: Message) -> tuple[OpenCall | None, bool]:
        """Return the call that *message* of a history answers, and whether the answer is news."""
        if message.answers in self._answered:
            return None, False
        found = self._found(message)
        ran = self._row(found.call.name if found else message.name, message.text)
        self._close(found, message)
        return found, not ran

    def ran(self, message: Message) -> tuple[OpenCall | None, bool]:
        """Return the same for the row of a tool, whose `calls` say what it was called with."""
        if message.answers in self._answered:
            return None, False
        found = self._found(message)
        if message.answers is None and (found is None or found.call.id is None):
            self._ran.append((message.name or "", message.text))
        self._close(found, message)
        return found, True

    def _close(self, found: OpenCall | None, message: Message) -> None:
        if found is not None:
            self._open.remove(found)
        self._answered |= {one for one in (message.answers, found and found.call.id) if one}

    def _row(self, name: str | None, text: str) -> bool:
        """Return whether a tool's row brought this answer, and forget it."""
        for row in self._ran:
            if row[1] == text and name in (None, row[0]):
                self._ran.remove(row)
                return True
        return False

    def _found(self, message: Message) -> OpenCall | None:
        """Return the call with the id that is answered; else one of that name, equal arguments first."""
        if message.answers is not None:
            named = next((one for one in self._open if one.call.id == message.answers), None)
            if named is not None:
                return named
        free = [one for one in self._open if message.answers is None or one.call.id is None]
        fit = [one for one in free if message.name in (None, one.call.name)]
        arguments = [call.arguments for call in message.calls]
        return next((one for one in fit if one.call.arguments in arguments), fit[0] if fit else None)
